package eio

import (
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// scarce leaves n bytes of the loop's budget, and returns who gives the rest back.
func (r *rig) scarce(n int) (give func()) {
	b := r.loop.Budget()
	held := b.Limit() - n - b.Used()
	b.Hold(held)
	return func() { b.Give(held) }
}

// TestHandshakeWhileTight: while memory is short nobody new comes in; those who
// are there go on, with an upgrade too.
func TestHandshakeWhileTight(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	s := r.openPoll("EIO=4")
	give := r.scarce(1 << 20)
	for _, lines := range [][]string{nil, upgradeLines} {
		p := r.dial()
		transport := map[bool]string{false: "polling", true: "websocket"}[lines != nil]
		request(p, "GET", "/engine.io/?EIO=4&transport="+transport, nil, lines...)
		r.settle()
		if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 503 ") || !strings.Contains(got, "\r\nRetry-After: ") {
			t.Errorf("%s: %q", transport, got)
		}
	}
	p := r.dial()
	request(p, "GET", target(s)[:len(target(s))-len("&sid="+s.ID())]+"&sid="+s.ID(), nil)
	s.Send([]byte("x"), false)
	r.settle()
	if got := string(p.Read()); !strings.HasSuffix(got, "4x") {
		t.Errorf("a poll: %q", got)
	}
	p = r.dial()
	request(p, "GET", strings.Replace(target(s), "polling", "websocket", 1), nil, upgradeLines...)
	r.settle()
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 101 ") {
		t.Errorf("an upgrade: %q", got)
	}
	give()
	r.openPoll("EIO=4")
	r.finish()
}

// TestMessageBeyondBudget: a message that there is no memory for ends the session
// with 1013.
func TestMessageBeyondBudget(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	p, s := r.openWS("EIO=4")
	other, bystander := r.openWS("EIO=4")
	defer r.scarce(10_000)()
	p.Write(masked(ws.OpText, "4"+strings.Repeat("x", 20_000))[:100])
	r.settle()
	op, payload, _, ok := cutFrame(p.Read())
	if !ok || op != ws.OpClose || string(payload) != "\x03\xf5" {
		t.Errorf("%v %q", op, payload)
	}
	if r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != poll.ErrMemory {
		t.Errorf("%q, %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	other.Write(text("4hello"))
	r.settle()
	if bystander.state != sessionOpen || !strings.Contains(r.log.String(), "class=memory") {
		t.Errorf("the bystander is %v, log %s", bystander.state, &r.log)
	}
}

// TestWorstPollGoesFirst: of the sessions that do not poll the one for which most
// waits ends when there is no memory left, and is told so.
func TestWorstPollGoesFirst(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	var all []*Session
	for range 3 {
		all = append(all, r.openPoll("EIO=4"))
	}
	give := r.scarce(60_000)
	for i, n := range []int{10_000, 30_000, 15_000} {
		if st := all[i].Send(make([]byte, n), false); st != poll.OK {
			t.Fatal(st)
		}
	}
	if st := all[0].Send(make([]byte, 8000), false); st != poll.OK {
		t.Errorf("a small one: %v", st)
	}
	if st := all[1].Send([]byte("x"), false); st != poll.Dropped {
		t.Errorf("the worst, in the same turn: %v", st)
	}
	r.settle()
	for i, s := range all {
		if ended := r.ends[s.ID()] == 1; ended != (i == 1) || ended && r.descs[s.ID()] != poll.ErrMemory {
			t.Errorf("session %d ended %d times, %v", i, r.ends[s.ID()], r.descs[s.ID()])
		}
	}
	if st := all[2].Send(make([]byte, 100_000), false); st != poll.Dropped {
		t.Errorf("more than there is: %v", st)
	}
	give()
	r.finish()
}

// TestDoomedUpgrade: a session that was to end for its memory does not get away
// with an upgrade in the same turn.
func TestDoomedUpgrade(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, Options{})
	s := r.openPoll("EIO=4")
	p := r.dial()
	request(p, "GET", strings.Replace(target(s), "polling", "websocket", 1), nil, upgradeLines...)
	p.Write(text("2probe"))
	r.settle()
	s.Send(make([]byte, 1000), false)
	_, end := r.engine.fullest()
	end()
	w := s.probing()
	(*frames)(w).OnMessage(ws.OpText, []byte("5"))
	r.settle()
	if r.ends[s.ID()] != 1 || r.descs[s.ID()] != poll.ErrMemory || s.upgraded {
		t.Errorf("ended %d times, %v", r.ends[s.ID()], r.descs[s.ID()])
	}
	r.finish()
}
