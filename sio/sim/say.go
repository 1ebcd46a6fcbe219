package sim

import (
	"math/rand/v2"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// Broadcasts of the app, and what it does unasked.

// say broadcasts for a client, in the way that the message's number says.
func (a *app) say(e *sio.Event, x *member, n uint64) {
	if a.stopped { // a villain goes on, and what others get of it might not have arrived at the end of the rest
		a.echo(e, x, n)
		return
	}
	rnd := rand.New(rand.NewPCG(a.w.Seed, n))
	ns, me := a.io.Of(x.nsp), x.socket.ID()
	r, r2 := rooms[rnd.IntN(4)], rooms[rnd.IntN(4)]
	m := a.w.model
	switch rnd.IntN(8) {
	case 0:
		a.broadcast(ns.To(), "all", x.nsp, nil, nil, false)
	case 1:
		a.broadcast(x.socket.Broadcast(), "others", x.nsp, nil, []string{me}, false)
	case 2:
		a.broadcast(x.socket.To(r), "room", x.nsp, []string{r}, []string{me}, false)
	case 3:
		a.broadcast(ns.To(r).Except(r2), "except", x.nsp, []string{r}, []string{r2}, false)
	case 4:
		a.broadcast(ns.To(r, r2), "two", x.nsp, []string{r, r2}, nil, false)
	case 5:
		to := m.members[x.nsp][rnd.IntN(len(m.members[x.nsp]))].socket.ID()
		a.broadcast(ns.To(to), "whisper", x.nsp, []string{to}, nil, false)
	case 6:
		a.broadcast(ns.Volatile(), "vall", x.nsp, nil, nil, true)
	default:
		a.broadcast(ns.Except(r, r2), "not", x.nsp, nil, []string{r, r2}, false)
	}
	a.echo(e, x, n)
}

// broadcast sends one message to many: to those in rooms (to all when there are
// none) without those in except; the audience is what the model says.
func (a *app) broadcast(to sio.BroadcastOperator, event, nsp string, rooms, except []string, volatile bool) {
	n, audience := a.w.model.next(), a.w.model.audience(nsp, rooms, except)
	if !volatile {
		a.w.model.keep(nsp, event, n, rooms, except)
	}
	a.w.figures.Broadcasts++
	if got := len(to.FetchSockets()); got != len(audience) {
		a.w.fail("broadcast %s would reach %d sockets, not %d", event, got, len(audience))
	}
	for _, x := range audience {
		x.down(sent{kind: spEvent, event: event, number: n, id: -1, volatile: volatile})
	}
	to.Emit(event, body(a.w.Seed, n)...)
}

// tick is what the app does by itself, from time to time.
func (a *app) tick() {
	if a.stopped {
		return
	}
	nsp := namespaces[a.rnd.IntN(len(namespaces))]
	list := a.w.model.members[nsp]
	switch n := a.rnd.IntN(20); {
	case len(list) == 0:
	case n < 6:
		a.broadcast(a.io.Of(nsp).To(), "tick", nsp, nil, nil, false)
	case n < 10:
		r := rooms[a.rnd.IntN(4)]
		a.broadcast(a.io.Of(nsp).To(r), "tick", nsp, []string{r}, nil, false)
	case n < 18:
		a.ask(list[a.rnd.IntN(len(list))])
	case n == 18 && !a.w.Calm:
		a.kick(list[a.rnd.IntN(len(list))], a.rnd.IntN(3) == 0)
	default:
		a.emit(list[a.rnd.IntN(len(list))], "hi")
	}
	a.after(time.Duration(50+a.rnd.IntN(700))*time.Millisecond, a.tick)
}
