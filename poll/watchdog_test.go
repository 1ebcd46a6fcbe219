package poll_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

func runs(t *testing.T) (l *poll.Loop, ended chan error) {
	t.Helper()
	l, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() {
		ended <- l.Run(context.Background())
		l.Close()
	}()
	return l, ended
}

func TestWatchdogSeesABlockedHandler(t *testing.T) {
	l, ended := runs(t)
	gate, stuck := make(chan struct{}), make(chan []byte, 10)
	w := l.Watch(poll.WatchdogOptions{Timeout: 20 * time.Millisecond, OnStuck: func(b []byte) { stuck <- b }})
	for range 2 { // it answers in between, and is asked again
		l.Post(func() { blockedHandler(gate) })
		for !bytes.Contains(<-stuck, []byte("blockedHandler")) { // a slow machine may look stuck before
		}
		gate <- struct{}{}
	}
	w.Stop()
	l.Stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func blockedHandler(gate chan struct{}) { <-gate }

// A loop that sleeps answers; a blocked one is told once, however long it lasts.
func TestWatchdogLetsALoopSleep(t *testing.T) {
	l, ended := runs(t)
	tick, calls := make(chan bool), make(chan []byte, 100)
	w := l.ManualWatch(poll.WatchdogOptions{OnStuck: func(b []byte) { calls <- b }}, tick)
	for range 50 {
		for range 9 {
			tick <- true
		}
		for !w.Answered() { // however slow the machine is: the timeout is not over
			time.Sleep(time.Millisecond)
		}
		tick <- true
	}
	if len(calls) != 0 {
		t.Fatalf("%d calls for a loop that sleeps", len(calls))
	}
	gate, begun := make(chan struct{}), make(chan bool)
	l.Post(func() { close(begun); <-gate })
	<-begun
	for range 50 {
		tick <- true
	}
	close(gate)
	if len(calls) != 1 {
		t.Fatalf("%d calls for a loop that is blocked", len(calls))
	}
	l.Stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	w.Stop()
	close(tick)
}

// A loop that is closed with the question unanswered is not stuck.
func TestWatchdogOfAClosedLoop(t *testing.T) {
	l, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tick, calls := make(chan bool), make(chan []byte, 1)
	w := l.ManualWatch(poll.WatchdogOptions{OnStuck: func(b []byte) { calls <- b }}, tick)
	tick <- true // it has asked
	l.Close()
	for range 9 {
		tick <- true
	}
	select {
	case tick <- true: // the next round: it goes on watching
		t.Error("it does not end")
	case <-calls:
		t.Error("a closed loop is called stuck")
	case <-w.Ended():
	}
}
