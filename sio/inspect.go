package sio

import (
	"slices"

	"github.com/edgesio/edgesio/eos"
)

// What is registered, as EventEmitter tells it.

// count is the number of handlers of an event.
func (l *listeners) named(event string) (list []func(*Event)) {
	if l.has(onEvent) {
		for i := range l.list {
			if x := &l.list[i]; x.kind == onEvent && x.name == event {
				list = append(list, x.fn.(func(*Event)))
			}
		}
	}
	return list
}

// names are the events that somebody listens to, in the order in which they were first registered.
func (l *listeners) names() (list []string) {
	if l.has(onEvent) {
		for i := range l.list {
			if x := &l.list[i]; x.kind == onEvent && !slices.Contains(list, x.name) {
				list = append(list, x.name)
			}
		}
	}
	return list
}

// removeEvents removes the handlers of some events, of all when there are none.
func (l *listeners) removeEvents(events []string) {
	l.remove(func(x *listener) bool {
		return x.kind == onEvent && (len(events) == 0 || slices.Contains(events, x.name))
	})
}

// catchAll are the functions that listen to every event.
func catchAll[F any](l *listeners, kind listenKind) (list []F) {
	l.each(kind, func(x *listener) { list = append(list, x.fn.(F)) })
	return list
}

// Listeners returns the socket's own handlers of an event.
func (s *Socket) Listeners(event string) []func(*Event) { return s.listeners.named(event) }

// ListenerCount is the number of the socket's own handlers of an event.
func (s *Socket) ListenerCount(event string) int { return len(s.listeners.named(event)) }

// EventNames are the events that the socket has handlers of its own for.
func (s *Socket) EventNames() []string {
	if !s.may(eos.SocketEventNames) {
		return nil
	}
	return s.listeners.names()
}

// RemoveListener is Listener.Off.
func (s *Socket) RemoveListener(l Listener) {
	if s.may(eos.SocketRemoveListener) {
		l.Off()
	}
}

// RemoveAllListeners removes the socket's handlers of the events, of all its events when none is named.
func (s *Socket) RemoveAllListeners(events ...string) {
	if s.may(eos.SocketRemoveAllListeners) {
		s.listeners.removeEvents(events)
	}
}

// ListenersAny returns the catch-all handlers.
func (s *Socket) ListenersAny() []func(*Event) { return catchAll[func(*Event)](s.listeners, onAny) }

// ListenersAnyOutgoing returns the catch-all handlers of outgoing events.
func (s *Socket) ListenersAnyOutgoing() []func(string, []any) {
	return catchAll[func(string, []any)](s.listeners, onAnyOutgoing)
}

// Listeners returns the namespace's handlers of an event.
func (ns *Namespace) Listeners(event string) []func(*Event) { return ns.listeners.named(event) }

// ListenerCount is the number of the namespace's handlers of an event.
func (ns *Namespace) ListenerCount(event string) int { return len(ns.listeners.named(event)) }

// EventNames are the events that the namespace has handlers for.
func (ns *Namespace) EventNames() []string { return ns.listeners.names() }

// RemoveListener is Listener.Off.
func (ns *Namespace) RemoveListener(l Listener) { l.Off() }

// RemoveAllListeners removes the namespace's handlers of the events, of all its events when none is named.
func (ns *Namespace) RemoveAllListeners(events ...string) { ns.listeners.removeEvents(events) }

// Once is On for one event.
func (ns *Namespace) Once(event string, fn func(*Event)) Listener {
	if !ns.may(eos.SocketOnce) {
		return Listener{}
	}
	return ns.listeners.add(onEvent, event, fn, true, false)
}

// RoomEvent is what happens to a room, in the reference's words.
type RoomEvent string

// The events of rooms. The room of a socket's own id has them too.
const (
	CreateRoom RoomEvent = "create-room"
	JoinRoom   RoomEvent = "join-room"
	LeaveRoom  RoomEvent = "leave-room"
	DeleteRoom RoomEvent = "delete-room"
)

// OnRoom calls fn for what happens to the rooms of the namespace. s is the socket that joined or left, or whose joining
// or leaving made the room or ended it.
func (ns *Namespace) OnRoom(fn func(what RoomEvent, room string, s *Socket)) Listener {
	return ns.listeners.add(onRoom, "", fn, false, false)
}

// TellRoom calls the OnRoom handlers; it is for adapters.
func (ns *Namespace) TellRoom(what RoomEvent, room string, s *Socket) {
	if ns.parent == nil && !ns.listeners.has(onRoom) {
		return
	}
	for _, l := range [...]*listeners{&ns.listeners, ns.inherited()} {
		l.each(onRoom, func(x *listener) {
			defer ns.server.guard(string(what))
			x.fn.(func(RoomEvent, string, *Socket))(what, room, s)
		})
	}
}
