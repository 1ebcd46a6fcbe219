package v06

import (
	"bytes"
	"errors"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The WebSocket protocol of 2010: draft-hixie-thewebsocketprotocol-75 and -76.
// A frame is 0x00, text in UTF-8, 0xff; -76 ends with 0xff 0x00. There is nothing
// else, and no other frame type was ever in use.

var (
	errFrameType = errors.New("v06: frame is not text")
	errFrameSize = errors.New("v06: frame is too large")
)

// hixiePhase says which byte comes next.
type hixiePhase uint8

const (
	betweenFrames hixiePhase = iota // 0x00, then insideFrame; or 0xff, then goodbye
	insideFrame                     // text, or 0xff, then betweenFrames
	goodbye                         // 0x00, then stopped
	stopped                         // nothing; final
)

// String returns the phase's name.
func (p hixiePhase) String() string { return [...]string{"between", "inside", "goodbye", "stopped"}[p] }

// hixieHandler takes what a hixieReader finds.
type hixieHandler interface {
	onFrame(payload []byte) // valid until it returns
	onGoodbye()             // the last call
}

// hixieReader takes the frames out of a stream that is cut anywhere. A frame that
// lies whole in a piece is handed on as a view; only what a piece cuts is kept in
// the spill.
//
//	0 <= len(spill) <= limit, and spill is nil unless phase is insideFrame
type hixieReader struct {
	budget *poll.Budget // of the spill; nil: no bound for all
	spill  []byte
	phase  hixiePhase
}

// feed takes the next piece. After an error, onGoodbye or stop the input is
// ignored.
func (r *hixieReader) feed(b []byte, limit int, h hixieHandler) error {
	for len(b) > 0 {
		switch r.phase {
		case betweenFrames:
			switch b[0] {
			case 0x00:
				r.phase = insideFrame
			case 0xff:
				r.phase = goodbye
			default:
				r.stop()
				return errFrameType
			}
			b = b[1:]
		case insideFrame:
			var err error
			if b, err = r.text(b, limit, h); err != nil {
				r.stop()
				return err
			}
		case goodbye:
			r.stop()
			if b[0] != 0x00 {
				return errFrameType
			}
			h.onGoodbye()
		case stopped:
			return nil
		}
	}
	return nil
}

// text takes text up to the end of the frame, or what there is of it.
func (r *hixieReader) text(b []byte, limit int, h hixieHandler) (rest []byte, err error) {
	end := bytes.IndexByte(b, 0xff)
	piece := b
	if end >= 0 {
		piece = b[:end:end]
	}
	switch {
	case len(piece) > limit-len(r.spill):
		return nil, errFrameSize
	case end < 0 && !r.budget.Take(len(piece)):
		return nil, poll.ErrMemory
	case end < 0:
		r.spill = append(r.spill, piece...)
		return nil, nil
	case len(r.spill) > 0:
		piece = append(r.spill, piece...)
	}
	r.forget()
	r.phase = betweenFrames
	h.onFrame(piece)
	return b[end+1:], nil
}

func (r *hixieReader) stop() {
	r.forget()
	r.phase = stopped
}

// forget lets go of the spill.
func (r *hixieReader) forget() {
	r.budget.Give(len(r.spill))
	r.spill = nil
}

// appendHixie appends a frame; the payload is UTF-8, which has no 0xff, and is
// copied.
func appendHixie(dst, payload []byte) []byte {
	return append(append(append(dst, 0x00), payload...), 0xff)
}

// hixieSocket is a session's link and the handler of its connection.
type hixieSocket struct {
	conn   *poll.Conn
	client *Client
	reader hixieReader
}

// beginHixie makes a connection whose handshake is done a session's link.
func (l *Listener) beginHixie(t transport, conn *poll.Conn, rest []byte) {
	c := l.newClient(t, conn.RemoteAddr())
	s := &hixieSocket{conn: conn, client: c, reader: hixieReader{budget: l.loop.Budget()}}
	conn.SetHandler(s)
	c.link = s
	c.opened()
	s.OnData(conn, rest)
}

// OnData feeds the reader.
func (s *hixieSocket) OnData(_ *poll.Conn, b []byte) {
	if err := s.reader.feed(b, s.client.listener.options.MaxMessageBytes, s); err != nil {
		s.client.warn(err.Error(), b)
		s.client.end(0)
	}
}

// OnDrain is nothing to us: who sends looks at Status.
func (s *hixieSocket) OnDrain(*poll.Conn) {}

// OnClose tells the session that its connection is gone.
func (s *hixieSocket) OnClose(*poll.Conn, error) {
	s.reader.stop()
	s.client.unlink(s)
}

func (s *hixieSocket) onFrame(payload []byte) { s.client.receive(payload) }

func (s *hixieSocket) onGoodbye() {
	s.shut(0)
	s.client.unlink(s)
}

func (s *hixieSocket) send(batch []byte) Status {
	return s.conn.Commit(appendHixie(s.conn.Out(), batch))
}

// shut says goodbye as -76 has it; a -75 client takes it for an empty frame of a
// type that it skips.
func (s *hixieSocket) shut(ws.StatusCode) {
	s.reader.stop()
	if s.conn.Open() {
		s.conn.Commit(append(s.conn.Out(), 0xff, 0x00))
		s.conn.Close()
	}
}
