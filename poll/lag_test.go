package poll_test

import (
	"slices"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// lates is how many observations each bound has for itself.
func lates(l *poll.Loop) map[time.Duration]uint64 {
	h, m, before := l.Lag(), make(map[time.Duration]uint64), uint64(0)
	for _, b := range h.Buckets {
		if b.Count > before {
			m[b.Upto] = b.Count - before
		}
		before = b.Count
	}
	return m
}

// A handler that takes 40 ms makes what waits behind it late by that, input and
// timers alike; the quiet turns around it are not.
func TestLag(t *testing.T) {
	for _, timer := range []bool{false, true} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		p, s := r.pair()
		q, _ := r.pair()
		r.k.Sleep(r.l, 10*time.Second)
		r.l.After(time.Hour, func() {})
		before := r.l.Lag()
		s.data = func(*side, []byte) {
			r.k.Suspend(40 * time.Millisecond)
			if !timer {
				q.WriteString("x")
			}
		}
		if timer {
			r.l.After(10*time.Millisecond, func() {})
			r.k.After(time.Millisecond, func() { p.WriteString("x") })
		} else {
			p.WriteString("x")
		}
		r.k.Sleep(r.l, time.Second)
		h := r.l.Lag()
		want := map[time.Duration]uint64{time.Millisecond: before.Count + 1, 50 * time.Millisecond: 1}
		got := lates(r.l)
		if len(got) != 2 || got[50*time.Millisecond] != 1 || got[time.Millisecond] != want[time.Millisecond] {
			t.Errorf("timer %v: %v, want %v", timer, got, want)
		}
		if sum := h.Sum - before.Sum; sum < 30*time.Millisecond || sum > 41*time.Millisecond {
			t.Errorf("timer %v: %v in all", timer, sum)
		}
		r.end()
	}
}

// The first slow turn names what ran last in it; for a minute after it the calls
// are timed, and then no more.
func TestSlowTurns(t *testing.T) {
	var told []poll.SlowTurn
	k := polltest.New(1, polltest.Faults{})
	l := newLoop(t, poll.Options{Kernel: k, OnSlowTurn: func(s poll.SlowTurn) { told = append(told, s) }})
	work := func() {
		for _, c := range []struct {
			label string
			d     time.Duration
		}{{"first", 10}, {"culprit", 250}, {"third", 0}, {"last", 20}} {
			l.Mark(c.label)
			k.Suspend(c.d * time.Millisecond)
		}
	}
	k.Sleep(l, time.Second)
	for _, rest := range []time.Duration{0, 30 * time.Second, 2 * time.Minute} {
		k.Sleep(l, rest)
		l.After(0, func() { l.Mark("innocent") })
		k.Sleep(l, time.Second)
		l.After(0, work)
		k.Sleep(l, time.Second)
	}
	if len(told) != 3 || l.Stats().SlowTurns != 3 {
		t.Fatalf("%+v", told)
	}
	for i, want := range [][]string{{"first", "culprit", "third", "last"}, {"culprit", "last", "first"}, nil} {
		if want == nil {
			want = []string{"first", "culprit", "third", "last"}
		}
		if s := told[i]; !slices.Equal(s.Labels, want) || s.Duration != 280*time.Millisecond || (i == 1) != (s.Times != nil) {
			t.Errorf("%d: %+v, want %v", i, s, want)
		}
	}
	if told[1].Times[0] != 250*time.Millisecond || told[1].Times[1] != 20*time.Millisecond {
		t.Errorf("%v", told[1].Times)
	}
}

// Who is told of a slow turn may close the loop, as any callback, and may not turn it.
func TestCloseBySlowTurn(t *testing.T) {
	for _, timer := range []bool{false, true} { // told before the sleep, or when the next turn has begun
		r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
		told := 0
		r.l = newLoop(t, poll.Options{Kernel: r.k, OnSlowTurn: func(poll.SlowTurn) {
			told++
			func() {
				defer func() {
					if recover() == nil {
						t.Error("it may call Poll")
					}
				}()
				r.l.Poll(0)
			}()
			if err := r.l.Close(); err != nil {
				t.Error(err)
			}
		}})
		r.ln, _ = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept})
		_, s := r.pair()
		r.l.Post(func() {
			r.l.Mark("slow")
			r.k.Suspend(time.Second)
			if !timer {
				r.l.Post(func() {})
			}
		})
		for range 3 {
			if err := r.l.Poll(0); err != nil && err != poll.ErrClosed {
				t.Errorf("timer %v: %v", timer, err)
			}
		}
		if err := r.l.Poll(0); told != 1 || err != poll.ErrClosed || s.closes != 1 || s.err != poll.ErrClosed {
			t.Errorf("timer %v: told %d times, %v, closed %d times with %v", timer, told, err, s.closes, s.err)
		}
		if err := r.k.Check(); err != nil {
			t.Error(err)
		}
	}
}
