package poll

// restList holds the connections that met a machine without memory (ENOMEM,
// ENOBUFS): to try again at once would spin, to close them would end everybody
// for a moment's shortage. They are asked for nothing for 10 ms, then 20, up to a
// second while it lasts. Limits hold meanwhile.
type restList struct {
	loop  *Loop
	conns []*Conn
	timer Timer
	pause int64 // ms
	until int64 // ms: when the last rest ended
}

// short tells of an errno that passes by itself.
func short(errno Errno) bool { return errno == enomem || errno == enobufs }

// rest lets the connection alone for a while.
func (c *Conn) rest() {
	r := &c.loop.resting
	if c.flags&isResting == 0 {
		c.flags |= isResting
		r.conns = append(r.conns, c)
	}
	c.interest()
	if r.timer.Armed() {
		return
	}
	if c.loop.now != r.until { // memory was there in between
		r.pause = 0
	}
	r.pause = min(max(2*r.pause, minPause.Milliseconds()), maxPause.Milliseconds())
	c.loop.armAt(&r.timer, c.loop.now+r.pause, r)
}

// OnTimer ends the rest of all: what they have to write is tried in this turn.
func (r *restList) OnTimer(*Timer) {
	r.until = r.loop.now
	conns := r.conns
	r.conns = nil
	for _, c := range conns {
		if c.state == closed {
			continue
		}
		c.flags &^= isResting
		if c.flags&isBlocked != 0 {
			c.flags &^= isBlocked
			c.pend()
		}
		c.interest()
	}
}
