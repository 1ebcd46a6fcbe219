package sio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/webapp"
)

func TestBroadcastAcks(t *testing.T) {
	r := newRig(t, Options{MaxPendingAcks: 3})
	a, b, c := r.connect(""), r.connect(""), r.connect("")
	got := ""
	take := func(err error, list []*Event) {
		got += fmt.Sprint(err, ":")
		for _, e := range list {
			got += e.String(0) + ","
		}
	}
	want := func(s string) {
		t.Helper()
		r.settle()
		if got != s {
			t.Errorf("got %q, want %q", got, s)
		}
		got = ""
	}
	r.io.Socket(a.sid).EmitWithAck("own", func(error, *Event) {})
	a.expect(`420["own"]`)
	r.io.Timeout(time.Second).EmitWithAck("q", take, 1)
	for _, w := range []*wsClient{a, b, c} {
		w.expect(`421["q",1]`)
		w.send(`431["yes ` + w.sid[:1] + `"]`)
		r.settle()
	}
	want(fmt.Sprintf("<nil>:yes %s,yes %s,yes %s,", a.sid[:1], b.sid[:1], c.sid[:1]))
	r.io.Timeout(time.Second).EmitWithAck("q", take)
	for _, w := range []*wsClient{a, b, c} {
		w.recv()
	}
	b.send(`432["only one"]`)
	r.k.Sleep(r.loop, 2*time.Second)
	want(ErrTimeout.Error() + ":only one,")
	a.send(`432["too late"]`)
	r.io.To(b.sid, c.sid).EmitWithAck("q", take)
	b.send(`433["here"]`)
	c.p.Reset()
	want(ErrDisconnected.Error() + ":here,")
	r.io.To("nobody").EmitWithAck("q", take)
	want("<nil>:")
	reported := 0
	r.io.OnError(func(*Socket, error) { reported++ })
	r.io.EmitWithAck("connect", take)
	r.io.EmitWithAck("q", take, make(chan int))
	want(ErrNotSent.Error() + ":" + ErrNotSent.Error() + ":")
	if reported != 2 {
		t.Error(reported)
	}
}

func TestSocketsCommands(t *testing.T) {
	r := newRig(t, Options{})
	a, b := r.connect(""), r.connect("")
	r.io.SocketsJoin("all")
	r.io.To(a.sid).SocketsJoin("x", "y")
	r.io.In("x").SocketsLeave("y")
	if got := fmt.Sprint(r.io.Socket(a.sid).Rooms()); got != fmt.Sprint([]string{a.sid, "all", "x"}) {
		t.Error(got)
	}
	if got := r.io.In("x").AllSockets(); len(got) != 1 || got[0] != a.sid || len(r.io.AllSockets()) != 2 {
		t.Error(got)
	}
	r.io.In("all").Except("x").Clients(func(err error, ids []string) {
		if err != nil || len(ids) != 1 || ids[0] != b.sid {
			t.Error(err, ids)
		}
	})
	r.io.Clients(func(_ error, ids []string) {
		if len(ids) != 2 || r.io.Connected()[ids[0]] == nil {
			t.Error(ids)
		}
	})
	r.io.SocketsLeave("all")
	if n := len(r.io.To("all").FetchSockets()); n != 0 {
		t.Error(n)
	}
	r.io.Except("x").DisconnectSockets(false)
	b.expect("41")
	r.io.DisconnectSockets(true)
	a.expect("41", "close")
}

// cluster is an adapter that plays a second server with one socket.
type cluster struct {
	*MemoryAdapter
	log []string
}

func (c *cluster) ServerCount() int { return 2 }
func (c *cluster) FetchSockets(to *Audience, done func([]RemoteSocket, error)) {
	done([]RemoteSocket{{ID: "far", Namespace: c.ns, Handshake: []byte("{}")}}, nil)
}
func (c *cluster) AddSockets(to *Audience, rooms []string)    { c.note("add", to, rooms) }
func (c *cluster) DelSockets(to *Audience, rooms []string)    { c.note("del", to, rooms) }
func (c *cluster) DisconnectSockets(to *Audience, close bool) { c.note("disconnect", to, close) }
func (c *cluster) ServerSideEmit(event string, args json.RawMessage, done func([]json.RawMessage, error)) {
	c.note("emit", event, string(args))
	if done != nil {
		done([]json.RawMessage{[]byte("1")}, nil)
	}
}
func (c *cluster) note(args ...any) {
	for i, a := range args {
		if to, ok := a.(*Audience); ok {
			args[i] = fmt.Sprint(to.Rooms)
		}
	}
	c.log = append(c.log, fmt.Sprint(args...))
}

func TestCluster(t *testing.T) {
	var far *cluster
	r := newRig(t, Options{Adapter: func(ns *Namespace) Adapter {
		far = &cluster{MemoryAdapter: NewMemoryAdapter(ns)}
		return far
	}})
	a := r.connect("")
	r.only("/").Data = "mine"
	r.io.FetchRemoteSockets(func(list []RemoteSocket, err error) {
		if err != nil || len(list) != 2 || list[0].Local == nil || list[0].ID != a.sid || list[1].Local != nil {
			t.Error(list, err)
		}
		if near := list[0]; !slices.Equal(near.Rooms, []string{a.sid}) || near.Data != "mine" || near.Handshake != nil ||
			string(list[1].Handshake) != "{}" {
			t.Errorf("%+v", list)
		}
		for _, s := range list {
			s.Emit("hi", s.ID == "far")
			s.Join("room")
			s.Leave("room")
		}
		list[0].Timeout(time.Second).EmitWithAck("q", func(err error, answers []*Event) {
			if err != nil || len(answers) != 1 {
				t.Error(err, answers)
			}
		})
		a.expect(`42["hi",false]`, `420["q"]`)
		a.send("430[]")
		r.settle()
		list[1].Disconnect(true)
	})
	check(t, r.io.ServerSideEmit("hello", "w", 1))
	check(t, r.io.ServerSideEmitWithAck("ping", func(err error, list []json.RawMessage) {
		if err != nil || len(list) != 1 {
			t.Error(err, list)
		}
	}))
	if err := r.io.ServerSideEmit("connection"); err != ErrReserved {
		t.Error(err)
	}
	r.io.Local().SocketsJoin("here")
	answered := ""
	r.io.OnServerSide("q", func(args json.RawMessage, answer func(any)) { answer(string(args)); answer(2) })
	r.io.ReceiveServerSide("q", []byte(`[7]`), func(v any) { answered += fmt.Sprint(v) })
	r.io.ReceiveServerSide("other", []byte(`[7]`), nil)
	want := []string{"add[" + a.sid + "][room]", "del[" + a.sid + "][room]", "add[far][room]", "del[far][room]",
		"disconnect[far]true", `emithello["w",1]`, "emitping[]"}
	if strings.Join(far.log, ";") != strings.Join(want, ";") || answered != "[7]" || r.io.ServerCount() != 2 {
		t.Errorf("got %q, answered %q", far.log, answered)
	}
}

// In memory there is no other server.
func TestServerSideEmitAlone(t *testing.T) {
	r := newRig(t, Options{})
	called := false
	r.io.OnServerSide("x", func(json.RawMessage, func(any)) { t.Error("told itself") })
	check(t, r.io.ServerSideEmitWithAck("x", func(err error, list []json.RawMessage) {
		called = err == nil && len(list) == 0
	}))
	if !called || r.io.ServerCount() != 1 {
		t.Error(called)
	}
}

func TestInspection(t *testing.T) {
	r := newRig(t, Options{})
	r.connect("")
	s, fn := r.only("/"), func(*Event) {}
	s.On("b", fn)
	l := s.On("a", fn)
	s.Once("b", fn)
	s.OnAny(fn)
	s.OnAnyOutgoing(func(string, []any) {})
	r.io.Once("n", fn)
	if got := fmt.Sprint(s.EventNames(), s.ListenerCount("b"), len(s.Listeners("a")), len(s.ListenersAny()),
		len(s.ListenersAnyOutgoing()), r.io.EventNames(), r.io.ListenerCount("n"), len(r.io.Listeners("x"))); got !=
		"[b a] 2 1 1 1 [n] 1 0" {
		t.Error(got)
	}
	s.RemoveListener(l)
	s.RemoveAllListeners("x")
	r.io.RemoveListener(Listener{})
	r.io.RemoveAllListeners()
	if got := fmt.Sprint(s.EventNames(), r.io.EventNames()); got != "[b] []" {
		t.Error(got)
	}
	s.RemoveAllListeners()
	if len(s.EventNames()) != 0 || len(s.ListenersAny()) != 1 {
		t.Error(s.EventNames())
	}
}

func TestRoomEvents(t *testing.T) {
	r := newRig(t, Options{})
	log := ""
	r.io.OnRoom(func(what RoomEvent, room string, s *Socket) {
		if room == s.ID() {
			room = "own"
		}
		log += string(what) + " " + room + ";"
	})
	c := r.connect("")
	s := r.only("/")
	s.JoinFunc(func(err error) { check(t, err) }, "a", "a")
	s.LeaveFunc(func(err error) { check(t, err) }, "a", "b")
	s.LeaveAll()
	check(t, s.Join("c"))
	s.OnDisconnecting(func(Reason) {
		if s.Join("late") == nil {
			t.Error("joined on the way out")
		}
	})
	c.p.Reset()
	r.settle()
	if want := "create-room own;join-room own;create-room a;join-room a;leave-room a;delete-room a;create-room c;" +
		"join-room c;leave-room c;delete-room c;leave-room own;delete-room own;"; log != want {
		t.Error(log)
	}
}

func TestEngineSurface(t *testing.T) {
	var refused []string
	r := newRig(t, Options{InitialPacket: "hello", NoTrailingSlash: true})
	e := r.io.Engine()
	e.Use(func(req *webapp.Request, res *webapp.Response, next webapp.Next) {
		if req.Query("no") != "" {
			next(errors.New("not you"))
			return
		}
		next(nil)
	})
	e.OnConnectionError(func(x *eio.ConnectionError) {
		refused = append(refused, fmt.Sprintf("%d %s,%s%v", x.Code, x.Message, x.Context, x.Request != nil))
	})
	e.OnInitialHeaders(func(res *webapp.Response, _ *webapp.Request) { res.Set("X-First", "1") })
	e.OnHeaders(func(res *webapp.Response, _ *webapp.Request) { res.Set("X-Each", "1") })
	e.GenerateID(func(*webapp.Request) string { return "id-of-mine" })
	sessions := 0
	e.OnConnection(func(*eio.Session) { sessions++ })
	get := func(target string) string {
		p := r.k.Dial("127.0.0.1:80")
		p.Printf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target)
		r.settle()
		return string(p.Read())
	}
	if got := get("/socket.io/?EIO=4&transport=polling&no=1"); !strings.Contains(got, "not you") {
		t.Error(got)
	}
	got := get("/socket.io?EIO=4&transport=polling")
	for _, part := range []string{"X-First: 1", "X-Each: 1", `"sid":"id-of-mine"`, "\x1e4hello"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %q", part, got)
		}
	}
	if got := get("/socket.io/?EIO=4&transport=polling&sid=nobody"); !strings.Contains(got, `"code":1`) {
		t.Error(got)
	}
	if want := []string{"3 not you,true", "1 Session ID unknown,sidtrue"}; !slices.Equal(refused, want) {
		t.Errorf("%q", refused)
	}
	if sessions != 1 {
		t.Error(sessions)
	}
}

func TestConnHooks(t *testing.T) {
	r := newRig(t, Options{PingInterval: time.Second})
	log := ""
	r.io.OnConnection(func(s *Socket) {
		h := s.Conn().Hooks()
		h.Packet = func(_ *eio.Session, kind byte, data []byte, _ bool) { log += "<" + string(kind) + string(data) + " " }
		h.PacketCreate = func(_ *eio.Session, kind byte, data []byte, _ bool) {
			log += ">" + string(kind) + string(data) + " "
		}
		h.Flush = func(*eio.Session) { log += "flush " }
		h.Heartbeat = func(*eio.Session) { log += "heartbeat " }
		h.Close = func(_ *eio.Session, why eio.Reason, _ error) { log += "close " + string(why) }
	})
	c := r.connect("")
	c.send(`42["x"]`)
	r.settle()
	r.io.Emit("y")
	r.k.Sleep(r.loop, 1100*time.Millisecond)
	c.send("3")
	r.settle()
	c.send("1")
	r.settle()
	if want := `<42["x"] >42["y"] flush >2 flush <3 heartbeat <1 close transport close`; log != want {
		t.Error(log)
	}
}

func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		origins []string
		origin  string
		ok      bool
	}{
		{nil, "http://any.example", true}, {[]string{"*:*"}, "null", true},
		{[]string{"a.example:80"}, "http://a.example", true},
		{[]string{"a.example:*"}, "https://a.example:99", true}, {[]string{"*:443"}, "https://b.example", true},
		{[]string{"http://a.example:80 b.example:*"}, "http://b.example:7", true}, {[]string{"a.example:80"}, "", true},
		{[]string{"http://a.example:80"}, "https://a.example", false}, {[]string{"a.example:80"}, "http://xa.example", false},
		{[]string{"a.example:*"}, "null", false},
	} {
		o := Options{Origins: c.origins}
		o.guardOrigins()
		answer := "nothing"
		if len(c.origins) == 0 {
			answer = "<nil>"
		} else if c.origin == "" || originAllowed(strings.Fields(strings.Join(c.origins, " ")), c.origin) {
			answer = "<nil>"
		}
		if (answer == "<nil>") != c.ok {
			t.Errorf("%v, %q: %s", c.origins, c.origin, answer)
		}
	}
	r := newRig(t, Options{OriginFunc: func(origin string, decide func(bool)) { decide(origin == "http://good.example") }})
	for origin, want := range map[string]string{"http://good.example": " 200 ", "http://bad.example": " 403 "} {
		p := r.k.Dial("127.0.0.1:80")
		p.Printf("GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: a\r\nOrigin: %s\r\n\r\n", origin)
		r.settle()
		if got := string(p.Read()); !strings.Contains(got[:20], want) {
			t.Errorf("%s: %q", origin, got)
		}
	}
}

func TestLegacyNames(t *testing.T) {
	r := newRig(t, Options{})
	other, err := webapp.Create(r.loop, "other", webapp.Addr{Host: "127.0.0.1", Port: 81})
	check(t, err)
	check(t, r.io.Attach(other))
	check(t, r.io.Listen(other))
	check(t, other.Start())
	c := r.connect("")
	s := r.only("/")
	if s.RemoteAddress() == "" || s.Request() != s.Client().Request() || s.Disconnected() || !r.io.ServeClient() ||
		r.io.Path() != "/socket.io" {
		t.Error(s.RemoteAddress())
	}
	p := r.k.Dial("127.0.0.1:81")
	p.Printf("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")
	r.settle()
	if got := string(p.Read()); !strings.Contains(got, `0{"sid"`) {
		t.Error(got)
	}
	s.Write("one")
	r.io.Write("all")
	r.io.Binary(true).Compress(false).Write("op")
	r.io.Compress(false).Send("plain")
	s.Binary(false).Compress(false).Emit("own")
	s.Compress(true).Volatile().Emit("own")
	c.expect(`42["message","one"]`, `42["message","all"]`, `42["message","op"]`, `42["message","plain"]`,
		`42["own"]`, `42["own"]`)
	engine, err := eio.Attach(r.loop, other.Server(), eio.Options{Path: "/second"})
	check(t, err)
	r.io.Bind(engine)
	q := r.k.Dial("127.0.0.1:81")
	q.Printf("GET /second/?EIO=3&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")
	r.settle()
	if r.io.Len() != 2 {
		t.Error(r.io.Len(), "sockets")
	}
	engine.Close()
	closed := false
	r.io.Close(func() { closed = true })
	r.settle()
	if !closed {
		t.Error("close callback")
	}
	other.Stop()
}

func TestDebugScopes(t *testing.T) {
	for _, c := range []struct {
		list, name string
		on         bool
	}{
		{"*", "engine", true}, {"engine,socket.io:*", "socket.io:client", true},
		{"socket.io:client", "socket.io:socket", false},
		{"socket.io* -socket.io:client", "socket.io:client", false}, {"socket.io*", "socket.io-adapter", true},
		{"", "engine", false},
	} {
		if scopeMatches(c.list, c.name) != c.on {
			t.Error(c)
		}
	}
	t.Setenv("DEBUG", "socket.io:socket,engine")
	r := newRig(t, Options{})
	var out bytes.Buffer
	r.io.SetLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	c := r.connect("")
	c.send("41")
	r.settle()
	for _, part := range []string{"msg=connected scope=socket.io:socket", "msg=handshake scope=engine", "msg=closing"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in %s", part, &out)
		}
	}
	out.Reset()
	r.io.Debug("")
	r.connect("")
	if out.Len() > 0 || r.io.debug != nil {
		t.Error(out.String())
	}
}

func TestUpgradeHooks(t *testing.T) {
	r := newRig(t, Options{})
	log := ""
	r.io.Engine().OnConnection(func(s *eio.Session) {
		s.Hooks().Upgrading = func(*eio.Session) { log += "upgrading " }
		s.Hooks().Upgrade = func(s *eio.Session) { log += "upgrade " + s.Transport() }
	})
	p := r.k.Dial("127.0.0.1:80")
	p.Printf("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")
	r.settle()
	_, rest, _ := strings.Cut(string(p.Read()), `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	q := r.k.Dial("127.0.0.1:80")
	q.Printf("GET /socket.io/?EIO=4&transport=websocket&sid=%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", sid)
	r.settle()
	c := &wsClient{r: r, p: q}
	c.send("2probe")
	r.settle()
	c.send("5")
	r.settle()
	if log != "upgrading upgrade websocket" {
		t.Error(log)
	}
}
