package poll

import "time"

// slowList holds the connections whose output or farewell is being waited for,
// and looks at them once a second: no timer of their own for what is rare.
type slowList struct {
	loop  *Loop
	conns []*Conn
	timer Timer
}

const slowEvery = time.Second

func (s *slowList) add(c *Conn) {
	if c.flags&isSlow != 0 {
		return
	}
	c.flags |= isSlow
	s.conns = append(s.conns, c)
	if !s.timer.Armed() {
		s.loop.ArmCoarse(&s.timer, slowEvery, s)
	}
}

// OnTimer ends the connections that took too long and forgets those that are
// well again.
func (s *slowList) OnTimer(*Timer) {
	s.loop.budget.look()
	keep := s.conns[:0]
	for _, c := range s.conns {
		c.judge(s.loop.now)
		if c.state == closed || c.state == open && c.out == nil {
			c.flags &^= isSlow
			continue
		}
		keep = append(keep, c)
	}
	clear(s.conns[len(keep):])
	s.conns = keep
	if len(keep) > 0 {
		s.loop.ArmCoarse(&s.timer, slowEvery, s)
	} else {
		s.conns = nil
	}
}

// judge closes a connection that is over one of its times.
func (c *Conn) judge(now int64) {
	if c.over != 0 && (c.state == open || c.state == closing) {
		c.ease() // the limit may have been raised
	}
	switch {
	case c.state == closed:
	case c.state != open && now-c.stall > millis(c.limits().LingerTime),
		c.state == closing && c.pressed(now):
		c.Abort(nil)
	case c.state == open && (c.pressed(now) || c.flags&isBlocked != 0 && now-c.stall > millis(c.limits().StallTime)):
		c.loop.stats.Slow++
		c.cut(ErrSlow)
	}
}

// pressed: above the soft limit for longer than its time. over has the low bits of
// a time, at most one millisecond ahead of now.
func (c *Conn) pressed(now int64) bool {
	return c.over != 0 && int64(int32(uint32(now)-c.over)) > millis(c.limits().SoftTime)
}

// ease ends the time above the soft limit, of one that is above, once it is not any more.
func (c *Conn) ease() {
	if c.Buffered() <= c.limits().SoftBytes {
		c.over = 0
	}
}
