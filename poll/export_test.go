package poll

import "time"

// State is the name of the connection's state, for tests.
func (c *Conn) State() string { return c.state.String() }

// Capacity is what the out buffer has in memory.
func (c *Conn) Capacity() int {
	if c.out == nil {
		return 0
	}
	return cap(c.out.own)
}

// Spares is how many out buffers the loop keeps.
func (l *Loop) Spares() int { return len(l.spare.list) }

// SampleHeap is the default of Options.HeapSample.
func SampleHeap() (used, limit uint64) { return sampleHeap() }

// ManualWatch is Watch with its time in the test's hands: each receive lets a
// tenth of the timeout pass.
func (l *Loop) ManualWatch(o WatchdogOptions, tick chan bool) *Watchdog {
	w := l.watchdog(o)
	w.pause = func(time.Duration) { <-tick }
	go func() {
		w.run()
		w.Stop()
	}()
	return w
}

// Ended is closed when a ManualWatch has ended.
func (w *Watchdog) Ended() chan struct{} { return w.end }

// Answered tells whether the loop answered the last question.
func (w *Watchdog) Answered() bool { return w.answered.Load() }

// FD is the connection's descriptor.
func (c *Conn) FD() int { return int(c.fd) }
