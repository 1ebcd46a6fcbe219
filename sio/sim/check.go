package sim

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// What has to hold after each turn, and when everybody is gone.

// watch looks after each turn whether what the layers hold agrees with the model
// and keeps to its bounds.
func (w *World) watch() {
	if w.watched++; w.Crowd && w.watched%64 != 0 {
		return // it walks all sockets
	}
	l, t, members := w.loop.Stats(), w.sums(), 0
	s, e := t.sio, t.eio
	hard, queued := cmp.Or(w.Web.Listen.Limits.HardBytes, 4<<20), cmp.Or(w.Sio.MaxQueuedBytes, 1<<20)
	for _, nsp := range namespaces {
		list := w.model.members[nsp]
		members += len(list)
		for _, x := range list {
			if n := x.socket.Conn().Buffered(); n > max(hard, queued) {
				w.fail("%d bytes wait for %s", n, x)
			}
		}
	}
	// A connection of HTTP's has a deadline, a session a heartbeat and either a time to join or a probe; the loop,
	// the listener and the engine have one each.
	timers := t.conns + 2*e.Sessions + s.Acks + 2*w.app.open + w.app.timers + 6*len(w.nodes)
	switch {
	case s.Sockets != members:
		w.fail("%d sockets, the model has %d", s.Sockets, members)
	case s.Clients > e.Sessions || e.WebSockets > l.Conns:
		w.fail("%d clients, %d sessions, %d WebSockets, %d connections", s.Clients, e.Sessions, e.WebSockets, l.Conns)
	case int64(l.OutBytes) > int64(l.Conns)*int64(hard) || l.OutBytes < 0:
		w.fail("%d bytes wait on %d connections", l.OutBytes, l.Conns)
	case s.Acks > members*cmp.Or(w.Sio.MaxPendingAcks, 1024):
		w.fail("%d acks are awaited of %d sockets", s.Acks, members)
	case l.Timers > timers:
		w.fail("%d timers, at most %d have an owner", l.Timers, timers)
	case w.overBudget():
		w.fail("%d bytes are accounted for since %v, the limit is %d", w.loop.Budget().Used(), w.over,
			w.loop.Budget().Limit())
	case w.overRate():
		w.fail("%d sessions were opened, at %d/s", e.Handshakes, w.Sio.HandshakeRate)
	case w.crowded():
		w.fail("%d connections from %d addresses, that may have %d", l.Conns, len(w.visits), w.Web.MaxConnsPerAddress)
	case w.MaxFDs > 0 && w.kernel.Open() > w.MaxFDs:
		w.fail("%d descriptors are open", w.kernel.Open())
	}
}

// overBudget tells whether more memory than the limit is accounted for, and has
// been for longer than the loop takes to look.
func (w *World) overBudget() bool {
	switch b := w.loop.Budget(); {
	case b.Used() <= b.Limit():
		w.over = 0
	case w.over == 0:
		w.over = w.now()
	}
	return w.over > 0 && w.now()-w.over > 2500*time.Millisecond+w.late()
}

// count demands that nothing is open any more.
func (w *World) count() {
	var left []string
	zero := func(name string, n int) {
		if n != 0 {
			left = append(left, fmt.Sprintf("%s=%d", name, n))
		}
	}
	l, t := w.loop.Stats(), w.sums()
	s, e := t.sio, t.eio
	zero("loop.Conns", l.Conns)
	zero("loop.Timers", l.Timers)
	zero("loop.OutBytes", l.OutBytes)
	zero("webapp.Conns", t.conns)
	zero("webapp.Panics", int(t.panics))
	zero("channels", w.app.open)
	zero("eio.Sessions", e.Sessions)
	zero("eio.WebSockets", e.WebSockets)
	zero("sio.Clients", s.Clients)
	zero("sio.Sockets", s.Sockets)
	zero("sio.Rooms", s.Rooms)
	zero("sio.Acks", s.Acks)
	zero("sio.Bytes", s.Bytes)
	zero("budget", w.loop.Budget().Used())
	for _, nsp := range namespaces {
		zero("model "+nsp, len(w.model.members[nsp]))
	}
	if left != nil {
		w.fail("left when everybody was gone: %s", strings.Join(left, " "))
	}
	w.figures.Held += int(e.Throttled)
	w.figures.Turns += int(l.Turns)
	w.figures.Clients += w.Clients + w.Villains + w.Guests
	if w.Crowd {
		w.figures.Crowds++
	}
	w.figures.Accepted += int(l.Accepted)
	w.figures.Closed += int(l.Closed)
	w.figures.VirtualSeconds += w.now().Seconds()
}
