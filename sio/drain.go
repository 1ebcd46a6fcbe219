package sio

import (
	"context"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// The end of a server in good order. A gateway that throws all its clients out at once gets them all back at once, and
// so does the process that comes after it.

// DrainOptions say how long a Drain may take. A zero field is its default.
type DrainOptions struct {
	// Window is the time over which the clients are disconnected, evenly and in no order. Default: half of Deadline;
	// negative is at once, 256 in a turn.
	Window time.Duration
	// Deadline is when whoever is still there is dropped: a client that takes what was sent to it too slowly, or that
	// polls and does not come for it. It counts from the call. Default 5 s.
	Deadline time.Duration
}

// drainTick is how often clients are disconnected meanwhile; drainTurn how many of them, and of those that are gone by
// themselves, a turn deals with at most.
const (
	drainTick = 10 * time.Millisecond
	drainTurn = 256
)

// drain is a Drain under way.
type drain struct {
	poll.Timer
	srv                *Server
	list               []*eio.Session
	next               int   // place in list
	begin, window, end int64 // ms
	done               []func()
	cancel             func() bool // of a context
}

// Drain disconnects everybody with "server shutting down" and calls done once, in a later turn, when all that was sent
// has left or the deadline is over; the server is closed then. Clients take it for a loss of their transport and come
// again, to the next process: handshakes are refused from now on, with 503 and Retry-After. Who leaves by itself is not
// waited for.
//
// The app goes on: its listener should stay until done, since clients that poll come for the rest over new connections,
// and a proxy in front is told by them, and by readiness, that this server is no more. App.Stop belongs into done. A
// second Drain changes nothing; its done is called with the first one's.
func (srv *Server) Drain(o DrainOptions, done func()) {
	if !srv.may(nil, eos.ServerClose) {
		return
	}
	set(&o.Deadline, 5*time.Second)
	set(&o.Window, o.Deadline/2)
	if done == nil {
		done = func() {}
	}
	if srv.closed {
		srv.loop.After(0, done)
		return
	}
	if d := srv.drain; d != nil {
		d.done = append(d.done, done)
		return
	}
	d := &drain{srv: srv, begin: srv.loop.Now(), window: max(o.Window, 0).Milliseconds(), done: []func(){done}}
	d.end = d.begin + o.Deadline.Milliseconds()
	d.list = make([]*eio.Session, 0, srv.engine.ClientsCount())
	srv.engine.Each(func(s *eio.Session) { d.list = append(d.list, s) })
	srv.engine.Drain(true)
	srv.drain = d
	srv.loop.Arm(&d.Timer, 0, d)
}

// DrainContext is Drain that is over when ctx is done, at the latest. It does not wait, since everything happens on the
// loop: the caller turns the loop until done.
func (srv *Server) DrainContext(ctx context.Context, o DrainOptions, done func()) {
	if srv.Drain(o, done); srv.drain != nil && srv.drain.cancel == nil {
		srv.drain.cancel = context.AfterFunc(ctx, func() { _ = srv.loop.Post(srv.force) }) // a closed loop has nobody
	}
}

// Draining tells whether Drain was called: the server is not ready for new clients.
func (srv *Server) Draining() bool { return srv.drain != nil || srv.engine.Draining() }

// Suspend disconnects everybody at once with "server shutting down", sends what waits, and refuses handshakes as Drain
// does; clients take it for a loss of their transport and come again. It is for the moment in which another process
// takes over, right before ExportRecovery: those who may come back are lost sockets then. Resume ends it. As many
// handshakes as clients were there pass HandshakeRate and HandshakesPerAddress then, here or there.
func (srv *Server) Suspend() {
	if srv.closed || !srv.may(nil, eos.ServerClose) {
		return
	}
	srv.engine.Drain(true)
	srv.engine.Expect(srv.engine.ClientsCount() + srv.engine.Expected())
	srv.engine.Each(func(s *eio.Session) {
		s.Finish(ServerShutdown)
		s.Close(true) // who polls comes next over a new connection, which is the other process' already
	})
}

// Resume takes clients again after Suspend.
func (srv *Server) Resume() {
	if srv.drain == nil && !srv.closed && srv.may(nil, eos.ServerClose) {
		srv.engine.Drain(false)
	}
}

// force ends a Drain.
func (srv *Server) force() {
	if srv.drain != nil && !srv.closed {
		srv.Close()
	}
}

// OnTimer disconnects those whose time has come, and looks whether all is over.
func (d *drain) OnTimer(*poll.Timer) {
	srv := d.srv
	now := srv.loop.Now()
	due := len(d.list)
	if now < d.begin+d.window {
		due = int(int64(due) * (now - d.begin) / d.window)
	}
	for due = min(due, d.next+drainTurn); d.next < due && !srv.closed; d.next++ {
		d.list[d.next].Finish(ServerShutdown)
		d.list[d.next] = nil
	}
	switch {
	case srv.closed:
	case now >= d.end, srv.engine.ClientsCount() == 0 && srv.loop.Stats().OutBytes == 0:
		srv.Close()
	default:
		srv.loop.Arm(&d.Timer, min(drainTick, time.Duration(d.end-now)*time.Millisecond), d)
	}
}

// over is called by Close.
func (d *drain) over() {
	d.srv.loop.Disarm(&d.Timer)
	if d.cancel != nil {
		d.cancel()
	}
	for _, fn := range d.done {
		d.srv.loop.After(0, fn)
	}
	d.done, d.list = nil, nil
}
