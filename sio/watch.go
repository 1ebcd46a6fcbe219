package sio

import "github.com/edgesio/edgesio/eio"

// What a program may watch of a whole namespace beside the handlers of its sockets. Nobody there: a look at a counter.

// OnAnyOutgoing calls fn for every event that is emitted to sockets of the namespace, before the packet is made: to are
// those whom it is for, one socket or the audience of a broadcast. Both slices are valid until fn returns.
func (ns *Namespace) OnAnyOutgoing(fn func(to []*Socket, event string, args []any)) Listener {
	return ns.listeners.add(onSent, "", fn, false, false)
}

// OnUpgrade calls fn with each connected socket whose session moved from polling to a WebSocket.
func (ns *Namespace) OnUpgrade(fn func(*Socket)) Listener {
	return ns.listeners.add(onUpgrade, "", fn, false, false)
}

// has tells whether something listens to the namespace, or to the dynamic one above it.
func (ns *Namespace) has(kind listenKind) bool {
	return ns.listeners.has(kind) || ns.parent != nil && ns.parent.listeners.has(kind)
}

// overhear tells the listeners of an event that goes to some sockets.
func (ns *Namespace) overhear(to []*Socket, event string, args []any) {
	for _, l := range [...]*listeners{&ns.listeners, ns.inherited()} {
		l.each(onSent, func(x *listener) {
			defer ns.server.guard("OnAnyOutgoing")
			x.fn.(func([]*Socket, string, []any))(to, event, args)
		})
	}
}

// overhear tells the listeners of one namespace of a broadcast. They are the users' code: it may change the audience,
// so they run before the broadcast.
func (o *BroadcastOperator) overhear(ns *Namespace, event string, args []any) {
	var list []*Socket
	to := o.audience()
	ns.adapter.Each(&to, func(s *Socket) {
		if s.Connected() && s.receives(event) {
			list = append(list, s)
		}
	})
	if len(list) > 0 {
		ns.overhear(list, event, args)
	}
}

// OnUpgrade is called by the engine when the session moved to a WebSocket.
func (c *Client) OnUpgrade(*eio.Session) {
	for s := c.head; s != nil; s = s.next {
		if s.ns.has(onUpgrade) {
			c.tellUpgrade()
			return
		}
	}
}

func (c *Client) tellUpgrade() {
	for _, s := range c.Sockets() {
		for _, l := range [...]*listeners{&s.ns.listeners, s.ns.inherited()} {
			l.each(onUpgrade, func(x *listener) { s.runSocket(x.fn.(func(*Socket))) })
		}
	}
}
