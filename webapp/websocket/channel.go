package websocket

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// Code is a close code (RFC 6455, section 7.4).
type Code = ws.StatusCode

// Status tells how a send went: poll.OK, poll.Pressure (queued: hold back until OnDrain), or poll.Dropped.
type Status = poll.Status

// Handler is what a channel calls, on the loop's goroutine. Servers whose channels are alike may give one to all.
type Handler interface {
	// OnMessage brings a message, valid UTF-8 unless it is binary. data is valid until the callback returns, and may be
	// changed in place until then.
	OnMessage(ch *Channel, data []byte, binary bool)
	// OnDrain tells that everything sent has left, after Pressure was reported.
	OnDrain(ch *Channel)
	// OnClose is the last call, made exactly once: the code and the reason of the client's close frame, 1005 if that
	// had none, or 1006 if the connection ended without one, see [Channel.Err].
	OnClose(ch *Channel, code Code, reason string)
}

// channelState is the life of a channel. What may follow:
//
//	open    -> closing (Close: our close frame is sent), closed
//	closing -> closed (the client's close frame, CloseTimeout, the connection's end)
//	closed  -> nothing
type channelState uint8

const (
	channelOpen channelState = iota
	channelClosing
	channelClosed
)

// String is the state's name as the browser's readyState has it.
func (s channelState) String() string { return [...]string{"open", "closing", "closed"}[s] }

// A Channel is one client. Loop's goroutine only.
type Channel struct {
	server  *Server
	conn    *poll.Conn
	handler Handler // nil: messages are dropped
	rare    *rare   // nil for most
	record  record
	reader  ws.Reader
	timer   poll.Timer // see ping.go
	seen    int64      // ms: when something last came
	since   int64      // ms: since when an answer is due, to a ping or to our close frame; 0 for none
	index   int32      // in the server's table
	terms   ws.Terms   // of compression
	state   channelState
}

// Server is the server that the channel belongs to.
func (ch *Channel) Server() *Server { return ch.server }

// Open is true until Close, or the end.
func (ch *Channel) Open() bool { return ch.state == channelOpen }

// ReadyState is "open", "closing" or "closed".
func (ch *Channel) ReadyState() string { return ch.state.String() }

// Buffered is the number of bytes that wait for the client.
func (ch *Channel) Buffered() int { return ch.conn.Buffered() }

// Writable is false while the client takes no more: what may be left out should be.
func (ch *Channel) Writable() bool { return ch.state == channelOpen && !ch.conn.Blocked() }

// SetHandler sets the receiver of the channel's calls, in place of the functions that were set.
func (ch *Channel) SetHandler(h Handler) { ch.handler = h }

func (ch *Channel) setState(to channelState) {
	if to <= ch.state {
		panic("websocket: channel goes from " + ch.state.String() + " to " + to.String())
	}
	ch.state = to
}

// Close begins the close handshake behind what is queued: code 0 stands for none, one that must not be sent goes out as
// 1011, and a reason is cut to 123 bytes. Messages that come until the client's answer are dropped.
func (ch *Channel) Close(code Code, reason string) {
	if ch.may(eos.ChannelClose) {
		ch.close(code, reason)
	}
}

func (ch *Channel) close(code Code, reason string) {
	if ch.state != channelOpen {
		return
	}
	ch.setState(channelClosing)
	ch.conn.Commit(ws.AppendClose(ch.conn.Out(), code, reason))
	ch.since = max(ch.server.loop.Now(), 1)
	ch.look()
}

// Abort drops the connection and what is queued.
func (ch *Channel) Abort() {
	if ch.state != channelClosed && ch.may(eos.ChannelClose) {
		ch.conn.Abort(nil)
		ch.end(ws.StatusAbnormalClosure, "", nil)
	}
}

// fail ends a channel for a fault of either side: with a close frame that says so, unless one is sent already.
func (ch *Channel) fail(code Code, err error) {
	if ch.state == channelClosed {
		return
	}
	if ch.state == channelOpen && ch.conn.Open() {
		ch.conn.Commit(ws.AppendClose(ch.conn.Out(), code, ""))
	}
	ch.conn.Close()
	ch.end(ws.StatusAbnormalClosure, "", err)
}

// end closes the channel once.
func (ch *Channel) end(code Code, reason string, err error) {
	if ch.state == channelClosed {
		return
	}
	ch.setState(channelClosed)
	ch.setErr(err)
	ch.reader.Stop()
	ch.server.remove(ch)
	if h := ch.handler; h != nil {
		ch.handler = nil
		defer ch.server.guard(ch)
		h.OnClose(ch, code, reason)
	}
}

// opened calls the program with a new channel.
func (ch *Channel) opened(req *webapp.Request) {
	defer ch.server.guard(ch)
	ch.server.onConnection(ch, req)
}

// wire is a channel as the handler of its connection.
type wire Channel

// OnData feeds the reader, whose findings arrive below.
func (w *wire) OnData(_ *poll.Conn, b []byte) {
	ch := (*Channel)(w)
	if ch.state == channelClosed {
		return
	}
	ch.heard()
	if err := ch.reader.Feed(b, (*frames)(ch)); err == ws.ErrNoMemory {
		ch.fail(ws.StatusTryAgainLater, poll.ErrMemory)
	} else if err != nil {
		s := ch.server
		s.stats.Breaches++
		s.app.Log().Warn("websocket", err.Error(), ch.RemoteAddr(), nil)
		ch.fail(err.(ws.Error).Code(), err)
	}
}

// OnDrain passes on that the output is written.
func (w *wire) OnDrain(*poll.Conn) {
	ch := (*Channel)(w)
	if ch.handler != nil && ch.state == channelOpen {
		defer ch.server.guard(ch)
		ch.handler.OnDrain(ch)
	}
}

// OnClose ends the channel when the connection is gone.
func (w *wire) OnClose(_ *poll.Conn, err error) {
	(*Channel)(w).end(ws.StatusAbnormalClosure, "", err)
}

// frames is a channel as its reader's handler.
type frames Channel

// OnMessage takes a whole message.
func (f *frames) OnMessage(op ws.OpCode, payload []byte) {
	ch := (*Channel)(f)
	if ch.state == channelOpen && ch.handler != nil {
		defer ch.server.guard(ch)
		ch.handler.OnMessage(ch, payload, op == ws.OpBinary)
	}
}

// OnPing answers a ping.
func (f *frames) OnPing(payload []byte) {
	if f.state == channelOpen {
		f.conn.Commit(ws.AppendFrame(f.conn.Out(), ws.OpPong, payload))
	}
}

// OnPong is nothing: that something came is all we want to know.
func (f *frames) OnPong([]byte) {}

// OnClose answers the client's close frame with its own code, unless it is the answer to ours.
func (f *frames) OnClose(code ws.StatusCode, reason []byte) {
	ch := (*Channel)(f)
	if ch.state == channelOpen {
		ch.conn.Commit(ws.AppendClose(ch.conn.Out(), code, ""))
	}
	ch.conn.Close()
	ch.end(code, string(reason), nil)
}
