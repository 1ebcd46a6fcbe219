package eio

import (
	"io"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// websocket is the transport on a WebSocket: the handler of the connection, and
// of the reader that takes its frames apart. While it is a probe (upgrade.go) it
// has a session but is not its transport yet.
type websocket struct {
	conn    *poll.Conn
	session *Session
	trial   *trial // nil once it is the transport
	reader  ws.Reader
	terms   ws.Terms // of compression
}

// OnData feeds the reader, whose findings arrive below.
func (w *websocket) OnData(_ *poll.Conn, b []byte) {
	t := &w.session.server.tolls
	t.packets = 0
	if err := w.reader.Feed(b, (*frames)(w)); err != nil {
		if err == ws.ErrNoMemory {
			err = poll.ErrMemory
		}
		w.fail(TransportError, err)
		return
	}
	if debt := w.session.toll(t, len(b)); debt > 0 {
		w.owe(debt)
	}
}

// OnDrain passes on that the connection's output is written.
func (w *websocket) OnDrain(*poll.Conn) {
	if w.trial == nil {
		w.session.drained()
	}
}

// OnClose ends the session when the connection is gone.
func (w *websocket) OnClose(_ *poll.Conn, err error) {
	reason := TransportClose
	if err != nil && err != io.EOF && (err == poll.ErrSlow || err == poll.ErrOverflow || err == poll.ErrMemory) {
		reason = TransportError
	}
	w.fail(reason, err)
}

// frames is a websocket as its reader's handler: both kinds of handler have an
// OnClose.
type frames websocket

// OnMessage takes a whole message: one packet.
func (f *frames) OnMessage(op ws.OpCode, payload []byte) {
	w := (*websocket)(f)
	w.session.server.tolls.packets++
	var p packet
	var ok bool
	if op == ws.OpText {
		p, ok = parseText(payload, w.session.protocol)
	} else {
		p, ok = parseBinary(payload, w.session.protocol)
	}
	switch {
	case w.trial != nil:
		w.try(p, ok)
	case ok:
		w.session.receive(p)
	default:
		w.session.end(ParseError, ErrPacket)
	}
}

// OnPing answers a ping of the WebSocket protocol.
func (f *frames) OnPing(payload []byte) {
	f.session.server.tolls.packets++
	f.conn.Commit(ws.AppendFrame(f.conn.Out(), ws.OpPong, payload))
}

// OnPong is nothing to us: our heartbeat is Engine.IO's.
func (f *frames) OnPong([]byte) { f.session.server.tolls.packets++ }

// OnClose answers the peer's close frame with its own code.
func (f *frames) OnClose(code ws.StatusCode, _ []byte) {
	w := (*websocket)(f)
	w.shut(code)
	w.fail(TransportClose, nil)
}

// send queues p in a frame.
func (w *websocket) send(p packet, f form) Status {
	out := w.conn.Out()
	b := appendFrame(out, p, f)
	if w.terms.Window != 0 && !p.plain {
		if d := &w.session.server.deflater; d.Takes(b[len(out):], w.terms) {
			b = d.Compress(b, len(out))
		}
	}
	return w.conn.Commit(b)
}

// fail ends what the WebSocket stands for: the session, or only the probe.
func (w *websocket) fail(reason Reason, err error) {
	if w.trial != nil {
		w.abandon(closeCode(err))
	} else {
		w.session.end(reason, err)
	}
}

// shut sends a close frame behind what is queued and closes the connection; code
// 0 stands for none.
func (w *websocket) shut(code ws.StatusCode) {
	w.reader.Stop()
	if w.conn.Open() {
		w.conn.Commit(ws.AppendClose(w.conn.Out(), code, ""))
		w.conn.Close()
	}
}

// closeCode is what a close frame tells about an error. The reference sends a
// code for protocol errors only.
func closeCode(err error) ws.StatusCode {
	if err == poll.ErrMemory {
		return ws.StatusTryAgainLater
	}
	if e, ok := err.(ws.Error); ok {
		return e.Code()
	}
	return 0
}
