package sim

import "time"

// The client's side of the upgrade: a probe on a WebSocket; when it was
// answered no request is made any more, and once none stands the session moves.

func (e *engine) beginProbe() {
	switch {
	case e.state != engineOpen || e.ws != nil || e.probe != nil:
	case e.style.eager && e.style.badProbe == 0:
		e.paused = true // first, and then all at once
		e.turn()
	default:
		e.openProbe()
	}
}

func (e *engine) openProbe() {
	c := e.socket("/ws")
	e.probe = c
	c.onOpen = func() {
		switch {
		case e.state != engineOpen:
		case e.style.badProbe == 1:
			c.send(opText, []byte("4not a probe"))
		case e.paused:
			e.turn()
		case !c.hasty:
			c.send(opText, []byte("2probe"))
			e.reach(atProbe)
		}
	}
	if c.hasty = c.hasty && !e.paused && e.style.badProbe != 1; c.hasty {
		c.send(opText, []byte("2probe"))
	}
	c.onMessage = func(op byte, data []byte) {
		p, ok := e.framed(op, data)
		switch {
		case !ok, e.state == engineClosed:
		case e.ws == c:
			if !(e.style.eager && p.kind == '3' && string(p.data) == "probe") {
				e.packet(p)
			}
		case p.kind == '3' && string(p.data) == "probe":
			if e.style.badProbe == 0 {
				if e.fate != nil && e.fate.at == atPause {
					e.reach(atPause)
					return
				}
				e.paused = true
				e.turn()
			}
		default:
			e.wrong("on a probe", data)
		}
	}
	c.onEnd = func(why string) {
		switch {
		case e.ws == c:
			e.lost("websocket " + why)
		case e.probe == c && e.state == engineOpen:
			e.probeFailed(why)
		}
	}
}

// complete moves the session, or goes on with it: no request stands any more.
func (e *engine) complete() {
	c := e.probe
	switch {
	case c == nil:
		e.openProbe()
		return
	case !c.open:
		return
	}
	if e.style.eager {
		c.send(opText, []byte("2probe"))
	}
	c.send(opText, []byte("5"))
	e.ws, e.probe, e.paused = c, nil, false
	e.w.figures.Upgrades++
	e.w.trace.note(e.who, "upgraded", 0, nil)
	e.reach(atMove)
	e.turn()
}

// probeFailed goes on with polling, and tries once more if the failure was meant.
func (e *engine) probeFailed(why string) {
	e.w.trace.note(e.who, "probe failed", 0, []byte(why))
	e.w.figures.ProbesFailed++
	e.probe, e.paused = nil, false
	if e.style.badProbe > 0 {
		e.style.badProbe = 0
		e.w.kernel.After(time.Duration(e.rnd.IntN(800))*time.Millisecond, e.beginProbe)
	}
	e.turn()
}

// farewell is a way in which a client goes.
type farewell int

const (
	leavePacket farewell = iota // the protocol's own: close packet or close frame
	leaveFIN                    // the connections end
	leaveRST
	leaveShut   // the connections are closed: RST to what comes
	leaveSilent // as if the power went
	leaveMute   // it goes on to read, and says nothing
	farewells
)

// String names it.
func (f farewell) String() string {
	return [...]string{"packet", "fin", "rst", "shut", "silent", "mute"}[f]
}

// leave ends the session from the client's side and tells how it did that in
// the end. onClose is not called.
func (e *engine) leave(how farewell) farewell {
	if e.state == engineClosed {
		return how
	}
	open := e.state == engineOpen
	e.w.trace.note(e.who, "leaves", int64(how), []byte(how.String()))
	if how == leavePacket && open && e.ws == nil {
		e.outbox = append(e.outbox, epacket{kind: '1'})
		size := 0
		for _, p := range e.outbox {
			size += 2*len(p.data) + 12
		}
		if e.post == nil && e.probe == nil && (e.limit == 0 || size < e.limit) {
			list := e.outbox
			e.outbox = nil
			e.post = e.fetch("POST", list, func(*reply) { e.letGo() })
			e.state = engineClosed
			return how
		}
		how = leaveFIN // a request stands in the way
	}
	e.state = engineClosed
	for _, c := range e.conns {
		switch c.cur = nil; how {
		case leaveRST:
			c.line.reset()
		case leaveSilent:
			c.line.vanish()
		case leaveShut:
			c.line.shut()
		case leaveMute:
			c.line.mute(e.pong)
		default:
			c.line.drop()
		}
	}
	for _, c := range []*wsConn{e.ws, e.probe} {
		switch {
		case c == nil:
		case how == leaveRST:
			c.line.reset()
		case how == leaveSilent:
			c.line.vanish()
		case how == leaveShut:
			c.line.shut()
		case how == leaveMute:
			c.line.mute(e.pong)
		case how == leaveFIN:
			c.line.drop()
		default:
			c.close()
			c.line.finish()
		}
	}
	e.ws, e.probe = nil, nil
	return how
}

// letGo drops all connections.
func (e *engine) letGo() {
	for _, c := range e.conns {
		c.cur = nil
		c.line.drop()
	}
	for _, c := range []*wsConn{e.ws, e.probe} {
		if c != nil {
			if !c.closing {
				c.close()
			}
			c.line.finish()
		}
	}
}
