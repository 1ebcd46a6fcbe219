package webapp

import (
	"time"

	"github.com/edgesio/edgesio/poll"
)

// connState is the life of an HTTP connection, RFC 9112 section 9. What may
// follow:
//
//	idle     -> head (the head is not whole), serving, held, switched (an opening
//	            that is not HTTP), closing, closed
//	head     -> serving, switched, closing, closed
//	serving  -> body (a receiver waits), idle, drain, held (answered), switched,
//	            closing, closed
//	body     -> serving (delivered), idle, drain, held (answered before it was
//	            whole), closing, closed
//	drain    -> idle (the rest of the body is dropped), closing, closed
//	held     -> idle, drain, closing, closed
//	closing  -> closed
//	switched -> nothing: the connection speaks another protocol
//	closed   -> nothing
//
// serving without a callback on the stack is a parked exchange. held is answered,
// with input left for the next turn, or until the output is drained.
type connState uint8

const (
	connIdle connState = iota
	connHead
	connServing
	connBody
	connDrain
	connHeld
	connClosing
	connSwitched
	connClosed
)

// String returns the state's name.
func (s connState) String() string {
	return [...]string{
		"idle", "head", "serving", "body", "drain", "held", "closing", "switched", "closed",
	}[s]
}

// afterServing is what follows the end of a response.
const afterServing = 1<<connIdle | 1<<connDrain | 1<<connHeld | 1<<connClosing | 1<<connClosed

// follows has a bit for each state that may come next.
var follows = [...]uint16{
	connIdle:     1<<connHead | 1<<connServing | 1<<connHeld | 1<<connSwitched | 1<<connClosing | 1<<connClosed,
	connHead:     1<<connServing | 1<<connSwitched | 1<<connClosing | 1<<connClosed,
	connServing:  1<<connBody | 1<<connSwitched | afterServing,
	connBody:     1<<connServing | afterServing,
	connDrain:    1<<connIdle | 1<<connClosing | 1<<connClosed,
	connHeld:     1<<connIdle | 1<<connDrain | 1<<connClosing | 1<<connClosed,
	connClosing:  1 << connClosed,
	connSwitched: 0,
	connClosed:   0,
}

const (
	isBusy       = 1 << iota // advance is on the stack: it goes on by itself
	isLent                   // in is a view of the loop's read buffer
	isPaused                 // we paused reading
	isPressed                // output waits above the soft limit
	bodyAsked                // ReadBody was called
	bodyWithheld             // the peer waits for 100 Continue
	isHTTP                   // the first request was parsed: no opening comes any more
	isSpent                  // switched, and no request of it is left: it may be used again
)

// maxAheadBytes is what a peer may send ahead of its answers before we stop
// reading: one more read buffer may be on top of it.
const maxAheadBytes = 4 << 10

// conn is one HTTP connection. in is all input that is not taken yet; during a
// callback it may be a view of the loop's read buffer. An idle connection has
// none, and a parked exchange has only what was sent ahead.
type conn struct {
	srv        *Server
	pc         *poll.Conn
	prev, next *conn // in the server's list
	in         []byte
	req        *Request  // until the handler returns, or kept
	res        *Response // until it has ended
	up         *upload
	body       body
	timer      poll.Timer
	due        int64 // ms: the present state's deadline; 0 for none
	armed      int64 // ms: when the timer fires, not later than due
	scan       scan
	allowance  int32 // what may still be drained
	kept       int32 // bytes of in that the loop's budget knows of
	state      connState
	flags      uint8
}

func (c *conn) setState(s connState) {
	if follows[c.state]&(1<<s) == 0 {
		panic("webapp: connection goes from " + c.state.String() + " to " + s.String())
	}
	c.state = s
}

// deadline gives the present state d from now on. The timer is moved only when
// it would come too late; one that comes early looks again.
func (c *conn) deadline(d time.Duration) {
	c.due = max(c.srv.loop.Now()+int64(d/time.Millisecond), 1)
	if !c.timer.Armed() || c.due < c.armed {
		c.armed = c.due
		c.srv.loop.Arm(&c.timer, d, c)
	}
}

// OnData takes input. What the present state cannot use yet is kept.
func (c *conn) OnData(_ *poll.Conn, b []byte) {
	if c.state >= connClosing {
		return
	}
	if len(c.in) > 0 {
		c.in = append(c.in, b...)
	} else {
		c.in = b[:len(b):len(b)]
		c.flags |= isLent
	}
	c.advance()
	if c.flags&isSpent != 0 && c.pc.Handler() != poll.Handler(c) {
		c.srv.giveConn(c)
	}
}

// advance does all that the input at hand allows.
func (c *conn) advance() {
	c.flags |= isBusy
	for c.step() {
	}
	c.flags &^= isBusy
	if len(c.in) == 0 && c.kept == 0 { // own, with nothing to do
		c.in = nil
		c.flags &^= isLent
	} else {
		c.own()
	}
	c.regulate()
}

// step does what the present state can do with the input and tells whether to
// look again.
func (c *conn) step() bool {
	switch c.state {
	case connIdle:
		switch {
		case len(c.in) == 0:
			c.deadline(c.srv.options.IdleTimeout)
			return false
		case c.flags&isPressed != 0: // more answers would only pile up
			c.setState(connHeld)
			c.due = 0
			return false
		}
		return c.readHead()
	case connHead:
		return c.readHead()
	case connBody:
		return c.receive()
	case connDrain:
		return c.drain()
	}
	return false
}

// regulate stops reading while a peer is too far ahead of its answers.
func (c *conn) regulate() {
	if c.state >= connClosing {
		return
	}
	ahead := len(c.in) >= maxAheadBytes && (c.state == connServing || c.state == connHeld) ||
		c.up != nil && c.up.paused
	switch paused := c.flags&isPaused != 0; {
	case ahead && !paused:
		c.flags |= isPaused
		c.pc.Pause()
	case !ahead && paused:
		c.flags &^= isPaused
		c.pc.Resume()
	}
}

// readHead parses a request head and serves it.
func (c *conn) readHead() bool {
	if c.flags&isHTTP == 0 && len(c.srv.openings) > 0 && c.opens() {
		return false
	}
	req := c.srv.takeRequest()
	n, e := req.head.parse(c.in, &c.scan, &c.srv.limits)
	if e == nil && n > 0 && req.head.length > uint64(c.srv.options.MaxBodyBytes) {
		e = ErrBodyTooLarge
	}
	switch {
	case e != nil:
		c.srv.giveRequest(req)
		c.refuse(e)
		return false
	case n == 0:
		c.srv.giveRequest(req)
		c.awaitHead()
		return false
	}
	c.flags |= isHTTP
	req.raw = c.in[:n:n]
	c.in = c.in[n:]
	c.scan = scan{}
	c.serve(req)
	return true
}

// awaitHead waits for the rest of a head.
func (c *conn) awaitHead() {
	if c.state == connIdle {
		c.setState(connHead)
		c.deadline(c.srv.options.HeadTimeout)
	}
}

// serve calls the handler. If that returns without an answer the exchange is
// parked: what it needs is made its own, the rest is given back.
func (c *conn) serve(req *Request) {
	res := c.srv.takeResponse()
	req.c, req.res = c, res
	res.begin(c, &req.head)
	c.req, c.res = req, res
	c.body.begin(&req.head)
	c.flags &^= bodyAsked | bodyWithheld
	if req.head.flags&isExpecting != 0 {
		c.flags |= bodyWithheld
	}
	c.setState(connServing)
	c.due = 0
	c.srv.dispatch(req, res)
	parked := c.res == res
	if parked {
		if c.state == connBody || req.chain.open || req.wanted() {
			req.Keep()
		}
		res.park(req)
	} else {
		c.srv.giveResponse(res)
	}
	if !req.kept {
		c.srv.giveRequest(req)
		c.req = nil
		if c.state == connSwitched {
			c.flags |= isSpent
		}
	}
}

// answered is called once, when the response has ended.
func (c *conn) answered(closing bool) {
	c.res, c.req = nil, nil
	c.takeUpload()
	if closing || c.srv.stopping {
		c.close()
		return
	}
	c.allowance = int32(min(c.srv.options.DrainBytes, 1<<30))
	switch {
	case c.flags&isBusy == 0 && len(c.in) > 0:
		c.setState(connHeld) // not now: an application's call is on the stack
		c.due = 0
		if c.flags&isPressed == 0 {
			c.deadline(0)
		}
	case !c.body.done():
		c.setState(connDrain)
		c.deadline(c.srv.options.BodyTimeout)
	default:
		c.setState(connIdle)
		if c.flags&isBusy == 0 {
			c.deadline(c.srv.options.IdleTimeout)
		}
	}
	if c.flags&isBusy == 0 {
		c.regulate()
	}
}

// release goes on after held.
func (c *conn) release() {
	if c.body.done() {
		c.setState(connIdle)
	} else {
		c.setState(connDrain)
		c.deadline(c.srv.options.BodyTimeout)
	}
	c.advance()
}

// write queues what was appended to the connection's Out.
func (c *conn) write(b []byte) poll.Status {
	st := c.pc.Commit(b)
	if st == poll.Pressure {
		c.flags |= isPressed
	}
	return st
}

// close lets the output flow and says goodbye.
func (c *conn) close() {
	c.setState(connClosing)
	c.srv.loop.Disarm(&c.timer)
	c.pc.Close()
}

// abort drops the connection.
func (c *conn) abort(err error) {
	c.setState(connClosing)
	c.srv.loop.Disarm(&c.timer)
	c.pc.Abort(err)
}

// OnTimer is the deadline of the present state.
func (c *conn) OnTimer(*poll.Timer) {
	if c.due == 0 {
		return
	}
	if rest := c.due - c.srv.loop.Now(); rest > 0 {
		c.armed = c.due
		c.srv.loop.Arm(&c.timer, time.Duration(rest)*time.Millisecond, c)
		return
	}
	c.due = 0
	switch c.state {
	case connIdle, connDrain:
		c.close()
	case connHead:
		c.refuse(errHeadTimeout)
	case connBody:
		if !c.overdue() {
			return
		}
		up, req, res := c.takeUpload(), c.req, c.res
		c.srv.guard(req, res, func() { c.deliver(up.to, req, res, nil, ErrBodyTimeout) })
	case connHeld:
		c.release()
	case connServing:
		c.res.drained() // it gave way to others for a turn
	}
}

// OnDrain goes on after back-pressure.
func (c *conn) OnDrain(*poll.Conn) {
	c.flags &^= isPressed
	switch {
	case c.state == connHeld:
		c.release()
	case c.res != nil:
		c.res.drained()
	}
}

// OnClose ends the exchange that was under way: the receiver of its body is told
// first, then its Aborter.
func (c *conn) OnClose(*poll.Conn, error) {
	if c.state == connSwitched {
		return
	}
	c.setState(connClosed)
	c.srv.forget(c)
	req, res, up := c.req, c.res, c.takeUpload()
	c.in, c.req, c.res = nil, nil, nil
	if c.kept != 0 {
		c.keep(0)
	}
	req.gone()
	if res == nil {
		return
	}
	c.srv.stats.Aborted++
	res.flags |= hasEnded
	if up != nil {
		c.srv.guard(req, res, func() { up.to.OnBody(req, res, nil, ErrAborted) })
	}
	if res.aborter != nil {
		c.srv.guard(req, res, func() { res.aborter.OnAbort(res) })
	}
	c.over(req, res, 0, ErrAborted)
}
