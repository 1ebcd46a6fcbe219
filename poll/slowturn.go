package poll

import (
	"sort"
	"time"
)

// SlowTurn is a turn that took longer than Options.SlowTurn: a handler that
// computed or waited, and kept everybody waiting.
type SlowTurn struct {
	Duration time.Duration
	// Labels are what Mark was told in the turn: the last few, in their order, with
	// Times nil. For a minute after a slow turn each marked call is timed; then they
	// are those that took longest, longest first, with their Times.
	Labels []string
	Times  []time.Duration
}

const (
	keepMarks = 8 // labels of a turn that are known afterwards
	keepCalls = 4 // timed calls likewise

	closeWatch = int64(time.Minute / time.Millisecond) // after a slow turn
)

// marks remember what ran in this turn.
type marks struct {
	labels [keepMarks]string // a ring
	count  uint32            // since New
	first  uint32            // count when the turn began
	timing bool              // each call is timed
	since  time.Duration     // when the last one began
	calls  [keepCalls]timedCall
	until  int64 // ms: end of the close watch
}

type timedCall struct {
	label string
	took  time.Duration
}

// Mark tells what runs next: a handler of the program, by a constant or the name
// that it was registered with, never by what a peer sent. It lasts until the next
// Mark or the turn's end. See Options.SlowTurn.
func (l *Loop) Mark(label string) {
	if l.marks.timing {
		l.timeCall()
	}
	l.marks.labels[l.marks.count%keepMarks] = label
	l.marks.count++
}

// TellSlowTurns makes tell the receiver of slow turns, unless Options.OnSlowTurn
// or an earlier call named one, and reports that it did: for a layer that has a
// log.
func (l *Loop) TellSlowTurns(tell func(SlowTurn)) bool {
	if l.options.OnSlowTurn != nil {
		return false
	}
	l.options.OnSlowTurn = tell
	return true
}

func (m *marks) any() bool { return m.count != m.first }

// last is the label of what ran last in this turn.
func (m *marks) last() string {
	if !m.any() {
		return ""
	}
	return m.labels[(m.count-1)%keepMarks]
}

// begin starts a turn.
func (m *marks) begin(now int64) {
	m.first = m.count
	if m.timing {
		m.calls = [keepCalls]timedCall{}
		m.timing = now < m.until
	}
}

// timeCall ends the call that was marked last.
func (l *Loop) timeCall() {
	clock := l.kernel.Monotonic()
	l.marks.ended(clock)
	l.marks.since = clock
}

// ended keeps the longest calls.
func (m *marks) ended(clock time.Duration) {
	if !m.any() {
		return
	}
	at := 0
	for i := range m.calls {
		if m.calls[i].took < m.calls[at].took {
			at = i
		}
	}
	if took := clock - m.since; took > m.calls[at].took {
		m.calls[at] = timedCall{m.last(), took}
	}
}

// took judges the turn that has ended, and tells whether it was told.
func (l *Loop) took(d time.Duration) bool { return d > l.options.SlowTurn && l.tookLong(d) }

func (l *Loop) tookLong(d time.Duration) bool {
	if l.options.SlowTurn <= 0 || l.stats.Turns == 0 {
		return false
	}
	l.stats.SlowTurns++
	m := &l.marks
	s := SlowTurn{Duration: d}
	if m.timing {
		m.ended(l.clock + d)
		sort.SliceStable(m.calls[:], func(i, j int) bool { return m.calls[i].took > m.calls[j].took })
		for _, c := range m.calls {
			if c.took > 0 {
				s.Labels, s.Times = append(s.Labels, c.label), append(s.Times, c.took)
			}
		}
	} else {
		for i := m.count - min(m.count-m.first, keepMarks); i != m.count; i++ {
			s.Labels = append(s.Labels, m.labels[i%keepMarks])
		}
	}
	m.first, m.timing, m.until = m.count, true, l.now+closeWatch+millis(d)
	if l.options.OnSlowTurn == nil {
		return false
	}
	l.tellSlow(s)
	return true
}

// tellSlow is a callback between two turns, or when one has begun: what it panics
// with ends here, and a Close waits for the turn's end.
func (l *Loop) tellSlow(s SlowTurn) {
	l.inside = true
	defer func() { l.inside = false }()
	defer l.containCall("OnSlowTurn")
	l.options.OnSlowTurn(s)
}
