package poll

import "time"

// A Histogram is a distribution of durations, as Prometheus has it: each bucket
// counts those up to its bound, those of the buckets before it included; Count is
// that of all.
type Histogram struct {
	Buckets []Bucket
	Count   uint64
	Sum     time.Duration
}

// Bucket is one of a Histogram.
type Bucket struct {
	Upto  time.Duration
	Count uint64
}

var lagBounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// meter measures turns with the clock readings that the loop makes anyway: at the
// begin of a turn, and before it sleeps while a timer is armed.
type meter struct {
	counts [len(lagBounds) + 1]uint64 // each bucket by itself
	sum    time.Duration
	looked time.Duration // what the look before sleeping was allowed
	ended  time.Duration // the clock when the turn before ended, 0 if nobody looked
	slept  bool          // the present turn's wait may have been one
}

// atOnce: a wait that took no longer found what had been ready before it.
const atOnce = 100 * time.Microsecond

// Lag tells how late the loop came to what was ready, one observation for each
// turn in which something was: the time that the turn before took (and what the
// program did between two Polls), if input was ready when it ended, and how long
// a timer was overdue. It is the upper bound for what was ready, exact for timers,
// to a millisecond for both. What waited in the network or for the processor is
// not in it.
func (l *Loop) Lag() Histogram {
	h := Histogram{Buckets: make([]Bucket, len(lagBounds)), Sum: l.meter.sum}
	for i, n := range l.meter.counts {
		h.Count += n
		if i < len(lagBounds) {
			h.Buckets[i] = Bucket{lagBounds[i], h.Count}
		}
	}
	return h
}

// measure tells how long the turn before took, now that the wait has ended with n
// reports, and counts how late this one is.
func (l *Loop) measure(before time.Duration, n int) {
	m := &l.meter
	var lag time.Duration
	switch {
	case l.stats.Turns == 1: // what came before the first turn is nobody's delay
	case !m.slept:
		lag = max(0, l.clock-before-m.looked)
		l.took(lag)
	case m.ended != 0 && l.clock-m.ended <= atOnce:
		lag = m.ended - before
	}
	l.marks.begin(l.now)
	due := len(l.timers) > 0 && l.timers[0].when <= l.now
	if due {
		lag = max(lag, time.Duration(l.now-l.timers[0].when)*time.Millisecond)
	}
	if n > 0 || due {
		m.add(lag)
	}
}

// quick is measure for a turn that comes within the first bound after the one
// before: late by no more, whatever was ready.
func (m *meter) quick(d time.Duration, n int) {
	if n > 0 {
		m.counts[0]++
		m.sum += d
	}
}

func (m *meter) add(lag time.Duration) {
	i := 0
	for i < len(lagBounds) && lag > lagBounds[i] {
		i++
	}
	m.counts[i]++
	m.sum += lag
}
