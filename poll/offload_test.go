package poll_test

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/edgesio/edgesio/poll"
)

// A panic of offloaded work is told, the process lives, and so do the workers.
func TestOffloadedPanics(t *testing.T) {
	var told []*poll.PanicError
	l := newLoop(t, poll.Options{Workers: 2, OnPanic: func(p *poll.PanicError) { told = append(told, p) }})
	var answers []error
	then := func(err error) { answers = append(answers, err) }
	for i, work := range []func() error{
		func() error { panic("work") },
		func() error { return errGone },
		func() error { runtime.Goexit(); return nil },
		func() error { return nil },
	} {
		if err := l.Try(work, then); err != nil {
			t.Fatal(err)
		}
		turn(t, l, func() bool { return len(answers) == i+1 })
	}
	var p *poll.PanicError
	if !errors.As(answers[0], &p) ||
		p.Value != "work" || p.Where != "Go" || !strings.Contains(string(p.Stack), "TestOff") {
		t.Errorf("%v", answers[0])
	}
	if answers[1] != errGone || !errors.As(answers[2], &p) || answers[3] != nil {
		t.Errorf("%v", answers)
	}
	l.Go(func() { panic("plain") }, func() { t.Error("then of work that panicked") })
	turn(t, l, func() bool { return len(told) == 3 })
	turn(t, l, func() bool { return l.Stats().Offloaded == 5 })
	if l.Stats().Panics != 3 {
		t.Errorf("%+v", l.Stats())
	}
}

// Rounds of more work than there is room for, while a gate holds the workers: what
// fits is taken and runs once, what does not is refused, panics and exits among
// it, and the next round finds all the room again.
func TestOffloadUnderStress(t *testing.T) {
	const rounds, workers, room, beyond = 200, 3, 7, 5
	panics, thens, taken, refused := 0, 0, 0, 0
	l := newLoop(t, poll.Options{Workers: workers, QueuedWork: room, OnPanic: func(*poll.PanicError) { panics++ }})
	var ran atomic.Int64
	for range rounds {
		gate := make(chan struct{})
		for range workers + room + beyond {
			i := taken
			switch err := l.Try(func() error {
				<-gate
				ran.Add(1)
				switch i % 50 {
				case 13:
					panic(i)
				case 14:
					runtime.Goexit()
				}
				return nil
			}, func(error) { thens++ }); err {
			case nil:
				taken++
			case poll.ErrBusy:
				refused++
			default:
				t.Fatal(err)
			}
		}
		close(gate)
		turn(t, l, func() bool { return l.Stats().Offloaded == uint64(taken) })
	}
	turn(t, l, func() bool { return thens == taken })
	if taken != rounds*(workers+room) || refused != rounds*beyond || l.Stats().Denied != uint64(refused) {
		t.Errorf("%d taken, %d refused, %+v", taken, refused, l.Stats())
	}
	if want := 2 * taken / 50; int(ran.Load()) != taken || panics != want {
		t.Errorf("%d of %d ran, %d panics, want %d", ran.Load(), taken, panics, want)
	}
}
