package sim

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
)

// app is the program on the server: what a user of sio would write, with the
// model told of everything.
type app struct {
	w       *World
	io      *sio.Server
	rnd     *rand.Rand
	stopped bool
	timers  int
	open    int // plain channels
	plain   *websocket.Server
}

var (
	namespaces = []string{"/", "/chat"}
	rooms      = []string{"r0", "r1", "r2", "r3"}
)

func newApp(w *World) *app {
	return &app{w: w, rnd: rand.New(rand.NewPCG(w.Seed, 7))}
}

// register makes the app that of a server.
func (a *app) register(io *sio.Server) {
	w := a.w
	a.io = io
	io.OnError(func(_ *sio.Socket, err error) {
		var p *sio.PanicError
		if errors.As(err, &p) && p.Value == any("boom") {
			return
		}
		w.fail("OnError: %v", err)
		if p != nil {
			w.stack = p.Stack
		}
	})
	for _, name := range namespaces {
		ns := io.Of(name)
		ns.OnConnection(a.onConnection)
		ns.OnDisconnecting(a.onDisconnecting)
		ns.OnDisconnect(a.onDisconnect)
		ns.OnAny(a.onAny)
		for event, fn := range map[string]func(*sio.Event, *member, uint64){
			"echo": a.echo, "later": a.later, "room": a.room, "say": a.say, "ask": a.onAsk, "bye": a.bye,
			"burst": a.burst, "vol": a.volatile, "boom": func(_ *sio.Event, x *member, _ uint64) {
				x.session.allow(sio.ServerNamespaceDisconnect)
				x.session.crossing()
				x.down(sent{kind: spDisconnect, id: -1})
				panic("boom")
			},
		} {
			ns.On(event, func(e *sio.Event) {
				x := e.Socket().Data.(*member)
				fn(e, x, uint64(e.Int(0)))
			})
		}
	}
	io.Of("/chat").Use(a.admit)
}

// allow is AllowRequest.
func (w *World) allow(_ *webapp.Request, decide func(error)) {
	a := w.app
	answer := func() {
		if a.rnd.IntN(12) == 0 && !w.Calm {
			decide(errors.New("not \"you\""))
		} else {
			decide(nil)
		}
		decide(errors.New("twice"))
	}
	if a.rnd.IntN(2) == 0 {
		answer()
	} else {
		a.after(time.Duration(a.rnd.IntN(600))*time.Millisecond, answer)
	}
}

// admit is a middleware: it refuses, takes its time, or lets pass at once.
func (a *app) admit(s *sio.Socket, next func(error)) {
	var auth struct {
		Deny bool `json:"deny"`
		Wait int  `json:"wait"`
		Join bool `json:"join"`
	}
	_ = s.Handshake().BindAuth(&auth)
	if auth.Join {
		a.join(s, "r0")
	}
	decide := func() {
		if !auth.Deny {
			next(nil)
			return
		}
		if se := a.w.model.session(s.Conn().ID(), who(s)); se.client != nil && s.Conn().Open() {
			se.down = append(se.down, sent{kind: spConnectError, id: -1, text: "denied"})
		}
		next(sio.Error{Message: "denied", Data: map[string]any{"why": "asked"}})
	}
	if auth.Wait > 0 {
		a.after(time.Duration(auth.Wait)*time.Millisecond, decide)
	} else {
		decide()
	}
}

// after is Loop.After, counted: watch compares the loop's timers with their owners.
func (a *app) after(d time.Duration, fn func()) {
	a.timers++
	a.w.loop.After(d, func() {
		a.timers--
		fn()
	})
}

// who is the name that a client gives itself.
func who(s *sio.Socket) string { return s.Conn().Handshake().Query().Get("who") }

func (a *app) onConnection(s *sio.Socket) {
	x := a.w.model.joined(s, who(s))
	s.Data = x
	a.w.figures.Joins++
	a.w.trace.note("server", "join "+x.nsp, 0, []byte(x.session.who))
	if a.rnd.IntN(3) == 0 {
		for range 1 + a.rnd.IntN(4) {
			a.emit(x, "welcome")
		}
	}
	if a.rnd.IntN(10) == 0 {
		a.ask(x)
	}
}

func (a *app) onDisconnecting(s *sio.Socket, _ sio.Reason) {
	x := s.Data.(*member)
	var want []string
	for _, r := range rooms {
		if x.rooms[r] {
			want = append(want, r)
		}
	}
	got := s.Rooms()[1:]
	if slices.Sort(got); !slices.Equal(got, want) {
		a.w.fail("%s is in rooms %q, not %q", x, got, want)
	}
}

func (a *app) onDisconnect(s *sio.Socket, reason sio.Reason) {
	x := s.Data.(*member)
	a.w.trace.note("server", "left "+x.nsp, 0, []byte(x.session.who+" "+string(reason)))
	a.w.model.left(x, reason)
	n := a.w.model.next()
	if x.v5 && recoverable(reason) { // it is kept for when it comes back
		a.w.model.keep(x.nsp, "late", n, []string{x.id}, nil)
	}
	if st := s.Emit("late", body(a.w.Seed, n)...); st != sio.Dropped && !a.w.recovers() {
		a.w.fail("Emit after the disconnect of %s: %v", x, st)
	}
	if a.rnd.IntN(3) == 0 && !a.stopped {
		a.broadcast(a.io.Of(x.nsp).To(rooms[0]), "left", x.nsp, rooms[:1], nil, false)
	}
}

// onAny sees each event first and asks the model about it.
func (a *app) onAny(e *sio.Event) {
	x := e.Socket().Data.(*member)
	n := uint64(e.Int(0))
	a.w.trace.note("server", e.Name(), int64(n), nil)
	switch {
	case x.gone:
		a.w.fail("event %s of %s after its disconnect", e.Name(), x)
	case x.session.client == nil:
	default:
		p := x.session.took(spEvent, x, n)
		if p == nil {
			return
		}
		if e.Name() != p.event || e.HasAck() != (p.id >= 0) || !same(decoded(e), any(body(a.w.Seed, n))) {
			a.w.fail("event %s #%d of %s came as %v", e.Name(), n, x, decoded(e))
		}
		a.w.asked = p
		return
	}
	a.w.asked = nil
}

func decoded(e *sio.Event) any {
	list := make([]any, e.Len())
	for i := range list {
		list[i] = e.Any(i)
	}
	return any(list)
}

// answer makes the answer to the event that the model saw last.
func (a *app) answer(x *member, p *sent) []any {
	n := a.w.model.next()
	if p != nil && p.id >= 0 {
		x.down(sent{kind: spAck, id: p.id, number: n, asks: p.asks})
	}
	return body(a.w.Seed, n)
}

func (a *app) echo(e *sio.Event, x *member, n uint64) {
	args := a.answer(x, a.w.asked)
	st := e.Ack(args...)
	if !e.HasAck() && st != sio.Dropped || e.Ack("twice") != sio.Dropped {
		a.w.fail("%s: an answer too many was sent", x)
	}
}

func (a *app) later(e *sio.Event, x *member, n uint64) {
	reply, p := e.Later(), a.w.asked
	a.after(time.Duration(n%2000)*time.Millisecond, func() {
		if x.gone {
			if reply.Ack("late") != sio.Dropped {
				a.w.fail("%s: an answer was sent after the disconnect", x)
			}
			return
		}
		reply.Ack(a.answer(x, p)...)
	})
}

// room joins or leaves the room that the message's number says.
func (a *app) room(e *sio.Event, x *member, n uint64) {
	name := rooms[n%4]
	if x.rooms[name] {
		delete(x.rooms, name)
		e.Socket().Leave(name)
	} else if a.join(e.Socket(), name) {
		x.rooms[name] = true
	}
	a.echo(e, x, n)
}

// emit sends an event to one member.
func (a *app) emit(x *member, event string) {
	n := a.w.model.next()
	x.down(sent{kind: spEvent, event: event, number: n, id: -1})
	if x.v5 {
		a.w.model.keep(x.nsp, event, n, []string{x.id}, nil)
	}
	x.socket.Emit(event, body(a.w.Seed, n)...)
}

func (a *app) burst(e *sio.Event, x *member, n uint64) {
	for range 2 + n%20 {
		if a.emit(x, "stream"); x.gone {
			return
		}
	}
	a.echo(e, x, n)
}

func (a *app) volatile(e *sio.Event, x *member, _ uint64) {
	n := a.w.model.next()
	a.w.figures.Volatile++
	x.down(sent{kind: spEvent, event: "v", number: n, id: -1, volatile: true})
	e.Socket().Volatile().Emit("v", body(a.w.Seed, n)...)
}

// bye disconnects the sender, alone or with its connection.
func (a *app) bye(e *sio.Event, x *member, n uint64) {
	a.kick(x, n%3 == 0)
	if !x.gone || x.reason != sio.ServerNamespaceDisconnect {
		a.w.fail("%s: Disconnect did not disconnect: %q", x, x.reason)
	}
}

func (a *app) kick(x *member, close bool) {
	x.session.allow(sio.ServerNamespaceDisconnect)
	x.session.crossing()
	if !close {
		x.down(sent{kind: spDisconnect, id: -1})
		x.socket.Disconnect(false)
		return
	}
	for _, s := range x.socket.Client().Sockets() {
		s.Data.(*member).down(sent{kind: spDisconnect, id: -1})
	}
	x.socket.Disconnect(true)
}

func (a *app) onAsk(e *sio.Event, x *member, n uint64) {
	a.ask(x)
	a.echo(e, x, n)
}

// ask sends a question of the server's.
func (a *app) ask(x *member) {
	q := &question{number: a.w.model.next(), member: x, at: a.w.now(), fromHere: true, late: x.gone}
	if a.rnd.IntN(4) > 0 {
		q.timeout = time.Duration(1+a.rnd.IntN(3000)) * time.Millisecond
	}
	x.asked = append(x.asked, q)
	a.w.model.questions = append(a.w.model.questions, q)
	a.w.figures.ServerAsked++
	x.down(sent{kind: spEvent, event: "q", number: q.number, id: -1, asks: q})
	to := x.socket.Timeout(q.timeout)
	to.EmitWithAck("q", func(err error, e *sio.Event) { a.answered(q, err, e) }, body(a.w.Seed, q.number)...)
	if q.refused && !x.gone { // then it was not sent
		x.session.down = x.session.down[:max(len(x.session.down)-1, 0)]
	}
}

// answered is the end of a question of the server's.
func (a *app) answered(q *question, err error, e *sio.Event) {
	x := q.member
	if x.gone && (!q.late || err != sio.ErrDisconnected) {
		a.w.fail("question %d of %s was settled after its disconnect", q.number, x)
	}
	switch waited := a.w.now() - q.at; {
	case err == nil:
		a.w.figures.ServerAnswered++
		if x.session.client == nil {
			break
		}
		n := uint64(e.Int(0))
		if p := x.session.took(spAck, x, n); p != nil && p.asks != q || !same(decoded(e), any(body(a.w.Seed, n))) {
			a.w.fail("question %d of %s was answered with %v", q.number, x, decoded(e))
		}
	case err == sio.ErrTimeout:
		a.w.figures.ServerTimeouts++
		if q.timeout == 0 || waited < q.timeout-time.Millisecond || waited > q.timeout+a.w.late()+5*time.Millisecond {
			a.w.fail("question %d timed out after %v, its time is %v", q.number, waited, q.timeout)
		}
	case err == sio.ErrDisconnected, err == sio.ErrNotSent:
		a.w.figures.ServerUnanswered++
		if err == sio.ErrDisconnected && x.socket.Connected() {
			a.w.fail("question %d: ErrDisconnected on a connected socket", q.number)
		}
	case err == sio.ErrTooManyAcks && a.w.Sio.MaxPendingAcks > 0:
		q.refused = true
	default:
		a.w.fail("question %d: %v", q.number, err)
	}
	a.w.model.settle(q)
}
