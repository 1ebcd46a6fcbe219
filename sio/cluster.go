package sio

import (
	"encoding/json"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// What reaches beyond one socket: queries and commands for an audience, sockets of other servers, and messages between
// servers. The adapter in memory knows of this server only.

// ClusterAdapter is an Adapter that reaches other servers. Its methods are asked for the others only, never for this
// server's own sockets, and not at all for what is Local. They are called on the loop's goroutine, and their functions
// must be called there, in a later turn if it takes that long; the audience is valid until the call returns.
type ClusterAdapter interface {
	Adapter
	// ServerCount is the number of servers, this one included.
	ServerCount() int
	// FetchSockets finds the sockets of an audience.
	FetchSockets(to *Audience, done func(list []RemoteSocket, err error))
	// AddSockets, DelSockets and DisconnectSockets make an audience join, leave, or disconnect.
	AddSockets(to *Audience, rooms []string)
	DelSockets(to *Audience, rooms []string)
	DisconnectSockets(to *Audience, close bool)
	// ServerSideEmit sends args, an array of JSON, as an event to the namespace's OnServerSide handlers. With done, which
	// may be nil, each server answers at most once.
	ServerSideEmit(event string, args json.RawMessage, done func(answers []json.RawMessage, err error))
}

// cluster is the namespace's adapter when it reaches others and the operator may.
func (o *BroadcastOperator) cluster(ns *Namespace) ClusterAdapter {
	if o.local {
		return nil
	}
	c, _ := ns.adapter.(ClusterAdapter)
	return c
}

// audience is whom the operator is for.
func (o *BroadcastOperator) audience() Audience {
	return Audience{Rooms: o.rooms.appendTo(nil), Except: o.except.appendTo(nil), Volatile: o.volatile, Local: o.local}
}

// SocketsJoin makes the audience join rooms. A socket that is in too many rooms already does not.
func (o BroadcastOperator) SocketsJoin(rooms ...string) {
	o.command(func(s *Socket) { _ = s.join(rooms) }, func(c ClusterAdapter, to *Audience) { c.AddSockets(to, rooms) })
}

// SocketsLeave makes the audience leave rooms.
func (o BroadcastOperator) SocketsLeave(rooms ...string) {
	o.command(func(s *Socket) { s.leave(rooms) }, func(c ClusterAdapter, to *Audience) { c.DelSockets(to, rooms) })
}

// DisconnectSockets disconnects the audience; see Socket.Disconnect.
func (o BroadcastOperator) DisconnectSockets(close bool) {
	o.command(func(s *Socket) { s.disconnect(close) },
		func(c ClusterAdapter, to *Audience) { c.DisconnectSockets(to, close) })
}

// command does something with each socket of the audience, here and elsewhere.
func (o *BroadcastOperator) command(here func(*Socket), elsewhere func(ClusterAdapter, *Audience)) {
	list := o.FetchSockets()
	o.each(func(ns *Namespace) {
		if c := o.cluster(ns); c != nil {
			to := o.audience()
			elsewhere(c, &to)
		}
	})
	for _, s := range list {
		here(s)
	}
}

// AllSockets returns the ids of the audience on this server; the reference has deprecated it.
func (o BroadcastOperator) AllSockets() []string {
	var ids []string
	for _, s := range o.FetchSockets() {
		ids = append(ids, s.id)
	}
	return ids
}

// Clients calls fn with the ids of the audience on this server, as servers of 2.x do.
func (o BroadcastOperator) Clients(fn func(err error, ids []string)) { fn(nil, o.AllSockets()) }

// SocketsJoin makes everybody join rooms.
func (ns *Namespace) SocketsJoin(rooms ...string) { BroadcastOperator{ns: ns}.SocketsJoin(rooms...) }

// SocketsLeave makes everybody leave rooms.
func (ns *Namespace) SocketsLeave(rooms ...string) { BroadcastOperator{ns: ns}.SocketsLeave(rooms...) }

// DisconnectSockets disconnects everybody.
func (ns *Namespace) DisconnectSockets(close bool) {
	BroadcastOperator{ns: ns}.DisconnectSockets(close)
}

// AllSockets returns everybody's id.
func (ns *Namespace) AllSockets() []string {
	if !ns.may(eos.NamespaceClients) {
		return nil
	}
	return BroadcastOperator{ns: ns}.AllSockets()
}

// Clients calls fn with everybody's id, as servers of 2.x do.
func (ns *Namespace) Clients(fn func(err error, ids []string)) {
	if err := ns.server.permits.Check(eos.NamespaceClients); err != nil {
		fn(err, nil)
		return
	}
	fn(nil, BroadcastOperator{ns: ns}.AllSockets())
}

// RemoteSocket is a socket as any server of a cluster knows it. What is done with it goes through the adapter.
type RemoteSocket struct {
	ID        string
	Rooms     []string
	Handshake json.RawMessage // of a socket of another server
	Data      any
	// Local is the socket itself when it is this server's.
	Local     *Socket
	Namespace *Namespace
}

// FetchRemoteSockets calls fn with the sockets of the audience on all servers, now when there is only this one.
func (o BroadcastOperator) FetchRemoteSockets(fn func(list []RemoteSocket, err error)) {
	var list []RemoteSocket
	for _, s := range o.FetchSockets() {
		list = append(list, RemoteSocket{ID: s.id, Rooms: s.rooms(), Data: s.Data, Local: s, Namespace: s.ns})
	}
	waiting := 1
	var failed error
	add := func(more []RemoteSocket, err error) {
		if list = append(list, more...); err != nil {
			failed = err
		}
		if waiting--; waiting == 0 {
			fn(list, failed)
		}
	}
	o.each(func(ns *Namespace) {
		if c := o.cluster(ns); c != nil {
			waiting++
			to := o.audience()
			c.FetchSockets(&to, add)
		}
	})
	add(nil, nil)
}

// FetchRemoteSockets calls fn with everybody on all servers.
func (ns *Namespace) FetchRemoteSockets(fn func(list []RemoteSocket, err error)) {
	BroadcastOperator{ns: ns}.FetchRemoteSockets(fn)
}

// operator is a broadcast to one socket.
func (r RemoteSocket) operator() BroadcastOperator { return r.Namespace.To(r.ID) }

// Emit sends an event to the socket.
func (r RemoteSocket) Emit(event string, args ...any) Status {
	return r.operator().Emit(event, args...)
}

// EmitWithAck sends an event to the socket and calls fn with its answer, the only one of answers.
func (r RemoteSocket) EmitWithAck(event string, fn AcksFunc, args ...any) Status {
	return r.operator().EmitWithAck(event, fn, args...)
}

// Timeout is a broadcast to the socket alone, whose answer must come within d.
func (r RemoteSocket) Timeout(d time.Duration) BroadcastOperator { return r.operator().Timeout(d) }

// Join makes the socket join rooms.
func (r RemoteSocket) Join(rooms ...string) { r.operator().SocketsJoin(rooms...) }

// Leave makes the socket leave rooms.
func (r RemoteSocket) Leave(rooms ...string) { r.operator().SocketsLeave(rooms...) }

// Disconnect disconnects the socket.
func (r RemoteSocket) Disconnect(close bool) { r.operator().DisconnectSockets(close) }

// ServerSideFunc gets an event of another server: a JSON array. answer may be called once, when the other one asked.
type ServerSideFunc func(args json.RawMessage, answer func(v any))

// ServerSideEmit sends an event to the other servers behind the adapter. In memory there are none.
func (ns *Namespace) ServerSideEmit(event string, args ...any) error {
	return ns.serverSide(event, args, nil)
}

// ServerSideEmitWithAck is ServerSideEmit that calls fn with the answers of all other servers, with those so far when
// some of them failed to answer in time.
func (ns *Namespace) ServerSideEmitWithAck(event string, fn func(err error, answers []json.RawMessage),
	args ...any) error {
	return ns.serverSide(event, args, func(answers []json.RawMessage, err error) { fn(err, answers) })
}

func (ns *Namespace) serverSide(event string, args []any, done func([]json.RawMessage, error)) error {
	switch event {
	case "connect", "connection", "new_namespace":
		return ErrReserved
	}
	c, ok := ns.adapter.(ClusterAdapter)
	if !ok {
		if done != nil {
			done(nil, nil)
		}
		return nil
	}
	b, err := json.Marshal(append([]any{}, args...))
	if err == nil {
		c.ServerSideEmit(event, b, done)
	}
	return err
}

// OnServerSide calls fn for each event of a name that another server sends.
func (ns *Namespace) OnServerSide(event string, fn ServerSideFunc) Listener {
	return ns.listeners.add(onServerSide, event, fn, false, false)
}

// ReceiveServerSide is what a ClusterAdapter calls with an event of another server. answer may be nil.
func (ns *Namespace) ReceiveServerSide(event string, args json.RawMessage, answer func(v any)) {
	asked := answer != nil
	once := func(v any) {
		if asked {
			asked = false
			answer(v)
		}
	}
	for _, l := range [...]*listeners{&ns.listeners, ns.inherited()} {
		l.each(onServerSide, func(x *listener) {
			if x.name == event {
				defer ns.server.guard("a server-side event")
				x.fn.(ServerSideFunc)(args, once)
			}
		})
	}
}

// ServerCount is the number of servers behind the adapter.
func (ns *Namespace) ServerCount() int {
	if c, ok := ns.adapter.(ClusterAdapter); ok {
		return c.ServerCount()
	}
	return 1
}
