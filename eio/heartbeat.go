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

// startHeartbeat is called when the session opens.
func (s *Session) startHeartbeat() {
	e := s.server
	s.seen = e.loop.Now()
	if s.protocol == 4 {
		s.expectPing(s.seen)
		e.loop.ArmCoarse(&s.beat, e.options.PingInterval, s)
	} else {
		e.loop.ArmCoarse(&s.beat, e.options.PingInterval+e.options.PingTimeout, s)
	}
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
	case s.protocol == 4 && p.kind == packetPong:
		if s.awaiting {
			s.expectPing(s.seen)
		}
	default:
		s.end(TransportError, ErrPingPacket)
	}
}

// OnTimer is due when a ping has to be sent, or when the client may have been
// silent for too long.
func (s *Session) OnTimer(*poll.Timer) {
	if s.state == sessionClosing { // the polls that should take the rest did not come
		s.end(ForcedClose, nil)
		return
	}
	o, now := &s.server.options, s.server.loop.Now()
	interval, timeout := o.PingInterval.Milliseconds(), o.PingTimeout.Milliseconds()
	deadline := s.seen + interval + timeout
	if s.protocol == 4 {
		if deadline = s.pingAt; s.awaiting {
			deadline = max(s.pingAt, s.seen) + timeout
		}
	}
	switch {
	case now < deadline: // a packet came since the timer was armed
	case s.protocol == 4 && !s.awaiting:
		s.awaiting, s.pingAt = true, now
		s.send(packet{kind: packetPing})
		deadline = now + timeout
	default:
		s.end(PingTimeout, ErrSilent)
		return
	}
	// Never later than an interval: a pong makes the next ping due then.
	wait := min(deadline-now, max(interval, 1))
	s.server.loop.ArmCoarse(&s.beat, time.Duration(wait)*time.Millisecond, s)
}
