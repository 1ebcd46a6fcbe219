//go:build !race

package msgpack

import (
	"bytes"
	"testing"

	"github.com/edgesio/edgesio/sio"
)

// A message costs no memory where its caller has room for it, but for what sio.WirePacket keeps of attachments.
func TestAllocations(t *testing.T) {
	for _, m := range messages {
		p, wire, out := New(Options{}), unhex(t, m.wire), new(sio.WirePacket)
		want := map[string]float64{"bytes": 2}[m.name]
		if n := testing.AllocsPerRun(100, func() {
			*out = sio.WirePacket{Payload: out.Payload[:0]}
			if err := p.ParsePacket(wire, true, out); err != nil {
				t.Fatal(err)
			}
		}); n != want {
			t.Errorf("%s: %v allocations to parse it, want %v", m.name, n, want)
		}
		in := *out
		in.Payload = bytes.Clone(out.Payload)
		var dst []byte
		if n := testing.AllocsPerRun(100, func() {
			dst, _, _ = p.AppendPacket(dst[:0], &in)
		}); n != 0 {
			t.Errorf("%s: %v allocations to append it", m.name, n)
		}
		most := map[string]float64{"event": 1, "request": 2, "numbers": 8}[m.name]
		if n := testing.AllocsPerRun(100, func() { _, _, _ = p.AppendPacket(nil, &in) }); n > max(most, 2) {
			t.Errorf("%s: %v allocations to append it to nothing", m.name, n)
		}
	}
}
