package eio

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unique"

	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// Handshake is what a session remembers of the request that opened it. It holds
// no buffer of the connection: what clients have in common they share.
type Handshake struct {
	opening *opening
	issued  int64 // unix milliseconds
	addr    netip.Addr
	port    uint16 // a netip.AddrPort would leave a hole for secure
	secure  bool
}

// opening is the head of a request. Clients that come with the same one after the
// other share it, all that have equal headers the header block, which is one string.
type opening struct {
	target string
	head   unique.Handle[string]
}

// remember makes the record of a request.
func (e *Server) remember(req *webapp.Request) Handshake {
	b := ws.AppendHead(e.block[:0], req)
	e.block = b[:0]
	if cap(b) > 16<<10 {
		e.block = nil
	}
	target, last := req.RawTarget(), e.opening
	switch same := last != nil && string(b) == last.head.Value(); {
	case !same:
		e.opening = &opening{string(target), unique.Make(string(b))}
	case string(target) != last.target:
		e.opening = &opening{string(target), last.head}
	}
	from := req.RemoteAddr()
	return Handshake{opening: e.opening, issued: e.loop.Time().UnixMilli(), addr: from.Addr(), port: from.Port(),
		secure: req.Secure()}
}

// URL is the request target as it was sent.
func (h *Handshake) URL() string {
	if h.opening == nil {
		return ""
	}
	return h.opening.target
}

// Address is the client's IP address.
func (h *Handshake) Address() string { return h.addr.String() }

// RemoteAddr is the client's address and port.
func (h *Handshake) RemoteAddr() netip.AddrPort { return netip.AddrPortFrom(h.addr, h.port) }

// Issued is when the handshake was, Time the same as text as JavaScript prints a
// date.
func (h *Handshake) Issued() time.Time { return time.UnixMilli(h.issued) }

// Time is Issued in the form of JavaScript's Date.toString.
func (h *Handshake) Time() string {
	return h.Issued().Format("Mon Jan 02 2006 15:04:05 GMT-0700 (MST)")
}

// Secure tells whether the connection was encrypted.
func (h *Handshake) Secure() bool { return h.secure }

// XDomain tells whether the request had an Origin header.
func (h *Handshake) XDomain() bool { return h.Header("origin") != "" }

// Header returns the value of a header by its name in lower case, "" if there
// was none; of a repeated one the first.
func (h *Handshake) Header(name string) string {
	for n, v := range h.Headers {
		if n == name {
			return v
		}
	}
	return ""
}

// Headers iterates over names, in lower case, and values in the order in which
// they were sent. Those of the WebSocket handshake itself are left out.
func (h *Handshake) Headers(yield func(name, value string) bool) {
	if h.opening == nil {
		return
	}
	ws.HeadLines(h.opening.head.Value())(yield)
}

// Query parses the query of the target, without the parameters of Engine.IO
// itself: EIO, transport, sid, t, j and b64. A malformed pair is left out.
func (h *Handshake) Query() url.Values {
	_, raw, _ := strings.Cut(h.URL(), "?")
	q, _ := url.ParseQuery(raw)
	for _, own := range [...]string{"EIO", "transport", "sid", "t", "j", "b64"} {
		delete(q, own)
	}
	return q
}
