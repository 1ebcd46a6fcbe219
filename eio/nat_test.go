package eio

import (
	"bytes"
	"testing"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

// TestSessionsAreNotThrottled: behind one address many sessions poll, more often
// than it may begin requests. They take nothing of that, and go on while somebody
// there has used it up; who belongs to no session is refused.
func TestSessionsAreNotThrottled(t *testing.T) {
	r := newWebRig(t, 1, quietly, Options{}, webapp.Options{Rate: 10, Burst: 20})
	s := r.openPoll("EIO=4")
	p := r.dial()
	polls := func() {
		t.Helper()
		for range 50 {
			post(p, s, []byte("4x"))
			get(p, s)
			r.settle()
			status, _, _, rest, _ := cutAnswer(p.Read(), false)
			if poll, _, body, _, _ := cutAnswer(rest, false); status != "200" || poll != "200" || string(body) != "4x" {
				t.Fatalf("POST %s, GET %s %q", status, poll, body)
			}
		}
	}
	polls()
	r.openPoll("EIO=4")
	for _, request := range []string{"GET /", "GET /engine.io/?transport=polling&EIO=4",
		"GET /engine.io/?transport=websocket&EIO=4&sid=" + s.ID(), "PUT " + target(s), "OPTIONS " + target(s)} {
		r.sleep(3 * time.Second)
		status := ""
		for range 25 {
			c := r.dial()
			c.WriteString(request + " HTTP/1.1\r\nHost: a.example\r\n\r\n")
			r.settle()
			if status, _, _, _, _ = cutAnswer(c.Read(), false); status == "429" {
				break
			}
		}
		if status != "429" {
			t.Errorf("%s: %s after 25", request, status)
		}
		polls()
	}
	r.finish()
}

// TestStormIsNobodysFault: a handshake that is refused for the storm does not use
// up what its address may have: those behind one address are let in as the storm
// ends.
func TestStormIsNobodysFault(t *testing.T) {
	r := newRig(t, 1, quietly, Options{HandshakeRate: 5, HandshakeBurst: 5, HandshakesPerAddress: 10})
	for range 50 {
		request(r.dial(), "GET", "/engine.io/?transport=polling&EIO=4", nil)
		r.settle()
	}
	if n := r.engine.Stats().Sessions; n != 5 {
		t.Errorf("%d sessions", n)
	}
	r.sleep(time.Second)
	for range 5 {
		r.openPoll("EIO=4")
	}
	r.finish()
}

// TestHoldGoesWithTheSession: a session that owes is held on its new transport, too.
func TestHoldGoesWithTheSession(t *testing.T) {
	r := newRig(t, 1, quietly, Options{EventRate: 100, EventBurst: 200})
	s := r.openPoll("EIO=4")
	poster, p := r.dial(), r.dial()
	request(p, "GET", "/engine.io/?transport=websocket&EIO=4&sid="+s.ID(), nil, upgradeLines...)
	p.Write(text("2probe"))
	r.settle()
	p.Read()
	post(poster, s, bytes.Repeat([]byte("6\x1e"), 500)[:999]) // 300 more than there are tokens
	r.settle()
	p.Write(text("5"))
	r.settle()
	if status, _, body, _, _ := cutAnswer(poster.Read(), false); status != "200" || string(body) != "ok" || s.ws == nil {
		t.Errorf("the POST got %s %q", status, body)
	}
	p.Write(text("4later"))
	r.settle()
	if got := p.Read(); bytes.Contains(got, []byte("later")) {
		t.Error("it is read on")
	}
	r.sleep(4 * time.Second)
	if got := p.Read(); !bytes.Contains(got, []byte("later")) || !s.Open() {
		t.Errorf("it was not read on: %q", got)
	}
	r.finish()
}
