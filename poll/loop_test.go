package poll_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// kernels runs f on the kernel in memory and on the system's.
func kernels(t *testing.T, f func(t *testing.T, l *poll.Loop)) {
	t.Run("memory", func(t *testing.T) {
		k := polltest.New(1, polltest.Faults{EINTR: .1})
		f(t, newLoop(t, poll.Options{Kernel: k, Workers: 1, QueuedWork: 2}))
	})
	t.Run("system", func(t *testing.T) {
		f(t, newLoop(t, poll.Options{Workers: 1, QueuedWork: 2}))
	})
}

func newLoop(t *testing.T, o poll.Options) *poll.Loop {
	t.Helper()
	l, err := poll.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// turn polls in real time until cond, for at most ten seconds.
func turn(t *testing.T, l *poll.Loop, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); {
		if err := l.Poll(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(end) {
			t.Fatal("did not happen within 10 s")
		}
	}
}

func TestPostFromManyGoroutines(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		const posters, posts = 16, 500
		var got [posters][]int
		total := 0
		for i := range posters {
			go func() {
				for n := range posts {
					if err := l.Post(func() { got[i] = append(got[i], n); total++ }); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		for total < posters*posts { // a lost wake-up hangs here
			if err := l.Poll(-1); err != nil {
				t.Fatal(err)
			}
		}
		for i := range got {
			if len(got[i]) != posts || !slices.IsSorted(got[i]) {
				t.Fatalf("poster %d: %d posts", i, len(got[i]))
			}
		}
	})
}

// A wake-up that the quick look after a busy turn swallows still ends the wait.
func TestPostAfterABusyTurn(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	done := false
	s.data = func(*side, []byte) { r.l.Post(func() { done = true }) }
	for range 10 {
		done = false
		p.WriteString("x")
		r.poll() // busy, and runs what was posted
		r.l.Post(func() { done = true })
		if r.l.Poll(time.Hour); !done || r.k.Monotonic() != 0 {
			t.Fatalf("posted at 0, ran: %v at %v", done, r.k.Monotonic())
		}
	}
	r.end()
}

func TestPostFromPosted(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		var order []int
		l.Post(func() {
			order = append(order, 1)
			l.Post(func() { order = append(order, 3) })
		})
		l.Post(func() { order = append(order, 2) })
		turn(t, l, func() bool { return len(order) > 0 })
		if !slices.Equal(order, []int{1, 2}) {
			t.Fatalf("%v in one turn", order)
		}
		turn(t, l, func() bool { return len(order) > 2 })
	})
}

func TestGo(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		gate := make(chan struct{})
		then := 0
		for i := range 3 { // one runs, two wait
			if err := l.Go(func() { <-gate }, func() { then++ }); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		if err := l.Go(func() {}, nil); err != poll.ErrBusy {
			t.Fatal(err)
		}
		close(gate)
		turn(t, l, func() bool { return then == 3 })
		turn(t, l, func() bool { return l.Stats().Offloaded == 3 })
		if s := l.Stats(); s.Denied != 1 {
			t.Fatalf("%+v", s)
		}
		ran := make(chan struct{})
		if err := l.Go(func() { close(ran) }, nil); err != nil {
			t.Fatal(err)
		}
		<-ran
		l.Close()
		if err := l.Go(func() {}, nil); err != poll.ErrClosed {
			t.Fatal(err)
		}
	})
}

func TestRunAndStop(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		ctx, cancel := context.WithCancel(context.Background())
		go l.Stop()
		if err := l.Run(ctx); err != nil { // an early Stop is not lost
			t.Fatal(err)
		}
		l.After(time.Millisecond, l.Stop)
		if err := l.Run(ctx); err != nil {
			t.Fatal(err)
		}
		go cancel()
		if err := l.Run(ctx); err != context.Canceled {
			t.Fatal(err)
		}
		if err := l.Run(ctx); err != context.Canceled {
			t.Fatal(err)
		}
		l.Post(func() { l.Close() })
		if err := l.Run(context.Background()); err != poll.ErrClosed {
			t.Fatal(err)
		}
	})
}

func TestUseAfterClose(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for l.Post(func() {}) == nil {
				}
				l.Stop()
			})
		}
		l.Poll(time.Millisecond)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if l.Close() != nil || l.Poll(0) != poll.ErrClosed || l.Add(5, poll.Readable, nil) != poll.ErrClosed {
			t.Fatal("a closed loop works")
		}
	})
}

// Close in any callback takes place at the end of the turn.
func TestCloseInACallback(t *testing.T) {
	for _, where := range []string{"data", "drain", "close", "timer", "post", "accept"} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		p, s := r.pair()
		q, _ := r.pair()
		end := func(*side) { r.l.Close() }
		switch where {
		case "data":
			s.data = func(*side, []byte) { r.l.Close() }
			p.WriteString("x")
		case "drain":
			s.drain = end
			s.c.Write(make([]byte, 1<<20))
		case "close":
			s.close = end
			p.Reset()
			q.Reset()
		case "timer":
			r.l.After(time.Millisecond, func() { r.l.Close() })
		case "post":
			r.l.Post(func() { r.l.Close() })
		case "accept":
			r.data = func(*side, []byte) { r.l.Close() }
			r.k.Dial(at).WriteString("x")
		}
		for range 40 {
			if r.l.Poll(time.Second) != nil {
				break
			}
		}
		if r.l.Poll(0) != poll.ErrClosed {
			t.Errorf("%s: still open", where)
		}
		r.end()
	}
}

func TestNestedPollPanics(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	s.data = func(*side, []byte) { r.l.Poll(0) }
	p.WriteString("x")
	defer func() {
		if recover() == nil {
			t.Fatal("a callback turned the loop")
		}
	}()
	r.poll()
}

// Input of a turn comes before its timers: what has arrived saves a session from
// its deadline.
func TestInputBeforeTimers(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	deadline := r.l.After(time.Second, func() { t.Error("too late") })
	s.data = func(*side, []byte) { r.l.Disarm(deadline) }
	r.k.After(time.Second, func() { p.WriteString("pong") })
	r.k.Sleep(r.l, 2*time.Second)
	r.end()
}

// An idle loop sleeps from one deadline to the next.
func TestIdleLoopSleeps(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	for range 100 {
		p, s := r.pair()
		p.WriteString("x")
		s.c.Write([]byte("y"))
	}
	r.k.Sleep(r.l, time.Second)
	n := 0
	for range 3 {
		r.l.After(time.Minute, func() { n++ })
	}
	before := r.l.Stats().Turns
	r.k.Sleep(r.l, time.Hour)
	if turns := r.l.Stats().Turns - before; turns > 3 || n != 3 {
		t.Fatalf("%d turns in an idle hour", turns)
	}
	r.end()
}

// A report of this turn never reaches what got the descriptor's number since.
func TestNoReportForAReusedNumber(t *testing.T) {
	for seed := range uint64(32) {
		k := polltest.New(seed, polltest.Faults{})
		l := newLoop(t, poll.Options{Kernel: k})
		a, b := k.Descriptor(), k.Descriptor()
		served := 0
		serve := func(fd int, _ poll.Interest) {
			served++
			other := a + b - fd
			l.Remove(other)
			k.CloseFD(other)
			if again := k.Descriptor(); again != other {
				t.Fatalf("got %d, want %d again", again, other)
			}
			l.Add(other, poll.Readable, func(int, poll.Interest) { t.Error("it was never ready") })
			k.Signal(fd, 0)
		}
		l.Add(a, poll.Readable, serve)
		l.Add(b, poll.Readable, serve)
		k.Signal(a, poll.Readable)
		k.Signal(b, poll.Readable)
		k.Sleep(l, time.Second)
		if served != 1 {
			t.Fatalf("seed %d: %d served", seed, served)
		}
	}
}

func TestUserDescriptors(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	l := newLoop(t, poll.Options{Kernel: k})
	a, b := k.Descriptor(), k.Descriptor()
	var got []int
	note := func(fd int, is poll.Interest) { got = append(got, fd, int(is)) }
	if l.Add(a, poll.Readable, note) != nil || l.Once(b, poll.Readable|poll.Writable, note) != nil {
		t.Fatal("Add")
	}
	if l.Add(a, poll.Writable, note) != poll.ErrInUse || l.Add(-1, poll.Readable, note) != poll.ErrClosed {
		t.Fatal("Add twice")
	}
	if fds := l.FDs(); !slices.Equal(fds, []int{a, b}) {
		t.Fatal(fds)
	}
	k.Signal(b, poll.Writable)
	k.Sleep(l, time.Second)
	k.Signal(a, poll.Readable|poll.Writable)
	l.Poll(0)
	l.Poll(0)
	if !slices.Equal(got, []int{b, 2, a, 1, a, 1}) || !slices.Equal(l.FDs(), []int{a}) {
		t.Fatalf("%v, left %v", got, l.FDs())
	}
	if err := l.Remove(b, a, 77); err != poll.ErrClosed || len(l.FDs()) != 0 {
		t.Fatal(err)
	}
	if l.Remove() != nil || l.Poll(0) != nil || len(got) != 6 {
		t.Fatal("Remove of all")
	}
}

func TestClocksAndRandom(t *testing.T) {
	kernels(t, func(t *testing.T, l *poll.Loop) {
		l.Poll(2 * time.Millisecond)
		if l.Now() < 0 || l.Time().Year() < 2020 {
			t.Fatal(l.Now(), l.Time())
		}
		var a, b [16]byte
		l.Random(a[:])
		l.Random(b[:])
		if a == b {
			t.Fatal("the same twice")
		}
		s := append(l.Scratch(), make([]byte, 1000)...)
		l.SetScratch(s)
		if cap(l.Scratch()) < 1000 || len(l.Scratch()) != 0 {
			t.Fatal("scratch is not kept")
		}
		l.SetScratch(make([]byte, 1<<20))
		if cap(l.Scratch()) > 64<<10 {
			t.Fatal("a large scratch is kept")
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{poll.Interest(0).String(), "-"},
		{(poll.Readable | poll.Writable).String(), "rw"},
		{poll.OK.String() + poll.Pressure.String() + poll.Dropped.String(), "okpressuredropped"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
