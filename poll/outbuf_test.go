package poll

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// FuzzOutbuf plays appends of both kinds and partial writes from the input's
// bytes, against one flat slice.
func FuzzOutbuf(f *testing.F) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		b := make([]byte, 400)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		ops = ops[:min(len(ops), 4096)] // the model looks at everything after each
		var o outbuf
		var model []byte
		next := byte(0)
		fill := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = next
				next++
			}
			return b
		}
		for _, op := range ops {
			n := int(op>>2)*int(op>>2) + 1
			switch op & 3 {
			case 0:
				b := fill(n)
				o.own = append(o.own, b...)
				o.size += n
				model = append(model, b...)
			case 1:
				b := fill(n)
				o.shared = append(o.shared, segment{len(o.own), b})
				o.size += n
				model = append(model, b...)
			default:
				var flat []byte
				for _, b := range o.vector(make([][]byte, 0, maxVector)) {
					flat = append(flat, b...)
				}
				if !bytes.HasPrefix(model, flat) || len(flat) == 0 && len(model) > 0 {
					t.Fatal("the vector is not what was queued first")
				}
				n = min(n, len(flat))
				o.advance(n)
				model = model[n:]
			}
			if !o.check() || o.size != len(model) {
				t.Fatalf("marks: off %d, own %d, shared %d, size %d, want %d",
					o.off, len(o.own), len(o.shared), o.size, len(model))
			}
		}
	})
}

// A peer that takes as much as comes, but is always behind, must not make the
// buffer grow.
func TestOutbufOfALaggardIsBounded(t *testing.T) {
	var o outbuf
	step := make([]byte, 1000)
	o.own, o.size = append(o.own, make([]byte, 10_000)...), 10_000
	for range 10_000 {
		o.own = append(o.own, step...)
		o.size += len(step)
		o.advance(len(step))
		if !o.check() {
			t.Fatal("marks")
		}
	}
	if cap(o.own) > 64<<10 {
		t.Fatalf("%d bytes for 10,000 unwritten ones", cap(o.own))
	}
}

func TestSpareListIsBounded(t *testing.T) {
	s := spareList{limit: 10 * newOutBytes}
	s.give(&outbuf{own: make([]byte, 0, keepOutBytes+1)})
	if len(s.list) != 0 {
		t.Fatal("kept what it should not")
	}
	for range 20 {
		s.give(&outbuf{own: make([]byte, 5, newOutBytes), off: 2, size: 3})
	}
	if len(s.list) != 10 || s.bytes != s.limit {
		t.Fatalf("%d buffers, %d bytes", len(s.list), s.bytes)
	}
	for range 11 {
		if o := s.take(); len(o.own) != 0 || cap(o.own) != newOutBytes || !o.check() {
			t.Fatalf("len %d cap %d", len(o.own), cap(o.own))
		}
	}
	if s.bytes != 0 {
		t.Fatalf("%d bytes left", s.bytes)
	}
}
