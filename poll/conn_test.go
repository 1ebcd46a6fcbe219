package poll_test

import (
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

var (
	errEOF   error = io.EOF
	errReset error = syscall.ECONNRESET
	errPipe  error = syscall.EPIPE
)

func TestConnAddresses(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	from := netip.MustParseAddrPort("10.1.2.3:4567")
	r.k.DialFrom(from, at)
	r.poll()
	c := r.all[0].c
	if c.RemoteAddr() != from || c.LocalAddr().String() != at || c.Loop() != r.l {
		t.Fatalf("%v -> %v", c.RemoteAddr(), c.LocalAddr())
	}
	r.l.Close()
	if c.LocalAddr().IsValid() || c.Handler() != nil {
		t.Fatal("a released connection knows too much")
	}
	r.end()
}

// However many writes a turn makes, the kernel sees one.
func TestOneReadAndOneWritePerTurn(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	s.data = func(s *side, b []byte) {
		for range 100 {
			s.c.Write(b)
		}
	}
	for range 10 {
		p.WriteString("0123456789")
		r.k.Calls = polltest.Calls{}
		r.poll()
		if c := r.k.Calls; c.Reads != 1 || c.Writes != 1 || c.Modifies != 0 || c.Waits > 2 {
			t.Fatalf("%+v", c)
		}
		if n := len(p.Read()); n != 1000 {
			t.Fatalf("%d bytes", n)
		}
	}
	r.end()
}

// While the kernel takes nothing, nothing is offered; what unblocks is written
// together with what the turn adds, and only then OnDrain comes.
func TestBlockedConnectionIsLeftAlone(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Limits: poll.Limits{SoftBytes: 50 << 10}})
	p, s := r.pair()
	p.Stall()
	if st := s.c.Write(pattern(120 << 10)); st != poll.Pressure {
		t.Fatalf("status %v with %d buffered", st, s.c.Buffered())
	}
	r.poll()
	if !s.c.Blocked() {
		t.Fatal("not blocked")
	}
	r.k.Calls = polltest.Calls{}
	for range 10 {
		s.c.Write([]byte("more"))
		r.poll()
	}
	if c := r.k.Calls; c.Writes != 0 || c.Modifies != 0 {
		t.Fatalf("%+v", c)
	}
	p.WriteString("x")
	s.data = func(s *side, _ []byte) { s.c.Write([]byte("last")) }
	p.Resume()
	r.poll() // the peer has read
	if c := r.k.Calls; c.Writes != 1 || c.Modifies != 1 || s.drains != 1 || s.c.Buffered() != 0 {
		t.Fatalf("%+v, %d drains, %d left", c, s.drains, s.c.Buffered())
	}
	if n := len(p.Read()); n != 120<<10+44 {
		t.Fatalf("%d bytes arrived", n)
	}
	if r.l.Spares() == 0 && s.c.Capacity() != 0 {
		t.Fatal("an idle connection holds a buffer")
	}
	r.end()
}

func TestSoftLimit(t *testing.T) {
	limits := poll.Limits{SoftBytes: 1000, SoftTime: 5 * time.Second}
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Limits: limits})
	r.k.SendBytes = 100
	p, s := r.pair()
	p.Stall()
	if st := s.c.Write(make([]byte, 1000)); st != poll.OK {
		t.Fatal(st)
	}
	r.poll() // 100 are in the kernel
	if st := s.c.Write(make([]byte, 101)); st != poll.Pressure {
		t.Fatal(st)
	}
	r.k.Sleep(r.l, 4*time.Second)
	for s.c.Buffered() > 1000 {
		p.Take(50)
		r.poll()
	}
	if s.c.Write(nil) != poll.OK {
		t.Fatal("pressure below the limit")
	}
	r.k.Sleep(r.l, 10*time.Second) // below the limit, stalled for less than 30 s
	if s.closes != 0 {
		t.Fatal(s.err)
	}
	s.c.Write(make([]byte, 500))
	start := r.k.Monotonic()
	for s.closes == 0 && r.k.Monotonic() < start+time.Minute {
		p.Take(1) // a drip is no help
		r.k.Sleep(r.l, time.Second/4)
	}
	took := r.k.Monotonic() - start
	p.Resume()
	if s.err != poll.ErrSlow || took < 5*time.Second || took > 7*time.Second || !p.WasReset() {
		t.Fatalf("%v after %v", s.err, took)
	}
	if r.l.Stats().Slow != 1 {
		t.Fatal("not counted")
	}
	r.end()
}

func TestHardLimit(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Limits: poll.Limits{SoftBytes: 1000, HardBytes: 2000}})
	r.k.SendBytes = 100
	p, s := r.pair()
	p.Stall()
	s.c.Write(make([]byte, 100))
	r.poll()
	if st := s.c.Write(make([]byte, 2000)); st != poll.Pressure {
		t.Fatal(st)
	}
	if st := s.c.Write(make([]byte, 101)); st != poll.Dropped || s.c.Open() || s.c.Buffered() != 0 {
		t.Fatal(st)
	}
	if s.closes != 0 {
		t.Fatal("OnClose came from within Write")
	}
	r.poll()
	if s.err != poll.ErrOverflow || s.c.Write([]byte("x")) != poll.Dropped {
		t.Fatal(s.err)
	}
	r.end()
}

func TestStallTime(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	block(r, p, s)
	for range 20 { // a peer that reads at all may stay
		r.k.Sleep(r.l, 10*time.Second)
		p.Take(40 << 10)
		s.c.Write(make([]byte, 40<<10))
	}
	if s.closes != 0 {
		t.Fatal(s.err)
	}
	start := r.k.Monotonic()
	r.until("close", func() bool { return s.closes > 0 })
	if took := r.k.Monotonic() - start; s.err != poll.ErrSlow || took > 33*time.Second {
		t.Fatalf("%v after %v", s.err, took)
	}
	r.end()
}

func TestPauseAndResume(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	r.k.ReceiveBytes = 1000
	p, s := r.pair()
	s.c.Pause()
	s.c.Pause()
	p.Write(pattern(5000))
	p.CloseWrite()
	r.k.Sleep(r.l, time.Minute)
	if len(s.got) != 0 || p.Unsent() != 5000 || s.closes != 0 {
		t.Fatalf("%d bytes were read", len(s.got))
	}
	s.data = func(s *side, b []byte) { // one at a time
		s.got = append(s.got, b...)
		s.c.Pause()
		r.l.After(time.Millisecond, s.c.Resume)
	}
	s.c.Resume()
	r.until("close", func() bool { return s.closes > 0 })
	same(t, "input", s.got, pattern(5000))
	if s.err != io.EOF {
		t.Fatal(s.err)
	}
	r.end()
}

// A callback may pause another connection whose report is still to be served: it
// is not taken for a broken one.
func TestPauseBetweenReportAndService(t *testing.T) {
	for seed := range uint64(16) {
		r := newRig(t, seed, polltest.Faults{}, poll.ListenOptions{})
		pa, a := r.pair()
		pb, b := r.pair()
		block(r, pa, a)
		block(r, pb, b)
		a.data = func(*side, []byte) { b.c.Pause() }
		b.data = func(*side, []byte) { a.c.Pause() }
		pa.Resume()
		pb.Resume()
		pa.WriteString("x")
		pb.WriteString("x")
		for range 5 {
			r.poll()
		}
		if a.closes+b.closes != 0 {
			t.Fatalf("seed %d: %v %v", seed, a.err, b.err)
		}
		same(t, "output", pa.Read(), pattern(100<<10))
		same(t, "output", pb.Read(), pattern(100<<10))
		r.end()
	}
}

// Everything that was queued arrives, however slowly it is read, although the
// peer goes on sending: no RST may destroy it.
func TestCloseDeliversToAPeerThatSends(t *testing.T) {
	polltest.Seeds(t, 50, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, polltest.Faults{ShortRead: .2, ShortWrite: .2, EAGAIN: .2, EINTR: .2}, poll.ListenOptions{})
		r.k.SendBytes, r.k.ReceiveBytes = 5000, 5000
		p, s := r.pair()
		p.Stall()
		want := pattern(200 << 10)
		s.c.Write(want)
		s.c.Close()
		if s.c.Write([]byte("late")) != poll.Dropped {
			t.Fatal("a closed connection takes output")
		}
		var got []byte
		for range 10_000 {
			got = append(got, p.Take(1000+r.k.IntN(4000))...)
			p.Write(make([]byte, r.k.IntN(100)))
			r.k.Sleep(r.l, time.Duration(r.k.IntN(500))*time.Millisecond)
			if len(got) == len(want) {
				break
			}
		}
		same(t, "output", got, want)
		if p.Resume(); !p.EOF() || p.WasReset() || s.closes != 1 || s.err != nil || s.drains != 0 {
			t.Fatalf("EOF %v, reset %v, %v", p.EOF(), p.WasReset(), s.err)
		}
		p.CloseWrite()
		r.until("release", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	})
}

func TestLingerEnds(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	s.c.Close()
	r.poll()
	if start := r.k.Monotonic(); !p.EOF() || s.closes != 1 {
		t.Fatal("FIN and OnClose are late")
	} else {
		r.until("release", func() bool { return r.l.Stats().Conns == 0 })
		if took := r.k.Monotonic() - start; took < 3*time.Second || took > 5*time.Second {
			t.Fatalf("lingered %v", took)
		}
	}
	p, s = r.pair()
	s.c.Close()
	for i := 0; r.l.Stats().Conns > 0; i++ { // one that floods us is not borne that long
		if i > 10 {
			t.Fatal("still there")
		}
		p.Write(make([]byte, 60<<10))
		r.poll()
	}
	if len(s.got) != 0 {
		t.Fatal("input after Close")
	}
	r.end()
}

// The peer's FIN with output pending: OnClose at once, the output still arrives.
func TestFinWithOutputPending(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	block(r, p, s)
	p.WriteString("bye")
	p.CloseWrite()
	r.poll()
	r.poll()
	if string(s.got) != "bye" || s.err != io.EOF {
		t.Fatalf("%q %v", s.got, s.err)
	}
	p.Resume()
	r.until("release", func() bool { return r.l.Stats().Conns == 0 })
	same(t, "output", p.Read(), pattern(100<<10))
	if !p.EOF() || p.WasReset() {
		t.Fatal("no clean end")
	}
	r.end()
}

// What an answer to the last bytes before FIN says is still written.
func TestAnswerInTheTurnOfTheFin(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	s.data = func(s *side, b []byte) { s.c.Write(b) }
	p.WriteString("question")
	p.CloseWrite()
	r.until("end", p.EOF)
	if got := string(p.Read()); got != "question" || s.err != io.EOF {
		t.Fatalf("%q %v", got, s.err)
	}
	r.end()
}

// Slices shared between connections keep their place among copied ones, through
// short writes that end anywhere.
func TestSharedSegments(t *testing.T) {
	polltest.Seeds(t, 100, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, polltest.Faults{ShortWrite: .5, EAGAIN: .2, EINTR: .2}, poll.ListenOptions{})
		r.k.SendBytes = 20_000
		var peers []*polltest.Peer
		var want, got [3][]byte
		for range want {
			p, _ := r.pair()
			peers = append(peers, p)
		}
		for range 30 {
			b := pattern(1 + r.k.IntN(12_000))
			for i, s := range r.all {
				own := pattern(1 + r.k.IntN(3000))
				s.c.WriteShared(b)
				s.c.Write(own)
				want[i] = append(append(want[i], b...), own...)
			}
			if r.k.Coin(.5) {
				r.poll()
			}
		}
		r.until("all", func() bool {
			for i, p := range peers {
				got[i] = append(got[i], p.Read()...)
			}
			return r.l.Stats().OutBytes == 0
		})
		for i, p := range peers {
			same(t, "output", append(got[i], p.Read()...), want[i])
		}
		r.end()
	})
}

func TestSetHandlerSwitches(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	next := &side{c: s.c}
	s.data = func(s *side, b []byte) { s.c.SetHandler(next) }
	p.WriteString("first")
	r.poll()
	p.WriteString("second")
	r.poll()
	p.CloseWrite()
	r.poll()
	if string(next.got) != "second" || next.closes != 1 || s.closes != 0 {
		t.Fatalf("%q", next.got)
	}
	s.c.SetHandler(s)
	if s.c.Handler() != nil {
		t.Fatal("a handler after OnClose")
	}
	s.closes = 1 // for end: its successor was told
	r.end()
}

// Callbacks that end themselves and each other, in every place.
func TestCallbacksThatEndOthers(t *testing.T) {
	polltest.Seeds(t, 100, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, polltest.Faults{Reset: .02, ShortWrite: .2}, poll.ListenOptions{})
		r.k.SendBytes = 1000
		var peers []*polltest.Peer
		for range 20 {
			p, _ := r.pair()
			peers = append(peers, p)
		}
		meddle := func(*side) {
			s := r.all[r.k.IntN(len(r.all))]
			switch r.k.IntN(5) {
			case 0:
				s.c.Close()
			case 1:
				s.c.Abort(errGone)
			case 2:
				s.c.Pause()
				r.l.After(time.Second, s.c.Resume)
			default:
				s.c.Write(pattern(3000))
			}
		}
		for _, s := range r.all {
			s.data = func(s *side, _ []byte) { meddle(s) }
			s.drain, s.close = meddle, meddle
		}
		for range 100 {
			peers[r.k.IntN(len(peers))].WriteString("go")
			if p := peers[r.k.IntN(len(peers))]; r.k.Coin(.1) {
				p.Reset()
			}
			r.poll()
		}
		r.end()
	})
}

// A limit that was raised counts for who was above the lower one, and takes nothing more.
func TestRaisedLimit(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Limits: poll.Limits{SoftBytes: 1000}})
	r.k.SendBytes = 1
	p, s := r.pair()
	p.Stall()
	if st := s.c.Write(make([]byte, 1500)); st != poll.Pressure {
		t.Fatal(st)
	}
	r.k.Sleep(r.l, time.Second) // the kernel takes what it takes
	r.ln.SetLimits(poll.Limits{SoftBytes: 2000})
	r.k.Sleep(r.l, 15*time.Second)
	if s.err != nil || r.l.Stats().Conns == 0 {
		t.Errorf("%v", s.err)
	}
	p.Resume()
	r.end()
}

// Other limits of a listener count for connections that are open.
func TestSetLimits(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Limits: poll.Limits{SoftBytes: 1000, HardBytes: 5000}})
	r.k.SendBytes = 1
	p, s := r.pair()
	p.Stall()
	if st := s.c.Write(make([]byte, 1500)); st != poll.Pressure {
		t.Fatal(st)
	}
	r.ln.SetLimits(poll.Limits{SoftBytes: 2000, HardBytes: 3000})
	if st := s.c.Write(nil); st != poll.OK {
		t.Error(st)
	}
	r.poll()
	if s.c.Write(make([]byte, 1600)); s.c.Buffered() > 3000 {
		t.Error(s.c.Buffered())
	}
	r.poll()
	if s.err != poll.ErrOverflow {
		t.Errorf("%v", s.err)
	}
	p.Resume()
	r.end()
}
