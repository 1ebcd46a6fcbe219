package poll_test

import (
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// Released may end other connections: each is told of its end while it has its
// descriptor, and in this turn.
func TestReleasedEndsOthers(t *testing.T) {
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	r.l = newLoop(t, poll.Options{Kernel: r.k})
	released := 0
	r.ln, _ = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept, Released: func(c *poll.Conn) {
		if released++; released < len(r.all) {
			r.all[released].c.Abort(nil)
		}
	}})
	for range 4 {
		_, s := r.pair()
		s.close = func(s *side) {
			if s.c.FD() < 0 {
				t.Error("OnClose comes after the descriptor was released")
			}
		}
	}
	r.all[0].c.Abort(nil)
	r.poll()
	if released != 4 {
		t.Errorf("%d released", released)
	}
	for i, s := range r.all {
		if s.closes != 1 {
			t.Errorf("%d: OnClose was called %d times", i, s.closes)
		}
	}
	r.end()
}

// A panic of Released does not keep callers out.
func TestReleasedPanics(t *testing.T) {
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	r.l = newLoop(t, poll.Options{Kernel: r.k, OnPanic: func(*poll.PanicError) {}})
	r.ln, _ = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept, MaxConns: 1,
		Released: func(*poll.Conn) { panic("boom") }})
	_, s := r.pair()
	s.c.Abort(nil)
	r.k.Sleep(r.l, time.Second)
	r.pair()
	r.end()
}
