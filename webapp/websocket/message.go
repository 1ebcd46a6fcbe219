package websocket

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// Send queues a text message, which must be UTF-8.
func (ch *Channel) Send(text string) Status {
	if ch.state != channelOpen || !ch.may(eos.ChannelSend) {
		return poll.Dropped
	}
	out := ch.conn.Out()
	return ch.commit(len(out), append(ws.AppendHeader(out, ws.OpText, len(text)), text...))
}

// SendBytes queues a binary message; data is copied.
func (ch *Channel) SendBytes(data []byte) Status { return ch.SendData(data, true) }

// SendData queues a message of either kind, the form in which OnMessage brings it; data is copied.
func (ch *Channel) SendData(data []byte, binary bool) Status {
	if ch.state != channelOpen || !ch.may(eos.ChannelSend) {
		return poll.Dropped
	}
	out := ch.conn.Out()
	return ch.commit(len(out), ws.AppendFrame(out, opcode(binary), data))
}

func opcode(binary bool) ws.OpCode {
	if binary {
		return ws.OpBinary
	}
	return ws.OpText
}

// commit queues the frame that b[at:] is, compressed if that is agreed on.
func (ch *Channel) commit(at int, b []byte) Status {
	if ch.terms.Window != 0 {
		if d := &ch.server.deflater; d.Takes(b[at:], ch.terms) {
			b = d.Compress(b, at)
		}
	}
	return ch.bounded(ch.conn.Commit(b))
}

// bounded is the status of a send under MaxQueuedBytes.
func (ch *Channel) bounded(st Status) Status {
	most := ch.server.options.MaxQueuedBytes
	if most == 0 || st == poll.Dropped {
		return st
	}
	if ch.conn.Buffered() > most {
		ch.conn.Abort(poll.ErrOverflow) // the connection tells the channel at the end of the turn
		return poll.Dropped
	}
	return st
}

// A Message is one message for many channels: encoded and compressed once, and shared where it is large. The zero value
// is empty; Reset fills it. It may be reused once all channels got it.
type Message struct {
	data   []byte
	binary bool
	frame  ws.Shared
}

// Reset makes m a message of data, which is kept until the next Reset.
func (m *Message) Reset(data []byte, binary bool) {
	m.data, m.binary = data, binary
	m.frame.Reset()
}

// SendMessage is SendData for a message that goes to many channels.
func (ch *Channel) SendMessage(m *Message) Status {
	if ch.state != channelOpen || !ch.may(eos.ChannelSend) {
		return poll.Dropped
	}
	if m.frame.Empty() {
		m.frame.Set(ws.AppendFrame(m.frame.Buffer(), opcode(m.binary), m.data))
	}
	return ch.bounded(ch.conn.WriteShared(m.frame.Frame(&ch.server.deflater, ch.terms)))
}

// Broadcast sends a message to every channel and returns how many it was queued for; data is copied.
func (s *Server) Broadcast(data []byte, binary bool) (n int) {
	m := &s.shared
	m.Reset(data, binary)
	for i := range s.channels {
		if ch := s.channels[i]; ch != nil && ch.SendMessage(m) != poll.Dropped {
			n++
		}
	}
	m.data = nil
	return n
}

// funcs is the handler of a channel whose program sets functions.
type funcs struct {
	message func(data []byte, binary bool)
	drain   func()
	close   func(code Code, reason string)
}

// OnMessage sets the receiver of messages; as Handler's.
func (ch *Channel) OnMessage(fn func(data []byte, binary bool)) { ch.functions().message = fn }

// OnDrain sets who is told that everything sent has left; as Handler's.
func (ch *Channel) OnDrain(fn func()) { ch.functions().drain = fn }

// OnClose sets who is told of the end; as Handler's.
func (ch *Channel) OnClose(fn func(code Code, reason string)) { ch.functions().close = fn }

// functions is the channel's handler of functions; a closed channel's is nobody's.
func (ch *Channel) functions() *funcs {
	f, ok := ch.handler.(*funcs)
	if !ok {
		f = new(funcs)
		if ch.state != channelClosed {
			ch.handler = f
		}
	}
	return f
}

func (f *funcs) OnMessage(_ *Channel, data []byte, binary bool) {
	if f.message != nil {
		f.message(data, binary)
	}
}

func (f *funcs) OnDrain(*Channel) {
	if f.drain != nil {
		f.drain()
	}
}

func (f *funcs) OnClose(_ *Channel, code Code, reason string) {
	if f.close != nil {
		f.close(code, reason)
	}
}
