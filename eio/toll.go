package eio

import (
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/rate"
	"github.com/edgesio/edgesio/webapp/ws"
)

// What a session may send. Each piece of input is handled whole, at most a read
// buffer or a POST body, and paid for behind it. A session that owes is held: its
// WebSocket is not read, so that TCP holds the client back, or its POST is not
// answered, and a client sends one at a time. A hold is short enough for the
// heartbeat; what is owed beyond it stays owed.

// Marks of a session.
const (
	isHeld  = 1 << iota // in tolls.held
	isEarly             // see SetEarly
)

// A hold lasts so many milliseconds: less would be a system call for nothing, more
// would keep pongs from being read.
const minHold, maxHold = 20, 10_000

// tolls are the rates of an engine's sessions and those that it holds.
type tolls struct {
	events, bytes rate.Rate
	patience      int64 // ms: FloodTimeout; 0 is for ever
	packets       int   // of the piece of input in hand
	held          []held
	timer         poll.Timer
	due           int64 // ms, of the timer
	engine        *Server
}

// held is a session that waits; post is the answer that it waits for.
type held struct {
	session *Session
	post    *webapp.Response
	until   int64
}

func (t *tolls) begin(e *Server) {
	o := &e.options
	t.engine = e
	t.setLimits(o)
	t.patience = min(max(o.FloodTimeout.Milliseconds(), 0), 1<<16-1-maxHold)
}

// toll charges for a piece of input, and tells for how many milliseconds the
// session is to be held. One that was even is no flood.
func (s *Session) toll(t *tolls, bytes int) (debt int64) {
	now := s.server.loop.Now()
	if s.flooded > 0 && s.events.Full(&t.events, now) {
		s.flooded = 0
	}
	if !s.bytes.Pay(&t.bytes, now, bytes) {
		debt = s.bytes.Charge(&t.bytes, now, bytes)
	}
	if s.events.Pay(&t.events, now, t.packets) {
		return debt
	}
	if events := s.events.Charge(&t.events, now, t.packets); events > 0 {
		s.flooded = uint16(min(int64(s.flooded)+holdTime(events), 1<<16-1))
		debt = max(debt, events)
	}
	return debt
}

func holdTime(debt int64) int64 { return min(max(debt, minHold), maxHold) }

// owe holds what the WebSocket stands for; a probe has nothing to wait for.
func (w *websocket) owe(debt int64) {
	switch {
	case !w.conn.Open():
	case w.trial != nil:
		w.session.server.stats.Throttled++
		w.abandon(0)
	case w.session.hold(debt, nil):
		w.conn.Pause()
	}
}

// hold makes an open session wait, and tells whether it does.
func (s *Session) hold(debt int64, post *webapp.Response) bool {
	e := s.server
	t := &e.tolls
	if s.state == sessionClosed || s.marks&isHeld != 0 {
		return false
	}
	e.stats.Throttled++
	if e.log != nil {
		e.log.Warn("eio flood", "eio: client sends faster than EventRate or ByteRate and is held back", s.RemoteAddr(), nil)
	}
	if t.patience > 0 && int64(s.flooded) >= t.patience {
		s.end(TransportError, ErrFlood)
		return false
	}
	s.marks |= isHeld
	t.held = append(t.held, held{s, post, e.loop.Now() + holdTime(debt)})
	t.look(e.loop.Now() + holdTime(debt))
	return true
}

// look makes the timer due at a time, at the latest.
func (t *tolls) look(at int64) {
	if loop := t.engine.loop; !t.timer.Armed() || at < t.due {
		t.due = at
		loop.Arm(&t.timer, time.Duration(at-loop.Now())*time.Millisecond, t)
	}
}

// OnTimer lets go of those that waited long enough, and of those that ended.
func (t *tolls) OnTimer(*poll.Timer) {
	now := t.engine.loop.Now()
	next := now + maxHold
	waiting := t.held
	t.held = nil
	keep := waiting[:0]
	for _, h := range waiting {
		if h.until > now && h.session.state != sessionClosed {
			keep = append(keep, h)
			next = min(next, h.until)
			continue
		}
		h.session.release(h.post)
	}
	clear(waiting[len(keep):])
	if t.held = append(keep, t.held...); len(t.held) == 0 {
		t.held = nil
		return
	}
	t.look(next)
}

// release ends a hold.
func (s *Session) release(post *webapp.Response) {
	s.marks &^= isHeld
	switch {
	case s.state == sessionClosed:
	case s.ws != nil:
		s.ws.conn.Resume()
	case post != nil && s.polling.post == post:
		s.polling.post = nil
		post.SetFields(postFields).End("ok")
	}
}

// SetEarly makes a session early, or ends that: while the layer above does not
// know yet what the client wants, it takes no message and no body above
// Options.MaxEarlyBytes.
func (s *Session) SetEarly(early bool) {
	if s.marks &^= isEarly; early {
		s.marks |= isEarly
	}
	if s.ws != nil {
		s.ws.reader.SetLimits(s.limits())
	}
}

func (s *Session) limits() *ws.Limits {
	if s.marks&isEarly != 0 {
		return &s.server.early
	}
	return &s.server.limits
}

func (s *Session) maxBody() int { return s.limits().MessageBytes }
