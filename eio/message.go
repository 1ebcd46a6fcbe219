package eio

import (
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A Message is one message for many sessions: its frame is encoded once for
// each form that a session needs, compressed or not, and large frames are shared
// instead of copied. The zero value is empty; Reset fills it. It may be reused
// once all sessions got it.
type Message struct {
	data   []byte
	binary bool
	plain  bool
	frames [forms]ws.Shared
}

// Reset makes m a message of data, which is kept until the next Reset.
func (m *Message) Reset(data []byte, binary bool) {
	m.data, m.binary, m.plain = data, binary, false
	for f := range forms {
		m.frames[f].Reset()
	}
}

// Plain keeps m from being compressed until the next Reset, the reference's
// compress: false.
func (m *Message) Plain() { m.plain = true }

// frame is the frame for a session with terms of compression.
func (m *Message) frame(e *Server, terms ws.Terms, f form) []byte {
	shared := &m.frames[f]
	if shared.Empty() {
		p := packet{kind: packetMessage, binary: m.binary, data: m.data}
		shared.Set(appendFrame(shared.Buffer(), p, f))
	}
	if m.plain {
		terms = ws.Terms{}
	}
	return shared.Frame(&e.deflater, terms)
}

// SendMessage is Send for a message that goes to many sessions.
func (s *Session) SendMessage(m *Message) Status {
	if s.state != sessionOpen {
		return poll.Dropped
	}
	s.server.stats.PacketsOut++
	if s.hooks != nil {
		if s.created(packet{kind: packetMessage, binary: m.binary, data: m.data}); s.state == sessionClosed {
			return poll.Dropped // a hook panicked
		}
	}
	if s.ws != nil {
		f := formOf(m.binary, s.protocol, s.base64)
		return s.ws.conn.WriteShared(m.frame(s.server, s.ws.terms, f))
	}
	return s.polling.enqueue(packet{kind: packetMessage, binary: m.binary, plain: m.plain, data: m.data})
}
