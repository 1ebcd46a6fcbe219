package sio

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Coalescing: values that replace each other, such as a sensor's. While a client is ready they are sent at once; while
// it is not, only the latest of each key is kept, and sent when the client has caught up. Nothing of it is kept for
// lost sockets: connection state recovery treats it as volatile.

// What one socket may hold: more keys, or bytes, and the value is dropped.
const (
	maxLatestKeys  = 256
	maxLatestBytes = 256 << 10
	latestEvery    = 20 * time.Millisecond // how often sockets that hold something are looked at
)

// latest is a value that waits, shared by all sockets that it waits for.
type latest struct {
	message []byte
	binary  bool
	atts    [][]byte
	size    int
}

// waiting are the values of one socket, oldest key first.
type waiting struct {
	keys   []string
	values []*latest
	bytes  int
}

// LatestSender emits values that replace each other by key.
type LatestSender struct {
	to     BroadcastOperator
	key    string
	socket *Socket // instead of to
}

// Latest makes the next emit one whose value replaces an older one of the same key that the client was not ready for.
// The key is for one socket and all its events.
func (s *Socket) Latest(key string) LatestSender {
	return LatestSender{to: BroadcastOperator{ns: s.ns, own: true}, key: key, socket: s}
}

// Latest makes the broadcast one that each client gets when it is ready, in place of older ones of the same key. It
// stays on this server.
func (o BroadcastOperator) Latest(key string) LatestSender { return LatestSender{to: o, key: key} }

// Latest begins a broadcast to everybody as BroadcastOperator.Latest.
func (ns *Namespace) Latest(key string) LatestSender { return BroadcastOperator{ns: ns}.Latest(key) }

// Emit sends the value, or keeps it: then the result is Pressure, and Dropped when there is no room for it.
func (l LatestSender) Emit(event string, args ...any) Status {
	srv := l.to.ns.server
	if err := l.to.may(); err != nil {
		srv.report(nil, err)
		return Dropped
	}
	if reservedEvent(event) {
		srv.report(nil, ErrReserved)
		return Dropped
	}
	list := []*Socket{l.socket}
	if l.socket == nil {
		list = l.to.FetchSockets()
	}
	status := OK
	for len(list) > 0 { // those of one namespace together
		ns := list[0].ns
		rest := list[:0:0]
		if l.socket == nil && l.to.ns.match != nil {
			rest = slices.DeleteFunc(slices.Clone(list), func(s *Socket) bool { return s.ns == ns })
			list = slices.DeleteFunc(list, func(s *Socket) bool { return s.ns != ns })
		}
		status = max(status, l.send(ns, list, event, args))
		list = rest
	}
	return status
}

func (l LatestSender) send(ns *Namespace, list []*Socket, event string, args []any) Status {
	srv := ns.server
	if l.socket == nil {
		srv.counts.broadcasts++
	}
	if ns.has(onSent) {
		ns.overhear(list, event, args)
	}
	enc := srv.open(ns.wire)
	enc.event(event, args)
	if ns.keeper != nil {
		enc.noOffset()
	}
	message, binary, atts := srv.seal(enc, typeEvent, ns.wire, 0, false)
	if err := enc.err; err != nil {
		srv.done(enc)
		srv.report(l.socket, err)
		return Dropped
	}
	p := &enc.packet
	p.fill(message, binary, atts)
	var kept *latest
	status := OK
	for _, s := range list {
		if !s.receives(event) {
			continue
		}
		if s.Connected() && s.client.conn.Writable() && (s.extra == nil || s.extra.waiting == nil) {
			status = max(status, s.deliver(p, false))
			continue
		}
		if kept == nil {
			kept = &latest{message: slices.Clone(message), binary: binary, size: len(message)}
			for _, b := range atts {
				kept.atts = append(kept.atts, slices.Clone(b))
				kept.size += len(b)
			}
		}
		status = max(status, s.wait(l.key, kept))
	}
	p.empty()
	srv.done(enc)
	return status
}

// wait keeps a value until the client is ready.
func (s *Socket) wait(key string, v *latest) Status {
	if s.state != socketConnected {
		return Dropped
	}
	x, srv := s.more(), s.client.server
	w := x.waiting
	if w == nil {
		w = new(waiting)
		x.waiting = w
		srv.late = append(srv.late, s)
	}
	i := slices.Index(w.keys, key)
	old := 0
	if i >= 0 {
		old = w.values[i].size
	}
	switch {
	case w.bytes-old+v.size > maxLatestBytes, i < 0 && len(w.keys) == maxLatestKeys:
		srv.counts.dropped++
		return Dropped
	case i >= 0:
		srv.counts.dropped++
		w.values[i] = v
	default:
		w.keys, w.values = append(w.keys, key), append(w.values, v)
	}
	w.bytes += v.size - old
	if !srv.lateTimer.Armed() {
		srv.loop.Arm(&srv.lateTimer, latestEvery, (*lateLook)(srv))
	}
	return Pressure
}

// lateLook is a server as the receiver of its timer.
type lateLook Server

// OnTimer sends what waits to those who are ready.
func (l *lateLook) OnTimer(*poll.Timer) {
	srv := (*Server)(l)
	list := srv.late
	srv.late = nil
	for _, s := range list {
		if !s.catchUp() {
			srv.late = append(srv.late, s)
		}
	}
	if len(srv.late) > 0 {
		srv.loop.Arm(&srv.lateTimer, latestEvery, l)
	}
}

// catchUp sends the socket's waiting values if its client is ready, and tells whether nothing waits any more.
func (s *Socket) catchUp() bool {
	x := s.extra
	if x == nil || x.waiting == nil {
		return true
	}
	if s.state != socketConnected {
		x.waiting = nil
		return true
	}
	w := x.waiting
	for len(w.values) > 0 {
		if !s.client.conn.Writable() {
			return false
		}
		v := w.values[0]
		w.keys, w.values, w.bytes = w.keys[1:], w.values[1:], w.bytes-v.size
		s.client.conn.Send(v.message, v.binary)
		for _, b := range v.atts {
			s.client.conn.Send(b, true)
		}
	}
	x.waiting = nil
	return true
}

// Buffered is the number of bytes that wait for the client: in its connection, and as Latest values of this socket.
func (s *Socket) Buffered() int {
	n := s.client.conn.Buffered()
	if s.extra != nil && s.extra.waiting != nil {
		n += s.extra.waiting.bytes
	}
	return n
}

// OnDrain calls fn when everything that was sent to the client has left, after an emit told Pressure.
func (s *Socket) OnDrain(fn func(*Socket)) Listener {
	return s.own().add(onDrain, "", fn, false, false)
}

// OnDrain is Socket.OnDrain for all sockets of the namespace.
func (ns *Namespace) OnDrain(fn func(*Socket)) Listener {
	return ns.listeners.add(onDrain, "", fn, false, false)
}

// drained tells the client's sockets that there is room again.
func (c *Client) drained() {
	for _, s := range c.Sockets() {
		s.catchUp()
		call := func(x *listener) { s.runSocket(x.fn.(func(*Socket))) }
		s.listeners.each(onDrain, call)
		s.ns.listeners.each(onDrain, call)
		s.ns.inherited().each(onDrain, call)
	}
}
