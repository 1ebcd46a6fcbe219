package eio

import (
	"net/netip"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/rate"
)

// Handler is what a session calls, on the loop's goroutine.
type Handler interface {
	// OnMessage brings a message. data is valid until the callback returns, and
	// may be changed in place until then.
	OnMessage(s *Session, data []byte, binary bool)
	// OnDrain tells that everything sent has left, after Pressure was reported.
	OnDrain(s *Session)
	// OnClose is the last call, made exactly once. desc says more about the
	// reason where there is more to say, else it is nil.
	OnClose(s *Session, reason Reason, desc error)
}

// sessionState is the life of a session. What may follow:
//
//	open    -> closing (Close while packets wait for a poll), closed
//	closing -> closed
//	closed  -> nothing
type sessionState uint8

const (
	sessionOpen sessionState = iota
	sessionClosing
	sessionClosed
)

// String is the reference's readyState.
func (s sessionState) String() string { return [...]string{"open", "closing", "closed"}[s] }

// A Session is one client, over whatever transport it uses: the reference calls
// it a Socket. Loop's goroutine only.
type Session struct {
	server    *Server
	handler   Handler
	hooks     *Hooks     // nil while nobody listens
	ws        *websocket // the transport, nil while polling
	polling   *polling   // the transport, nil on a WebSocket
	chain     *Session   // in the server's table
	id        string
	handshake Handshake
	beat      poll.Timer // heartbeat, see heartbeat.go
	seen      int64      // ms: when a packet last came
	pingAt    int64      // ms: when the next ping is due; while awaiting, when it was sent
	events    rate.Bucket
	bytes     rate.Bucket
	awaiting  bool // a pong
	state     sessionState
	protocol  uint8 // 3 or 4
	base64    bool  // the client asked for b64=1
	upgraded  bool
	marks     uint8  // see toll.go
	flooded   uint16 // ms that EventRate held it back
}

// ID is the session id.
func (s *Session) ID() string { return s.id }

// Protocol is the Engine.IO revision that the client speaks, 3 or 4.
func (s *Session) Protocol() int { return int(s.protocol) }

// Transport is "polling" or "websocket".
func (s *Session) Transport() string { return s.transport().String() }

func (s *Session) transport() transport {
	if s.ws != nil {
		return websocketTransport
	}
	return pollingTransport
}

// Upgraded tells whether the session moved from polling to a WebSocket.
func (s *Session) Upgraded() bool { return s.upgraded }

// Open is true until the session closes or begins to.
func (s *Session) Open() bool { return s.state == sessionOpen }

// ReadyState is "open", "closing" or "closed".
func (s *Session) ReadyState() string { return s.state.String() }

// Handshake is the record of the request that opened the session.
func (s *Session) Handshake() *Handshake { return &s.handshake }

// RemoteAddr is the client's address at the handshake.
func (s *Session) RemoteAddr() netip.AddrPort { return s.handshake.RemoteAddr() }

// Server is the engine that the session belongs to.
func (s *Session) Server() *Server { return s.server }

// SetHandler sets the receiver of the session's calls. Before it is set,
// messages are dropped.
func (s *Session) SetHandler(h Handler) { s.handler = h }

// Send queues a message; data is copied. Over polling it waits for the client's
// next request. Handlers are not called within, not even when the session ends for
// it: that follows in a later turn.
func (s *Session) Send(data []byte, binary bool) Status {
	if s.state != sessionOpen {
		return poll.Dropped
	}
	return s.send(packet{kind: packetMessage, binary: binary, data: data})
}

// SendPlain is Send without compression, the reference's compress: false.
func (s *Session) SendPlain(data []byte, binary bool) Status {
	if s.state != sessionOpen {
		return poll.Dropped
	}
	return s.send(packet{kind: packetMessage, binary: binary, plain: true, data: data})
}

func (s *Session) send(p packet) Status {
	s.server.stats.PacketsOut++
	if s.hooks != nil {
		if s.created(p); s.state == sessionClosed {
			return poll.Dropped // a hook panicked
		}
	}
	if s.ws != nil {
		return s.ws.send(p, formOf(p.binary, s.protocol, s.base64))
	}
	return s.polling.enqueue(p)
}

// Writable is false while the transport has to wait for the client: no poll is
// standing, or its connection takes no more. Volatile messages are dropped then.
func (s *Session) Writable() bool {
	if s.state != sessionOpen {
		return false
	}
	if s.ws != nil {
		return !s.ws.conn.Blocked()
	}
	return s.polling.writable()
}

// Buffered is the number of bytes that wait for the client.
func (s *Session) Buffered() int {
	switch {
	case s.ws != nil:
		return s.ws.conn.Buffered()
	case s.polling != nil:
		return len(s.polling.queue)
	}
	return 0
}

// Close ends the session with "forced close". What was sent before still goes
// out; over polling the session waits for polls to take it, unless discard is
// set.
func (s *Session) Close(discard bool) {
	switch {
	case s.state == sessionClosed, s.state == sessionClosing && !discard:
	case s.ws == nil && !discard && s.polling.drain():
		s.setState(sessionClosing)
	default:
		s.end(ForcedClose, nil)
	}
}

// CloseWith ends the session at once with a reason of the layer above; what was
// sent before still goes out on a WebSocket.
func (s *Session) CloseWith(reason Reason, desc error) { s.end(reason, desc) }

func (s *Session) setState(to sessionState) {
	if to <= s.state {
		panic("eio: session goes from " + s.state.String() + " to " + to.String())
	}
	s.state = to
}

// end closes the session once and lets go of everything that it holds.
func (s *Session) end(reason Reason, desc error) {
	if s.state == sessionClosed {
		return
	}
	s.setState(sessionClosed)
	s.server.stats.EndedBy.Add(reason)
	if e := s.server; e.debug != nil {
		e.debug.Debug("closed", "sid", s.id, "reason", string(reason), "description", desc)
	}
	s.server.forget(s)
	if w := s.probing(); w != nil {
		w.abandon(0)
	}
	if s.ws != nil {
		s.server.onWebSocket(s, -1)
		s.ws.shut(closeCode(desc))
	} else {
		s.polling.shut(reason)
	}
	if s.hooks != nil && s.hooks.Close != nil {
		s.tellHook(reason, desc)
	}
	s.tellEnd(reason, desc)
}

// tellEnd makes the handler's last call.
func (s *Session) tellEnd(reason Reason, desc error) {
	if h := s.handler; h != nil {
		s.handler = nil
		defer s.containClosed("OnClose")
		h.OnClose(s, reason, desc)
	}
}

func (s *Session) tellHook(reason Reason, desc error) {
	defer s.containClosed("Hooks.Close")
	s.hooks.Close(s, reason, desc)
}

// receive handles a packet from the transport and tells whether the transport
// should go on. It is the end of the way for all but messages.
func (s *Session) receive(p packet) bool {
	s.seen = s.server.loop.Now()
	s.server.stats.PacketsIn++
	if s.hooks != nil && s.hooks.Packet != nil {
		s.watch("Hooks.Packet", s.hooks.Packet, p)
	}
	switch p.kind {
	case packetMessage:
		if s.state == sessionOpen && s.handler != nil {
			s.handler.OnMessage(s, p.data, p.binary)
		}
	case packetPing, packetPong:
		s.heartbeat(p)
	case packetClose:
		s.end(TransportClose, nil)
	}
	return s.state != sessionClosed
}
