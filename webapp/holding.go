package webapp

import "github.com/edgesio/edgesio/poll"

// What a connection holds of its peer's bytes is taken from the loop's budget
// before it is held: input that is not taken yet (unfinished heads, what was sent
// ahead of an answer), and bodies on their way.

// errMemory refuses a request whose head there is no room for.
var errMemory = &Error{503, "server is short of memory"}

// retryAfter is the Retry-After of a 503 in seconds.
const retryAfter = "5"

// keep makes the budget know how much input stays, and tells whether it may.
func (c *conn) keep(n int) bool {
	b, kept := c.srv.loop.Budget(), int(c.kept)
	switch {
	case n < kept:
		b.Give(kept - n)
	case n > kept && !b.Take(n-kept):
		return false
	}
	c.kept = int32(n)
	return true
}

// own makes what the read buffer holds of the input our own copy, if there is
// memory for it.
func (c *conn) own() {
	if len(c.in) == 0 {
		c.in = nil
	}
	if n := len(c.in); n != int(c.kept) && !c.keep(n) {
		c.overflow()
	}
	if c.flags&isLent != 0 {
		c.flags &^= isLent
		c.in = append([]byte(nil), c.in...)
	}
}

// overflow ends a connection whose input cannot be held.
func (c *conn) overflow() {
	switch c.state {
	case connIdle, connHead:
		c.refuse(errMemory)
	case connServing, connBody, connDrain, connHeld:
		c.abort(poll.ErrMemory)
	}
	c.in = nil
	c.keep(0)
}

// grow makes room for as many bytes of the upload as are at hand, with taken of
// them off the input already: twice what there is, but no more than may come.
func (c *conn) grow(taken int) *Error {
	up, s := c.up, c.srv
	have := len(up.buf) + taken
	most := up.limit
	if left := c.body.left; c.body.kind == countedBody && left < uint64(most-have) {
		most = have + int(left)
	}
	need := min(have+len(c.in), most)
	if need <= cap(up.buf) {
		return nil
	}
	size := min(max(2*cap(up.buf), need, firstBodyBytes), most)
	more := size - up.held
	if more > s.options.MaxUploadBytes-s.stats.UploadBytes || !s.loop.Budget().Take(more) {
		return ErrBodyBudget
	}
	s.stats.UploadBytes += more
	up.held = size
	up.buf = append(make([]byte, 0, size), up.buf...)
	return nil
}

// takeUpload ends the present upload, if there is one.
func (c *conn) takeUpload() *upload {
	up := c.up
	if up != nil {
		c.srv.stats.UploadBytes -= up.held
		if !up.streams() { // what a stream holds is input
			c.srv.loop.Budget().Give(up.held)
		}
		c.srv.loop.Disarm(&up.wake)
		c.up = nil
	}
	return up
}

// logShortage tells of what was done to peers for the memory that they hold.
func (s *Server) logShortage(x poll.Shortage) {
	class, message := "memory", "webapp: who held most was ended for want of memory"
	switch x.Err {
	case nil:
		message = "webapp: refused for want of memory"
	case poll.ErrSlow, poll.ErrOverflow:
		class, message = "slow peer", "webapp: a peer that reads too slowly was ended"
	}
	s.log.Warn(class, message, x.From, nil)
}
