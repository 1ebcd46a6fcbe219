package poll_test

import (
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// caller is a simulated client that sends, gets its bytes echoed, and leaves in
// one of several ways.
type caller struct {
	*polltest.Peer
	k          *polltest.Kernel
	sent, seen []byte
	gone       bool // left without waiting for the rest
	ends       int
	done       bool // says nothing more
}

var stock = pattern(5000)

func (c *caller) step() {
	if c.gone || c.done || c.ends > 0 {
		return
	}
	switch n := c.k.IntN(100); {
	case n < 60:
		b := stock[c.k.IntN(1000):][:1+c.k.IntN(4000)]
		c.sent = append(c.sent, b...)
		c.Write(b)
	case n < 70:
		c.Stall()
	case n < 80:
		c.Resume()
	case n < 82:
		c.gone = true
		c.Reset()
	case n < 84:
		c.gone = true
		c.Close()
	}
	c.k.After(time.Duration(c.k.IntN(50))*time.Millisecond, c.step)
}

func dialCaller(k *polltest.Kernel) *caller {
	c := &caller{Peer: k.Dial(at), k: k}
	c.OnData = func(b []byte) { c.seen = append(c.seen, b...) }
	c.OnEnd = func(bool) { c.ends++ }
	k.After(0, c.step)
	return c
}

// finish makes the caller read on, and perhaps send FIN.
func (c *caller) finish() {
	c.Resume()
	if !c.gone && c.ends == 0 && c.k.Coin(.5) {
		c.CloseWrite()
	}
	c.done = true
}

// Echo through all faults: every byte comes back in order, or the end is seen,
// once, on both sides; and nothing is left behind.
func TestEchoThroughFaults(t *testing.T) {
	polltest.Seeds(t, 1000, func(t *testing.T, seed uint64) {
		f := polltest.Faults{ShortRead: .3, ShortWrite: .3, EAGAIN: .1, EINTR: .1}
		harsh := seed%2 == 0
		if harsh {
			f.Reset, f.EMFILE, f.ENOBUFS, f.ECONNABORTED = .002, .1, .02, .1
		}
		r := newRig(t, seed, f, poll.ListenOptions{})
		r.k.SendBytes, r.k.ReceiveBytes = 1+r.k.IntN(10_000), 1+r.k.IntN(10_000)
		if harsh {
			r.k.MaxFDs = 9
		}
		r.data = func(s *side, b []byte) {
			if r.k.Coin(.1) {
				s.c.Pause()
				r.l.After(time.Millisecond, s.c.Resume)
			}
			if r.k.Coin(.5) {
				s.c.WriteShared(append([]byte(nil), b...))
			} else {
				s.c.Write(b)
			}
		}
		var callers []*caller
		for range 12 {
			callers = append(callers, dialCaller(r.k))
			r.k.Sleep(r.l, time.Duration(r.k.IntN(20))*time.Millisecond)
		}
		r.k.Sleep(r.l, 300*time.Millisecond)
		for _, c := range callers {
			c.finish()
		}
		r.k.Sleep(r.l, time.Minute)
		for _, c := range callers {
			if len(c.seen) > len(c.sent) {
				t.Fatalf("%v: got more than it sent", c.Addr())
			}
			same(t, "echo", c.seen, c.sent[:len(c.seen)])
			if c.ends > 1 {
				t.Fatalf("%v: %d ends", c.Addr(), c.ends)
			}
			if whole := len(c.seen) == len(c.sent); !whole && !c.gone && !c.WasReset() {
				t.Fatalf("%v: %d of %d came back", c.Addr(), len(c.seen), len(c.sent))
			}
		}
		r.end()
	})
}
