package ws

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	gobwas "github.com/gobwas/ws"
)

var benchSizes = []int{5, 30, 125, 256, 512, 1024, 16384}

func BenchmarkMask(b *testing.B) {
	for _, n := range benchSizes {
		payload := make([]byte, n+1)[1:]
		b.Run(fmt.Sprintf("ours/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				applyMask(payload, binary.LittleEndian.Uint32(testMask[:]))
			}
		})
		b.Run(fmt.Sprintf("gobwas/%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				gobwas.Cipher(payload, testMask, 0)
			}
		})
	}
}

// One message in one piece; the mask is zero, so the piece stays what it is.
func BenchmarkFeed(b *testing.B) {
	for _, op := range []OpCode{OpText, OpBinary} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%d/%d", op, n), func(b *testing.B) {
				wire := AppendMaskedFrame(nil, op, [4]byte{}, []byte(strings.Repeat("*", n)))
				var r Reader
				var h Handler = discard{}
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					if err := r.Feed(wire, h); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	payload, dst := make([]byte, 30), make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendFrame(dst[:0], OpText, payload)
	}
}

func BenchmarkHandshake(b *testing.B) {
	r, dst := request(), make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		if CheckUpgrade(r) == nil {
			dst = AppendSwitch(dst[:0], r.Key, "", nil)
		}
	}
}
