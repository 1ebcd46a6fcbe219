package sio

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every pair of state and next state, and who may follow.
func TestStates(t *testing.T) {
	for from := socketConnecting; from <= socketClosed; from++ {
		for to := socketConnecting; to <= socketClosed; to++ {
			want := from == socketConnecting && (to == socketConnected || to == socketClosed) ||
				from == socketConnected && to == socketDisconnecting || from == socketDisconnecting && to == socketClosed
			if from.follows(to) != want {
				t.Errorf("socket: %s -> %s is %t", from, to, !want)
			}
			s := &Socket{state: from, ns: &Namespace{}}
			func() {
				defer func() {
					if panicked := recover() != nil; panicked == want {
						t.Errorf("socket: %s -> %s panics: %t", from, to, panicked)
					}
				}()
				s.setState(to)
			}()
		}
	}
	for from := clientWaiting; from <= clientClosed; from++ {
		for to := clientWaiting; to <= clientClosed; to++ {
			if from.follows(to) != (to > from) {
				t.Errorf("client: %s -> %s", from, to)
			}
		}
	}
	if decoderIdle.String()+decoderCollecting.String() != "idlecollecting" {
		t.Error("decoder states")
	}
}

func TestAcksSettleOnce(t *testing.T) {
	r := newRig(t, Options{MaxPendingAcks: 3})
	c := r.connect("")
	s := r.only("/")
	var log []string
	note := func(name string) AckFunc {
		return func(err error, e *Event) {
			log = append(log, fmt.Sprint(name, " ", err, " ", e.Len(), " ", e.String(0)))
			if e.Socket() != s {
				t.Error("wrong socket")
			}
		}
	}
	want := func(lines ...string) {
		t.Helper()
		r.settle()
		if !slices.Equal(log, lines) {
			t.Fatalf("got %q, want %q", log, lines)
		}
		log = nil
	}
	s.Emit("a", note("a"))
	s.EmitWithAck("b", note("b"), 1)
	s.Timeout(time.Second).Emit("c", note("c"))
	if st := s.Emit("d", note("d")); st != Dropped {
		t.Error("d is", st)
	}
	want("d " + ErrTooManyAcks.Error() + " 0 ")
	c.expect(`420["a"]`, `421["b",1]`, `422["c"]`)
	c.send(`431["x"]`)
	c.send(`431["y"]`)
	c.send(`433["z"]`)
	want("b <nil> 1 x")
	r.k.Sleep(r.loop, time.Second)
	want("c " + ErrTimeout.Error() + " 0 ")
	c.send(`432["late"]`)
	want()
	s.Volatile().Timeout(time.Second).EmitWithAck("e", note("e"))
	c.expect(`423["e"]`)
	c.send(`433[]`)
	want("e <nil> 0 ")
	r.io.OnError(func(*Socket, error) {})
	s.Emit("f", make(chan int), func(err error, e *Event) { note("f")(err, e) })
	if len(log) != 1 || !strings.HasPrefix(log[0], "f "+ErrNotSent.Error()) {
		t.Errorf("unsent: %q", log)
	}
	log = nil
	c.p.Close()
	want("a " + ErrDisconnected.Error() + " 0 ")
	s.EmitWithAck("g", note("g"))
	want("g " + ErrDisconnected.Error() + " 0 ")
}

func TestUnsentIsReported(t *testing.T) {
	r := newRig(t, Options{})
	var got []error
	r.io.OnError(func(_ *Socket, err error) { got = append(got, err) })
	c := r.connect("")
	s := r.only("/")
	for _, st := range []Status{
		s.Emit("x", make(chan int)), r.io.Emit("x", func() {}), s.Emit("connect"), r.io.Emit("disconnect"),
	} {
		if st != Dropped {
			t.Error("status", st)
		}
	}
	want := []error{ErrUnsupported, ErrUnsupported, ErrReserved, ErrReserved}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	s.EmitString("ok", "1")
	c.expect(`42["ok","1"]`)
}

func TestMiddlewareTakesItsTime(t *testing.T) {
	r := newRig(t, Options{})
	var log []string
	r.io.OnConnection(func(s *Socket) {
		s.OnAny(func(e *Event) { log = append(log, "any "+e.Name()) })
		s.PrependAny(func(e *Event) { log = append(log, "first "+e.Name()) })
		s.Use(func(e *Event, next func(error)) {
			if e.Name() == "slow" {
				r.loop.After(30*time.Millisecond, func() { next(nil); next(nil); next(errors.New("twice")) })
				return
			}
			next(nil)
			next(nil)
		})
		s.Use(func(e *Event, next func(error)) {
			if e.Name() == "bad" {
				next(errors.New("no"))
				return
			}
			next(nil)
		})
		s.OnError(func(err error) { log = append(log, "error "+err.Error()) })
		s.On("slow", func(e *Event) { e.Ack(e.Arg(0), string(e.Bytes(1)), e.Name()) })
		s.On("fast", func(e *Event) { e.Ack(e.Arg(0)) })
		s.On("bad", func(*Event) { t.Error("a refused event came through") })
	})
	c := r.connect("")
	c.send(`451-1["slow","kept",{"_placeholder":true,"num":0}]`)
	c.bin('b', 'i', 'n')
	c.send(`422["fast","other"]`)
	c.send(`42["bad"]`)
	c.expect(`432["other"]`, `431["kept","bin","slow"]`)
	want := []string{"first slow", "any slow", "first fast", "any fast", "first bad", "any bad", "error no"}
	if !slices.Equal(log, want) {
		t.Errorf("got %q", log)
	}
	c.send(`423["slow","lost",0]`)
	c.send(`41`)
	r.settle()
	if c.recv() != "nothing" {
		t.Error("an event came through after the disconnect")
	}
}

func TestListeners(t *testing.T) {
	r := newRig(t, Options{})
	c := r.connect("")
	s := r.only("/")
	var log string
	add := func(x string) func(*Event) { return func(*Event) { log += x } }
	try := func(want string) {
		t.Helper()
		log = ""
		c.send(`42["x"]`)
		r.settle()
		if log != want {
			t.Errorf("got %q, want %q", log, want)
		}
	}
	r.io.On("x", add("n"))
	one := s.On("x", add("1"))
	s.Once("x", add("o"))
	s.On("x", func(*Event) { log += "2"; one.Off(); s.On("x", add("l")).Off() })
	two := s.On("x", add("3"))
	s.On("y", add("y"))
	try("n1o23")
	try("n23")
	for i := range 2 * indexFrom {
		s.On(fmt.Sprint("many", i), add("m"))
	}
	try("n23")
	two.Off()
	two.Off()
	try("n2")
	s.Once("x", add("o"))
	try("n2o")
	try("n2")
	r.io.Off("x")
	try("2")
	s.Off("x")
	try("")
	Listener{}.Off()
	s.OnAny(add("a"))
	r.io.OnAny(add("A"))
	try("aA")
	s.OffAny()
	try("A")
}

func TestOutgoingListeners(t *testing.T) {
	r := newRig(t, Options{})
	c := r.connect("")
	s := r.only("/")
	var log []string
	s.OnAnyOutgoing(func(event string, args []any) { log = append(log, fmt.Sprint(event, args)) })
	s.PrependAnyOutgoing(func(string, []any) { log = append(log, "first") })
	s.Emit("a", 1, "x")
	s.EmitString("b", "y")
	r.io.Emit("c", 2)
	r.io.EmitBytes("d", []byte{3})
	s.Broadcast().Emit("not here")
	s.OffAnyOutgoing()
	s.Emit("e")
	want := []string{"first", "a[1 x]", "first", "b[y]", "first", "c[2]", "first", "d[[3]]"}
	if !slices.Equal(log, want) {
		t.Errorf("got %q", log)
	}
	c.expect(`42["a",1,"x"]`, `42["b","y"]`, `42["c",2]`, `451-["d",{"_placeholder":true,"num":0}]`, "bin 03", `42["e"]`)
}

func TestLater(t *testing.T) {
	r := newRig(t, Options{})
	r.io.On("later", func(e *Event) {
		later := e.Later()
		if e.Ack("too early") != Dropped {
			t.Error("the answer was given away")
		}
		r.loop.After(time.Millisecond, func() { later.Ack("now"); later.Ack("again") })
	})
	r.io.On("none", func(e *Event) {
		if e.HasAck() || e.Ack(1) != Dropped || e.AckString("") != Dropped || e.AckBytes(nil) != Dropped ||
			e.Later().Ack() != Dropped {
			t.Error("an answer that nobody asked for was sent")
		}
	})
	c := r.connect("")
	c.send(`425["later"]`)
	c.expect(`435["now"]`, "nothing")
	c.send(`42["none"]`)
	c.send(`426["later"]`)
	c.send(`41`)
	c.expect("nothing")
}

func TestPanicEndsTheSocketOnly(t *testing.T) {
	r := newRig(t, Options{})
	var got []string
	r.io.OnError(func(s *Socket, err error) {
		var p *PanicError
		if !errors.As(err, &p) || len(p.Stack) == 0 {
			t.Errorf("reported %v", err)
			return
		}
		got = append(got, p.Handler+": "+fmt.Sprint(p.Value))
	})
	r.io.On("boom", func(*Event) { panic("one") })
	r.io.Of("/mw").Use(func(*Socket, func(error)) { panic("two") })
	r.io.Of("/conn").OnConnection(func(*Socket) { panic("three") })
	r.io.OnDisconnect(func(*Socket, Reason) { panic("four") })
	r.io.Of("/ack").OnConnection(func(s *Socket) { s.EmitWithAck("q", func(error, *Event) { panic("five") }) })
	a, b := r.connect(""), r.connect("")
	a.send(`42["boom"]`)
	a.expect("41", "nothing")
	a.send("40/mw,")
	a.expect(`44/mw,{"message":"Internal error"}`)
	a.send("40/conn,")
	a.recv()
	a.expect("41/conn,")
	a.send("40/ack,")
	a.recv()
	a.expect(`42/ack,0["q"]`)
	a.send("43/ack,0[]")
	a.expect("41/ack,")
	b.send(`420["x"]`)
	b.expect("nothing")
	want := []string{`event "boom": one`, "a handler: four", "a middleware: two", "a handler: three", "an ack: five"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	r.io.OnError(func(*Socket, error) {})
}

func TestDisconnectHandlers(t *testing.T) {
	r := newRig(t, Options{})
	var log []string
	r.io.OnDisconnecting(func(s *Socket, reason Reason) {
		log = append(log, fmt.Sprint("ns leaving ", len(s.Rooms()), reason))
	})
	r.io.OnDisconnect(func(s *Socket, reason Reason) {
		log = append(log, fmt.Sprint("ns left ", len(s.Rooms()), s.Connected()))
	})
	r.io.OnConnection(func(s *Socket) {
		check(t, s.Join("a", "b"))
		s.OnDisconnecting(func(Reason) { log = append(log, "leaving"); s.Disconnect(true) })
		s.OnDisconnect(func(Reason) { log = append(log, "left"); s.Disconnect(true) })
	})
	c := r.connect("")
	s := r.only("/")
	s.EmitWithAck("q", func(err error, _ *Event) { log = append(log, err.Error()) })
	c.p.Close()
	r.settle()
	want := []string{"leaving", "ns leaving 3transport close", ErrDisconnected.Error(), "left", "ns left 0 false"}
	if !slices.Equal(log, want) {
		t.Errorf("got %q", log)
	}
	if s.Emit("x") != Dropped || s.EmitString("x", "") != Dropped || s.Join("c") != ErrDisconnected || s.Rooms() != nil {
		t.Error("a disconnected socket does something")
	}
}

func TestReasons(t *testing.T) {
	for want, end := range map[Reason]func(r *rig, c *wsClient){
		TransportClose:            func(_ *rig, c *wsClient) { c.p.Reset() },
		ClientNamespaceDisconnect: func(_ *rig, c *wsClient) { c.send("41") },
		ServerNamespaceDisconnect: func(r *rig, _ *wsClient) { r.only("/").Disconnect(false) },
		ServerShutdown:            func(r *rig, _ *wsClient) { r.io.Close(); r.io.Close() },
		ParseError:                func(_ *rig, c *wsClient) { c.frame(1, nil) },
		ForcedClose:               func(_ *rig, c *wsClient) { c.send("4x") },
		TransportError:            func(_ *rig, c *wsClient) { c.frame(3, nil) },
		PingTimeout:               func(r *rig, _ *wsClient) { r.k.Sleep(r.loop, time.Minute) },
	} {
		r := newRig(t, Options{})
		var got []Reason
		r.io.OnDisconnect(func(_ *Socket, reason Reason) { got = append(got, reason) })
		end(r, r.connect(""))
		r.settle()
		if len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
