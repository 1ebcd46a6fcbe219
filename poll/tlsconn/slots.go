package tlsconn

import (
	"crypto/tls"
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// slots are the goroutines that handshakes may have, and who waits for one.
type slots struct {
	srv     *Server
	limit   int
	running []*handshake // with a goroutine, until that has ended
	waiting []*handshake // in the order of their first records
	timer   poll.Timer   // while anybody waits
}

// While others wait, who lets a goroutine wait for staleTime loses it: a few peers
// that stop amid their handshakes must not keep the rest out until the deadline.
// A slow network's round trip is shorter.
const (
	staleTime  = 2 * time.Second
	staleEvery = 500 * time.Millisecond
)

// admit starts a handshake, or lets it wait, unread.
func (s *slots) admit(h *handshake) {
	h.layer.setState(waiting)
	if len(s.running) < s.limit {
		s.start(h)
		return
	}
	s.waiting = append(s.waiting, h)
	h.layer.hold(true)
	if !s.timer.Armed() {
		s.srv.loop.Arm(&s.timer, staleEvery, s)
	}
}

func (s *slots) start(h *handshake) {
	l := h.layer
	l.setState(shaking)
	s.running = append(s.running, h)
	h.moved = s.srv.loop.Now()
	s.srv.now.Store(s.srv.loop.Time().UnixNano())
	l.tls = tls.Server((*pipe)(l), s.srv.config)
	l.hold(len(h.in) >= fullBytes)
	h.full = l.held
	l.wire.Working(true)
	h.begin()
}

// leave takes a handshake off the queue.
func (s *slots) leave(h *handshake) {
	if i := slices.Index(s.waiting, h); i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
		s.rest()
	}
}

// ended starts the next ones after a goroutine has ended.
func (s *slots) ended(h *handshake) {
	s.running = slices.DeleteFunc(s.running, func(r *handshake) bool { return r == h })
	for len(s.waiting) > 0 && len(s.running) < s.limit {
		next := s.waiting[0]
		s.waiting = slices.Delete(s.waiting, 0, 1)
		s.start(next)
	}
	s.rest()
}

// rest lets go of what only a queue needs.
func (s *slots) rest() {
	if len(s.waiting) == 0 {
		s.waiting = nil
		s.srv.loop.Disarm(&s.timer)
	}
}

// OnTimer ends stale handshakes, as many as wait for their goroutines, those that
// began first to begin with.
func (s *slots) OnTimer(*poll.Timer) {
	wanted := len(s.waiting)
	before := s.srv.loop.Now() - staleTime.Milliseconds()
	for _, h := range slices.Clone(s.running) {
		if wanted > 0 && h.moved <= before && h.layer.state == shaking && h.idle() {
			wanted--
			h.OnTimer(nil)
		}
	}
	if len(s.waiting) > 0 {
		s.srv.loop.Arm(&s.timer, staleEvery, s)
	}
}
