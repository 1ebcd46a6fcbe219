package websocket

import (
	"net/netip"
	"strings"
	"unique"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// record is what a channel remembers of its request. It holds no buffer of the connection, and channels with equal
// headers, as browsers of one kind send them, share these.
type record struct {
	target string
	head   unique.Handle[string] // lines of "name: value\n", the names in lower case
}

// keepBlock is what a server keeps of its scratch.
const keepBlock = 16 << 10

func (s *Server) remember(req *webapp.Request) record {
	b := ws.AppendHead(s.block[:0], req)
	if s.block = b[:0]; cap(b) > keepBlock {
		s.block = nil
	}
	return record{target: req.Target(), head: unique.Make(string(b))}
}

// URL is the request target as it was sent.
func (ch *Channel) URL() string {
	if !ch.may(eos.ChannelPath) {
		return ""
	}
	return ch.record.target
}

// Path is the path of the request as it was sent, without the query.
func (ch *Channel) Path() string {
	if !ch.may(eos.ChannelPath) {
		return ""
	}
	return ch.path()
}

func (ch *Channel) path() string {
	path, _, _ := strings.Cut(ch.record.target, "?")
	return path
}

// Header is the value of the first header of that name, "" if there is none. Those of the handshake itself, as
// Connection and Sec-WebSocket-Key, are not kept.
func (ch *Channel) Header(name string) string {
	name = strings.ToLower(name)
	for n, v := range ch.Headers {
		if n == name {
			return v
		}
	}
	return ""
}

// Headers iterates over the names, in lower case, and values of the header lines that were kept, in the order of the
// request.
func (ch *Channel) Headers(yield func(name, value string) bool) {
	if !ch.may(eos.ChannelHeaders) {
		return
	}
	ws.HeadLines(ch.record.head.Value())(yield)
}

// rare is what few channels have.
type rare struct {
	eos      *eos.Info
	protocol string
	err      error
}

// EOS is the platform's information about the user, as it was told to the request; nil for nobody.
func (ch *Channel) EOS() *eos.Info {
	if ch.rare == nil || !ch.may(eos.ChannelEOS) {
		return nil
	}
	return ch.rare.eos
}

// Protocol is the subprotocol that was chosen, or "".
func (ch *Channel) Protocol() string {
	if ch.rare == nil {
		return ""
	}
	return ch.rare.protocol
}

// Err is why the channel ended otherwise than by close frames: a [ws.Error] of the client, ErrSilent, ErrUnanswered, a
// *PanicError, or what poll told. Nil while it is open.
func (ch *Channel) Err() error {
	if ch.rare == nil {
		return nil
	}
	return ch.rare.err
}

func (ch *Channel) setErr(err error) {
	if err == nil {
		return
	}
	if ch.rare == nil {
		ch.rare = new(rare)
	}
	ch.rare.err = err
}

// RemoteAddr is the client's address.
func (ch *Channel) RemoteAddr() netip.AddrPort { return ch.conn.RemoteAddr() }
