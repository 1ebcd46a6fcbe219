//go:build !race

package ws

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The hot path and the handshake allocate nothing into a buffer that is large enough.
func TestAllocations(t *testing.T) {
	var r Reader
	var h Handler = &discard{}
	limits := &Limits{MessageBytes: 1 << 20}
	payload, buffer := make([]byte, 300), make([]byte, 0, 20_000)
	stream := []byte(text("Hello") + ping("p") + finFrame(OpBinary, string(payload)))
	scratch := make([]byte, len(stream))
	bad := []byte(header(fin|2, 64, 1<<62))
	split := []byte(text(""))
	handshake := request()
	random := rand.New(rand.NewPCG(5, 5))
	squeezable := []byte(sample(random, 1<<14))
	for len(squeezable) > 0 && squeezable[0] != '{' {
		squeezable = []byte(sample(random, 1<<14))
	}
	deflatedStream := small(OpText, squeezed(9, string(squeezable))) + small(OpText, squeezed(1, "Hello")) + text("a")
	deflated := make([]byte, len(deflatedStream))
	deflating := NewReader(deflating(1<<20, 0), Deflate)
	tight := Limits{MessageBytes: 20_000, Inflater: new(Inflater)}
	bomb := small(OpBinary, squeezed(9, strings.Repeat("\x00", 1<<20)))
	bombed := make([]byte, len(bomb))
	var d Deflater
	d.Compress(AppendFrame(nil, OpText, squeezable), 0)
	for name, f := range map[string]func(){
		"Feed whole frames": func() {
			copy(scratch, stream)
			if r.Feed(scratch, h) != nil {
				t.Fatal("refused")
			}
		},
		"Feed a cut header": func() {
			if r.Feed(split[:3], h) != nil || r.Feed(split[3:], h) != nil {
				t.Fatal("refused")
			}
		},
		"Feed a length beyond the limit": func() {
			r := NewReader(limits, Server)
			if r.Feed(bad, h) != ErrMessageTooBig {
				t.Fatal("accepted")
			}
		},
		"Feed compressed frames": func() {
			copy(deflated, deflatedStream)
			if deflating.Feed(deflated, h) != nil {
				t.Fatal("refused")
			}
		},
		"Compress": func() { buffer = d.Compress(AppendFrame(buffer[:0], OpText, squeezable), 0) },
		"Feed a deflate bomb beyond the limit": func() {
			copy(bombed, bomb)
			r := NewReader(&tight, Deflate)
			if r.Feed(bombed, h) != ErrMessageTooBig {
				t.Fatal("accepted")
			}
		},
		"NegotiateDeflate": func() {
			terms, _ := NegotiateDeflate("x, permessage-deflate; client_max_window_bits")
			buffer = terms.AppendLine(buffer[:0])
		},
		"AppendFrame":       func() { buffer = AppendFrame(buffer[:0], OpText, payload) },
		"AppendMaskedFrame": func() { buffer = AppendMaskedFrame(buffer[:0], OpText, testMask, payload) },
		"AppendClose":       func() { buffer = AppendClose(buffer[:0], StatusGoingAway, "restart") },
		"CheckUpgrade": func() {
			if CheckUpgrade(handshake) != nil {
				t.Fatal("refused")
			}
		},
		"AppendSwitch": func() { buffer = AppendSwitch(buffer[:0], handshake.Key, "", nil) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
