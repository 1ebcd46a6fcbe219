package eio

import "github.com/edgesio/edgesio/webapp"

// The end of an engine in good order: new sessions are refused with a hint when to come again, those that are open are
// finished one by one by the layer above.

// Drain refuses new sessions with 503 and Retry-After from now on; those that are open go on. With false it takes them
// again.
func (e *Server) Drain(on bool) { e.draining = on }

// Draining tells whether new sessions are refused because of Drain.
func (e *Server) Draining() bool { return e.draining }

// Each calls fn with every session, those that are closing too, in an order that ids of 15 random bytes draw. fn may
// close sessions.
func (e *Server) Each(fn func(*Session)) { e.sessions.all(fn) }

// Finish ends the session with a reason of the layer above, whose OnClose is called before Finish returns. The client
// takes it for a loss of its transport, and comes again. What was sent before still goes out: over polling with the
// poll that stands, or with those that come within 30 s; the session is closing until then.
func (s *Session) Finish(reason Reason) {
	if s.state != sessionOpen {
		return
	}
	if s.ws != nil || !s.polling.finish() {
		s.end(reason, nil)
		return
	}
	s.setState(sessionClosing)
	s.tellEnd(reason, nil)
}

// finish is drain for a session that does not go on: a standing poll takes what waits and the close packet together.
func (t *polling) finish() (waits bool) {
	if t.get != nil && t.packets > 0 {
		had := len(t.queue)
		t.queue = appendRecord(t.queue, packet{kind: packetClose})
		t.session.server.loop.Budget().Hold(len(t.queue) - had)
		t.packets++
		t.flush()
		return false
	}
	return t.drain()
}

// late answers a handshake that comes while the engine drains, or after its end: the next process needs a moment to
// start, and clients that were refused together do not all come back together.
func (e *Server) late(res *webapp.Response) {
	e.stats.Refused++
	res.Status(503).Set("Retry-After", string('1'+byte(e.stats.Refused%4))).End("")
}
