package sio

import (
	"runtime/debug"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp/rate"
)

// socketState is the life of a socket. What may follow:
//
//	connecting    -> connected (all middlewares let it pass), closed (refused, or the client went away)
//	connected     -> disconnecting
//	disconnecting -> closed (its disconnecting handlers ran)
//	closed        -> nothing
type socketState uint8

const (
	socketConnecting socketState = iota
	socketConnected
	socketDisconnecting
	socketClosed
)

// String names the state.
func (s socketState) String() string {
	return [...]string{"connecting", "connected", "disconnecting", "closed"}[s]
}

// follows tells whether a socket in state s may go to state to.
func (s socketState) follows(to socketState) bool {
	switch s {
	case socketConnecting:
		return to == socketConnected || to == socketClosed
	case socketConnected:
		return to == socketDisconnecting
	case socketDisconnecting:
		return to == socketClosed
	}
	return false
}

// Socket is one client in one namespace. It is what handlers are registered on and what events are emitted to.
//
// A Socket holds no buffer, no map and no closure of its own until its user registers handlers, joins rooms or asks for
// acks. Loop's goroutine only.
type Socket struct {
	// Data is the application's.
	Data any

	client    *Client
	ns        *Namespace
	id        string
	auth      string     // JSON that came with CONNECT, "" for none
	next      *Socket    // in the client's list
	chain     *Socket    // in the namespace's table
	listeners *listeners // nil while there are none
	extra     *extra     // nil while it is not needed
	lastAck   uint32     // ids given out
	index     int32      // in the namespace's list
	epoch     uint32     // the last broadcast that dealt with this socket
	state     socketState
}

// extra is what only some sockets need. The others hold a nil pointer.
type extra struct {
	acks     []*wait     // asked for, in order of id
	rooms    []residence // see adapter.go
	waiting  *waiting    // see latest.go
	recovery *recovery   // see recovery.go
	joins    rate.Bucket // of rooms
}

// more returns the socket's extra, which it makes when there is none.
func (s *Socket) more() *extra {
	if s.extra == nil {
		s.extra = new(extra)
	}
	return s.extra
}

// ID is the socket's id: 20 characters of its own for each namespace; for clients of protocol 4 the engine's id in the
// main namespace and "/name#" with the engine's id in others, as the 2.x server had it.
func (s *Socket) ID() string {
	if !s.may(eos.SocketID) {
		return ""
	}
	return s.id
}

// Namespace is the namespace that the socket is in.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Client is the client that the socket belongs to, with its sockets in other namespaces.
func (s *Socket) Client() *Client {
	if !s.may(eos.SocketClient) {
		return nil
	}
	return s.client
}

// Conn is the Engine.IO session below.
func (s *Socket) Conn() *eio.Session {
	if !s.may(eos.SocketConn) {
		return nil
	}
	return s.client.conn
}

// Server is the server that the socket belongs to.
func (s *Socket) Server() *Server { return s.client.server }

// Connected tells whether the socket is in its namespace: from the end of the middlewares until its disconnect handlers
// run.
func (s *Socket) Connected() bool {
	return s.state == socketConnected || s.state == socketDisconnecting
}

// EventMiddleware looks at an event before its handlers do. It calls next once, now or in a later turn: with nil the
// event goes on, with an error it ends and the socket's OnError handlers get the error.
type EventMiddleware func(e *Event, next func(error))

// own returns the socket's listeners, which it makes when there are none.
func (s *Socket) own() *listeners {
	if s.listeners == nil {
		s.listeners = new(listeners)
	}
	return s.listeners
}

// listen registers a function, if the program may.
func (s *Socket) listen(api eos.API, kind listenKind, name string, fn any, once, front bool) Listener {
	if !s.may(api) {
		return Listener{}
	}
	return s.own().add(kind, name, fn, once, front)
}

// On calls fn for each event of a name that comes to this socket, after the handlers of the namespace. Handlers that
// are the same for all sockets cost less on the namespace.
func (s *Socket) On(event string, fn func(*Event)) Listener {
	return s.listen(eos.SocketOn, onEvent, event, fn, false, false)
}

// Once is On for one event.
func (s *Socket) Once(event string, fn func(*Event)) Listener {
	return s.listen(eos.SocketOnce, onEvent, event, fn, true, false)
}

// OnMessage is On for the event "message", which is what send sends.
func (s *Socket) OnMessage(fn func(*Event)) Listener { return s.On("message", fn) }

// OnAny calls fn for every event, before middlewares and handlers.
func (s *Socket) OnAny(fn func(*Event)) Listener {
	return s.listen(eos.SocketOn, onAny, "", fn, false, false)
}

// PrependAny is OnAny in front of the others.
func (s *Socket) PrependAny(fn func(*Event)) Listener {
	return s.listen(eos.SocketOn, onAny, "", fn, false, true)
}

// OnAnyOutgoing calls fn for every event that is emitted to the socket, by a broadcast too. args are valid until fn
// returns.
func (s *Socket) OnAnyOutgoing(fn func(event string, args []any)) Listener {
	s.client.server.outgoing = true
	return s.listen(eos.SocketOn, onAnyOutgoing, "", fn, false, false)
}

// PrependAnyOutgoing is OnAnyOutgoing in front of the others.
func (s *Socket) PrependAnyOutgoing(fn func(event string, args []any)) Listener {
	s.client.server.outgoing = true
	return s.listen(eos.SocketOn, onAnyOutgoing, "", fn, false, true)
}

// Use adds a middleware for the socket's events. They run in the order in which they were added.
func (s *Socket) Use(fn EventMiddleware) { s.listen(eos.SocketUse, onUse, "", fn, false, false) }

// OnDisconnecting calls fn when the socket is about to leave its rooms.
func (s *Socket) OnDisconnecting(fn func(Reason)) Listener {
	return s.listen(eos.SocketOn, onDisconnecting, "", func(_ *Socket, r Reason) { fn(r) }, false, false)
}

// OnDisconnect calls fn when the socket is disconnected; it is the last call that the socket makes.
func (s *Socket) OnDisconnect(fn func(Reason)) Listener {
	return s.listen(eos.SocketOn, onDisconnect, "", func(_ *Socket, r Reason) { fn(r) }, false, false)
}

// OnError calls fn with the errors that event middlewares pass on.
func (s *Socket) OnError(fn func(error)) Listener {
	return s.listen(eos.SocketOn, onError, "", func(_ *Socket, err error) { fn(err) }, false, false)
}

// Off removes the handlers of an event from this socket. A single one is removed by its Listener.
func (s *Socket) Off(event string) {
	if !s.may(eos.SocketRemoveListener) {
		return
	}
	s.listeners.remove(func(x *listener) bool { return x.kind == onEvent && x.name == event })
}

// OffAny removes the catch-all handlers, OffAnyOutgoing those of outgoing events.
func (s *Socket) OffAny() {
	if s.may(eos.SocketRemoveListener) {
		s.listeners.remove(func(x *listener) bool { return x.kind == onAny })
	}
}

// OffAnyOutgoing removes the handlers of outgoing events.
func (s *Socket) OffAnyOutgoing() {
	if !s.may(eos.SocketRemoveListener) {
		return
	}
	s.listeners.remove(func(x *listener) bool { return x.kind == onAnyOutgoing })
}

// onEvent takes an event off the wire: catch-all handlers, middlewares, handlers.
func (s *Socket) onEvent(e *Event) {
	if r := s.ns.rules; r != nil && !r.mayEmit(s.client, e.name) {
		s.refuseEvent(e)
		return
	}
	if d := s.ns.duplicates; d != nil && e.ask && d.repeated(s, e) {
		return
	}
	if s.listeners.has(onAny) || s.ns.has(onAny) {
		s.onAnyEvent(e)
	}
	s.proceed(e)
}

func (s *Socket) onAnyEvent(e *Event) {
	for _, l := range [...]*listeners{s.listeners, &s.ns.listeners, s.ns.inherited()} {
		if l.has(onAny) {
			s.ns.server.loop.Mark("sio any event")
			l.each(onAny, func(x *listener) { s.run(x.fn.(func(*Event)), e) })
		}
	}
}

// proceed goes on with an event where it was left: the next middleware, or the handlers.
func (s *Socket) proceed(e *Event) {
	if s.state != socketConnected {
		return // disconnected by a handler, or while a middleware took its time
	}
	if fn := s.listeners.use(e.step); fn != nil {
		e.step++
		e.wait = true
		if e.resume == nil {
			e.resume = e.onNext
		}
		s.ns.server.loop.Mark("sio event middleware")
		s.runUse(fn, e)
		return
	}
	ns := s.ns
	ns.listeners.event(s, e)
	if ns.parent != nil {
		ns.inherited().event(s, e)
	}
	if s.listeners != nil {
		s.listeners.event(s, e)
	}
}

// onNext is what a middleware calls.
func (e *Event) onNext(err error) {
	if !e.wait {
		return
	}
	e.wait = false
	s := e.socket
	if err == nil {
		s.proceed(e)
		return
	}
	s.listeners.each(onError, func(x *listener) { s.runError(x.fn.(func(*Socket, error)), err) })
}

// run calls a handler. A panic in it ends the socket, not the process.
func (s *Socket) run(fn func(*Event), e *Event) {
	done := false
	defer func() {
		if !done { // recover costs as much as a short handler
			s.caught(e, recover())
		}
	}()
	fn(e)
	done = true
}

func (s *Socket) runUse(fn EventMiddleware, e *Event) {
	defer s.guard(e)
	fn(e, e.resume)
}

func (s *Socket) runError(fn func(*Socket, error), err error) {
	defer s.guard(nil)
	fn(s, err)
}

func (s *Socket) runReason(fn func(*Socket, Reason), r Reason) {
	defer s.guard(nil)
	s.ns.server.loop.Mark("sio disconnect")
	fn(s, r)
}

// guard is deferred around every call of the user's code.
func (s *Socket) guard(e *Event) { s.caught(e, recover()) }

// caught ends the socket for a panic with v; nil is none.
func (s *Socket) caught(e *Event, v any) {
	if v == nil {
		return
	}
	what := "a handler"
	if e != nil && e.Name() != "" {
		what = "event " + e.describe()
	}
	s.Server().report(s, &PanicError{Handler: what, Value: v, Stack: debug.Stack()})
	if s.state == socketConnected {
		s.disconnect(false)
	}
}

// Disconnect takes the socket out of its namespace; the client learns it and keeps its connection. With close, all
// sockets of the client are disconnected and the connection is closed after what was sent before.
func (s *Socket) Disconnect(close bool) {
	if s.may(eos.SocketDisconnect) {
		s.disconnect(close)
	}
}

func (s *Socket) disconnect(close bool) {
	switch {
	case s.state != socketConnected:
	case close:
		s.client.disconnect()
	default:
		s.client.send(typeDisconnect, s.ns)
		s.onClose(ServerNamespaceDisconnect)
	}
}

// setState changes the state, by the rules of socketState.
func (s *Socket) setState(to socketState) {
	if !s.state.follows(to) {
		panic("sio: socket goes from " + s.state.String() + " to " + to.String())
	}
	if s.state == socketConnecting {
		s.ns.pending--
	}
	s.state = to
}

// onClose ends the socket, once, for whatever reason.
func (s *Socket) onClose(reason Reason) {
	switch s.state {
	case socketConnecting:
		if r := s.recovery(); r != nil && r.saved != nil {
			s.ns.keeper.PersistSession(r.saved) // it was lost again on its way back
		}
		s.abandon()
		return
	case socketDisconnecting, socketClosed:
		return
	}
	s.setState(socketDisconnecting)
	s.client.server.counts.disconnects.Add(reason)
	if d := s.client.server.debug; d != nil {
		d.say(scopeSocket, "closing", "id", s.id, "nsp", s.ns.name, "reason", string(reason))
	}
	s.tell(onDisconnecting, reason)
	s.persist(reason)
	s.ns.adapter.DelAll(s)
	s.ns.remove(s)
	s.client.unlink(s)
	s.setState(socketClosed)
	s.settleAll(ErrDisconnected)
	s.tell(onDisconnect, reason)
	s.ns.emptied()
}

// abandon ends a socket that never connected.
func (s *Socket) abandon() {
	s.setState(socketClosed)
	s.ns.adapter.DelAll(s)
	s.client.unlink(s)
	s.ns.emptied()
}

// tell calls the handlers of the socket's end: the socket's own, then the namespace's.
func (s *Socket) tell(kind listenKind, reason Reason) {
	call := func(x *listener) { s.runReason(x.fn.(func(*Socket, Reason)), reason) }
	s.listeners.each(kind, call)
	s.ns.listeners.each(kind, call)
	s.ns.inherited().each(kind, call)
}
