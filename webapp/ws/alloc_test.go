//go:build !race

package ws

import "testing"

// The hot path and the handshake allocate nothing into a buffer that is large enough.
func TestAllocations(t *testing.T) {
	var r Reader
	var h Handler = &discard{}
	limits := &Limits{MessageBytes: 1 << 20}
	payload, buffer := make([]byte, 300), make([]byte, 0, 1024)
	stream := []byte(text("Hello") + ping("p") + finFrame(OpBinary, string(payload)))
	scratch := make([]byte, len(stream))
	bad := []byte(header(fin|2, 64, 1<<62))
	split := []byte(text(""))
	handshake := request()
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
