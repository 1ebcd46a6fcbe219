package webapp

import (
	"github.com/edgesio/edgesio/poll"

	"github.com/edgesio/edgesio/eos"
)

// A BodyStream gets the body of a request piece by piece, as it arrives: a body
// larger than memory flows through. Both calls come in later steps, never from
// within StreamBody unless there is nothing to wait for, and on the loop's
// goroutine.
type BodyStream interface {
	// OnBodyData brings the next piece; p is valid until the callback returns. It
	// may call [Request.PauseBody], and may end the response: then no call follows.
	OnBodyData(req *Request, res *Response, p []byte)
	// OnBodyEnd is the last call: err is nil after the last piece, else one of
	// those that a [BodyReceiver] gets, with the same rules for the response.
	OnBodyEnd(req *Request, res *Response, err error)
}

// streamEnd lets a stream be told of its end where a receiver is.
type streamEnd struct{ BodyStream }

func (s streamEnd) OnBody(req *Request, res *Response, _ []byte, err error) {
	s.OnBodyEnd(req, res, err)
}

// bodyFuncs is what OnData takes.
type bodyFuncs struct {
	data func(p []byte)
	end  func(err error)
}

func (f bodyFuncs) OnBodyData(_ *Request, _ *Response, p []byte) { f.data(p) }
func (f bodyFuncs) OnBodyEnd(_ *Request, _ *Response, err error) { f.end(err) }

// StreamBody hands the body to to, piece by piece, at most limit bytes of it
// (negative: no bound but Options.MaxBodyBytes). It needs no memory but what the
// connection reads at once. The peer must send Options.MinBodyRate bytes a second
// in each Options.BodyTimeout, time in which the body is paused left out.
func (r *Request) StreamBody(limit int64, to BodyStream) {
	if r.c == nil || r.c.res != r.res || r.res.Ended() {
		to.OnBodyEnd(r, r.res, ErrAborted)
		return
	}
	if err := r.permit(eos.RequestBody); err != nil {
		to.OnBodyEnd(r, r.res, err)
		return
	}
	if limit < 0 {
		limit = 1<<63 - 1
	}
	r.c.streamBody(r, limit, to)
}

// OnData is StreamBody for two functions: data gets each piece, valid until it
// returns, and end is the last call.
func (r *Request) OnData(limit int64, data func(p []byte), end func(err error)) {
	r.StreamBody(limit, bodyFuncs{data, end})
}

// PauseBody holds a streamed body back: no call follows until ResumeBody, and
// the peer is slowed down by TCP. That it goes away meanwhile is seen after
// ResumeBody only. What was read already is held, at most what the connection
// reads at once, and counted by Options.MaxUploadBytes.
func (r *Request) PauseBody() {
	if up := r.streaming(); up != nil && !up.paused {
		up.paused = true
		r.c.due = 0
		if r.c.flags&isBusy == 0 {
			r.c.regulate()
		}
	}
}

// ResumeBody goes on after PauseBody, in the next turn.
func (r *Request) ResumeBody() {
	if up := r.streaming(); up != nil && up.paused {
		up.paused = false
		up.begin()
		r.c.srv.loop.Arm(&up.wake, 0, up)
	}
}

// streaming is the stream that brings this request's body, or nil.
func (r *Request) streaming() *upload {
	if r.c == nil || r.c.res != r.res || r.c.up == nil || !r.c.up.streams() {
		return nil
	}
	return r.c.up
}

// stream is what an upload has more when its pieces are handed on.
type stream struct {
	c      *conn
	pieces BodyStream
	wake   poll.Timer // takes what is at hand, in the next turn
	left   int64      // of the limit
	period int64      // bytes of the present BodyTimeout
	paused bool
}

func (up *upload) streams() bool { return up.pieces != nil }

// begin begins a BodyTimeout.
func (up *upload) begin() {
	up.period = 0
	up.c.deadline(up.c.srv.options.BodyTimeout)
}

// streamBody begins a stream. Pieces that are at hand come with the connection's
// next step, or in the next turn if no step is under way.
func (c *conn) streamBody(req *Request, limit int64, to BodyStream) {
	if !c.mayRead(req, uint64(limit), false, streamEnd{to}) {
		return
	}
	c.up = &upload{to: streamEnd{to}, stream: stream{c: c, pieces: to, left: limit}}
	c.setState(connBody)
	c.up.begin()
	if c.flags&isBusy == 0 {
		c.srv.loop.Arm(&c.up.wake, 0, c.up)
		c.regulate()
	}
}

// OnTimer goes on with what is at hand.
func (up *upload) OnTimer(*poll.Timer) {
	if c := up.c; c.up == up {
		c.advance()
	}
}

// flow hands on what is at hand of a streamed body, and tells whether to look
// again.
func (c *conn) flow() bool {
	up, req, res := c.up, c.req, c.res
	for !c.body.done() {
		if up.paused {
			return c.hold()
		}
		data, n, e := c.body.next(c.in)
		if e != nil {
			return c.endFlow(e)
		}
		c.in = c.in[n:] // c.body has counted it, too large or not
		switch {
		case int64(len(data)) > up.left:
			return c.endFlow(ErrBodyTooLarge)
		case n == 0:
			return c.hold()
		case len(data) == 0:
			continue
		}
		up.left -= int64(len(data))
		up.period += int64(len(data))
		c.srv.guard(req, res, func() { up.pieces.OnBodyData(req, res, data) })
		if c.up != up {
			return true // the response was ended
		}
	}
	if up.paused {
		return false // so is the end
	}
	return c.endFlow(nil)
}

// hold counts what stays with us until the body goes on.
func (c *conn) hold() bool {
	s := c.srv
	s.stats.UploadBytes += len(c.in) - c.up.held
	c.up.held = len(c.in)
	if s.stats.UploadBytes > s.options.MaxUploadBytes {
		return c.endFlow(ErrBodyBudget)
	}
	return false
}

// endFlow is the end of a stream.
func (c *conn) endFlow(e *Error) bool {
	up, req, res := c.takeUpload(), c.req, c.res
	c.setState(connServing)
	c.due = 0
	c.srv.guard(req, res, func() { c.deliver(up.to, req, res, nil, e) })
	return true
}

// overdue tells whether a body took too long; a stream that kept to the rate has
// another period.
func (c *conn) overdue() bool {
	up, o := c.up, &c.srv.options
	enough := int64(o.MinBodyRate) * o.BodyTimeout.Milliseconds() / 1000
	if !up.streams() || up.period == 0 || up.period < enough {
		return true
	}
	up.begin()
	return false
}
