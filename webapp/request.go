package webapp

import (
	"bytes"
	"net/netip"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// A Request is one HTTP request. It is valid until the handler returns, and if
// the handler asked for a body that is still on its way, or a middleware has not
// called next yet, or Keep was called, until the response has ended. Byte slices
// that it returns are views, valid as long; strings are copies.
type Request struct {
	c         *conn
	res       *Response
	head      head
	raw       []byte // the head's bytes: a view of the input, or our own when kept
	mounted   int    // bytes of the path that Use or Mount matched
	floor     int    // the first of params that is seen
	params    []param
	buf       []byte // for decoding
	values    []value
	chain     chain
	eos       *eos.Info
	inquiry   *inquiry        // of Identify
	hidden    int             // header lines behind those of head, see hide
	parsed    any             // of SetParsed
	closed    func(err error) // OnClose's
	kept      bool
	asked     bool // see permission.go
	rewritten bool // head.path is Rewrite's
}

// value is an entry of SetValue.
type value struct{ key, value any }

// Keep makes the request valid until its response has ended. To be called
// before the handler returns; it copies the head, a few hundred bytes.
func (r *Request) Keep() {
	if r.c == nil || r.kept {
		return
	}
	r.kept = true
	r.raw = bytes.Clone(r.raw)
	if !r.rewritten {
		r.head.path = r.head.cleanView(r.raw)
	}
}

// release forgets the request and keeps its memory for the next one.
func (r *Request) release() {
	clear(r.values)
	*r = Request{
		head:   head{fields: r.head.fields[:0], decoded: r.head.decoded[:0]},
		params: r.params[:0],
		buf:    r.buf[:0],
		values: r.values[:0],
		chain: chain{stack: r.chain.stack[:0], allow: r.chain.allow[:0], next: r.chain.next,
			known: r.chain.known[:0]},
	}
}

// Method is the method in upper case, one of the known ones.
func (r *Request) Method() string {
	if !r.may(eos.RequestMethod) {
		return ""
	}
	return r.head.method
}

// Target is the request target as it was sent.
func (r *Request) Target() string {
	if !r.may(eos.RequestURL) {
		return ""
	}
	return string(r.head.target.of(r.raw))
}

// RawTarget is Target without a copy.
func (r *Request) RawTarget() []byte {
	if !r.may(eos.RequestURL) {
		return nil
	}
	return r.target()
}

func (r *Request) target() []byte { return r.head.target.of(r.raw) }

// BaseURL is the part of Path that Use or Mount matched: "" in the app itself.
func (r *Request) BaseURL() string {
	if !r.may(eos.RequestPath) {
		return ""
	}
	return string(r.head.path[:min(r.mounted, len(r.head.path))])
}

// Path is the decoded path; it begins with a slash and has no "." or ".."
// segment, control character or backslash. "*" for OPTIONS *.
func (r *Request) Path() string {
	if !r.may(eos.RequestPath) {
		return ""
	}
	return r.path()
}

func (r *Request) path() string {
	if r.c == nil {
		return ""
	}
	return r.c.srv.intern(r.head.path)
}

// SubPath is the part of Path behind what Use or Mount matched. It begins with
// a slash.
func (r *Request) SubPath() string {
	if !r.may(eos.RequestPath) {
		return ""
	}
	return string(r.subPath())
}

func (r *Request) subPath() []byte {
	if r.mounted >= len(r.head.path) {
		return []byte{'/'}
	}
	return r.head.path[r.mounted:]
}

// RawQuery is the query without its question mark, as it was sent.
func (r *Request) RawQuery() []byte {
	if !r.may(eos.RequestQuery) {
		return nil
	}
	return r.rawQuery()
}

func (r *Request) rawQuery() []byte { return r.head.query.of(r.raw) }

// App is the app that the request came to, nil for a Server without one.
func (r *Request) App() *App {
	if r.c == nil || !r.may(eos.RequestApp) {
		return nil
	}
	return r.c.srv.app
}

// Origin is the header of that name: the site that a browser's script is of. "" is
// none; what to make of one is Cors' to say.
func (r *Request) Origin() string {
	if !r.may(eos.RequestOrigin) {
		return ""
	}
	v, _ := r.lookup("Origin")
	return string(v)
}

// XHR tells whether a script's library says that it sent the request: the header
// X-Requested-With is XMLHttpRequest.
func (r *Request) XHR() bool {
	if !r.may(eos.RequestXHR) {
		return false
	}
	v, _ := r.lookup("X-Requested-With")
	return fold(v, "XMLHttpRequest")
}

// HTTPVersion is "1.0" or "1.1".
func (r *Request) HTTPVersion() string {
	if !r.may(eos.RequestHTTPVersion) {
		return ""
	}
	if r.head.minor == 0 {
		return "1.0"
	}
	return "1.1"
}

// Minor is the minor HTTP version: 0 or 1.
func (r *Request) Minor() int {
	if !r.may(eos.RequestHTTPVersion) {
		return 0
	}
	return int(r.head.minor)
}

// Header is the value of the first header of that name, "" if there is none.
// Case of the name does not matter.
func (r *Request) Header(name string) string {
	if !r.mayGet() {
		return ""
	}
	v, _ := r.lookup(name)
	return string(v)
}

// HeaderLookup is Header without a copy.
func (r *Request) HeaderLookup(name string) ([]byte, bool) {
	if !r.mayGet() {
		return nil, false
	}
	return r.lookup(name)
}

func (r *Request) lookup(name string) ([]byte, bool) { return r.head.lookup(r.raw, name) }

// EachHeader calls fn for each header line in the order of the request, until it
// returns false.
func (r *Request) EachHeader(fn func(name, value []byte) bool) {
	if !r.may(eos.RequestHeaders) {
		return
	}
	r.eachHeader(fn)
}

func (r *Request) eachHeader(fn func(name, value []byte) bool) {
	for _, f := range r.head.fields {
		if !fn(f.name.of(r.raw), f.value.of(r.raw)) {
			return
		}
	}
}

// RemoteAddr is the peer's address.
func (r *Request) RemoteAddr() netip.AddrPort {
	if r.c == nil || !r.may(eos.RequestIP) {
		return netip.AddrPort{}
	}
	return r.c.pc.RemoteAddr()
}

// Upgrade tells whether the request asks for another protocol: an Upgrade header
// and the token upgrade in Connection.
func (r *Request) Upgrade() bool {
	if !r.may(eos.RequestUpgrade) {
		return false
	}
	return r.head.flags&(saysUpgrade|hasUpgrade) == saysUpgrade|hasUpgrade
}

// KeepAlive tells whether the peer wants to use the connection again.
func (r *Request) KeepAlive() bool {
	if !r.may(eos.RequestKeepAlive) {
		return false
	}
	return r.head.flags&saysClose == 0 && (r.head.minor == 1 || r.head.flags&saysKeepAlive != 0)
}

// HasBody tells whether a body follows the head.
func (r *Request) HasBody() bool { return r.head.flags&isChunked != 0 || r.head.length > 0 }

// Param is the value of a named part of the route's path, "" if there is none.
// Wildcards are named "0".
func (r *Request) Param(name string) string {
	if !r.may(eos.RequestParams) {
		return ""
	}
	for i := len(r.params) - 1; i >= r.floor; i-- {
		if p := r.params[i]; p.name == name {
			return string(r.head.path[p.at:p.end])
		}
	}
	return ""
}

// EachParam calls fn for each named part of the route's path, in its order, with a
// view, valid as long as the request, until it returns false.
func (r *Request) EachParam(fn func(name string, value []byte) bool) {
	if !r.may(eos.RequestParams) {
		return
	}
	for _, p := range r.params[min(r.floor, len(r.params)):] {
		if !fn(p.name, r.head.path[p.at:p.end]) {
			return
		}
	}
}

// Value is what a middleware left with SetValue, or nil.
func (r *Request) Value(key any) any {
	for _, v := range r.values {
		if v.key == key {
			return v.value
		}
	}
	return nil
}

// SetValue leaves a value for those who handle the request later.
func (r *Request) SetValue(key, val any) {
	for i := range r.values {
		if r.values[i].key == key {
			r.values[i].value = val
			return
		}
	}
	r.values = append(r.values, value{key, val})
}

// EOS is what SetEOS left: the platform's information about the user, nil for
// nobody. Nothing that the client sends gets here by itself.
func (r *Request) EOS() *eos.Info {
	if !r.may(eos.RequestEOS) {
		return nil
	}
	return r.eos
}

// SetEOS tells who made the request, for those who handle it later and for the
// session that it opens. info is kept as long as these.
func (r *Request) SetEOS(info *eos.Info) { r.eos = info }

// ReadBody hands the whole body to to, at once if it is at hand. A body above
// limit bytes is not read. A receiver that stores the request's views must
// copy them.
func (r *Request) ReadBody(limit int, to BodyReceiver) {
	if r.c == nil || r.c.res != r.res || r.res.Ended() {
		to.OnBody(r, r.res, nil, ErrAborted)
		return
	}
	if err := r.permit(eos.RequestBody); err != nil {
		to.OnBody(r, r.res, nil, err)
		return
	}
	r.c.readBody(r, limit, to)
}

// Body is ReadBody for a function.
func (r *Request) Body(limit int, fn func(body []byte, err error)) {
	r.ReadBody(limit, bodyFunc(fn))
}

// Parsed is what a body parser made of the body: the platform's req.body. It is
// nil until one ran.
func (r *Request) Parsed() any {
	if !r.may(eos.RequestBody) {
		return nil
	}
	return r.parsed
}

// SetParsed leaves what a body parser made of the body for those who handle the
// request later.
func (r *Request) SetParsed(v any) { r.parsed = v }

// Switch takes the connection out of HTTP. The caller sets its handler, writes
// its own 101 response, and gets the input behind the request's head, which is
// valid until the callback returns. c is nil if the response was begun or the
// request has a body.
func (r *Request) Switch() (c *poll.Conn, rest []byte) {
	if r.c == nil || r.c.res != r.res || r.res.flags&headSent != 0 || r.HasBody() || !r.c.pc.Open() ||
		!r.may(eos.RequestUpgrade) {
		return nil, nil
	}
	return r.c.switched()
}

// switched is the end of the HTTP connection.
func (c *conn) switched() (*poll.Conn, []byte) {
	rest := c.in
	c.setState(connSwitched)
	c.srv.forget(c)
	c.srv.stats.Switched++
	if res := c.res; res != nil {
		res.flags |= hasEnded
		res.status = 101
		c.over(c.req, res, 101, nil)
	}
	c.in, c.req, c.res = nil, nil, nil
	if c.kept != 0 {
		c.keep(0)
	}
	if c.flags&isPaused != 0 {
		c.pc.Resume()
	}
	return c.pc, rest
}
