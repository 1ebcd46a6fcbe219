//go:build linux

package main

import (
	"bytes"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The references on our own loop: what the kernel costs, and what the frames
// cost on top of it.

// rawBytes sends back what comes in. It has no state: all connections share it.
type rawBytes struct{}

// OnData is the echo.
func (rawBytes) OnData(c *poll.Conn, b []byte) { c.Write(b) }

// OnDrain does nothing: an echo is not slowed down.
func (rawBytes) OnDrain(*poll.Conn) {}

// OnClose has nothing to give back.
func (rawBytes) OnClose(*poll.Conn, error) {}

// rawSocket sends back WebSocket messages. The handshake takes any request that
// has a key.
type rawSocket struct {
	conn   *poll.Conn // while a Feed is under way
	reader ws.Reader
	open   bool
	head   []byte // an unfinished request
}

// maxHead bounds the handshake request.
const maxHead = 8 << 10

// OnData takes the request, and then frames.
func (r *rawSocket) OnData(c *poll.Conn, b []byte) {
	if !r.open {
		if b = r.handshake(c, b); b == nil {
			return
		}
	}
	r.conn = c
	if err := r.reader.Feed(b, (*rawMessages)(r)); err != nil {
		c.Commit(ws.AppendClose(c.Out(), err.(ws.Error).Code(), ""))
		c.Close()
	}
	r.conn = nil
}

// handshake answers a complete request and returns what is behind it.
func (r *rawSocket) handshake(c *poll.Conn, b []byte) (rest []byte) {
	r.head = append(r.head, b...)
	head, rest, ok := bytes.Cut(r.head, []byte("\r\n\r\n"))
	if !ok {
		if len(r.head) > maxHead {
			c.Abort(ws.ErrMessageTooBig)
		}
		return nil
	}
	key, ok := headerValue(head, "Sec-WebSocket-Key:")
	if !ok {
		c.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
		c.Close()
		return nil
	}
	c.Commit(ws.AppendSwitch(c.Out(), string(key), "", nil))
	r.open, r.head = true, nil
	return rest
}

// OnDrain does nothing: an echo is not slowed down.
func (r *rawSocket) OnDrain(*poll.Conn) {}

// OnClose has nothing to give back.
func (r *rawSocket) OnClose(*poll.Conn, error) {}

// rawMessages is the same connection as ws.Handler sees it.
type rawMessages rawSocket

// OnMessage sends the message back.
func (m *rawMessages) OnMessage(op ws.OpCode, p []byte) { m.reply(op, p) }

// OnPing answers.
func (m *rawMessages) OnPing(p []byte) { m.reply(ws.OpPong, p) }

// OnPong is ignored.
func (m *rawMessages) OnPong([]byte) {}

// OnClose ends the connection as the peer asks.
func (m *rawMessages) OnClose(code ws.StatusCode, _ []byte) {
	m.conn.Commit(ws.AppendClose(m.conn.Out(), code, ""))
	m.conn.Close()
}

func (m *rawMessages) reply(op ws.OpCode, p []byte) {
	m.conn.Commit(ws.AppendFrame(m.conn.Out(), op, p))
}
