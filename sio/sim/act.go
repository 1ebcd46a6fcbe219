package sim

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// What clients do by themselves.

var events = []string{"echo", "echo", "echo", "later", "room", "room", "say", "say", "say", "ask", "burst", "vol"}

// act does one thing and comes again.
func (c *client) act(e *engine) {
	if c.engine != e || e.state != engineOpen || c.quiet {
		return
	}
	switch n := c.rnd.IntN(100); {
	case n < 70:
		c.speak()
	case n < 78:
		c.join("/chat")
	case n < 80:
		c.rejoin()
	case n < 81 && c.style.protocol == 4:
		c.join("/nowhere")
	case n < 84 && !c.w.Calm:
		c.emit(c.any(), []string{"bye", "boom"}[c.rnd.IntN(2)])
	case n < 86 && !c.w.Calm:
		c.misfortune()
	case n < 88 && !c.w.Calm:
		c.stall()
	case n < 90:
		for range 1 + c.rnd.IntN(8) { // several in one go
			c.speak()
		}
	case n < 91 && c.style.protocol == 4 && c.rnd.IntN(2) == 0:
		c.engine.send(epacket{kind: '3'}) // a pong that nobody waits for
	case n < 92 && !c.w.Calm && c.style.protocol == 4:
		if c.rnd.IntN(4) == 0 { // for this the server closes
			c.session.crossing()
			c.put(&spacket{kind: spEvent, nsp: "/nope", id: -1, args: []any{"echo", "not joined"}})
		}
	}
	c.w.kernel.After(c.wait(), func() { c.act(e) })
}

// any picks one of the joined sockets, nil when there is none.
func (c *client) any() *socket {
	var list []*socket
	for _, s := range c.sockets {
		if s.member != nil {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[c.rnd.IntN(len(list))]
}

func (c *client) speak() { c.emit(c.any(), events[c.rnd.IntN(len(events))]) }

// emit sends an event, often as a question.
func (c *client) emit(s *socket, event string) {
	if s == nil {
		return
	}
	n := c.w.model.next()
	p := &spacket{kind: spEvent, nsp: s.nsp, id: -1, args: append([]any{event}, body(c.w.Seed, n)...)}
	x := sent{kind: spEvent, event: event, number: n, id: -1}
	if event != "bye" && event != "boom" && event != "vol" && c.rnd.IntN(2) == 0 {
		q := &question{number: n, member: s.member, at: c.w.now()}
		c.w.model.questions = append(c.w.model.questions, q)
		c.w.figures.Asked++
		p.id, x.id, x.asks = s.nextAck, s.nextAck, q
		s.nextAck++
		a := &pending{p.id, q}
		s.pending = append(s.pending, a)
		if c.rnd.IntN(4) == 0 {
			c.w.kernel.After(time.Duration(100+c.rnd.IntN(2000))*time.Millisecond, func() { s.timeout(a) })
		}
	}
	s.up(x)
	c.put(p)
}

// timeout gives up waiting for an answer; a late one is passed over.
func (s *socket) timeout(a *pending) {
	if i := slices.Index(s.pending, a); i >= 0 {
		s.pending = slices.Delete(s.pending, i, i+1)
		s.c.w.figures.TimedOut++
		s.c.w.model.settle(a.q)
	}
}

// rejoin leaves a namespace, and may come back at once or later.
func (c *client) rejoin() {
	s := c.any()
	if s == nil || c.style.protocol == 3 && s.nsp == "/" {
		return
	}
	c.part(s)
	if c.rnd.IntN(2) == 0 {
		c.join(s.nsp)
	} else {
		e := c.engine
		c.w.kernel.After(c.wait(), func() {
			if c.engine == e && e.state == engineOpen {
				c.join(s.nsp)
			}
		})
	}
}

// part leaves a namespace.
func (c *client) part(s *socket) {
	c.session.allow(sio.ClientNamespaceDisconnect)
	c.put(&spacket{kind: spDisconnect, nsp: s.nsp, id: -1})
	c.drop(s)
}

// misfortune ends the session from this side; most clients come back.
func (c *client) misfortune() { c.misfortunate(farewell(c.rnd.IntN(int(farewells)))) }

func (c *client) misfortunate(how farewell) {
	c.leave(how)
	c.w.figures.Misfortunes++
	c.w.kernel.After(time.Duration(100+c.rnd.IntN(4000))*time.Millisecond, c.connect)
}

// stall stops reading for a while.
func (c *client) stall() {
	c.session.allow(sio.TransportClose, sio.TransportError, sio.PingTimeout)
	e := c.engine
	var lines []*line
	for _, h := range e.conns {
		lines = append(lines, h.line)
	}
	if e.ws != nil {
		lines = append(lines, e.ws.line)
	}
	c.w.figures.Stalls++
	c.w.trace.note(c.name, "stalls", int64(len(lines)), nil)
	for _, l := range lines {
		if l.habits.slow == 0 {
			l.peer.Stall()
		}
	}
	c.w.kernel.After(time.Duration(c.rnd.IntN(6000))*time.Millisecond, func() {
		for _, l := range lines {
			if l.habits.slow == 0 && !slices.Contains(c.w.vanished, l.peer) {
				l.peer.Resume()
			}
		}
	})
}
