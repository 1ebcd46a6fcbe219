package sio

import "github.com/edgesio/edgesio/eos"

// Rooms of a socket, and where broadcasts begin: at a namespace for all its sockets, at a socket for all but itself.

// Join puts the socket into rooms. It may be called in a middleware already. A room that the socket is in is no error.
// A room that the policy keeps from the user is an *eos.PolicyError, and then the socket joins none of them.
func (s *Socket) Join(rooms ...string) error {
	if err := s.client.server.permits.Check(eos.SocketJoin); err != nil {
		return err
	}
	return s.join(rooms)
}

func (s *Socket) join(rooms []string) error { return s.enter(rooms, false) }

// enter is join; back tells that the socket was in the rooms before it was lost, which is no matter of JoinRate.
func (s *Socket) enter(rooms []string, back bool) error {
	if s.state >= socketDisconnecting {
		return ErrDisconnected
	}
	if s.ns.rules != nil {
		if err := s.mayJoin(rooms); err != nil {
			return err
		}
	}
	o := &s.client.server.opts
	for _, name := range rooms {
		switch {
		case name == s.id || s.inRoom(name): // everybody is in the room of their own id
		case len(name) > o.MaxNameBytes:
			return ErrRoomName
		case len(s.residences()) >= o.MaxRoomsPerSocket:
			return ErrTooManyRooms
		case !back && !s.mayJoinNow():
			return ErrJoinRate
		default:
			s.ns.adapter.Add(s, name)
		}
	}
	return nil
}

// mayJoinNow charges for a room.
func (s *Socket) mayJoinNow() bool {
	srv := s.client.server
	if srv.joins.Unlimited() || s.more().joins.Take(&srv.joins, srv.loop.Now(), 1) {
		return true
	}
	srv.counts.throttled++
	return false
}

// inRoom tells whether the socket is in a room of the adapter in memory.
func (s *Socket) inRoom(name string) bool {
	for _, r := range s.residences() {
		if r.room.name == name {
			return true
		}
	}
	return false
}

// Leave takes the socket out of rooms. Its own room cannot be left.
func (s *Socket) Leave(rooms ...string) {
	if s.may(eos.SocketLeave) {
		s.leave(rooms)
	}
}

func (s *Socket) leave(rooms []string) {
	for _, name := range rooms {
		s.ns.adapter.Del(s, name)
	}
}

// LeaveAll takes the socket out of all rooms but its own.
func (s *Socket) LeaveAll() {
	if s.may(eos.SocketLeave) {
		s.ns.adapter.DelAll(s)
	}
}

// Rooms lists the rooms that the socket is in, its own id first. The slice is the caller's.
func (s *Socket) Rooms() []string {
	if !s.may(eos.SocketRooms) {
		return nil
	}
	return s.rooms()
}

func (s *Socket) rooms() []string {
	if s.state == socketClosed {
		return nil
	}
	return s.ns.adapter.SocketRooms([]string{s.id}, s)
}

// DisconnectError describes the end of the socket beyond its reason, while disconnecting and disconnect handlers run
// and the engine knows more; else it is nil.
func (s *Socket) DisconnectError() error { return s.client.server.closing }

// To begins a broadcast to everybody in the rooms but this socket. rooms is copied.
func (s *Socket) To(rooms ...string) BroadcastOperator {
	return s.Broadcast().To(rooms...).unless(s.may(eos.SocketTo))
}

// In is To.
func (s *Socket) In(rooms ...string) BroadcastOperator {
	return s.Broadcast().To(rooms...).unless(s.may(eos.SocketIn))
}

// Except begins a broadcast to everybody in the namespace but this socket and those in the rooms. rooms is copied.
func (s *Socket) Except(rooms ...string) BroadcastOperator {
	return s.Broadcast().Except(rooms...).unless(s.may(eos.SocketTo))
}

// Broadcast begins a broadcast to everybody in the namespace but this socket.
func (s *Socket) Broadcast() BroadcastOperator {
	return BroadcastOperator{ns: s.ns, except: roomList{first: s.id, n: 1}, own: true}
}

// Local begins a broadcast like Broadcast that stays on this server.
func (s *Socket) Local() BroadcastOperator { return s.Broadcast().Local() }

// To begins a broadcast to everybody in the rooms. rooms is copied.
func (ns *Namespace) To(rooms ...string) BroadcastOperator {
	return BroadcastOperator{ns: ns}.To(rooms...).unless(ns.may(eos.NamespaceTo))
}

// In is To.
func (ns *Namespace) In(rooms ...string) BroadcastOperator {
	return BroadcastOperator{ns: ns}.To(rooms...).unless(ns.may(eos.NamespaceIn))
}

// Except begins a broadcast to everybody who is not in the rooms. rooms is copied.
func (ns *Namespace) Except(rooms ...string) BroadcastOperator {
	return BroadcastOperator{ns: ns}.Except(rooms...).unless(ns.may(eos.NamespaceTo))
}

// Volatile begins a broadcast that leaves out clients that are not ready to receive.
func (ns *Namespace) Volatile() BroadcastOperator { return BroadcastOperator{ns: ns, volatile: true} }

// Local begins a broadcast that stays on this server.
func (ns *Namespace) Local() BroadcastOperator { return BroadcastOperator{ns: ns, local: true} }

// Emit sends an event to everybody in the namespace, or in the children of a dynamic one. For the arguments see
// Socket.Emit; an answer cannot be asked for.
func (ns *Namespace) Emit(event string, args ...any) Status {
	return BroadcastOperator{ns: ns}.Emit(event, args...)
}

// EmitString sends an event with one string to everybody and allocates nothing.
func (ns *Namespace) EmitString(event, arg string) Status {
	return BroadcastOperator{ns: ns}.EmitString(event, arg)
}

// EmitBytes sends an event with one attachment to everybody and allocates nothing. b is copied.
func (ns *Namespace) EmitBytes(event string, b []byte) Status {
	return BroadcastOperator{ns: ns}.EmitBytes(event, b)
}

// Compress with false begins a broadcast that is not compressed.
func (ns *Namespace) Compress(on bool) BroadcastOperator {
	return BroadcastOperator{ns: ns}.Compress(on)
}

// Binary begins a broadcast, as the flag of 2.x does. Attachments are found in any case.
func (ns *Namespace) Binary(bool) BroadcastOperator { return BroadcastOperator{ns: ns} }

// Write is Send.
func (ns *Namespace) Write(args ...any) Status { return ns.Send(args...) }

// Send emits the event "message" to everybody.
func (ns *Namespace) Send(args ...any) Status { return ns.Emit("message", args...) }

// FetchSockets returns everybody in the namespace, or in the children of a dynamic one, in no order.
func (ns *Namespace) FetchSockets() []*Socket {
	if !ns.may(eos.ServerSockets) {
		return nil
	}
	return BroadcastOperator{ns: ns}.FetchSockets()
}
