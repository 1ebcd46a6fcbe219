package poll_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// A full table: callers are refused one by one, the listener rests longer and
// longer instead of spinning, and is back when there is room.
func TestListenerWithAFullTable(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	r.k.MaxFDs = r.k.Open() + 10
	var peers []*polltest.Peer
	for range 40 {
		peers = append(peers, r.k.Dial(at))
	}
	r.k.Sleep(r.l, 5*time.Millisecond)
	if len(r.all) != 10 || r.k.Open() != r.k.MaxFDs {
		t.Fatalf("%d accepted, %d descriptors", len(r.all), r.k.Open())
	}
	turns := r.l.Stats().Turns
	r.k.Sleep(r.l, 10*time.Second)
	s := r.l.Stats()
	if n := s.Turns - turns; n > 40 || s.Refused < 10 || s.Refused > 20 {
		t.Fatalf("%d turns in 10 s, %d refused", n, s.Refused)
	}
	ended := 0
	for _, p := range peers {
		if p.Ended() {
			ended++
		}
	}
	if uint64(ended) != s.Refused {
		t.Fatalf("%d callers were told, %d refused", ended, s.Refused)
	}
	for _, p := range peers[:5] {
		p.Close()
	}
	r.k.Sleep(r.l, 2*time.Second)
	if len(r.all) != 15 || r.k.Open() != r.k.MaxFDs {
		t.Fatalf("%d accepted after there was room for 5", len(r.all))
	}
	r.end()
}

func TestListenerRests(t *testing.T) {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPERM,
	} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		var tries []time.Duration
		full := errno == syscall.EMFILE || errno == syscall.ENFILE
		for range 30 { // with the reserve there are two tries each
			r.k.AcceptErrors = append(r.k.AcceptErrors, errno)
		}
		p := r.k.Dial(at)
		left := len(r.k.AcceptErrors)
		r.until("accept", func() bool {
			if n := len(r.k.AcceptErrors); n < left {
				left = n
				tries = append(tries, r.k.Monotonic())
			}
			return len(r.all) == 1
		})
		if full != (len(tries) == 15) || p.Ended() {
			t.Errorf("%v: %d tries", errno, len(tries))
		}
		want := 10 * time.Millisecond
		for i := 1; i < len(tries); i++ {
			if gap := tries[i] - tries[i-1]; gap != want {
				t.Errorf("%v: rest %d took %v, want %v", errno, i, gap, want)
			}
			want = min(2*want, time.Second)
		}
		r.k.AcceptErrors = []syscall.Errno{errno} // success has shortened the rest again
		start := r.k.Monotonic()
		r.k.Dial(at)
		r.k.Dial(at)
		r.until("accept", func() bool { return len(r.all) >= 2 })
		if took := r.k.Monotonic() - start; took != 10*time.Millisecond {
			t.Errorf("%v: rested %v after a success", errno, took)
		}
		r.end()
	}
}

func TestListenerPassesOverCallersThatLeft(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	r.k.AcceptErrors = []syscall.Errno{syscall.EINTR, syscall.ECONNABORTED}
	r.k.Dial(at).Reset()
	r.pair()
	if now := r.k.Monotonic(); now != 0 || r.l.Stats().Accepted != 1 {
		t.Fatalf("it took %v", now)
	}
	r.end()
}

// An error of a caller that stays, whatever it is, makes the listener rest.
func TestListenerDoesNotSpinOverLostCallers(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{AcceptBudget: 4})
	for range 100 {
		r.k.AcceptErrors = append(r.k.AcceptErrors, syscall.ECONNABORTED)
	}
	r.k.Dial(at)
	r.until("accept", func() bool { return len(r.all) == 1 })
	if now := r.k.Monotonic(); now < 300*time.Millisecond || now > 3*time.Second {
		t.Fatalf("100 lost callers in a row took %v", now)
	}
	r.end()
}

func TestAcceptBudget(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{AcceptBudget: 3, Backlog: 10})
	var peers []*polltest.Peer
	for range 12 {
		peers = append(peers, r.k.Dial(at))
	}
	if !peers[10].WasReset() || peers[9].WasReset() {
		t.Fatal("backlog")
	}
	for turn := 1; turn <= 4; turn++ {
		r.poll()
		if want := min(3*turn, 10); len(r.all) != want {
			t.Fatalf("turn %d: %d accepted", turn, len(r.all))
		}
	}
	r.end()
}

func TestMaxConns(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{MaxConns: 2})
	var peers []*polltest.Peer
	for range 4 {
		peers = append(peers, r.k.Dial(at))
	}
	r.k.Sleep(r.l, time.Minute)
	if len(r.all) != 2 || r.ln.Conns() != 2 || r.l.Stats().Turns > 10 {
		t.Fatalf("%d accepted in %d turns", len(r.all), r.l.Stats().Turns)
	}
	peers[0].Close()
	r.k.Sleep(r.l, time.Second)
	if len(r.all) != 3 || r.ln.Conns() != 2 || peers[3].Ended() {
		t.Fatalf("%d accepted", len(r.all))
	}
	r.end()
}

// Accept refuses with nil, whatever it did to the connection before.
func TestAcceptRefuses(t *testing.T) {
	for name, do := range map[string]func(c *poll.Conn){
		"at once":   func(*poll.Conn) {},
		"Write":     func(c *poll.Conn) { c.Write([]byte("go away")) },
		"big Write": func(c *poll.Conn) { c.Write(make([]byte, 1<<20)) },
		"Close":     func(c *poll.Conn) { c.Close() },
		"Abort":     func(c *poll.Conn) { c.Abort(errGone) },
		"Pause":     func(c *poll.Conn) { c.Pause() },
	} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Accept: func(c *poll.Conn) poll.Handler {
			do(c)
			return nil
		}})
		p := r.k.Dial(at)
		r.k.Sleep(r.l, time.Millisecond)
		if !p.Ended() || r.l.Stats().Conns != 0 || r.l.Stats().Refused != 1 {
			t.Errorf("%s: ended %v, %+v", name, p.Ended(), r.l.Stats())
		}
		r.end()
	}
}

func TestListenerClose(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	waiting := r.k.Dial(at)
	r.ln.Close()
	r.ln.Close()
	if !waiting.WasReset() || !r.k.Dial(at).WasReset() {
		t.Fatal("still listening")
	}
	p.WriteString("x")
	r.k.Sleep(r.l, time.Second)
	if string(s.got) != "x" {
		t.Fatal("the connection went with its listener")
	}
	p.Close()
	r.k.Sleep(r.l, time.Second)
	if n := r.k.Open(); n != 0 {
		t.Fatalf("%d descriptors", n)
	}
	r.end()
}

func TestListenErrors(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	if _, err := r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept}); err == nil {
		t.Fatal("listens twice")
	}
	r.end()
	if _, err := r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept}); err != poll.ErrClosed {
		t.Fatal(err)
	}
}

// Another MaxConns counts at once: those who wait come in, or nobody does.
func TestSetMaxConns(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{MaxConns: 2})
	var peers []*polltest.Peer
	dial := func(n int) {
		for range n {
			peers = append(peers, r.k.Dial(at))
		}
	}
	for _, step := range []struct{ dial, set, close, want int }{
		{4, 2, 0, 2},
		{0, 3, 0, 3}, // one of the two that wait
		{0, 1, 0, 3}, // nobody is thrown out
		{0, 1, 2, 3}, // and nobody comes for those that go
		{0, 0, 0, 4}, // no bound
		{5, 0, 0, 9},
		{1, 7, 0, 9}, // exactly full
	} {
		dial(step.dial)
		r.ln.SetMaxConns(step.set)
		for _, p := range peers[:step.close] {
			p.Close()
		}
		turns := r.l.Stats().Turns
		r.k.Sleep(r.l, time.Minute)
		if len(r.all) != step.want {
			t.Fatalf("%+v: %d accepted", step, len(r.all))
		}
		if n := r.l.Stats().Turns - turns; n > 20 {
			t.Errorf("%+v: %d turns", step, n)
		}
	}
	r.end()
	r.ln.SetMaxConns(5) // of a closed one
}
