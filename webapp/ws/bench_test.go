package ws

import (
	"bytes"
	"compress/flate"
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

// A message of telemetry, and the blocks that cost the most for their size: a million bytes of empty ones, which are
// refused.
func BenchmarkInflate(b *testing.B) {
	var telemetry strings.Builder
	for i := range 300 {
		fmt.Fprintf(&telemetry, `{"id":%d,"name":"sensor-%d","value":%d.%d},`, i, i%9, i*i%97, i*7919%1000)
	}
	for name, payload := range map[string]string{
		"telemetry":    squeezed(9, telemetry.String()),
		"zeros":        squeezed(9, strings.Repeat("\x00", 1_000_000)),
		"empty fixed":  strings.Repeat("\x02\x08\x20\x80\x00", 200_000) + "\x00",
		"empty stored": strings.Repeat(stored(0, 0, ""), 200_000) + "\x00",
		"dynamic":      emptyDynamic(88_000),
	} {
		b.Run(name, func(b *testing.B) {
			var z Inflater
			b.ReportAllocs()
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				out, err := z.inflate([]byte(payload), 1_000_000)
				if (err == ErrTooManyBlocks) != (len(out) == 0) {
					b.Fatal(err, len(out))
				}
				z.spare = out[:0]
			}
		})
		b.Run(name+"/library", func(b *testing.B) {
			var out bytes.Buffer
			z := flate.NewReader(strings.NewReader(""))
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				out.Reset()
				z.(flate.Resetter).Reset(strings.NewReader(payload+flushTail+"\x01\x00\x00\xff\xff"), nil)
				if _, err := out.ReadFrom(z); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// emptyDynamic is n blocks that announce codes and end.
func emptyDynamic(n int) string {
	var out []byte
	var held, bits uint
	put := func(value, n uint) {
		for held, bits = held|value<<bits, bits+n; bits >= 8; held, bits = held>>8, bits-8 {
			out = append(out, byte(held))
		}
	}
	for range n {
		put(0, 1)
		put(2, 2)
		put(14<<10, 14)
		for i := range uint(18) { // the code of lengths: 1 is 0, 18 is 1
			put(map[uint]uint{2: 1, 17: 1}[i], 3)
		}
		put(1, 1) // 256 literals are not used
		put(138-11, 7)
		put(1, 1)
		put(118-11, 7)
		put(0, 3) // the end of a block has one bit, and so has an offset; the end
	}
	put(0, 8) // an empty stored block, whose length is the tail
	return string(out)
}

func BenchmarkCompress(b *testing.B) {
	for _, n := range []int{1100, 16384} {
		frame := AppendFrame(nil, OpText, []byte(strings.Repeat(`{"id":17,"name":"sensor","value":3.25},`, n/39+1)[:n]))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var d Deflater
			dst := make([]byte, 0, 20000)
			b.ReportAllocs()
			b.SetBytes(int64(n))
			for b.Loop() {
				dst = d.Compress(append(dst[:0], frame...), 0)
			}
		})
	}
}
