package eio

import (
	"testing"
	"time"
)

// Who is expected back is not turned away, from one address and at once; who comes beside them is.
func TestExpect(t *testing.T) {
	r := newRig(t, 1, quietly, Options{HandshakeRate: 10, HandshakeBurst: 5, HandshakesPerAddress: 3})
	handshake := func() (status string) {
		p := r.dialFrom("203.0.113.1")
		request(p, "GET", "/engine.io/?transport=polling&EIO=4", nil)
		r.settle()
		status, _, _, _, _ = cutAnswer(p.Read(), false)
		return status
	}
	r.engine.Expect(20)
	for i := range 23 {
		if got := handshake(); got != "200" {
			t.Fatalf("handshake %d of 20 that are expected and 3: %s", i, got)
		}
	}
	if got := handshake(); got != "429" || r.engine.Expected() != 0 {
		t.Errorf("one more: %s, %d expected", got, r.engine.Expected())
	}
	r.engine.Expect(20)
	r.sleep(time.Minute)
	for range 4 {
		handshake()
	}
	if n := r.engine.Expected(); n != 16 {
		t.Errorf("%d are still expected", n)
	}
	r.sleep(returnTime)
	for range 3 {
		handshake()
	}
	if got := handshake(); got != "429" || r.engine.Expected() != 0 {
		t.Errorf("too late: %s, %d expected", got, r.engine.Expected())
	}
	r.engine.Expect(-1)
	if n := r.engine.Expected(); n != 0 || r.engine.Stats().Handshakes != 30 {
		t.Errorf("%d expected, %+v", n, r.engine.Stats())
	}
	r.sleep(time.Second)
	r.finish()
}
