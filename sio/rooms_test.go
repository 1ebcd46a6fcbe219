package sio

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// The adapter in memory against a model of sets, with random calls.
func TestAdapterModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	srv := &Server{}
	srv.opts, _ = Options{}.withDefaults()
	ns := &Namespace{server: srv, name: "/"}
	a := NewMemoryAdapter(ns)
	ns.adapter = a
	model := make(map[*Socket]map[string]bool)
	names := []string{"a", "b", "c", "d", "e"}
	next := 0
	pick := func() *Socket {
		if len(ns.sockets) == 0 {
			return nil
		}
		return ns.sockets[rng.IntN(len(ns.sockets))]
	}
	for step := range 20000 {
		name := names[rng.IntN(len(names))]
		s := pick()
		switch op := rng.IntN(10); {
		case op == 0 && len(model) < 40 || s == nil:
			s = &Socket{id: fmt.Sprint("s", next), ns: ns, state: socketConnected}
			next++
			ns.insert(s)
			model[s] = map[string]bool{}
		case op == 1 && len(model) > 1:
			a.DelAll(s)
			ns.remove(s)
			delete(model, s)
		case op < 6:
			a.Add(s, name)
			model[s][name] = true
		default:
			a.Del(s, name)
			delete(model[s], name)
		}
		if step%7 == 0 {
			compareAdapter(t, ns, a, model, names)
		}
		if step%1000 == 0 {
			ns.epoch = ^uint32(0) // the rounds begin anew
		}
	}
	for s := range maps.Clone(model) {
		a.DelAll(s)
		ns.remove(s)
	}
	if len(a.rooms) != 0 || ns.table.count != 0 || len(ns.table.heads) > 2*minTable {
		t.Errorf("left: %d rooms, %d sockets in %d slots", len(a.rooms), ns.table.count, len(ns.table.heads))
	}
}

// compareAdapter checks the links of the adapter, and some audiences.
func compareAdapter(t *testing.T, ns *Namespace, a *MemoryAdapter, model map[*Socket]map[string]bool, names []string) {
	t.Helper()
	for s, in := range model {
		got := a.SocketRooms(nil, s)
		slices.Sort(got)
		if !slices.Equal(got, slices.Sorted(maps.Keys(in))) {
			t.Fatalf("%s is in %v, want %v", s.id, got, in)
		}
		for i, x := range s.residences() {
			if m := x.room.members[x.place]; m.socket != s || int(m.place) != i {
				t.Fatalf("%s: broken link to %s", s.id, x.room.name)
			}
		}
		if ns.Socket(s.id) != s || ns.sockets[s.index] != s {
			t.Fatalf("%s is lost", s.id)
		}
	}
	someone := ns.sockets[0].id
	for _, to := range []Audience{
		{}, {Rooms: []string{"a"}}, {Rooms: []string{"a", "b", "a", "nobody"}}, {Except: []string{"c", someone}},
		{Rooms: []string{"a", someone, "d"}, Except: []string{"b", "nobody"}},
	} {
		var got, want []string
		a.Each(&to, func(s *Socket) { got = append(got, s.id) })
		for s, in := range model {
			within := func(list []string) bool {
				return slices.ContainsFunc(list, func(n string) bool { return in[n] || n == s.id })
			}
			if (len(to.Rooms) == 0 || within(to.Rooms)) && !within(to.Except) {
				want = append(want, s.id)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v reaches %v, want %v", to, got, want)
		}
	}
	for _, n := range names {
		count := 0
		for _, in := range model {
			if in[n] {
				count++
			}
		}
		if a.RoomLen(n) != count {
			t.Fatalf("%s has %d members, want %d", n, a.RoomLen(n), count)
		}
	}
}

func TestBroadcast(t *testing.T) {
	r := newRig(t, Options{})
	ns := r.io.Of("n")
	var c []*wsClient
	for i := range 4 {
		c = append(c, r.connect("/n"))
		s := ns.Socket(c[i].sid)
		check(t, s.Join("all", "all", fmt.Sprint("r", i), fmt.Sprint("half", i%2)))
		if got := s.Rooms(); !slices.Equal(got, []string{s.ID(), "all", fmt.Sprint("r", i), fmt.Sprint("half", i%2)}) {
			t.Errorf("rooms %v", got)
		}
	}
	s0 := ns.Socket(c[0].sid)
	for name, x := range map[string]struct {
		op   BroadcastOperator
		want string
	}{
		"everybody":     {ns.Volatile(), "0123"},
		"local":         {ns.Local(), "0123"},
		"room":          {ns.To("r1"), "1"},
		"rooms":         {ns.In("r1").To("half1", "all"), "0123"},
		"three rooms":   {ns.To("r1", "r2", "r3"), "123"},
		"own room":      {ns.To(c[2].sid), "2"},
		"except":        {ns.Except("half0", c[1].sid), "3"},
		"room, except":  {ns.To("all").Except("r0", "r1", "r2"), "3"},
		"not oneself":   {s0.Broadcast(), "123"},
		"to others":     {s0.To("half0"), "2"},
		"in, volatile":  {s0.In("all").Volatile(), "123"},
		"except others": {s0.Except("half1"), "2"},
		"no such room":  {ns.To("nobody"), ""},
		"socket local":  {s0.Local(), "123"},
	} {
		if st := x.op.Emit("m", name); st != OK {
			t.Errorf("%s: %s", name, st)
		}
		r.settle()
		got, fetched := "", ""
		for i := range c {
			if f := c[i].recv(); f == `42/n,["m","`+name+`"]` {
				got += fmt.Sprint(i)
			} else if f != "nothing" {
				t.Errorf("%s: got %q", name, f)
			}
			if slices.ContainsFunc(x.op.FetchSockets(), func(s *Socket) bool { return s.id == c[i].sid }) {
				fetched += fmt.Sprint(i)
			}
		}
		if got != x.want || fetched != x.want {
			t.Errorf("%s reaches %s and fetches %s, want %s", name, got, fetched, x.want)
		}
	}
	s0.Leave("all", "not in")
	ns.To("all").Send("x", []byte{1})
	c[0].expect("nothing")
	c[3].expect(`451-/n,["message","x",{"_placeholder":true,"num":0}]`, "bin 01")
	s0.LeaveAll()
	if got := s0.Rooms(); len(got) != 1 {
		t.Errorf("rooms %v", got)
	}
}

func TestRoomLimits(t *testing.T) {
	r := newRig(t, Options{MaxRoomsPerSocket: 2, MaxNameBytes: 8})
	r.connect("")
	s := r.only("/")
	for _, x := range []struct {
		room string
		want error
	}{
		{"a", nil}, {"123456789", ErrRoomName}, {"b", nil}, {"a", nil}, {s.ID(), nil}, {"c", ErrTooManyRooms},
	} {
		if err := s.Join(x.room); err != x.want {
			t.Errorf("%s: %v, want %v", x.room, err, x.want)
		}
	}
}

func TestJoinInMiddleware(t *testing.T) {
	r := newRig(t, Options{})
	ns := r.io.Of("/x")
	ns.Use(func(s *Socket, next func(error)) {
		check(t, s.Join("early"))
		if s.Emit("too early") != Dropped || ns.To("early").Emit("too early") != OK {
			t.Error("status")
		}
		if s.Handshake().Header("host") == "no" {
			next(Error{Message: "go away"})
			return
		}
		r.loop.After(time.Second, func() { next(nil) })
	})
	c := r.ws(4, "")
	c.send("40/x,")
	r.settle()
	ns.To("early").Emit("too early")
	if got := c.within(2 * time.Second); !strings.HasPrefix(got, `40/x,{"sid":"`) {
		t.Fatal(got)
	}
	ns.To("early").Emit("now")
	c.expect(`42/x,["now"]`)
	d := r.ws(4, "")
	d.send("40/x,")
	r.settle()
	d.p.Close()
	r.settle()
	if got := ns.Adapter().(*MemoryAdapter).RoomLen("early"); got != 1 {
		t.Errorf("%d members", got)
	}
	r.k.Sleep(r.loop, 2*time.Second)
}

// A client whose queue overflows during a broadcast leaves in a later turn, and its disconnect handler may broadcast.
func TestDisconnectDuringBroadcast(t *testing.T) {
	r := newRig(t, Options{MaxQueuedPackets: 4})
	a, p := r.connect(""), r.poll("")
	if n := r.io.Len(); n != 2 {
		t.Fatal(n, "sockets")
	}
	r.io.OnDisconnect(func(s *Socket, reason Reason) { r.io.Emit("left", string(reason), s.ID() == p.sid) })
	for i := range 6 {
		r.io.Emit("m", i)
	}
	for i := range 6 {
		a.expect(fmt.Sprintf(`42["m",%d]`, i))
	}
	a.expect(`42["left","transport error",true]`)
}
