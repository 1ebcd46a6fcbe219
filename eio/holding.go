package eio

import "github.com/edgesio/edgesio/poll"

// Packets that wait for a poll are part of the loop's budget of memory: what lies
// in a queue is taken from it, to the byte.

// room takes n bytes for the queue. Where there are none, whoever holds most goes
// first; the session ends if that does not help, or is it itself.
func (t *polling) room(n int) bool {
	b := t.session.server.loop.Budget()
	taken := b.TakeOutput(n)
	if taken && !t.doomed {
		return true
	}
	t.noRoom(n, taken)
	return false
}

func (t *polling) noRoom(n int, taken bool) {
	switch {
	case taken:
		t.session.server.loop.Budget().Give(n)
	case !t.doomed:
		t.session.end(TransportError, poll.ErrMemory)
	}
}

// give gives back what lies in the queue.
func (t *polling) give() { t.session.server.loop.Budget().Give(len(t.queue)) }

// drop forgets what waits.
func (t *polling) drop() {
	t.give()
	t.queue, t.packets = nil, 0
}

// fullest is the engine's part in the choice of who holds most.
func (e *Server) fullest() (held int, end func()) {
	var t *polling
	e.sessions.each(func(s *Session) {
		if p := s.polling; p != nil && len(p.queue) > held {
			t, held = p, len(p.queue)
		}
	})
	if t == nil {
		return 0, nil
	}
	return held, func() {
		t.drop()
		t.doomed = true
		e.flushLater(t)
	}
}
