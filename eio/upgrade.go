package eio

import (
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The upgrade (Engine.IO protocol, "Upgrade"): a client that polls opens a
// WebSocket with its sid and probes it. Until it says so the session goes on
// polling; a probe that fails harms nobody.

// trial is the state of a WebSocket that is not the transport yet. What may
// follow: waiting -> probed ("2probe") -> transport ("5"); anything else, or the
// timeout, abandons the WebSocket.
type trial struct {
	timer    poll.Timer
	deadline int64 // ms
	probed   bool
}

// noopAfter is how long a standing poll may go on carrying messages after the
// probe, before a noop ends it: the client waits for that.
const noopAfter = 100 * time.Millisecond

// probing is the WebSocket that tries to become the transport, or nil.
func (s *Session) probing() *websocket {
	if s.polling == nil {
		return nil
	}
	return s.polling.probe
}

// beginTrial makes w the probe of its session.
func (w *websocket) beginTrial() {
	e := w.session.server
	w.session.polling.probe = w
	w.reader.SetLimits(&e.early)
	w.trial = &trial{deadline: e.loop.Now() + e.options.UpgradeTimeout.Milliseconds()}
	e.loop.Arm(&w.trial.timer, e.options.UpgradeTimeout, w)
}

// try handles a packet on the probing WebSocket.
func (w *websocket) try(p packet, ok bool) {
	e := w.session.server
	switch {
	case ok && p.kind == packetPing && string(p.data) == probe:
		w.send(packet{kind: packetPong, data: p.data}, formPlain)
		w.session.on(func(h *Hooks) func(*Session) { return h.Upgrading })
		if !w.trial.probed { // a second probe must not put off what the first one began
			w.trial.probed = true
			w.armTrial()
		}
	case ok && p.kind == packetUpgrade && w.trial.probed && !w.session.polling.doomed:
		e.loop.Disarm(&w.trial.timer)
		w.trial = nil
		w.session.upgrade(w)
	default:
		w.abandon(0)
	}
}

// OnTimer releases the poll that the client is waiting to be rid of, or gives
// up the probe.
func (w *websocket) OnTimer(*poll.Timer) {
	if w.trial.deadline <= w.session.server.loop.Now() {
		w.abandon(0)
		return
	}
	w.session.polling.release()
	w.armTrial()
}

// armTrial sets the timer for the next noop, or the end of the trial.
func (w *websocket) armTrial() {
	loop := w.session.server.loop
	left := time.Duration(w.trial.deadline-loop.Now()) * time.Millisecond
	loop.Arm(&w.trial.timer, min(noopAfter, left), w)
}

// abandon ends the probe; the session goes on.
func (w *websocket) abandon(code ws.StatusCode) {
	w.session.server.loop.Disarm(&w.trial.timer)
	if w.session.probing() == w {
		w.session.polling.probe = nil
	}
	w.shut(code)
}

// upgrade makes w the transport and sends over it what waited for a poll.
func (s *Session) upgrade(w *websocket) {
	old, status := s.polling, poll.OK
	s.polling, s.ws = nil, w
	w.reader.SetLimits(s.limits())
	s.upgraded = true
	if e := s.server; e.debug != nil {
		e.debug.Debug("upgrade", "sid", s.id)
	}
	s.server.stats.Upgrades++
	s.server.onWebSocket(s, 1)
	old.discard()
	if s.marks&isHeld != 0 { // until tolls lets go of it
		w.conn.Pause()
	}
	for q := old.queue; len(q) > 0; {
		var p packet
		p, q = nextRecord(q)
		status = w.send(p, formOf(p.binary, s.protocol, s.base64)) // it was counted, and told, when it was queued
	}
	old.give()
	if s.state == sessionClosing {
		s.end(ForcedClose, nil)
		return
	}
	s.on(func(h *Hooks) func(*Session) { return h.Upgrade })
	if u, ok := s.handler.(Upgrader); ok {
		u.OnUpgrade(s)
	}
	if old.pressed() && status == poll.OK { // else the connection will tell
		s.drained()
	}
}

// Upgrader is a Handler that wants to know when its session moved from polling
// to a WebSocket.
type Upgrader interface{ OnUpgrade(s *Session) }
