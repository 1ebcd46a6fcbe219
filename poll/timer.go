package poll

import "time"

// A Timer is a deadline inside the value that waits for it: embed it, it holds
// no memory of its own. The zero value is disarmed. Loop's goroutine only.
type Timer struct {
	when int64 // monotonic milliseconds
	who  Expirer
	pos  int32 // index in the heap plus one, 0 when disarmed, or collected
}

// collected marks a timer that expire has taken off the heap and not run yet:
// Disarm and Arm still reach it.
const collected = -1

// Expirer is told when a timer that it armed is due. The timer is disarmed
// before the call and may be armed again in it.
type Expirer interface{ OnTimer(t *Timer) }

// Armed tells whether the timer is waiting.
func (t *Timer) Armed() bool { return t.pos != 0 }

type expireFunc func()

func (f expireFunc) OnTimer(*Timer) { f() }

// coarseMax is the most by which a coarse timer may come late, in ms: an idle
// gateway then wakes at most once a second for all its heartbeats.
const coarseMax = 1000

// Arm makes t fall due after d, counted from the start of this turn; an armed
// timer is moved. Times are rounded up to milliseconds.
func (l *Loop) Arm(t *Timer, d time.Duration, who Expirer) {
	l.armAt(t, l.now+millis(d), who)
}

// ArmCoarse is Arm, late by up to a sixteenth of d or one second, whichever is
// less, so that timers of many connections fall due in the same turn.
func (l *Loop) ArmCoarse(t *Timer, d time.Duration, who Expirer) {
	ms := millis(d)
	grain := min(max(ms/16, 1), coarseMax)
	at := l.now + ms
	at += grain - 1
	l.armAt(t, at-at%grain, who)
}

// Disarm stops t; a disarmed timer is left alone.
func (l *Loop) Disarm(t *Timer) {
	if t.pos > 0 {
		l.timers.remove(int(t.pos) - 1)
	}
	t.pos = 0
}

// After calls fn once after d. The timer may be disarmed.
func (l *Loop) After(d time.Duration, fn func()) *Timer {
	t := new(Timer)
	l.Arm(t, d, expireFunc(fn))
	return t
}

func (l *Loop) armAt(t *Timer, when int64, who Expirer) {
	t.who, t.when = who, when
	if t.pos > 0 {
		l.timers.down(l.timers.up(int(t.pos) - 1))
		return
	}
	l.timers.push(t)
}

// collectDue takes the timers that were due when the turn began off the heap: one
// that a handler arms for now waits for the next turn.
func (l *Loop) collectDue() {
	for len(l.timers) > 0 && l.timers[0].when <= l.now {
		t := l.timers[0]
		l.timers.remove(0)
		t.pos = collected
		l.due = append(l.due, t)
	}
}

// expire runs them.
func (l *Loop) expire() {
	for l.step < len(l.due) {
		t := l.due[l.step]
		l.due[l.step] = nil
		l.step++
		if t.pos == collected {
			t.pos = 0
			t.who.OnTimer(t)
		}
	}
	if l.due = l.due[:0]; cap(l.due) > keepEntries {
		l.due = nil
	}
}

// maxMillis is as good as never: 34 years, far from where sums overflow.
const maxMillis = 1 << 40

// millis rounds d up to milliseconds, at least one for a positive d.
func millis(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond != 0 {
		ms++
	}
	return min(ms, maxMillis)
}

// timerHeap is a 4-ary heap: half the levels of a binary one, and the four
// children share a cache line.
type timerHeap []*Timer

func (h *timerHeap) push(t *Timer) {
	*h = append(*h, t)
	t.pos = int32(len(*h))
	h.up(len(*h) - 1)
}

func (h *timerHeap) remove(i int) {
	s := *h
	last := len(s) - 1
	s[i].pos = 0
	if i != last {
		s[i] = s[last]
		s[i].pos = int32(i) + 1
	}
	s[last] = nil
	*h = s[:last]
	if i != last {
		h.down(h.up(i))
	}
	if cap(s) > keepEntries && last < cap(s)/4 { // give back what a peak needed
		*h = append(make(timerHeap, 0, cap(s)/2), s[:last]...)
	}
}

// up moves entry i towards the root and returns where it came to rest.
func (h timerHeap) up(i int) int {
	t := h[i]
	for i > 0 {
		p := (i - 1) / 4
		if h[p].when <= t.when {
			break
		}
		h[i] = h[p]
		h[i].pos = int32(i) + 1
		i = p
	}
	h[i] = t
	t.pos = int32(i) + 1
	return i
}

func (h timerHeap) down(i int) {
	t := h[i]
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		least := c
		for k := c + 1; k < min(c+4, len(h)); k++ {
			if h[k].when < h[least].when {
				least = k
			}
		}
		if t.when <= h[least].when {
			break
		}
		h[i] = h[least]
		h[i].pos = int32(i) + 1
		i = least
	}
	h[i] = t
	t.pos = int32(i) + 1
}
