package sio

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// AckFunc receives the answer to an event that we emitted. It is called exactly once: with the answer, or with
// ErrTimeout, ErrDisconnected, ErrTooManyAcks or ErrNotSent and an event without arguments. The last two, and
// ErrDisconnected on a socket that is not connected, come before Emit returns.
type AckFunc func(err error, answer *Event)

// wait is one outstanding ack of a socket. The server keeps a few for reuse.
type wait struct {
	timer  poll.Timer
	socket *Socket
	fn     AckFunc
	all    *gathering // instead of fn, for one of the answers to a broadcast
	id     uint64
	next   *wait // in the server's list of spare ones
}

// maxSpareWaits is how many settled waits a server keeps for reuse.
const maxSpareWaits = 64

// waits are the acks that the socket waits for, in order of id.
func (s *Socket) waits() []*wait {
	if s.extra == nil {
		return nil
	}
	return s.extra.acks
}

// ackFunc returns the last argument as a function that wants an answer, and the arguments before it.
func ackFunc(args []any) (AckFunc, []any) {
	if len(args) == 0 {
		return nil, args
	}
	last := len(args) - 1
	switch fn := args[last].(type) {
	case AckFunc:
		return fn, args[:last]
	case func(error, *Event):
		return fn, args[:last]
	}
	return nil, args
}

// ask registers fn for the answer of an event and returns its id; a timeout of 0 is none. When it returns false fn was
// called already.
func (s *Socket) ask(fn AckFunc, timeout time.Duration) (uint64, bool) {
	srv := s.client.server
	if s.state != socketConnected {
		srv.fail(s, fn, ErrDisconnected)
		return 0, false
	}
	if len(s.waits()) >= srv.opts.MaxPendingAcks {
		srv.fail(s, fn, ErrTooManyAcks)
		return 0, false
	}
	w := srv.newWait(s, fn, uint64(s.lastAck))
	s.lastAck++
	x := s.more()
	x.acks = append(x.acks, w)
	if timeout > 0 {
		srv.loop.Arm(&w.timer, timeout, w)
	}
	return w.id, true
}

// newWait takes a spare wait or makes one.
func (srv *Server) newWait(s *Socket, fn AckFunc, id uint64) *wait {
	srv.counts.acks++
	w := srv.spare
	if w != nil {
		srv.spare, srv.spares = w.next, srv.spares-1
	} else {
		w = new(wait)
	}
	w.socket, w.fn, w.all, w.id, w.next = s, fn, nil, id, nil
	return w
}

// OnTimer settles the ack whose time is over.
func (w *wait) OnTimer(*poll.Timer) {
	s := w.socket
	if fn := s.claim(w.id); fn != nil {
		s.client.server.fail(s, fn, ErrTimeout)
	}
}

// claim takes the function that waits for an ack id, nil when there is none (any more).
func (s *Socket) claim(id uint64) AckFunc {
	i, ok := slices.BinarySearchFunc(s.waits(), id, func(w *wait, id uint64) int {
		switch {
		case w.id < id:
			return -1
		case w.id > id:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	x := s.extra
	w := x.acks[i]
	if x.acks = slices.Delete(x.acks, i, i+1); len(x.acks) == 0 && cap(x.acks) > 8 {
		x.acks = nil
	}
	fn, srv := w.fn, s.client.server
	srv.counts.acks--
	if g := w.all; g != nil {
		fn = func(err error, e *Event) { g.take(s, err, e) }
	}
	srv.loop.Disarm(&w.timer)
	w.fn, w.all, w.socket = nil, nil, nil
	if srv.spares < maxSpareWaits {
		w.next, srv.spare, srv.spares = srv.spare, w, srv.spares+1
	}
	return fn
}

// onAck takes an answer off the wire. Unknown, late and repeated ones are ignored.
func (s *Socket) onAck(e *Event) {
	if fn := s.claim(e.id); fn != nil {
		s.runAck(fn, nil, e)
	}
}

// settleAll ends every outstanding ack with an error.
func (s *Socket) settleAll(err error) {
	for list := s.waits(); len(list) > 0; list = s.waits() {
		s.client.server.fail(s, s.claim(list[0].id), err)
	}
	if s.extra != nil {
		s.extra.acks = nil
	}
}

// fail settles an ack without an answer.
func (srv *Server) fail(s *Socket, fn AckFunc, err error) {
	none := &srv.none
	if none.socket != nil {
		none = new(Event)
	}
	none.socket = s
	s.runAck(fn, err, none)
	none.socket = nil
}

func (s *Socket) runAck(fn AckFunc, err error, e *Event) {
	defer s.guard(e)
	fn(err, e)
}
