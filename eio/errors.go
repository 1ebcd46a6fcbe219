package eio

import (
	"errors"

	"github.com/edgesio/edgesio/webapp"
)

// Code is an Engine.IO error code, 0 to 5, as clients and proxies know them.
type Code uint8

// The error codes of a refused request.
const (
	TransportUnknown Code = iota
	SessionIDUnknown
	BadHandshakeMethod
	BadRequest
	Forbidden
	UnsupportedVersion
	accepted // no error
)

// String is the message that goes with the code on the wire.
func (c Code) String() string {
	return [...]string{"Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request",
		"Forbidden", "Unsupported protocol version", "accepted"}[c]
}

// Reason is why a session closed, in the reference's words.
type Reason string

// The reasons of a session's end.
const (
	TransportError Reason = "transport error"
	TransportClose Reason = "transport close"
	ForcedClose    Reason = "forced close"
	PingTimeout    Reason = "ping timeout"
	ParseError     Reason = "parse error"
	ServerShutdown Reason = "server shutting down"
)

// Reasons are what sessions and sockets end for: the engine's, and behind them those of Socket.IO.
var Reasons = [...]Reason{TransportError, TransportClose, ForcedClose, PingTimeout, ParseError, ServerShutdown,
	"forced server close", "client namespace disconnect", "server namespace disconnect"}

// ReasonCounts counts ends by their reason, in the order of Reasons; the last is for all others.
type ReasonCounts [len(Reasons) + 1]uint64

// Add counts an end.
func (c *ReasonCounts) Add(r Reason) {
	c[r.index()]++
}

// index is the place in Reasons. The compiler makes fewer comparisons of a switch.
func (r Reason) index() int {
	switch r {
	case TransportError:
		return 0
	case TransportClose:
		return 1
	case ForcedClose:
		return 2
	case PingTimeout:
		return 3
	case ParseError:
		return 4
	case ServerShutdown:
		return 5
	case Reasons[6]:
		return 6
	case Reasons[7]:
		return 7
	case Reasons[8]:
		return 8
	}
	return len(Reasons)
}

// Errors that a handler's OnClose may get as the description of a reason.
var (
	ErrPacket     = errors.New("eio: malformed packet")
	ErrPayload    = errors.New("eio: malformed payload")
	ErrOverlap    = errors.New("eio: two requests of one kind at the same time")
	ErrAborted    = errors.New("eio: the client gave up a request")
	ErrPingPacket = errors.New("eio: heartbeat packet in the wrong direction")
	ErrQueue      = errors.New("eio: queue of the polling transport is full")
	ErrType       = errors.New("eio: binary body on a protocol 4 session")
	ErrFlood      = errors.New("eio: the client went on sending faster than its rate")
	ErrSilent     = errors.New("eio: no packet within pingInterval + pingTimeout")
)

// transport is a transport's name as a small number.
type transport uint8

const (
	noTransport transport = iota
	pollingTransport
	websocketTransport
)

// String is the transport's name on the wire.
func (t transport) String() string { return [...]string{"", "polling", "websocket"}[t] }

func transportOf[T string | []byte](name T) transport {
	switch string(name) {
	case "polling":
		return pollingTransport
	case "websocket":
		return websocketTransport
	}
	return noTransport
}

// question is what has to be known of a request to judge it.
type question struct {
	transport transport // noTransport: unknown, or not enabled here
	protocol  uint8
	upgrade   bool // Connection: upgrade, Upgrade: websocket
	get       bool // the method is GET
	named     bool // it has a sid
	session   *Session
	req       *webapp.Request
}

// context says what was wrong with a refused request.
func (q *question) context() string {
	switch {
	case q.transport == noTransport:
		return "transport"
	case q.named && q.session == nil:
		return "sid"
	case q.named && q.session.protocol != q.protocol:
		return "protocol"
	case q.named && q.session.transport().String() != q.transport.String():
		return "transport mismatch"
	case !q.get:
		return "method"
	}
	return ""
}

// judge decides about a request before anything is allocated for it. The order
// is the reference's, and clients can tell.
func (q *question) judge(o *Options) Code {
	switch {
	case q.transport == noTransport:
		return TransportUnknown
	case q.named && q.session == nil:
		return SessionIDUnknown
	case q.named:
		polls := q.transport == pollingTransport && q.session.transport() == pollingTransport
		upgrades := q.transport == websocketTransport && !o.RefuseUpgrades
		if q.session.protocol != q.protocol || q.upgrade && !upgrades || !q.upgrade && !polls {
			return BadRequest
		}
		return accepted
	case !q.get:
		return BadHandshakeMethod
	case (q.transport == websocketTransport) != q.upgrade:
		return BadRequest
	case q.protocol == 3 && o.RefuseEIO3:
		return UnsupportedVersion
	}
	return accepted
}

// polls tells of a poll or a POST of a session: their number is bounded by what
// there is to send, and by EventRate.
func (q *question) polls(o *Options) bool {
	return q.session != nil && !q.upgrade && (q.get || q.req.Method() == "POST") && q.judge(o) == accepted
}
