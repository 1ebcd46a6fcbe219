package poll

import "time"

// wait looks once while there is traffic: that needs no clock and does not tell
// the Go scheduler of a call that hardly blocks. If that finds nothing, it sleeps.
func (l *Loop) wait(timeout time.Duration) (n int, errno Errno) {
	l.meter.slept, l.meter.ended, l.meter.looked = false, 0, 0
	if l.busy {
		d := l.glance(timeout)
		l.meter.looked = d
		n, errno = l.kernel.Wait(l.ready, d)
		if timeout > 0 {
			timeout -= d
		}
	}
	if n == 0 && errno == 0 {
		if l.pause > 0 {
			timeout = l.rest(timeout)
		}
		n, errno = l.kernel.Wait(l.ready, l.patience(timeout))
	}
	l.busy, l.pause = n > 0, 0
	return n, errno
}

// rest sleeps through the pause that Gather asked for, and tells what is left of
// timeout. That it failed does no harm: the events come one by one then.
func (l *Loop) rest(timeout time.Duration) time.Duration {
	d := l.pause
	if patience := l.patience(timeout); patience >= 0 {
		d = min(d, patience)
	}
	if d > 0 {
		_, _ = l.kernel.Wait(nil, d)
	}
	if timeout > 0 {
		timeout = max(0, timeout-d)
	}
	return timeout
}

// brief is the longest wait that the Go scheduler is not told of: its thread
// keeps its share of the processor meanwhile.
const brief = time.Millisecond

// glance is how long the look before sleeping may last: not at all, or for a
// brief moment when the turn before took no longer, so that the next input is
// close. To sleep properly for microseconds costs more than the wait: the
// scheduler takes the thread's share away, and watches it closely ever after.
func (l *Loop) glance(timeout time.Duration) time.Duration {
	switch {
	case !l.dense, l.pause > 0, timeout >= 0 && timeout < brief, l.pending != nil, len(l.left) > 0, l.waking.Load(),
		len(l.timers) > 0 && l.timers[0].when <= l.now+2, l.layers.away > 0, l.offload.busy():
		return 0
	}
	return brief
}

// patience is how long the turn may wait: not at all when the look before it has
// swallowed a Wake. Where it must read the clock, the turn before is measured; one
// that ran handlers is worth a reading.
func (l *Loop) patience(timeout time.Duration) time.Duration {
	if l.pending != nil || len(l.left) > 0 || l.waking.Load() || l.ending {
		return 0
	}
	l.meter.slept = true
	if len(l.timers) == 0 && !l.marks.any() {
		return timeout
	}
	clock := l.kernel.Monotonic()
	if l.meter.ended == 0 {
		l.meter.ended = clock
		if l.took(clock - l.clock - l.meter.looked) {
			return l.patience(timeout) // who was told of it may have done anything
		}
	}
	if len(l.timers) > 0 {
		d := max(0, time.Duration(l.timers[0].when)*time.Millisecond-clock)
		if timeout < 0 || d < timeout {
			return d
		}
	}
	return timeout
}

// tick reads the clock.
func (l *Loop) tick() {
	l.clock = l.kernel.Monotonic()
	l.now = int64(l.clock / time.Millisecond)
}
