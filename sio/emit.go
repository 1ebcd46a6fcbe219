package sio

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// Sending to one socket.

// Emit sends an event. An argument is any value that JSON can represent, with []byte or Binary anywhere in it as
// attachments, or a Value, Raw or json.RawMessage; see the package comment. If the last one is an AckFunc (or a
// func(error, *Event)) an answer is asked for and given to it. Nothing is kept of the arguments. An event that cannot
// be encoded is not sent, and reported to Server.OnError.
//
// Constants, Values and pointers cost no allocation; other strings and []byte do when Go makes an interface of them:
// EmitString and EmitBytes do not.
func (s *Socket) Emit(event string, args ...any) Status {
	fn, args := ackFunc(args)
	return s.emit(sending{}, event, args, nil, fn)
}

// EmitString sends an event with one string and allocates nothing.
func (s *Socket) EmitString(event, arg string) Status {
	return s.emit(sending{}, event, nil, &one{text: arg}, nil)
}

// EmitBytes sends an event with one attachment and allocates nothing. b is copied.
func (s *Socket) EmitBytes(event string, b []byte) Status {
	return s.emit(sending{}, event, nil, &one{bytes: b, binary: true}, nil)
}

// EmitWithAck sends an event and calls fn with the answer; see AckFunc.
func (s *Socket) EmitWithAck(event string, fn AckFunc, args ...any) Status {
	return s.emit(sending{}, event, args, nil, fn)
}

// Write is Send.
func (s *Socket) Write(args ...any) Status { return s.Send(args...) }

// Send emits the event "message".
func (s *Socket) Send(args ...any) Status {
	if !s.may(eos.SocketSend) {
		return Dropped
	}
	return s.Emit("message", args...)
}

// Volatile makes the next emit one that is dropped instead of queued when the client is not ready to receive.
func (s *Socket) Volatile() Sender { return Sender{s, sending{volatile: true}} }

// Compress with false makes the next emit one that is not compressed.
func (s *Socket) Compress(on bool) Sender { return Sender{socket: s}.Compress(on) }

// Binary tells, as flags of servers of 2.x do, whether the next emit has attachments. It is found out in any case.
func (s *Socket) Binary(bool) Sender { return Sender{socket: s} }

// Timeout makes the next emit one whose answer must come within d.
func (s *Socket) Timeout(d time.Duration) Sender { return Sender{s, sending{timeout: d}} }

// Sender sends to one socket with modifiers: s.Timeout(5 * time.Second).Volatile().Emit(...). It is a small value.
type Sender struct {
	socket *Socket
	how    sending
}

// sending are the modifiers of an emit.
type sending struct {
	timeout  time.Duration
	volatile bool
	plain    bool // not to be compressed
}

// Volatile drops the event instead of queueing it when the client is not ready to receive.
func (x Sender) Volatile() Sender { x.how.volatile = true; return x }

// Compress with false keeps the event from being compressed, where the engine's options would have it compressed.
func (x Sender) Compress(on bool) Sender {
	if x.socket.may(eos.SocketCompress) {
		x.how.plain = !on
	}
	return x
}

// Timeout settles the ack with ErrTimeout when no answer came within d.
func (x Sender) Timeout(d time.Duration) Sender { x.how.timeout = d; return x }

// Emit is Socket.Emit with the modifiers.
func (x Sender) Emit(event string, args ...any) Status {
	fn, args := ackFunc(args)
	return x.socket.emit(x.how, event, args, nil, fn)
}

// EmitString is Socket.EmitString with the modifiers.
func (x Sender) EmitString(event, arg string) Status {
	return x.socket.emit(x.how, event, nil, &one{text: arg}, nil)
}

// EmitBytes is Socket.EmitBytes with the modifiers.
func (x Sender) EmitBytes(event string, b []byte) Status {
	return x.socket.emit(x.how, event, nil, &one{bytes: b, binary: true}, nil)
}

// EmitWithAck is Socket.EmitWithAck with the modifiers.
func (x Sender) EmitWithAck(event string, fn AckFunc, args ...any) Status {
	return x.socket.emit(x.how, event, args, nil, fn)
}

// emit sends an event with args, or with the single argument.
func (s *Socket) emit(how sending, event string, args []any, single *one, fn AckFunc) Status {
	srv := s.client.server
	if err := srv.permits.Check(eos.SocketEmit); err != nil {
		return srv.denied(s, fn, err)
	}
	if reservedEvent(event) {
		srv.report(s, ErrReserved)
		if fn != nil {
			srv.fail(s, fn, ErrNotSent)
		}
		return Dropped
	}
	if s.ns.rules != nil && !s.receives(event) {
		if fn != nil {
			srv.fail(s, fn, &eos.PolicyError{Action: actReceive, Name: event, Group: s.Group()})
		}
		return Dropped
	}
	var id uint64
	if fn != nil {
		var ok bool
		if id, ok = s.ask(fn, how.timeout); !ok {
			return Dropped
		}
	}
	status := Dropped
	if fn == nil && s.keeps(how) {
		return s.emitKept(how, event, args, single)
	}
	switch {
	case !s.Connected():
	case how.volatile && !s.client.conn.Writable():
		srv.counts.dropped++
	default:
		if s.listeners.has(onAnyOutgoing) || s.ns.has(onSent) {
			if s.announceEmit(event, args, single); !s.Connected() {
				break // a listener ended it
			}
		}
		enc := srv.open(s.ns.wire)
		if single != nil {
			enc.eventOne(event, *single)
		} else {
			enc.event(event, args)
		}
		if how.volatile && s.ns.keeper != nil && !s.client.proto4 && fn == nil {
			enc.noOffset()
		}
		status = s.finish(enc, typeEvent, id, fn != nil, how.plain)
	}
	if status == Dropped && fn != nil {
		if fn := s.claim(id); fn != nil {
			srv.fail(s, fn, ErrNotSent)
		}
	}
	return status
}

// emitKept sends an event that is also kept for the case that the socket is lost.
func (s *Socket) emitKept(how sending, event string, args []any, single *one) Status {
	was := s.Connected() // else it is lost, and may come back
	if s.announceEmit(event, args, single); was && !s.Connected() {
		return Dropped
	}
	o := BroadcastOperator{ns: s.ns, rooms: roomList{first: s.id, n: 1}, plain: how.plain}
	return o.send(s.ns, clients5, event, args, single)
}

// announceEmit calls those who listen to what is emitted; they may end the socket.
func (s *Socket) announceEmit(event string, args []any, single *one) {
	if s.listeners.has(onAnyOutgoing) {
		s.notify(event, outgoing(args, single))
	}
	if s.ns.has(onSent) {
		s.ns.overhear([]*Socket{s}, event, outgoing(args, single))
	}
}

// outgoing are the arguments of an event as its listeners see them.
func outgoing(args []any, single *one) []any {
	if single != nil {
		return []any{single.any()}
	}
	return slices.Clone(args)
}

// notify calls the listeners of outgoing events.
func (s *Socket) notify(event string, args []any) {
	s.listeners.each(onAnyOutgoing, func(x *listener) {
		defer s.guard(nil)
		x.fn.(func(string, []any))(event, args)
	})
}

// answer sends an ack.
func (s *Socket) answer(id uint64, args []any, first *answered) Status {
	if !s.Connected() && first == nil {
		return Dropped
	}
	enc := s.client.server.open(s.ns.wire)
	if enc.answer(args); first != nil {
		first.remember(enc)
	}
	if !s.Connected() {
		s.client.server.done(enc)
		return Dropped
	}
	return s.finish(enc, typeAck, id, true, false)
}

// answerOne sends an ack with one argument.
func (s *Socket) answerOne(id uint64, a one, first *answered) Status {
	if !s.Connected() && first == nil {
		return Dropped
	}
	enc := s.client.server.open(s.ns.wire)
	if enc.answerOne(a); first != nil {
		first.remember(enc)
	}
	if !s.Connected() {
		s.client.server.done(enc)
		return Dropped
	}
	return s.finish(enc, typeAck, id, true, false)
}

// put hands one message to the session.
func (s *Socket) put(b []byte, binary, plain bool) Status {
	if plain {
		return s.client.conn.SendPlain(b, binary)
	}
	return s.client.conn.Send(b, binary)
}

// finish sends what the encoder has, the attachments right behind the text. The session drops all of a packet or
// nothing of it, since it is only closed, never full.
func (s *Socket) finish(enc *encoder, kind packetType, id uint64, hasID, plain bool) Status {
	srv := s.client.server
	message, binary, atts := srv.seal(enc, kind, s.ns.wire, id, hasID)
	if err := enc.err; err != nil {
		srv.done(enc)
		srv.report(s, err)
		return Dropped
	}
	status := s.put(message, binary, plain)
	for _, b := range atts {
		if status == Dropped {
			break
		}
		status = max(status, s.put(b, true, plain))
	}
	if status == Dropped {
		srv.counts.dropped++
	}
	srv.done(enc)
	return status
}
