package webapp

// body takes the body of a request off the input: counted by Content-Length or
// chunked. The zero value is no body.
type body struct {
	chunked // a counted body uses left only
	kind    bodyKind
}

type bodyKind uint8

const (
	noBody bodyKind = iota
	countedBody
	chunkedBody
)

func (b *body) begin(h *head) {
	*b = body{}
	switch {
	case h.flags&isChunked != 0:
		b.kind = chunkedBody
	case h.length > 0:
		b.kind, b.left = countedBody, h.length
	}
}

// done is true once all of the body is taken.
func (b *body) done() bool {
	return b.kind == noBody || b.kind == countedBody && b.left == 0 || b.kind == chunkedBody && b.state == chunkDone
}

// next takes one step, as chunked.next does.
func (b *body) next(in []byte) (data []byte, n int, e *Error) {
	if b.kind == chunkedBody {
		return b.chunked.next(in)
	}
	n = len(in)
	if uint64(n) > b.left {
		n = int(b.left)
	}
	b.left -= uint64(n)
	return in[:n], n, nil
}

// A BodyReceiver gets the whole body of a request, once: body is valid until the
// callback returns. err is [ErrBodyTooLarge], [ErrBodyEncoding], [ErrBodyBudget] or
// [ErrBodyRead], then the response is still to be ended (Response.Fail does it);
// or [ErrBodyTimeout], another *[Error] for broken framing, or [ErrAborted], then
// it has ended. There is no call if the response is ended before the body is whole.
type BodyReceiver interface {
	OnBody(req *Request, res *Response, body []byte, err error)
}

type bodyFunc func(body []byte, err error)

func (f bodyFunc) OnBody(_ *Request, _ *Response, body []byte, err error) { f(body, err) }

// upload is a body on its way to its receiver.
type upload struct {
	stream
	to    BodyReceiver
	limit int
	held  int // bytes of buf that the server's budget knows of
	buf   []byte
}

// firstBodyBytes is what is set aside for a declared length before its bytes are
// there.
const firstBodyBytes = 4 << 10

// mayRead tells whether there is a body to wait for, and asks for it; else it
// tells r. A body that is to be held whole is refused before it is read if there is
// no memory for it.
func (c *conn) mayRead(req *Request, limit uint64, whole bool, r BodyReceiver) bool {
	res := c.res
	switch {
	case c.flags&bodyAsked != 0:
		r.OnBody(req, res, nil, ErrBodyRead)
		return false
	case c.body.done():
		c.flags |= bodyAsked
		r.OnBody(req, res, nil, nil)
		return false
	case req.head.flags&isEncoded != 0:
		r.OnBody(req, res, nil, ErrBodyEncoding)
		return false
	case c.body.kind == countedBody && c.body.left > limit:
		r.OnBody(req, res, nil, ErrBodyTooLarge)
		return false
	case whole && c.body.kind == countedBody && c.body.left > uint64(len(c.in)) &&
		!c.srv.loop.Budget().Fits(int(c.body.left)): // at most limit
		r.OnBody(req, res, nil, ErrBodyBudget)
		return false
	}
	c.flags |= bodyAsked
	if req.head.flags&isExpecting != 0 && len(c.in) == 0 && req.head.minor == 1 {
		c.pc.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
	c.flags &^= bodyWithheld
	return true
}

// readBody hands the body to r now if it is at hand, or waits for it.
func (c *conn) readBody(req *Request, limit int, r BodyReceiver) {
	if !c.mayRead(req, uint64(max(limit, 0)), true, r) {
		return
	}
	res := c.res
	buf, e := c.gather(c.in[:0], limit) // in place: data only moves towards the start
	if e == nil && !c.body.done() {
		c.up = &upload{to: r, limit: limit}
		if e = c.grow(len(buf)); e == nil {
			c.up.buf = append(c.up.buf, buf...)
			c.setState(connBody)
			c.deadline(c.srv.options.BodyTimeout)
			c.regulate()
			return
		}
		c.takeUpload()
	}
	c.deliver(r, req, res, buf, e)
}

// gather appends to buf what is at hand of the body.
func (c *conn) gather(buf []byte, limit int) ([]byte, *Error) {
	for !c.body.done() {
		data, n, e := c.body.next(c.in)
		if e != nil {
			return buf, e
		}
		c.in = c.in[n:]
		if len(data) > limit-len(buf) {
			return buf, ErrBodyTooLarge
		}
		buf = append(buf, data...)
		if n == 0 {
			break
		}
	}
	return buf, nil
}

// receive goes on with a body that was not at hand as a whole.
func (c *conn) receive() bool {
	up := c.up
	if up.streams() {
		return c.flow()
	}
	e := c.grow(0)
	if e == nil {
		up.buf, e = c.gather(up.buf, up.limit)
	}
	if e == nil && !c.body.done() {
		return false
	}
	c.takeUpload()
	c.setState(connServing)
	c.due = 0
	req, res := c.req, c.res
	c.srv.guard(req, res, func() { c.deliver(up.to, req, res, up.buf, e) })
	return true
}

// deliver is the one call of the receiver. Framing that is broken leaves nothing
// to go on with: the answer goes out first.
func (c *conn) deliver(r BodyReceiver, req *Request, res *Response, buf []byte, e *Error) {
	switch e {
	case nil:
		r.OnBody(req, res, buf, nil)
	case ErrBodyTooLarge, ErrBodyBudget:
		r.OnBody(req, res, nil, e)
	default:
		c.fail(e)
		r.OnBody(req, res, nil, e)
	}
}

// drain drops the rest of a body that nobody read.
func (c *conn) drain() bool {
	before := len(c.in)
	for !c.body.done() {
		_, n, e := c.body.next(c.in)
		c.in = c.in[n:]
		if e != nil || before-len(c.in) > int(c.allowance) {
			c.close()
			return false
		}
		if n == 0 {
			break
		}
	}
	c.allowance -= int32(before - len(c.in))
	if c.body.done() {
		c.setState(connIdle)
	}
	return c.state == connIdle
}

// drainable tells whether the rest of the body is worth reading to keep the
// connection: it is not when it is long, or when the peer waits to be asked.
func (c *conn) drainable() bool {
	switch {
	case c.body.done():
		return true
	case c.flags&bodyWithheld != 0:
		return false
	case c.body.kind == countedBody && c.body.left > uint64(c.srv.options.DrainBytes):
		return false
	}
	return true
}
