package sio

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
)

// Sending to many: the packet is encoded once and its frames are shared.

// Packet is an encoded event on its way to an audience. It is valid until the Broadcast that it was given to returns.
type Packet struct {
	messages []eio.Message // the text, then the attachments
	text     []byte
	binary   bool
	atts     [][]byte
	offset   []byte // for connection state recovery
	to       generation
	deaf     uint8 // a bit for each group that may not receive it
}

// generation restricts a packet to some of its audience.
type generation uint8

const (
	everybody generation = iota
	clients5             // of protocol 5: the packet has an offset
	clients4             // of protocol 4: the same packet without
)

// Text is the packet without its attachments, as it goes over the wire. With a Parser it may be binary.
func (p *Packet) Text() []byte { return p.text }

// Binary tells whether Text is a binary message.
func (p *Packet) Binary() bool { return p.binary }

// Offset is the packet's offset, when it has to be kept for sockets that are lost; see RecoveryAdapter. Such a packet
// is delivered to clients of protocol 5 only.
func (p *Packet) Offset() []byte { return p.offset }

// Attachments are the binary messages that follow the text.
func (p *Packet) Attachments() [][]byte { return p.atts }

// fill makes p the packet of an encoder.
func (p *Packet) fill(text []byte, binary bool, atts [][]byte) {
	p.text, p.binary, p.atts = text, binary, atts
	n := 1 + len(atts)
	if cap(p.messages) < n {
		p.messages = append(p.messages[:cap(p.messages)], make([]eio.Message, n-cap(p.messages))...)
	}
	p.messages = p.messages[:n]
	p.messages[0].Reset(text, binary)
	for i, b := range atts {
		p.messages[i+1].Reset(b, true)
	}
}

// plain keeps the packet from being compressed.
func (p *Packet) plain() {
	for i := range p.messages {
		p.messages[i].Plain()
	}
}

// empty forgets the bytes and keeps the messages for the next packet, unless they are many.
func (p *Packet) empty() {
	if len(p.messages) > 16 {
		p.messages = nil
	}
	for i := range p.messages {
		p.messages[i].Reset(nil, false)
	}
	p.text, p.atts, p.offset, p.to = nil, nil, p.offset[:0], everybody
	p.deaf = 0
}

// isDeaf tells whether the socket's group is among those that may not receive something.
func (s *Socket) isDeaf(groups uint8) bool { return groups>>s.client.group&1 != 0 }

// deliver sends a packet to a socket that is part of its audience.
func (s *Socket) deliver(p *Packet, volatile bool) Status {
	if !s.Connected() || p.to != everybody && (p.to == clients4) != s.client.proto4 || p.deaf != 0 && s.isDeaf(p.deaf) {
		return Dropped
	}
	if volatile && !s.client.conn.Writable() {
		s.client.server.counts.dropped++
		return Dropped
	}
	status := OK
	for i := range p.messages {
		st := s.client.conn.SendMessage(&p.messages[i])
		if st == Dropped {
			s.client.server.counts.dropped++
			return Dropped
		}
		status = max(status, st)
	}
	return status
}

// roomList is a list of room names that is copied with the value it stands in; the first two need no allocation.
type roomList struct {
	first, second string
	more          []string
	n             int
}

// with returns the list with more names. rooms is copied.
func (l roomList) with(rooms []string) roomList {
	for _, r := range rooms {
		switch l.n {
		case 0:
			l.first = r
		case 1:
			l.second = r
		default:
			l.more = append(slices.Clip(l.more), r)
		}
		l.n++
	}
	return l
}

// appendTo appends the names to dst.
func (l *roomList) appendTo(dst []string) []string {
	if l.n > 0 {
		dst = append(dst, l.first)
	}
	if l.n > 1 {
		dst = append(dst, l.second)
	}
	return append(dst, l.more...)
}

// BroadcastOperator collects whom a broadcast is for: io.To("a").Except("b").Emit(...). It is a value: each method
// returns a new one, and it may be kept and used again. With up to two rooms it needs no allocation.
type BroadcastOperator struct {
	ns            *Namespace
	rooms, except roomList
	volatile      bool
	local         bool
	plain         bool // not to be compressed
	own           bool // begun at a socket
	nobody        bool // the program may not begin it
	timeout       time.Duration
}

// To adds rooms: a socket gets the event once, however many of them it is in. rooms is copied.
func (o BroadcastOperator) To(rooms ...string) BroadcastOperator {
	o.rooms = o.rooms.with(rooms)
	return o
}

// In is To.
func (o BroadcastOperator) In(rooms ...string) BroadcastOperator { return o.To(rooms...) }

// Except leaves out the sockets that are in any of the rooms. rooms is copied.
func (o BroadcastOperator) Except(rooms ...string) BroadcastOperator {
	o.except = o.except.with(rooms)
	return o
}

// unless makes it a broadcast to nobody when the program may not begin it.
func (o BroadcastOperator) unless(may bool) BroadcastOperator {
	o.nobody = !may
	return o
}

// may tells why the broadcast may not be sent.
func (o *BroadcastOperator) may() error {
	if o.own {
		return o.ns.server.permits.Check(eos.SocketEmit)
	}
	return o.ns.server.permits.Check(eos.NamespaceEmit)
}

// Volatile leaves out clients that are not ready to receive.
func (o BroadcastOperator) Volatile() BroadcastOperator { o.volatile = true; return o }

// Local leaves out the sockets of other servers behind the same adapter.
func (o BroadcastOperator) Local() BroadcastOperator { o.local = true; return o }

// Compress with false keeps the event from being compressed, where the engine's options would have it compressed.
func (o BroadcastOperator) Compress(on bool) BroadcastOperator { o.plain = !on; return o }

// Emit sends an event to the audience. For the arguments see Socket.Emit; for answers see EmitWithAck.
func (o BroadcastOperator) Emit(event string, args ...any) Status { return o.emit(event, args, nil) }

// EmitString sends an event with one string and allocates nothing.
func (o BroadcastOperator) EmitString(event, arg string) Status {
	return o.emit(event, nil, &one{text: arg})
}

// EmitBytes sends an event with one attachment and allocates nothing. b is copied.
func (o BroadcastOperator) EmitBytes(event string, b []byte) Status {
	return o.emit(event, nil, &one{bytes: b, binary: true})
}

// Write is Send.
func (o BroadcastOperator) Write(args ...any) Status { return o.Send(args...) }

// Send emits the event "message".
func (o BroadcastOperator) Send(args ...any) Status { return o.emit("message", args, nil) }

// FetchSockets returns the sockets of the audience, in no order.
func (o BroadcastOperator) FetchSockets() []*Socket {
	var list []*Socket
	to := o.audience()
	o.each(func(ns *Namespace) {
		ns.adapter.Each(&to, func(s *Socket) {
			if s.Connected() {
				list = append(list, s)
			}
		})
	})
	return list
}

// each calls fn for the operator's namespace, or for each child of a dynamic one.
func (o *BroadcastOperator) each(fn func(*Namespace)) {
	if o.nobody {
		return
	}
	if o.ns.match == nil {
		fn(o.ns)
		return
	}
	for _, child := range slices.Clone(o.ns.children) {
		fn(child)
	}
}

// emit encodes the event and hands it to the adapter.
func (o *BroadcastOperator) emit(event string, args []any, single *one) Status {
	srv := o.ns.server
	if err := o.may(); err != nil {
		srv.report(nil, err)
		return Dropped
	}
	if o.nobody {
		return Dropped
	}
	if reservedEvent(event) {
		srv.report(nil, ErrReserved)
		return Dropped
	}
	if srv.outgoing {
		o.notify(event, outgoing(args, single))
	}
	if o.ns.match == nil {
		return o.spread(o.ns, event, args, single)
	}
	status := OK
	for _, child := range slices.Clone(o.ns.children) {
		status = max(status, o.spread(child, event, args, single))
	}
	return status
}

// spread broadcasts in one namespace, with and without offset when both are needed.
func (o *BroadcastOperator) spread(ns *Namespace, event string, args []any, single *one) Status {
	ns.server.counts.broadcasts++
	if ns.has(onSent) {
		o.overhear(ns, event, outgoing(args, single))
	}
	if ns.keeper == nil {
		return o.send(ns, everybody, event, args, single)
	}
	status := o.send(ns, clients5, event, args, single)
	if ns.server.clients4 > 0 {
		status = max(status, o.send(ns, clients4, event, args, single))
	}
	return status
}

// send broadcasts in one namespace.
func (o *BroadcastOperator) send(ns *Namespace, whom generation, event string, args []any, single *one) Status {
	srv := ns.server
	enc := srv.open(ns.wire)
	if single != nil {
		enc.eventOne(event, *single)
	} else {
		enc.event(event, args)
	}
	if enc.packet.to = whom; whom == clients5 {
		if o.volatile {
			enc.noOffset()
		} else {
			enc.offset(ns.keeper)
		}
	}
	message, binary, atts := srv.seal(enc, typeEvent, ns.wire, 0, false)
	if err := enc.err; err != nil {
		enc.packet.empty()
		srv.done(enc)
		srv.report(nil, err)
		return Dropped
	}
	p, to := &enc.packet, &enc.audience
	if ns.rules != nil {
		p.deaf = allGroups &^ ns.rules.receivers(event)
	}
	p.fill(message, binary, atts)
	if o.plain {
		p.plain()
	}
	to.Rooms, to.Except = o.rooms.appendTo(to.Rooms[:0]), o.except.appendTo(to.Except[:0])
	to.Volatile, to.Local = o.volatile, o.local
	status := ns.spread(p, to)
	p.empty()
	clear(to.Rooms)
	clear(to.Except)
	srv.done(enc)
	return status
}

// notify calls the listeners of outgoing events that the audience has. They are the users' code, which may change the
// audience, so they run before the broadcast and not within.
func (o *BroadcastOperator) notify(event string, args []any) {
	for _, s := range o.FetchSockets() {
		if s.listeners.has(onAnyOutgoing) && s.receives(event) {
			s.notify(event, args)
		}
	}
}
