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
	frames [forms][]byte
	dense  [forms][]byte // the same, compressed
}

// Reset makes m a message of data, which is kept until the next Reset.
func (m *Message) Reset(data []byte, binary bool) {
	m.data, m.binary, m.plain = data, binary, false
	for f := range forms {
		m.frames[f], m.dense[f] = reusable(m.frames[f]), reusable(m.dense[f])
	}
}

// Plain keeps m from being compressed until the next Reset, the reference's
// compress: false.
func (m *Message) Plain() { m.plain = true }

// reusable empties a buffer for the next message, unless connections may still
// hold it.
func reusable(b []byte) []byte {
	if cap(b) > reuseBytes {
		return nil
	}
	return b[:0]
}

// reuseBytes is less than the size from which poll shares a slice instead of
// copying it.
const reuseBytes = 2 << 10

func (m *Message) frame(f form) []byte {
	if len(m.frames[f]) == 0 {
		m.frames[f] = appendFrame(m.frames[f], packet{kind: packetMessage, binary: m.binary, data: m.data}, f)
	}
	return m.frames[f]
}

// frameFor is the frame for a session with terms of compression.
func (m *Message) frameFor(e *Server, terms ws.Terms, f form) []byte {
	plain := m.frame(f)
	if m.plain || !e.deflater.Takes(plain, terms) {
		return plain
	}
	if len(m.dense[f]) == 0 {
		m.dense[f] = e.deflater.Compress(append(m.dense[f], plain...), 0)
	}
	return m.dense[f]
}

// SendMessage is Send for a message that goes to many sessions.
func (s *Session) SendMessage(m *Message) Status {
	if s.hooks != nil && s.state == sessionOpen {
		s.created(packet{kind: packetMessage, binary: m.binary, data: m.data})
	}
	switch {
	case s.state != sessionOpen:
		return poll.Dropped
	case s.ws != nil:
		f := formOf(m.binary, s.protocol, s.base64)
		if terms := s.ws.terms; terms.Window != 0 {
			return s.ws.conn.WriteShared(m.frameFor(s.server, terms, f))
		}
		return s.ws.conn.WriteShared(m.frame(f))
	}
	return s.polling.enqueue(packet{kind: packetMessage, binary: m.binary, plain: m.plain, data: m.data})
}
