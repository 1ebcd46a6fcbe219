package webapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"github.com/edgesio/edgesio/eos"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/poll"
)

// Properties of a response.
const (
	toHead     = 1 << iota // the request was HEAD: no body goes out
	toMinor1               // HTTP/1.1: chunks are understood
	keepsAlive             // the connection is used again
	headSent
	isChunking // the body goes out in chunks
	hasEnded
	isSending // a file is on its way: for the application it has ended
	isParked  // the handler returned before the end
	offersGzip
	offersDeflate
	isAsked // see permission.go
)

// A Response is the answer to one request. It may be ended in a later turn
// (long polling); until then the connection is parked. Once it has ended all its
// methods do nothing. One that the handler ended must not be touched after the
// handler returned: it serves the next request then. One that was parked is
// never used again.
type Response struct {
	c       *conn
	aborter Aborter
	hooks   *hooks // of OnHead and OnEnd
	fields  []byte // header lines
	status  uint16
	flags   uint16
}

// An Aborter is told when the peer goes away before the response has ended. If
// it has a method OnDrain(*Response) too, that is called when a response on its
// way may go on after Write returned poll.Pressure.
type Aborter interface {
	OnAbort(res *Response)
}

type drainer interface{ OnDrain(res *Response) }

func (r *Response) begin(c *conn, h *head) {
	*r = Response{c: c, status: 200}
	if h.method == "HEAD" {
		r.flags |= toHead
	}
	if h.minor == 1 {
		r.flags |= toMinor1
	}
	if h.flags&saysClose == 0 && (h.minor == 1 || h.flags&saysKeepAlive != 0) {
		r.flags |= keepsAlive
	}
}

// park keeps what the answer will need of the request.
func (r *Response) park(req *Request) {
	r.flags |= isParked
	r.noteEncodings(req)
	if cap(r.fields) > 0 {
		spare := r.fields
		r.fields = bytes.Clone(spare)
		r.c.srv.giveFields(spare)
	}
}

// OnAbort sets who is told when the peer goes away; nil for nobody.
func (r *Response) OnAbort(a Aborter) {
	if !r.Ended() {
		r.aborter = a
	}
}

// Ended is true once the response is complete, dropped, aborted or switched, or
// a file is on its way.
func (r *Response) Ended() bool { return r.c == nil || r.flags&(hasEnded|isSending) != 0 }

// HeadersSent is true once status and headers are on their way.
func (r *Response) HeadersSent() bool {
	if !r.may(eos.ResponseHeadersSent) {
		return false
	}
	return r.flags&headSent != 0
}

// Status sets the status code, 200 to 999; another one becomes 500.
func (r *Response) Status(code int) *Response {
	if !r.may(eos.ResponseStatus) {
		return r
	}
	return r.setStatus(code)
}

func (r *Response) setStatus(code int) *Response {
	if code < 200 || code > 999 {
		code = 500
	}
	if r.flags&headSent == 0 {
		r.status = uint16(code)
	}
	return r
}

// StatusCode is the status code that is set.
func (r *Response) StatusCode() int { return int(r.status) }

// Write sends a part of the body, which is copied; the first one sends the
// headers. The whole length is unknown then, so the body goes out in chunks, or
// to an HTTP/1.0 peer until the connection closes.
func (r *Response) Write(p []byte) poll.Status {
	if !r.may(eos.ResponseWrite) {
		return poll.Dropped
	}
	if r.Ended() {
		return poll.Dropped
	}
	b := r.c.pc.Out()
	if r.flags&headSent == 0 {
		b = r.appendHead(b, -1)
	}
	return r.c.write(r.appendPart(b, p))
}

// appendPart appends a part of the body in its framing.
func (r *Response) appendPart(b, p []byte) []byte {
	switch {
	case len(p) == 0 || r.flags&toHead != 0 || bodiless(int(r.status)):
		return b
	}
	r.count(int64(len(p)))
	switch {
	case r.flags&isChunking == 0:
		return append(b, p...)
	}
	b = strconv.AppendUint(b, uint64(len(p)), 16)
	b = append(b, "\r\n"...)
	b = append(b, p...)
	return append(b, "\r\n"...)
}

// End completes the response with s, as text/plain if no type is set.
func (r *Response) End(s string) {
	if r.mayEnd(eos.ResponseEnd) {
		r.end(s)
	}
}

func (r *Response) end(s string) { end(r, s, "text/plain; charset=utf-8") }

// Send completes the response with s, as text/html if no type is set.
func (r *Response) Send(s string) {
	if !r.mayEnd(eos.ResponseSend) {
		return
	}
	if !tagged(r, s) {
		end(r, s, "text/html; charset=utf-8")
	}
}

// SendBytes completes the response with p, which is copied, as
// application/octet-stream if no type is set.
func (r *Response) SendBytes(p []byte) {
	if r.mayEnd(eos.ResponseSend) && !tagged(r, p) {
		end(r, p, "application/octet-stream")
	}
}

func (r *Response) sendBytes(p []byte) {
	if !tagged(r, p) {
		end(r, p, "application/octet-stream")
	}
}

// end completes the response: in one piece with its length, or the last part.
func end[T string | []byte](r *Response, body T, kind string) {
	if r.Ended() {
		return
	}
	b := r.c.pc.Out()
	if r.flags&headSent == 0 {
		if at, _, _ := cutField(r.fields, "Content-Type"); at < 0 && len(body) > 0 {
			r.set("Content-Type", kind)
		}
		b = r.appendHead(b, int64(len(body)))
		if r.flags&toHead == 0 && !bodiless(int(r.status)) {
			b = append(b, body...)
		}
	} else {
		if len(body) > 0 {
			b = r.appendPart(b, []byte(body))
		}
		if r.flags&isChunking != 0 {
			b = append(b, "0\r\n\r\n"...)
		}
	}
	r.c.write(b)
	r.finish()
}

// finish gives the connection back.
func (r *Response) finish() {
	r.flags |= hasEnded
	r.aborter = nil
	if req := r.c.req; r.hooks != nil || req != nil && req.wanted() {
		r.c.over(req, r, 0, nil)
	}
	r.c.srv.giveFields(r.fields)
	r.fields = nil
	r.c.answered(r.flags&keepsAlive == 0)
}

// appendHead appends status line and headers to the connection's Out. A negative
// length is an unknown one.
func (r *Response) appendHead(b []byte, length int64) []byte {
	c := r.c
	if r.hooks != nil {
		r.beforeHead()
		b = c.pc.Out() // a hook may have written to another connection
	}
	r.flags |= headSent
	r.count(max(length, 0))
	if !c.drainable() || c.srv.stopping {
		r.flags &^= keepsAlive
	}
	code := int(r.status)
	c.srv.answered(code)
	b = appendStatus(b, code)
	b = append(b, c.srv.date()...)
	b = append(b, "\r\n"...)
	b = append(b, r.fields...)
	switch {
	case bodiless(code):
	case length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, "\r\n"...)
	case r.flags&toMinor1 != 0:
		if r.flags&toHead == 0 {
			r.flags |= isChunking
		}
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	default:
		r.flags &^= keepsAlive
	}
	switch {
	case r.flags&keepsAlive == 0:
		b = append(b, "Connection: close\r\n"...)
	case r.flags&toMinor1 == 0:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return append(b, "\r\n"...)
}

// appendStatus appends the status line, and the name of the Date field.
func appendStatus(b []byte, code int) []byte {
	if code == 200 {
		return append(b, "HTTP/1.1 200 OK\r\nDate: "...)
	}
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendUint(b, uint64(code), 10)
	b = append(b, ' ')
	b = append(b, StatusText(code)...)
	return append(b, "\r\nDate: "...)
}

// JSON completes the response with v as application/json.
func (r *Response) JSON(v any) {
	if r.mayEnd(eos.ResponseJSON) {
		r.json(v)
	}
}

func (r *Response) json(v any) {
	var p []byte
	var err error
	if r.c == nil || r.c.srv.set.indent == "" {
		p, err = json.Marshal(v)
	} else {
		p, err = json.MarshalIndent(v, "", r.c.srv.set.indent)
	}
	if err != nil {
		r.Fail(err)
		return
	}
	r.defaultType("application/json; charset=utf-8")
	r.sendBytes(p)
}

func (r *Response) defaultType(t string) {
	if at, _, _ := cutField(r.fields, "Content-Type"); at < 0 {
		r.set("Content-Type", t)
	}
}

// Type sets Content-Type: a media type, or a file name's extension such as
// "html" or ".png".
func (r *Response) Type(t string) *Response {
	if !r.may(eos.ResponseType) {
		return r
	}
	return r.setType(t)
}

func (r *Response) setType(t string) *Response {
	if strings.IndexByte(t, '/') < 0 {
		t = typeByExtension(t)
	}
	return r.set("Content-Type", t)
}

// SendStatus completes the response with a status and its reason phrase.
func (r *Response) SendStatus(code int) {
	if !r.mayEnd(eos.ResponseSendStatus) {
		return
	}
	r.setStatus(code)
	r.end(StatusText(int(r.status)))
}

// Redirect answers with a Location; what may not stand in one is escaped. The
// status is 302 unless a 3xx status is set.
func (r *Response) Redirect(location string) {
	if r.mayEnd(eos.ResponseRedirect) {
		r.redirect(location)
	}
}

func (r *Response) redirect(location string) {
	if r.status < 300 || r.status > 399 {
		r.setStatus(302)
	}
	r.location(location)
	r.end(StatusText(int(r.status)) + ". Redirecting to " + escapeLocation(location))
}

// Fail completes the response with an error: an *[Error] shows its status and
// message, any other error is 500 without details. Headers set before stay, but
// for those that described the body. Does nothing if the response has ended; one
// that is under way is cut off.
func (r *Response) Fail(err error) {
	if r.Ended() {
		return
	}
	if r.flags&headSent != 0 {
		r.Drop()
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{500, StatusText(500)}
	}
	for _, name := range [...]string{"Content-Encoding", "ETag", "Last-Modified", "Cache-Control"} {
		r.remove(name)
	}
	r.setStatus(e.Status).set("Content-Type", "text/plain; charset=utf-8")
	r.set("X-Content-Type-Options", "nosniff")
	if req, cause := r.c.req, &r.c.srv.cause; req != nil && req.wanted() && cause.Reason == "" {
		cause.Reason = reasonOf(err)
	}
	r.end(e.Message)
}

// Drop closes the connection without an answer, or in the middle of one.
func (r *Response) Drop() {
	if !r.Ended() {
		r.drop()
	}
}

func (r *Response) drop() {
	c := r.c
	r.flags |= hasEnded
	if s, ok := r.aborter.(*pieceSender); ok {
		s.file.Close()
	}
	r.aborter = nil
	c.over(c.req, r, 0, errDropped)
	c.res, c.req = nil, nil
	c.takeUpload()
	c.abort(nil)
}

// drained passes OnDrain on.
func (r *Response) drained() {
	if d, ok := r.aborter.(drainer); ok {
		r.c.srv.guard(r.c.req, r, func() { d.OnDrain(r) })
	}
}
