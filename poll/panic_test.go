package poll_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// panics are the callbacks of the loop, each with what makes it panic with "boom".
// ends tells that the connection under test ends with it.
var panics = []struct {
	name, where string
	ends        bool
	do          func(r *rig, p *polltest.Peer, s *side)
}{
	{"OnData", "OnData", true, func(_ *rig, p *polltest.Peer, s *side) {
		s.data = func(*side, []byte) { panic("boom") }
		p.WriteString("x")
	}},
	{"OnDrain", "OnDrain", true, func(_ *rig, _ *polltest.Peer, s *side) {
		s.drain = func(*side) { panic("boom") }
		s.c.Write(make([]byte, 1<<20))
	}},
	{"OnClose", "OnClose", true, func(_ *rig, _ *polltest.Peer, s *side) {
		s.close = func(*side) { panic("boom") }
		s.c.Close()
	}},
	{"Post", "Post", false, func(r *rig, _ *polltest.Peer, _ *side) { r.l.Post(func() { panic("boom") }) }},
	{"Post, again", "Post", false, func(r *rig, _ *polltest.Peer, _ *side) {
		r.l.Post(func() {
			r.l.Post(func() {}) // for the next turn, and not in this one
			panic("boom")
		})
	}},
	{"After", "a timer", false, func(r *rig, _ *polltest.Peer, _ *side) { r.l.After(0, func() { panic("boom") }) }},
	{"Add", "Add", false, func(r *rig, _ *polltest.Peer, _ *side) {
		fd := r.k.Descriptor()
		r.k.Signal(fd, poll.Readable)
		r.l.Add(fd, poll.Readable, func(int, poll.Interest) { panic("boom") })
	}},
	{"Once", "Once", false, func(r *rig, _ *polltest.Peer, _ *side) {
		fd := r.k.Descriptor()
		r.k.Signal(fd, poll.Readable)
		r.l.Once(fd, poll.Readable, func(int, poll.Interest) { panic("boom") })
	}},
	{"OnSlowTurn", "OnSlowTurn", false, func(r *rig, _ *polltest.Peer, _ *side) {
		r.l.TellSlowTurns(func(poll.SlowTurn) { panic("boom") })
		r.l.Post(func() { r.l.Mark("slow"); r.k.Suspend(time.Second) })
	}},
}

// A panic in any callback ends what it was called for: the rest of the turn comes
// all the same, in order and once, others are served, and nothing leaks.
func TestPanics(t *testing.T) {
	for _, x := range panics {
		var told []*poll.PanicError
		r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
		r.l = newLoop(t, poll.Options{Kernel: r.k, OnPanic: func(p *poll.PanicError) { told = append(told, p) }})
		r.ln, _ = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept})
		p, s := r.pair()
		others := make([]*polltest.Peer, 5)
		for i := range others {
			var o *side
			others[i], o = r.pair()
			o.data = func(s *side, b []byte) { s.c.Write(b) }
		}
		order := ""
		note := func(what string) func() { return func() { order += what } }
		r.l.Post(note("a"))
		r.l.After(0, note("c"))
		x.do(r, p, s)
		r.l.Mark("a handler")
		r.l.Post(note("b"))
		r.l.After(0, note("d"))
		for _, o := range others {
			o.WriteString("ping")
		}
		r.poll()
		if order != "abcd" {
			t.Errorf("%s: ran %q", x.name, order)
		}
		r.k.Sleep(r.l, time.Second)
		for _, o := range others {
			if string(o.Read()) != "ping" || !r.serves(o) {
				t.Errorf("%s: another connection is not served", x.name)
			}
		}
		if len(told) != 1 || told[0].Where != x.where || told[0].Value != "boom" ||
			!strings.Contains(string(told[0].Stack), "panic_test.go") || r.l.Stats().Panics != 1 {
			t.Fatalf("%s: told %v", x.name, told)
		}
		var reason *poll.PanicError
		if x.ends != (s.closes == 1) || x.ends && x.name != "OnClose" && (!errors.As(s.err, &reason) || reason != told[0]) {
			t.Errorf("%s: OnClose was called %d times, with %v", x.name, s.closes, s.err)
		}
		if len(r.l.FDs()) != 0 {
			t.Errorf("%s: its descriptor is still watched", x.name)
		}
		for fd := range 100 { // those of Add stay the caller's
			if r.k.Named(fd) == "user" {
				r.k.CloseFD(fd)
			}
		}
		r.end()
	}
}

// A panic in Accept costs that caller.
func TestPanicInAccept(t *testing.T) {
	var told []*poll.PanicError
	k := polltest.New(1, polltest.Faults{})
	l := newLoop(t, poll.Options{Kernel: k, OnPanic: func(p *poll.PanicError) { told = append(told, p) }})
	n := 0
	if _, err := l.Listen(poll.ListenOptions{Address: at, Accept: func(*poll.Conn) poll.Handler {
		if n++; n == 2 {
			panic("boom")
		}
		return newEcho()
	}}); err != nil {
		t.Fatal(err)
	}
	peers := []*polltest.Peer{k.Dial(at), k.Dial(at), k.Dial(at)}
	k.Sleep(l, time.Second)
	for i, p := range peers {
		if p.Ended() != (i == 1) {
			t.Errorf("caller %d: ended %v", i, p.Ended())
		}
	}
	if len(told) != 1 || told[0].Where != "Accept" || l.Stats().Conns != 2 {
		t.Errorf("%v, %+v", told, l.Stats())
	}
	l.Close()
	if err := k.Check(); err != nil {
		t.Error(err)
	}
}

// Close tells every handler, whichever panics; so does a panic of OnPanic itself.
func TestPanicsWhileClosing(t *testing.T) {
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	r.l = newLoop(t, poll.Options{Kernel: r.k, OnPanic: func(*poll.PanicError) { panic("again") }})
	r.ln, _ = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept})
	for range 10 {
		_, s := r.pair()
		s.close = func(*side) { panic("boom") }
	}
	r.end()
	if r.l.Stats().Panics != 10 {
		t.Errorf("%+v", r.l.Stats())
	}
}

// Without OnPanic the kernel in memory lets a panic go on: no test overlooks one.
func TestPanicsGoOnInTests(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	l, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if v := recover(); v != "boom" {
			t.Errorf("recovered %v", v)
		}
	}()
	l.Post(func() { panic("boom") })
	l.Poll(0)
	t.Error("it did not go on")
}
