package poll_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

const at = "127.0.0.1:80"

// rig is a loop on the kernel in memory, with one listener.
type rig struct {
	t    *testing.T
	k    *polltest.Kernel
	l    *poll.Loop
	ln   *poll.Listener
	all  []*side
	data func(s *side, b []byte) // OnData of new connections
}

// side is the server's side of a connection: it records.
type side struct {
	c      *poll.Conn
	got    []byte
	drains int
	closes int
	err    error
	data   func(s *side, b []byte)
	drain  func(s *side)
	close  func(s *side)
}

func (s *side) OnData(_ *poll.Conn, b []byte) {
	if s.closes > 0 {
		panic("OnData after OnClose")
	}
	if s.data != nil {
		s.data(s, b)
		return
	}
	s.got = append(s.got, b...)
}

func (s *side) OnDrain(*poll.Conn) {
	if s.closes > 0 {
		panic("OnDrain after OnClose")
	}
	s.drains++
	if s.drain != nil {
		s.drain(s)
	}
}

func (s *side) OnClose(_ *poll.Conn, err error) {
	s.closes++
	s.err = err
	if s.close != nil {
		s.close(s)
	}
}

func newRig(t *testing.T, seed uint64, f polltest.Faults, o poll.ListenOptions) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(seed, f)}
	var err error
	if r.l, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	o.Address = at
	if o.Accept == nil {
		o.Accept = r.accept
	}
	if r.ln, err = r.l.Listen(o); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) accept(c *poll.Conn) poll.Handler {
	s := &side{c: c, data: r.data}
	r.all = append(r.all, s)
	return s
}

// pair is a new connection, both sides.
func (r *rig) pair() (*polltest.Peer, *side) {
	r.t.Helper()
	n := len(r.all)
	p := r.k.Dial(at)
	r.until("accept", func() bool { return len(r.all) > n })
	return p, r.all[n]
}

func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	if !r.k.Run(r.l, cond, 5*time.Minute) {
		r.t.Fatalf("%s: did not happen within 5 minutes", what)
	}
}

func (r *rig) poll() {
	r.t.Helper()
	if err := r.l.Poll(0); err != nil {
		r.t.Fatal(err)
	}
}

// end closes the loop and looks for leaks.
func (r *rig) end() {
	r.t.Helper()
	if err := r.l.Close(); err != nil {
		r.t.Fatal(err)
	}
	for i, s := range r.all {
		if s.closes != 1 {
			r.t.Errorf("connection %d: OnClose was called %d times", i, s.closes)
		}
	}
	if s := r.l.Stats(); s.Conns != 0 || s.Listeners != 0 || s.OutBytes != 0 || r.l.Budget().Used() != 0 || s.Accepted != s.Closed {
		r.t.Errorf("counters at the end: %+v", s)
	}
	if err := r.k.Check(); err != nil {
		r.t.Error(err)
	}
}

// pattern is n bytes that tell where they belong.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		n := 0
		for n < len(got) && n < len(want) && got[n] == want[n] {
			n++
		}
		t.Fatalf("%s: %d bytes, want %d; they differ at %d", what, len(got), len(want), n)
	}
}
