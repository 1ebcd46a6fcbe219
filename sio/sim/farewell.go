package sim

import (
	"math/rand/v2"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// drain is an end in good order: everybody is told within the deadline, and who
// comes meanwhile is told to come later.
func (w *World) drain() {
	rnd := rand.New(rand.NewPCG(w.Seed, 9))
	o := sio.DrainOptions{Deadline: time.Duration(500+rnd.IntN(3000)) * time.Millisecond}
	if rnd.IntN(3) == 0 {
		o.Window = -1
	}
	over := 0
	w.io.Drain(o, func() { over++ })
	if !w.io.Draining() {
		w.fail("a server that drains is ready")
	}
	w.figures.Drains++
	c := &httpConn{line: w.dial("door", rnd, habits{}), onWrong: func(what string, b []byte) {
		w.fail("at the door: %s: %.80q", what, b)
	}}
	c.line.onData, c.line.onEnd = c.onData, c.onEnd
	c.start(&exchange{request: request("GET", "/socket.io/?EIO=4&transport=polling", "", "Connection: close\r\n", nil),
		done: func(r *reply) {
			switch {
			case r != nil && (r.status != 503 || r.header["retry-after"] == ""):
				w.fail("a handshake got %d, Retry-After %q from a server that drains", r.status, r.header["retry-after"])
			case r != nil:
				w.figures.TurnedAway++
			case w.Calm:
				w.fail("a handshake got no answer from a server that drains")
			}
		}})
	w.run(o.Deadline + w.late() + 50*time.Millisecond)
	for _, nsp := range namespaces {
		if n := len(w.model.members[nsp]); n > 0 {
			w.fail("%d sockets are left in %s after the deadline of Drain", n, nsp)
		}
	}
	if over != 1 {
		w.fail("the end of Drain was told %d times", over)
	}
}
