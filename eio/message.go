package eio

import "github.com/edgesio/edgesio/poll"

// A Message is one message for many sessions: its frame is encoded once for
// each form that a session needs, and large frames are shared instead of
// copied. The zero value is empty; Reset fills it. It may be reused once all
// sessions got it.
type Message struct {
	data   []byte
	binary bool
	plain  bool
	frames [forms][]byte
}

// Reset makes m a message of data, which is kept until the next Reset.
func (m *Message) Reset(data []byte, binary bool) {
	m.data, m.binary, m.plain = data, binary, false
	for i, f := range m.frames {
		if cap(f) > reuseBytes {
			m.frames[i] = nil // connections may still hold it
		} else {
			m.frames[i] = f[:0]
		}
	}
}

// Plain keeps m from being compressed until the next Reset, the reference's
// compress: false.
func (m *Message) Plain() { m.plain = true }

// reuseBytes is less than the size from which poll shares a slice instead of
// copying it.
const reuseBytes = 2 << 10

func (m *Message) frame(f form) []byte {
	if len(m.frames[f]) == 0 {
		m.frames[f] = appendFrame(m.frames[f], packet{kind: packetMessage, binary: m.binary, data: m.data}, f)
	}
	return m.frames[f]
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
		return s.ws.conn.WriteShared(m.frame(formOf(m.binary, s.protocol, s.base64)))
	}
	return s.polling.enqueue(packet{kind: packetMessage, binary: m.binary, plain: m.plain, data: m.data})
}
