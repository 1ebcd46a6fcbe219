package sio

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
)

// bomb panics where it is encoded.
type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic("boom") }

// hazard is an adapter, or a Parser, that panics where it is told to.
type hazard struct {
	*MemoryAdapter
	at *string
}

func (h hazard) blow(where string) {
	if *h.at == where {
		*h.at = ""
		panic("boom")
	}
}

func (h hazard) Broadcast(p *Packet, to *Audience) Status {
	h.blow("Broadcast")
	return h.MemoryAdapter.Broadcast(p, to)
}
func (h hazard) DelAll(s *Socket)           { h.MemoryAdapter.DelAll(s); h.blow("DelAll") }
func (h hazard) Add(s *Socket, room string) { h.MemoryAdapter.Add(s, room); h.blow("Add") }

// crash is a place where the program's code is called. Client one does what leads there; ends tells what it sees, and
// the other one nothing.
type crash struct {
	where string // in the report
	opts  Options
	set   func(r *rig)      // the program, before anybody comes
	act   func(c *wsClient) // client one, connected
	sees  string            // the last frame that client one gets
	early bool              // it panics while client one connects: act opens it
}

func boom(*Event) { panic("boom") }
func onSocket(fn func(*Socket)) func(r *rig) {
	return func(r *rig) { r.io.OnConnection(fn) }
}
func say(what string) func(c *wsClient) { return func(c *wsClient) { c.send(what) } }

// emits makes client one's event "go" call fn.
func emits(fn func(r *rig, s *Socket)) func(r *rig) {
	return func(r *rig) { r.io.On("go", func(e *Event) { fn(r, e.Socket()) }) }
}

const gone, lives = "41", "nothing"

var crashes = []crash{
	{where: `event "e"`, set: func(r *rig) { r.io.On("e", boom) }, act: say(`42["e"]`), sees: gone},
	{where: `event "e"`, set: onSocket(func(s *Socket) { s.On("e", boom) }), act: say(`42["e"]`), sees: gone},
	{where: `event "e"`, set: onSocket(func(s *Socket) { s.OnAny(boom) }), act: say(`42["e"]`), sees: gone},
	{where: `event "e"`, set: func(r *rig) {
		r.io.OnAny(func(e *Event) {
			if e.Name() == "e" {
				panic("boom")
			}
		})
	}, act: say(`42["e"]`), sees: gone},
	{where: `event "e"`, set: onSocket(func(s *Socket) { s.Use(func(*Event, func(error)) { panic("boom") }) }),
		act: say(`42["e"]`), sees: gone},
	{where: "a handler", act: say(`42["e"]`), sees: gone, set: onSocket(func(s *Socket) {
		s.Use(func(_ *Event, next func(error)) { next(errors.New("no")) })
		s.OnError(func(error) { panic("boom") })
	})},
	{where: "a handler", set: onSocket(func(*Socket) { panic("boom") }), early: true, sees: gone},
	{where: "a middleware", early: true, sees: `44{"message":"Internal error"}`,
		set: func(r *rig) { r.io.Use(func(*Socket, func(error)) { panic("boom") }) }},
	{where: "a handler", act: say("41"), sees: lives,
		set: onSocket(func(s *Socket) { s.OnDisconnect(func(Reason) { panic("boom") }) })},
	{where: "a handler", act: say("41"), sees: lives,
		set: onSocket(func(s *Socket) { s.OnDisconnecting(func(Reason) { panic("boom") }) })},
	{where: "a handler", act: say("41"), sees: lives,
		set: func(r *rig) { r.io.OnDisconnect(func(*Socket, Reason) { panic("boom") }) }},
	{where: "an ack", act: func(c *wsClient) { c.send(`42["go"]`); c.expect(`420["q"]`); c.send(`430[1]`) },
		sees: gone,
		set:  emits(func(_ *rig, s *Socket) { s.Emit("q", func(error, *Event) { panic("boom") }) })},
	{where: "an ack",
		act:  func(c *wsClient) { c.send(`42["go"]`); c.expect(`420["q"]`); c.r.k.Sleep(c.r.loop, time.Second) },
		sees: gone, set: emits(func(_ *rig, s *Socket) {
			s.Timeout(time.Second/2).Emit("q", func(error, *Event) { panic("boom") })
		})},
	{where: "the acks of a broadcast",
		act:  func(c *wsClient) { c.send(`42["go"]`); c.expect(`420["q"]`); c.send(`430[1]`) },
		sees: lives, set: emits(func(r *rig, s *Socket) {
			r.io.To(s.ID()).EmitWithAck("q", func(error, []*Event) { panic("boom") })
		})},
	{where: "the acks of a broadcast", sees: lives,
		act: func(c *wsClient) { c.send(`42["go"]`); c.expect(`420["q"]`); c.r.k.Sleep(c.r.loop, time.Second) },
		set: emits(func(r *rig, s *Socket) {
			r.io.To(s.ID()).Timeout(time.Second/2).EmitWithAck("q", func(error, []*Event) { panic("boom") })
		})},
	{where: "a handler", act: say(`42["go"]`), sees: "41", set: emits(func(r *rig, s *Socket) {
		s.OnAnyOutgoing(func(string, []any) { panic("boom") })
		s.Emit("q")
	})},
	{where: "OnAnyOutgoing", act: say(`42["go"]`), sees: `42["q"]`, set: func(r *rig) {
		emits(func(_ *rig, s *Socket) { s.Emit("q") })(r)
		r.io.OnAnyOutgoing(func([]*Socket, string, []any) { panic("boom") })
	}},
	{where: "a marshaler", act: say(`42["go"]`), sees: lives,
		set: emits(func(_ *rig, s *Socket) { s.Emit("q", bomb{}) })},
	{where: "a marshaler", act: say(`42["go"]`), sees: lives,
		set: emits(func(r *rig, _ *Socket) { r.io.Emit("q", 1, &bomb{}) })},
	{where: "a marshaler", act: say(`42["go"]`), sees: lives,
		set: emits(func(r *rig, _ *Socket) { r.io.Latest("k").Emit("q", map[string]any{"a": bomb{}}) })},
	{where: "a marshaler", act: say(`427["e"]`), sees: lives,
		set: func(r *rig) { r.io.On("e", func(e *Event) { e.Ack(bomb{}) }) }},
	{where: "join-room", act: say(`42["go"]`), sees: lives, set: func(r *rig) {
		emits(func(_ *rig, s *Socket) { s.Join("room") })(r)
		r.io.OnRoom(func(what RoomEvent, room string, _ *Socket) {
			if what == JoinRoom && room == "room" {
				panic("boom")
			}
		})
	}},
	{where: "OnNewNamespace", act: say(`40/dyn,`), sees: "40/dyn,", set: func(r *rig) {
		r.io.OfFunc(func(string, Handshake) bool { return true })
		r.io.OnNewNamespace(func(*Namespace) { panic("boom") })
	}},
	{where: "a dynamic namespace", act: say(`40/dyn,`), sees: `44/dyn,{"message":"Invalid namespace"}`,
		set: func(r *rig) { r.io.OfFunc(func(string, Handshake) bool { panic("boom") }) }},
	{where: "OnRefuse", act: say(`4x`), sees: "close",
		set: func(r *rig) { r.io.OnRefuse(func(*Client, error) { panic("boom") }) }},
	{where: "OnDenied", act: say(`42["e"]`), sees: lives, opts: Options{Policy: oneRule()},
		set: func(r *rig) { r.io.OnDenied(func(*Client, *Socket, *eos.PolicyError) { panic("boom") }) }},
	{where: "event", act: say(`42["go"]`), sees: gone, set: emits(func(r *rig, s *Socket) {
		BroadcastOperator{ns: s.ns}.FetchRemoteSockets(func([]RemoteSocket, error) { panic("boom") })
	})},
	{where: "the adapter's Broadcast", act: say(`42["go"]`), sees: lives, set: emits(func(r *rig, s *Socket) {
		*s.ns.adapter.(hazard).at = "Broadcast"
		r.io.Emit("q")
	})},
	{where: "the adapter's DelAll", act: say(`42["go"]`), sees: gone, set: emits(func(_ *rig, s *Socket) {
		*s.ns.adapter.(hazard).at = "DelAll"
		s.Disconnect(false)
	})},
	{where: "event", act: say(`42["go"]`), sees: gone, set: emits(func(_ *rig, s *Socket) {
		*s.ns.adapter.(hazard).at = "Add"
		s.Join("room")
	})},
	{where: "Hooks.Packet", act: say(`42["e"]`), sees: "close",
		set: onSocket(func(s *Socket) {
			s.client.conn.Hooks().Packet = func(*eio.Session, byte, []byte, bool) { panic("boom") }
		})},
	{where: "Hooks.PacketCreate", act: say(`42["go"]`), sees: "close", set: emits(func(r *rig, s *Socket) {
		s.client.conn.Hooks().PacketCreate = func(*eio.Session, byte, []byte, bool) { panic("boom") }
		s.Emit("q")
	})},
	{where: "Hooks.Close", act: say(`1`), sees: "close", set: onSocket(func(s *Socket) {
		s.client.conn.Hooks().Close = func(*eio.Session, eio.Reason, error) { panic("boom") }
	})},
	{where: "OnConnection", early: true, sees: "close",
		set: func(r *rig) { r.io.engine.OnConnection(func(*eio.Session) { panic("boom") }) }},
}

// oneRule is a policy with a rule that keeps event "e" from users.
func oneRule() *eos.Policy {
	p, err := eos.LoadPolicy(strings.NewReader("default allow\ndeny emit * / e\n"))
	if err != nil {
		panic(err)
	}
	return p
}

// Each place panics once, for client one: it loses what the row says and no more, client two is served, the report has
// the place and the stack, and nothing is left.
func TestPanicsOfTheProgram(t *testing.T) {
	for _, x := range crashes {
		t.Run(x.where, func(t *testing.T) {
			at := ""
			x.opts.Adapter = func(ns *Namespace) Adapter { return hazard{NewMemoryAdapter(ns), &at} }
			r := newLoggingRig(t, x.opts, io.Discard)
			var told []error
			r.io.OnError(func(_ *Socket, err error) { told = append(told, err); panic("so does OnError") })
			r.io.On("echo", func(e *Event) { e.Ack(1) })
			var one, two *wsClient
			if two = r.connect(""); x.early {
				x.set(r)
				one = r.ws(4, "")
				one.send("40")
			} else {
				one = r.connect("")
				x.set(r)
				r.io.listeners.each(onConnection, func(l *listener) { l.fn.(func(*Socket))(r.io.Socket(one.sid)) })
				x.act(one)
			}
			last := ""
			for f := one.recv(); f != "nothing"; f = one.recv() {
				last = f
			}
			if x.sees != lives && !strings.HasPrefix(last, x.sees) || x.sees == lives && (last == "41" ||
				last == "close") {
				t.Errorf("client one sees %q at last, want %q", last, x.sees)
			}
			var p *PanicError
			if len(told) == 0 || !errors.As(told[0], &p) || !strings.HasPrefix(p.Handler, x.where) ||
				!strings.Contains(string(p.Stack), "panic_test.go") {
				t.Errorf("reported: %v", told)
			}
			if n := r.io.Stats().Panics; n < 2 || n != uint64(2*len(told)) { // OnError's too
				t.Errorf("%d panics are counted", n)
			}
			two.send(`429["echo"]`)
			answer := two.recv()
			for answer != "439[1]" && answer != "nothing" && answer != "close" {
				answer = two.recv()
			}
			if answer != "439[1]" {
				t.Errorf("client two sees %q", answer)
			}
			if r.io.enc.busy || len(r.io.ended) > 0 {
				t.Error("a packet is never ended")
			}
			one.p.Reset()
			two.p.Reset()
		})
	}
}
