package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// habits of a client's network: what its lines are like.
type habits struct {
	oneWay, jitter time.Duration
	dribble        float64 // chance that a write arrives in several parts
	slow           int     // bytes per tick that it reads; 0 for all
}

// slowTick is how often a slow reader reads.
const slowTick = 50 * time.Millisecond

// line is one connection of a client with a delay in each direction. What was
// sent keeps its order; FIN follows it.
type line struct {
	w             *World
	who           string
	rnd           *rand.Rand
	habits        habits
	peer          *polltest.Peer
	outDue, inDue time.Duration
	onData        func(b []byte) // b is the callee's
	onEnd         func(reset bool)
	finished      bool // FIN or RST is on its way, nothing follows
	cut           bool // nothing more is sent, but the end may be
	deaf          bool // nobody listens any more
	ended         bool
	gate          func(b []byte) (part []byte, then func()) // may cut short what is sent
}

func (w *World) dial(who string, rnd *rand.Rand, h habits) *line {
	l := &line{w: w, who: who, rnd: rnd, habits: h, peer: w.peer(who)}
	w.figures.Dials++
	l.peer.OnData = func(b []byte) {
		b = bytes.Clone(b)
		l.later(&l.inDue, func() { l.receive(b) })
	}
	l.peer.OnEnd = func(reset bool) { l.later(&l.inDue, func() { l.end(reset) }) }
	if h.slow > 0 {
		l.peer.Stall()
		l.sip()
	}
	return l
}

// peer connects from the address of a client.
func (w *World) peer(who string) *polltest.Peer {
	a := w.address(who)
	w.of(a).requests.note(w.now()) // a connection counts as one
	w.ports++
	return w.kernel.DialFrom(netip.AddrPortFrom(a, 1024+w.ports%60_000), fmt.Sprintf("%s:%d", w.at.Host, w.at.Port))
}

// sip is how a slow reader reads.
func (l *line) sip() {
	if l.peer.WasReset() || l.deaf && l.finished {
		l.peer.Resume()
		return
	}
	if b := bytes.Clone(l.peer.Take(l.habits.slow)); len(b) > 0 {
		l.later(&l.inDue, func() { l.receive(b) })
	} else {
		l.peer.Resume() // for a FIN to be seen, until the next data
		l.w.kernel.After(slowTick/2, func() {
			if !l.deaf {
				l.peer.Stall()
			}
		})
	}
	l.w.kernel.After(slowTick, l.sip)
}

// later runs fn after the line's delay and after what went the same way before.
func (l *line) later(due *time.Duration, fn func()) {
	at := l.w.kernel.Monotonic() + l.habits.oneWay
	if l.habits.jitter > 0 {
		at += time.Duration(l.rnd.Int64N(int64(l.habits.jitter)))
	}
	*due = max(*due, at)
	l.w.kernel.At(*due, fn)
}

func (l *line) receive(b []byte) {
	if !l.deaf {
		l.w.trace.note(l.who, "got", int64(len(b)), b)
		l.onData(b)
	}
}

func (l *line) end(reset bool) {
	l.ended = true
	if l.deaf {
		l.finish()
		return
	}
	l.deaf = true
	what := "fin"
	if reset {
		what = "rst"
	}
	l.w.trace.note(l.who, what, 0, nil)
	l.onEnd(reset)
	l.finish()
}

// send sends b, which is copied, in one or more parts.
func (l *line) send(b []byte) {
	if l.finished || l.cut {
		return
	}
	if l.gate != nil {
		part, then := l.gate(b)
		if b = part; then != nil {
			defer func() {
				l.cut = true
				then()
			}()
		}
	}
	l.w.trace.note(l.who, "put", int64(len(b)), b)
	b = bytes.Clone(b)
	for len(b) > 0 {
		n := len(b)
		if n > 1 && l.rnd.Float64() < l.habits.dribble {
			n = 1 + l.rnd.IntN(n-1)
			l.outDue += time.Duration(l.rnd.IntN(3)) * time.Millisecond
		}
		part := b[:n]
		b = b[n:]
		l.later(&l.outDue, func() { l.peer.Write(part) })
	}
}

// finish sends FIN behind what was sent; receiving goes on.
func (l *line) finish() {
	if !l.finished {
		l.finished = true
		l.later(&l.outDue, l.peer.CloseWrite)
	}
}

// drop lets go of the line: FIN behind what was sent, nobody listens.
func (l *line) drop() {
	l.deaf = true
	if l.finished {
		return
	}
	l.finished = true
	l.later(&l.outDue, func() {
		l.peer.Resume()
		l.peer.CloseWrite()
	})
}

// reset sends RST, now.
func (l *line) reset() {
	l.deaf, l.finished = true, true
	l.peer.Reset()
}

// shut closes the connection: FIN, and RST to whatever comes after it or was not
// read.
func (l *line) shut() {
	l.deaf, l.finished = true, true
	l.later(&l.outDue, l.peer.Close)
}

// mute says nothing more, and goes away a while after the server should have
// noticed.
func (l *line) mute(pong time.Duration) {
	l.deaf, l.cut = true, true
	l.w.kernel.After(l.w.Sio.PingInterval+max(pong, l.w.Sio.PingTimeout)+5*time.Second, l.finish)
}

// vanish is a machine that lost its power: no FIN, no RST, and nothing is read.
func (l *line) vanish() {
	l.deaf, l.finished = true, true
	l.peer.Stall()
	l.w.vanished = append(l.w.vanished, l.peer)
}
