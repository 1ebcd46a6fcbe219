package sio

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// AcksFunc receives the answers to a broadcast. It is called exactly once: with a nil error when every client answered,
// else with the answers so far and ErrTimeout, ErrNotSent (the packet could not be encoded), or the reason for which
// some client will never answer: it was disconnected (ErrDisconnected), has too many acks open, or was left out by
// volatile. The events are the callee's to keep.
type AcksFunc func(err error, answers []*Event)

// gathering is one broadcast that waits for answers. Each socket of the audience holds a wait of its own.
type gathering struct {
	timer   poll.Timer
	srv     *Server
	fn      AcksFunc
	sockets []*Socket // of which answers are missing
	answers []*Event
	err     error
	sealed  bool // everybody was asked
}

// EmitWithAck sends an event to the audience and calls fn with everybody's answers. Without Timeout it waits until
// every client answered or went away. Clients of other servers behind the adapter are asked by ClusterAdapters.
func (o BroadcastOperator) EmitWithAck(event string, fn AcksFunc, args ...any) Status {
	srv := o.ns.server
	g := &gathering{srv: srv, fn: fn}
	if err := o.may(); err != nil {
		g.settle(err)
		return Dropped
	}
	if reservedEvent(event) {
		srv.report(nil, ErrReserved)
		g.settle(ErrNotSent)
		return Dropped
	}
	if srv.outgoing {
		o.notify(event, args)
	}
	status := OK
	o.each(func(ns *Namespace) { status = max(status, g.ask(&o, ns, event, args)) })
	g.sealed = true
	if g.check(); g.fn != nil && o.timeout > 0 {
		srv.loop.Arm(&g.timer, o.timeout, g)
	}
	return status
}

// ask sends the event in one namespace.
func (g *gathering) ask(o *BroadcastOperator, ns *Namespace, event string, args []any) Status {
	srv := g.srv
	srv.counts.broadcasts++
	if ns.has(onSent) {
		o.overhear(ns, event, args)
	}
	var list []*Socket
	id := uint64(0)
	to := o.audience()
	ns.adapter.Each(&to, func(s *Socket) {
		if !s.receives(event) {
			return
		}
		if s.state == socketConnected && (!o.volatile || s.client.conn.Writable()) {
			list = append(list, s)
			id = max(id, uint64(s.lastAck))
		} else if s.Connected() {
			srv.counts.dropped++
			g.err = ErrNotSent
		}
	})
	enc := srv.open(ns.wire)
	enc.event(event, args)
	message, binary, atts := srv.seal(enc, typeEvent, ns.wire, id, true)
	if err := enc.err; err != nil {
		srv.done(enc)
		srv.report(nil, err)
		g.err = ErrNotSent
		return Dropped
	}
	p, status := &enc.packet, OK
	p.fill(message, binary, atts)
	if o.plain {
		p.plain()
	}
	for _, s := range list {
		if len(s.waits()) >= srv.opts.MaxPendingAcks {
			g.err = ErrTooManyAcks
			continue
		}
		w := srv.newWait(s, nil, id)
		w.all, s.lastAck = g, uint32(id)+1
		x := s.more()
		x.acks = append(x.acks, w)
		g.sockets = append(g.sockets, s)
		if st := s.deliver(p, false); st == Dropped {
			g.lose(s, id, ErrNotSent)
		} else {
			status = max(status, st)
		}
	}
	p.empty()
	srv.done(enc)
	return status
}

// lose notes that a socket will not answer.
func (g *gathering) lose(s *Socket, id uint64, err error) {
	s.claim(id)
	g.remove(s)
	g.err = err
}

func (g *gathering) remove(s *Socket) {
	if i := slices.Index(g.sockets, s); i >= 0 {
		g.sockets = slices.Delete(g.sockets, i, i+1)
	}
}

// take receives what one socket's wait comes to.
func (g *gathering) take(s *Socket, err error, e *Event) {
	g.remove(s)
	if err != nil {
		g.err = err
	} else {
		g.answers = append(g.answers, e.clone())
	}
	g.check()
}

// check settles when nobody is missing.
func (g *gathering) check() {
	if g.sealed && len(g.sockets) == 0 {
		g.settle(g.err)
	}
}

// settle calls the function, once.
func (g *gathering) settle(err error) {
	fn := g.fn
	if fn == nil {
		return
	}
	g.fn = nil
	g.srv.loop.Disarm(&g.timer)
	defer g.srv.guard("the acks of a broadcast")
	fn(err, g.answers)
}

// OnTimer gives up on those who have not answered.
func (g *gathering) OnTimer(*poll.Timer) {
	for _, s := range g.sockets {
		for _, w := range s.waits() {
			if w.all == g {
				s.claim(w.id)
				break
			}
		}
	}
	g.sockets = nil
	g.settle(ErrTimeout)
}

// Timeout bounds the time for the answers that EmitWithAck waits for.
func (o BroadcastOperator) Timeout(d time.Duration) BroadcastOperator { o.timeout = d; return o }

// Timeout begins a broadcast to everybody whose answers must come within d.
func (ns *Namespace) Timeout(d time.Duration) BroadcastOperator {
	return BroadcastOperator{ns: ns}.Timeout(d)
}

// EmitWithAck sends an event to everybody and calls fn with everybody's answers.
func (ns *Namespace) EmitWithAck(event string, fn AcksFunc, args ...any) Status {
	return BroadcastOperator{ns: ns}.EmitWithAck(event, fn, args...)
}

// clone returns a copy of the event that owns its bytes. It cannot be answered.
func (e *Event) clone() *Event {
	out := &Event{socket: e.socket, spans: slices.Clone(e.spans), marks: slices.Clone(e.marks), id: e.id}
	out.args = out.spans[len(e.spans)-len(e.args):]
	out.name, out.data, out.atts, out.label = e.name, e.data, e.atts, e.label
	out.detach()
	return out
}
