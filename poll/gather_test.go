package poll_test

import (
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// trickle lets a thousand bytes come in one by one, over a fifth of a second, and
// tells how often the loop turned. Each is answered with Gather, if at all.
func trickle(t *testing.T, pause time.Duration, during func(r *rig)) uint64 {
	const inputs, every = 1000, 200 * time.Microsecond
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	got := 0
	s.data = func(_ *side, b []byte) {
		got += len(b)
		r.l.Gather(pause)
	}
	r.k.Sleep(r.l, time.Second)
	before := r.l.Stats().Turns
	for i := range inputs {
		r.k.After(time.Duration(i)*every, func() { p.WriteString("x") })
	}
	if during != nil {
		during(r)
	}
	r.k.Run(r.l, func() bool { return got == inputs }, time.Minute)
	turns := r.l.Stats().Turns - before
	if got != inputs {
		t.Fatalf("%d of %d bytes", got, inputs)
	}
	r.end()
	return turns
}

func TestGatherTakesEventsTogether(t *testing.T) {
	apart, together := trickle(t, 0, nil), trickle(t, 5*time.Millisecond, nil)
	if apart < 1000 || together > 200/5+3 {
		t.Errorf("%d turns one by one, %d gathered", apart, together)
	}
}

// Timers and posted functions are on time, with Gather and in dense traffic
// without it, when the loop waits without telling the scheduler.
func TestTimersAndPostsAreOnTime(t *testing.T) {
	for _, pause := range []time.Duration{0, 100 * time.Millisecond} {
		timersAndPosts(t, pause)
	}
}

func timersAndPosts(t *testing.T, pause time.Duration) {
	ran := 0
	trickle(t, pause, func(r *rig) {
		begin := r.k.Monotonic()
		for _, at := range []time.Duration{1, 3, 30, 31, 77} {
			r.l.After(at*time.Millisecond, func() {
				ran++
				if late := r.k.Monotonic() - begin - at*time.Millisecond; late > 0 {
					t.Errorf("the timer of %d ms is late by %v", at, late)
				}
			})
		}
		r.k.After(40*time.Millisecond, func() {
			at := r.k.Monotonic()
			r.l.Post(func() {
				ran++
				if late := r.k.Monotonic() - at; late > 0 {
					t.Errorf("a posted function is late by %v", late)
				}
			})
		})
	})
	if ran != 6 {
		t.Errorf("%d of 6 ran", ran)
	}
}

// A caller's timeout holds, with Gather and right after input too, and a look
// takes no time.
func TestPollIsWithinTheTimeout(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, _ := r.pair()
	for i, timeout := range []time.Duration{0, 3 * time.Millisecond, 50 * time.Millisecond,
		0, 300 * time.Microsecond, time.Millisecond, 3 * time.Millisecond} {
		if i < 3 {
			r.l.Gather(10 * time.Millisecond)
		} else { // two turns with input make dense traffic
			for range 2 {
				p.WriteString("x")
				r.poll()
			}
		}
		begin := r.k.Monotonic()
		if err := r.l.Poll(timeout); err != nil {
			t.Fatal(err)
		}
		if took := r.k.Monotonic() - begin; took != timeout {
			t.Errorf("Poll(%v) took %v", timeout, took)
		}
	}
	r.end()
}

// On the system's kernel a pause ends with Wake, or after its time.
func TestGatherOnTheSystem(t *testing.T) {
	l := newLoop(t, poll.Options{})
	begin := l.Now()
	l.Gather(20 * time.Millisecond)
	for range 2 { // the second turn reads the clock
		if err := l.Poll(20 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if took := l.Now() - begin; took < 19 {
		t.Errorf("a pause of 20 ms took %d ms", took)
	}
	posted := false
	go l.Post(func() { posted = true })
	l.Gather(time.Hour)
	turn(t, l, func() bool { return posted })
}
