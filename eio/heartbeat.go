package eio

import (
	"time"

	"github.com/edgesio/edgesio/poll"
)

// The heartbeat (Engine.IO protocol, "Heartbeat"). In protocol 4 the server
// pings every pingInterval and the pong, or any other packet, must come within
// pingTimeout. In protocol 3 the client pings and the server listens for
// pingInterval + pingTimeout. Either way one timer per session is armed twice
// in an interval at most: packets only leave their time behind, and the timer
// looks at it when it falls due.
//
// What is due is late by less than a grain, a second at most, so that sessions
// share their wake-ups; those that were pinged together time out together.

// beatGrain is the multiple of milliseconds at which sessions look.
func beatGrain(interval time.Duration) int64 {
	return min(max(interval.Milliseconds()/16, 1), 1000)
}

// startHeartbeat is called when the session opens.
func (s *Session) startHeartbeat() {
	s.seen = s.server.loop.Now()
	s.expectPing(s.seen)
	s.look()
}

// expectPing makes the next ping due an interval from now.
func (s *Session) expectPing(now int64) {
	s.awaiting, s.pingAt = false, now+s.server.options.PingInterval.Milliseconds()
}

// heartbeat handles a ping or a pong. One in the wrong direction is an error.
func (s *Session) heartbeat(p packet) {
	switch {
	case s.protocol == 3 && p.kind == packetPing:
		s.send(packet{kind: packetPong})
		s.on("Hooks.Heartbeat", (*Hooks).heartbeat)
	case s.protocol == 4 && p.kind == packetPong:
		s.on("Hooks.Heartbeat", (*Hooks).heartbeat)
		if s.awaiting {
			s.expectPing(s.seen)
			s.server.round.ponged(s.server.loop)
		}
	default:
		s.end(TransportError, ErrPingPacket)
	}
}

// deadline is when a ping is due, or when the client was silent for too long.
func (s *Session) deadline() int64 {
	o := &s.server.options
	switch {
	case s.protocol == 3:
		return s.seen + (o.PingInterval + o.PingTimeout).Milliseconds()
	case s.awaiting:
		return max(s.pingAt, s.seen) + o.PingTimeout.Milliseconds()
	}
	return s.pingAt
}

// look arms the timer for the deadline. Behind a ping it is not rounded: the ping
// was late enough, and the session looks after an interval at the latest, since a
// pong makes the next ping due then.
func (s *Session) look() {
	e := s.server
	at, now := s.deadline(), e.loop.Now()
	if s.awaiting {
		at = min(at, now+max(e.options.PingInterval.Milliseconds(), 1))
	} else {
		at += e.grain - 1
		at -= at % e.grain
	}
	e.loop.Arm(&s.beat, time.Duration(at-now)*time.Millisecond, s)
}

// round is the pings that one turn sends. Pongs come one by one as networks and
// clients let them, and would each wake the process; while many are on their way
// the loop takes those of a few milliseconds together.
type round struct {
	at             int64 // ms, when it began
	sent, answered int
}

const (
	gatherPongs  = 32 // from so many that are missing
	gatherPause  = 5 * time.Millisecond
	gatherWindow = 1000 // ms after the pings
)

func (r *round) pinged(l *poll.Loop) {
	if now := l.Now(); r.at != now {
		*r = round{at: now}
	}
	r.sent++
	r.gather(l)
}

func (r *round) ponged(l *poll.Loop) {
	r.answered++
	r.gather(l)
}

func (r *round) gather(l *poll.Loop) {
	if r.sent-r.answered >= gatherPongs && l.Now()-r.at < gatherWindow {
		l.Gather(gatherPause)
	}
}

// OnTimer is due when a ping has to be sent, or when the client may have been
// silent for too long.
func (s *Session) OnTimer(*poll.Timer) {
	now := s.server.loop.Now()
	switch {
	case s.state == sessionClosing: // the polls that should take the rest did not come
		s.end(ForcedClose, nil)
	case now < s.deadline(): // a packet came since the timer was armed
		s.look()
	case s.protocol == 4 && !s.awaiting:
		s.awaiting, s.pingAt = true, now
		s.server.round.pinged(s.server.loop)
		if s.send(packet{kind: packetPing}); s.state != sessionClosed { // no room for it
			s.look()
		}
	default:
		s.end(PingTimeout, ErrSilent)
	}
}
