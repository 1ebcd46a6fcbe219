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
	if !errors.As(answers[0], &p) || p.Value != "work" || p.Where != "Go" || !strings.Contains(string(p.Stack), "TestOff") {
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

// Far more work than there is room for: what was taken ran once, what was not was
// refused, panics and exits among it.
func TestOffloadUnderStress(t *testing.T) {
	panics := 0
	l := newLoop(t, poll.Options{Workers: 3, QueuedWork: 7, OnPanic: func(*poll.PanicError) { panics++ }})
	var ran atomic.Int64
	taken, refused, thens := 0, 0, 0
	for i := range 20_000 {
		switch err := l.Try(func() error {
			ran.Add(1)
			switch i % 100 {
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
		if i%50 == 0 {
			l.Poll(0)
		}
	}
	turn(t, l, func() bool { return thens == taken })
	if refused == 0 || taken < 10 || int(ran.Load()) != taken || l.Stats().Denied != uint64(refused) || panics == 0 {
		t.Fatalf("%d taken, %d refused, %d ran, %d panics, %+v", taken, refused, ran.Load(), panics, l.Stats())
	}
}
