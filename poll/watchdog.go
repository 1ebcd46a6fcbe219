package poll

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// WatchdogOptions configure Loop.Watch.
type WatchdogOptions struct {
	// Timeout is how long the loop may not answer. Default 30 s.
	Timeout time.Duration
	// OnStuck is told, with the stacks of all goroutines, once each time that the
	// loop gets stuck; on the watchdog's own goroutine, beside the loop, which must
	// not be touched: it writes them somewhere and ends the process. Required.
	OnStuck func(stacks []byte)
}

// A Watchdog asks a loop every Timeout whether it still turns (Post), and calls
// OnStuck when there is no answer for as long. A loop that sleeps is woken, and
// answers. Time in which the process itself did not run (a stopped process, a
// suspended machine) does not count. It is for where no supervisor watches.
type Watchdog struct {
	loop     *Loop
	options  WatchdogOptions
	pause    func(d time.Duration) // of tests too
	end      chan struct{}
	stop     sync.Once
	answered atomic.Bool
}

// waits: Timeout is waited in parts: after the process was stopped, one of
// them is over at once, and not all.
const waits = 10

// stackBytes is what OnStuck gets at most.
const stackBytes = 1 << 20

// Watch starts a watchdog. It ends with Stop, or when the loop is closed.
func (l *Loop) Watch(o WatchdogOptions) *Watchdog {
	w := l.watchdog(o)
	go w.run()
	return w
}

func (l *Loop) watchdog(o WatchdogOptions) *Watchdog {
	if o.OnStuck == nil {
		panic("poll: Watch without OnStuck")
	}
	set(&o.Timeout, 30*time.Second)
	w := &Watchdog{loop: l, options: o, end: make(chan struct{})}
	w.pause = w.sleep
	return w
}

// Stop ends the watch. Any goroutine may call it.
func (w *Watchdog) Stop() { w.stop.Do(func() { close(w.end) }) }

func (w *Watchdog) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.end:
	}
}

// run asks, waits, and asks again once there was an answer.
func (w *Watchdog) run() {
	asked, told := false, false
	for {
		if !asked || w.answered.Load() {
			asked, told = true, false
			w.answered.Store(false)
			if w.loop.Post(func() { w.answered.Store(true) }) != nil {
				return // the loop is closed
			}
		}
		for range waits {
			w.pause(w.options.Timeout / waits)
			select {
			case <-w.end:
				return
			default:
			}
		}
		switch {
		case w.answered.Load():
		case w.loop.over():
			return // with the question unanswered
		case !told:
			told = true
			w.options.OnStuck(stacks())
		}
	}
}

// stacks are those of all goroutines.
func stacks() []byte {
	b := make([]byte, stackBytes)
	return b[:runtime.Stack(b, true)]
}
