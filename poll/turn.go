package poll

import "time"

// phase is how far a turn has got. A panic ends one callback; the turn goes on
// behind it, and repeats nothing.
type phase uint8

const (
	serving  phase = iota // step: reports
	posting               // step: running
	expiring              // step: due
	settling
	rested // nothing is under way
)

// turn is one pass, in an order that has reasons:
//
//  1. wait, no longer than the next timer and not at all while work is left over;
//  2. read the clock once, for everything that follows;
//  3. serve what is ready: each connection reads once, so none starves another;
//  4. run what was posted, then the timers, which see this turn's input: a pong
//     that has arrived saves its session;
//  5. settle: one write per connection for all that the turn produced, tell
//     handlers of connections that ended, and only then release descriptors, so
//     that no event of this turn meets a number that was reused.
//
// A wait that fails for want of memory is a turn without reports. With any other
// error the kernel is of no use any more: nothing would ever be ready.
func (l *Loop) turn(timeout time.Duration) error {
	before, ms := l.clock, l.now
	n, errno := l.wait(timeout)
	l.stats.Turns++
	l.tick()
	l.dense = l.now-ms <= 1
	switch {
	case errno == 0 || errno == eintr:
	case short(errno) || errno == eagain:
		_, _ = l.kernel.Wait(nil, l.patience(minPause)) // it would fail again at once
	default:
		return errno
	}
	if d := l.clock - before; d <= lagBounds[0] && !l.marks.timing {
		l.meter.quick(d, n)
		l.marks.first = l.marks.count
	} else {
		l.measure(before, n)
	}
	l.inside, l.reports = true, l.ready[:n]
	l.begin(serving)
	for !l.pass() {
	}
	l.inside = false
	if l.ending {
		return l.Close()
	}
	return nil
}

func (l *Loop) begin(p phase) { l.phase, l.step = p, 0 }

// pass runs the turn to its end, or to a panic: what it has begun is counted
// before it is called.
func (l *Loop) pass() (done bool) {
	defer func() {
		if l.phase != rested { // recover costs as much as a short handler
			l.contain(recover())
		}
	}()
	if l.phase == serving {
		for l.step < len(l.reports) {
			r := l.reports[l.step]
			l.step++
			if c := l.conn(int(r.FD)); c != nil {
				c.ready(r.Got)
			} else if s := l.others[int(r.FD)]; s != nil {
				s.ready(r.Got)
			}
		}
		if l.waking.Load() {
			l.takePosted()
		}
		l.begin(posting)
	}
	if l.phase == posting {
		if len(l.running) > 0 {
			l.runPosted()
		}
		if len(l.timers) > 0 && l.timers[0].when <= l.now {
			l.collectDue()
		}
		l.begin(expiring)
	}
	if l.phase == expiring {
		if len(l.due) > 0 {
			l.expire()
		}
		l.phase = settling
	}
	l.settle()
	l.phase = rested
	return true
}

// settle ends a turn. Output that the farewells cause is flushed too, and may end
// other connections: each is told before its descriptor is released. What
// OnDrain adds keeps the next turn from waiting.
func (l *Loop) settle() {
	l.strained = false
	if l.flush(); len(l.left)+len(l.dead) == 0 {
		return
	}
	for len(l.left) > 0 || l.released < len(l.dead) {
		if len(l.left) > 0 { // Released may end others
			l.farewell()
			l.flush()
			continue
		}
		c := l.dead[l.released]
		l.dead[l.released] = nil
		l.released++
		c.release()
	}
	l.dead, l.released = l.dead[:0], 0
}

// relieve flushes in the middle of a turn that has output for more connections
// than there are spare buffers, such as a broadcast: a few buffers that stay in
// the cache serve them all. If that does not help, nobody asks again this turn.
func (l *Loop) relieve() {
	c, caller := l.pending, l.active
	l.pending = nil
	defer func() {
		for c != nil { // a layer panicked: the others are flushed when the turn ends
			next := c.next
			c.next, l.pending = l.pending, c
			c = next
		}
	}()
	for c != nil {
		one := c
		c = one.next
		one.next, one.flags = nil, one.flags&^isPending
		l.active = one
		if one.flush(false); one.flags&isPressed != 0 && one.out == nil {
			one.pend() // OnDrain is due, when the turn ends
		}
	}
	l.active = caller
	l.strained = l.spare.short()
}

func (l *Loop) flush() {
	if l.flushing == nil {
		l.flushing, l.pending = l.pending, nil
	}
	for c := l.flushing; c != nil; c = l.flushing {
		l.flushing = c.next
		c.next, c.flags = nil, c.flags&^isPending
		l.active = c
		c.flush(true)
	}
	l.active = nil
}

func (l *Loop) farewell() {
	for l.told < len(l.left) { // an OnClose may end others
		c, err := l.left[l.told].conn, l.left[l.told].err
		l.left[l.told] = leaving{}
		l.told++
		if h := c.handler; h != nil { // nil: Accept refused it
			c.handler = nil
			h.OnClose(c, err)
		}
	}
	l.left, l.told = l.left[:0], 0
}
