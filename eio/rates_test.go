package eio

import (
	"bytes"
	"testing"
	"time"
)

// Other rates count at once, for sessions that are open too; 0 leaves one as it is.
func TestSetRates(t *testing.T) {
	r := newRig(t, 1, quietly, Options{HandshakeRate: 1, HandshakeBurst: 2, HandshakesPerAddress: -1,
		EventRate: 10, EventBurst: 10})
	open := func() string {
		p := r.dialFrom("203.0.113.1")
		request(p, "GET", "/engine.io/?transport=polling&EIO=4", nil)
		r.settle()
		status, _, _, _, _ := cutAnswer(p.Read(), false)
		return status
	}
	p, s := r.openWS("EIO=4")
	if open() != "200" || open() != "503" {
		t.Error("the burst is not 2")
	}
	p.Write(bytes.Repeat(text("4x"), 30))
	r.settle()
	if r.engine.Stats().Throttled != 2 {
		t.Errorf("%+v", r.engine.Stats())
	}
	r.sleep(5 * time.Second)
	p.Read()
	r.engine.SetRates(Rates{HandshakeRate: 100, HandshakeBurst: 100, EventRate: 1000, EventBurst: 1000})
	r.sleep(time.Second)
	for range 50 {
		if status := open(); status != "200" {
			t.Fatal(status)
		}
	}
	p.Write(bytes.Repeat(text("4x"), 500))
	p.Write(text("4last"))
	r.settle()
	if got := p.Read(); !bytes.Contains(got, []byte("4last")) || !s.Open() {
		t.Error("a session that is open is held by the old rate")
	}
	r.engine.SetRates(Rates{HandshakesPerAddress: 3})
	for i := range 5 {
		if status := open(); status != pick(i < 3, "200", "429") {
			t.Errorf("handshake %d of the address: %s", i, status)
		}
	}
	r.engine.SetRates(Rates{HandshakesPerAddress: -1, HandshakeRate: -1})
	for range 300 {
		if status := open(); status != "200" {
			t.Fatal(status)
		}
	}
	r.finish()
}
