package sio

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// permissionRig is one connected client, and what was reported.
type permissionRig struct {
	*rig
	c        *wsClient
	s        *Socket
	reported []error
}

// seen tells what a call did: its own words and the next frame that the client got.
func (x *permissionRig) seen(v ...any) string { return fmt.Sprint(append(v, x.c.recv())...) }

// polled opens a polling session at an engine's path, and returns its open packet.
func (x *permissionRig) polled(path string) string {
	p := x.k.Dial("127.0.0.1:80")
	defer p.Close()
	p.Printf("GET %s?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n", path)
	x.settle()
	return string(p.Read())
}

// second is an engine beside the server's own.
func (x *permissionRig) second() *eio.Server {
	engine, err := eio.Attach(x.loop, x.app.Server(), eio.Options{Path: "/second"})
	check(x.t, err)
	x.t.Cleanup(engine.Close)
	return engine
}

// clients counts them.
func (x *permissionRig) clients() int { return x.io.Stats().Clients }

// socketioRows is the table of permission.go as calls: what each row's methods do when they are allowed to, and what
// when they are not. E stands for the row's PermissionError. The frame that the client got comes last.
var socketioRows = []struct {
	api             eos.API
	allowed, denied string
	call            func(x *permissionRig) string
}{
	{eos.ServerSockets, "1 1 nothing", "0 0 nothing", func(x *permissionRig) string {
		return x.seen(len(x.io.Sockets()), " ", len(x.io.FetchSockets()), " ")
	}},
	{eos.ServerServeClient, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.io.ServeClient(), " ")
	}},
	{eos.ServerPath, "/socket.io nothing", " nothing", func(x *permissionRig) string { return x.seen(x.io.Path(), " ") }},
	{eos.ServerOrigins, "<nil> nothing", "E nothing", func(x *permissionRig) string {
		_, err := New(x.app, Options{Path: "/other", Origins: []string{"*:*"}})
		return x.seen(err, " ")
	}},
	{eos.ServerAttach, "<nil> <nil> true nothing", "E E false nothing", func(x *permissionRig) string {
		app, err := webapp.Create(x.loop, "other", webapp.Addr{Host: "127.0.0.1", Port: 81})
		check(x.t, err)
		check(x.t, app.Start())
		defer app.Stop()
		a, b := x.io.Attach(app), x.io.Listen(app)
		p := x.k.Dial("127.0.0.1:81")
		defer p.Close()
		p.Printf("GET /socket.io/?EIO=9&transport=x HTTP/1.1\r\nHost: a\r\n\r\n")
		x.settle()
		return x.seen(a, " ", b, " ", strings.Contains(string(p.Read()), "Transport unknown"), " ")
	}},
	{eos.ServerBind, "2 nothing", "1 nothing", func(x *permissionRig) string {
		x.io.Bind(x.second())
		x.polled("/second/")
		return x.seen(x.clients(), " ")
	}},
	{eos.ServerOnConnection, "2 nothing", "1 nothing", func(x *permissionRig) string {
		x.second().OnConnection(func(s *eio.Session) { x.io.Accept(s) })
		x.polled("/second/")
		return x.seen(x.clients(), " ")
	}},
	{eos.ServerOf, "2 nothing", "1 nothing", func(x *permissionRig) string {
		x.io.Of("/new").OnConnection(func(*Socket) {})
		x.io.Of("/new").Emit("to nobody")
		if len(x.io.parents) == 0 {
			x.io.OfFunc(func(string, Handshake) bool { return true }).Use(func(*Socket, func(error)) {})
		}
		return x.seen(x.io.Stats().Namespaces, " ")
	}},
	{eos.ServerClose, "0 true 41", "1 false nothing", func(x *permissionRig) string {
		told := false
		x.io.Close(func() { told = true })
		x.settle()
		got := fmt.Sprint(x.clients(), " ", told, " ")
		if f := x.c.recv(); f != "nothing" {
			return got + "41" // whatever the end of the session looks like
		}
		return got + "nothing"
	}},
	{eos.EngineGenerateID, "true nothing", "false nothing", func(x *permissionRig) string {
		x.io.Engine().GenerateID(func(*webapp.Request) string { return "mine" })
		return x.seen(strings.Contains(x.polled("/socket.io/"), `"sid":"mine"`), " ")
	}},
	{eos.NamespaceName, "/ nothing", " nothing", func(x *permissionRig) string { return x.seen(x.io.Name(), " ") }},
	{eos.NamespaceConnected, "1 nothing", "0 nothing", func(x *permissionRig) string {
		return x.seen(len(x.io.Connected()), " ")
	}},
	{eos.NamespaceTo, `42["a"]42["b"]`, "nothingnothing", func(x *permissionRig) string {
		x.io.To(x.s.id).Emit("a")
		got := x.c.recv()
		x.io.Except("x").To(x.s.id).EmitString("b", "")
		return got + strings.Replace(x.c.recv(), `,""`, "", 1)
	}},
	{eos.NamespaceIn, `42["a"]`, "nothing", func(x *permissionRig) string {
		x.io.In(x.s.id).Emit("a")
		return x.seen()
	}},
	{eos.NamespaceEmit, `ok ok ok ok 42["a"]`, "dropped dropped dropped dropped nothing", func(x *permissionRig) string {
		got := fmt.Sprintln(x.io.Emit("a"), x.io.EmitString("b", ""), x.io.Send(), x.io.To(x.s.id).Latest("k").Emit("c"))
		return strings.TrimSpace(got) + " " + x.seen()
	}},
	{eos.NamespaceClients, "<nil> 1 1 nothing", "E 0 0 nothing", func(x *permissionRig) string {
		var got string
		x.io.Clients(func(err error, ids []string) { got = fmt.Sprint(err, " ", len(ids), " ") })
		return x.seen(got, len(x.io.AllSockets()), " ")
	}},
	{eos.NamespaceUse, "true nothing", "false nothing", func(x *permissionRig) string {
		x.io.Use(func(_ *Socket, next func(error)) { next(nil) })
		return x.seen(x.io.listeners.has(onAdmit), " ")
	}},
	{eos.SocketID, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.s.ID() == x.c.sid, " ")
	}},
	{eos.SocketRooms, "1 nothing", "0 nothing", func(x *permissionRig) string { return x.seen(len(x.s.Rooms()), " ") }},
	{eos.SocketClient, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.s.Client() != nil, " ")
	}},
	{eos.SocketConn, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.s.Conn() != nil, " ")
	}},
	{eos.SocketRequest, "a nothing", " nothing", func(x *permissionRig) string {
		return x.seen(x.s.Request().Header("host"), " ")
	}},
	{eos.SocketHandshake, "a {} nothing", " {} nothing", func(x *permissionRig) string {
		h := x.s.Handshake()
		return x.seen(h.Header("host"), " ", string(h.Auth()), " ")
	}},
	{eos.SocketRemoteAddress, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.s.RemoteAddress() != "", " ")
	}},
	{eos.SocketUse, "1 nothing", "0 nothing", func(x *permissionRig) string {
		x.s.Use(func(_ *Event, next func(error)) { next(nil) })
		return x.seen(count(x.s, onUse), " ")
	}},
	{eos.SocketSend, `42["message",1]`, "nothing", func(x *permissionRig) string { x.s.Send(1); return x.seen() }},
	{eos.SocketEmit, `<nil>42["a"]42["b"]420["q"]`, "Enothingnothingnothing", func(x *permissionRig) string {
		x.s.Emit("a")
		got := x.c.recv()
		x.s.Volatile().EmitString("b", "")
		got += strings.Replace(x.c.recv(), `,""`, "", 1)
		var failed error
		x.s.EmitWithAck("q", func(err error, _ *Event) { failed = err })
		x.s.Broadcast().Emit("to nobody else")
		return fmt.Sprint(failed) + got + x.seen()
	}},
	{eos.SocketOn, "1 1 1 true nothing", "0 0 0 false nothing", func(x *permissionRig) string {
		l := x.s.On("e", func(*Event) {})
		x.s.OnAny(func(*Event) {})
		x.s.OnDisconnect(func(Reason) {})
		x.io.On("f", func(*Event) {})
		return x.seen(count(x.s, onEvent), " ", count(x.s, onAny), " ", x.io.ListenerCount("f"), " ", l != Listener{}, " ")
	}},
	{eos.SocketOnce, "1 1 nothing", "0 0 nothing", func(x *permissionRig) string {
		x.s.Once("e", func(*Event) {})
		x.io.Once("f", func(*Event) {})
		return x.seen(count(x.s, onEvent), " ", x.io.ListenerCount("f"), " ")
	}},
	{eos.SocketRemoveListener, "0 0 nothing", "2 1 nothing", func(x *permissionRig) string {
		l := x.s.own().add(onEvent, "e", func(*Event) {}, false, false)
		x.s.own().add(onEvent, "f", func(*Event) {}, false, false)
		x.s.own().add(onAny, "", func(*Event) {}, false, false)
		x.s.RemoveListener(l)
		x.s.Off("f")
		x.s.OffAny()
		return x.seen(count(x.s, onEvent), " ", count(x.s, onAny), " ")
	}},
	{eos.SocketRemoveAllListeners, "0 nothing", "1 nothing", func(x *permissionRig) string {
		x.s.own().add(onEvent, "e", func(*Event) {}, false, false)
		x.s.RemoveAllListeners()
		return x.seen(count(x.s, onEvent), " ")
	}},
	{eos.SocketEventNames, "[e] nothing", "[] nothing", func(x *permissionRig) string {
		x.s.own().add(onEvent, "e", func(*Event) {}, false, false)
		return x.seen(x.s.EventNames(), " ")
	}},
	{eos.SocketJoin, "<nil> <nil> [a b] nothing", "E E [] nothing", func(x *permissionRig) string {
		var second error
		first := x.s.Join("a")
		x.s.JoinFunc(func(err error) { second = err }, "b")
		return x.seen(first, " ", second, " ", x.s.rooms()[1:], " ")
	}},
	{eos.SocketLeave, "<nil> [] nothing", "E [a b c] nothing", func(x *permissionRig) string {
		check(x.t, x.s.join([]string{"a", "b", "c"}))
		var second error
		x.s.Leave("a")
		x.s.LeaveFunc(func(err error) { second = err }, "b")
		x.s.LeaveAll()
		return x.seen(second, " ", x.s.rooms()[1:], " ")
	}},
	{eos.SocketTo, `42["a"]42["b"]`, "nothingnothing", func(x *permissionRig) string {
		other := x.connect("")
		x.s.To(other.sid).Emit("a")
		x.s.Except("x").Emit("b")
		return other.recv() + other.recv()
	}},
	{eos.SocketIn, `42["a"]`, "nothing", func(x *permissionRig) string {
		other := x.connect("")
		x.s.In(other.sid).Emit("a")
		return other.recv()
	}},
	{eos.SocketCompress, "true true nothing", "false false nothing", func(x *permissionRig) string {
		return x.seen(x.s.Compress(false).how.plain, " ", x.s.Volatile().Compress(false).how.plain, " ")
	}},
	{eos.SocketDisconnect, "false 41", "true nothing", func(x *permissionRig) string {
		x.s.Disconnect(false)
		return x.seen(x.s.Connected(), " ")
	}},
	{eos.ClientConn, "true nothing", "false nothing", func(x *permissionRig) string {
		return x.seen(x.s.client.Conn() != nil, " ")
	}},
	{eos.ClientRequest, "a nothing", " nothing", func(x *permissionRig) string {
		return x.seen(x.s.client.Request().Header("host"), " ")
	}},
}

// count is how many functions of a kind are registered on a socket.
func count(s *Socket, kind listenKind) int {
	if s.listeners == nil {
		return 0
	}
	return int(s.listeners.count[kind])
}

func TestPermissionRows(t *testing.T) {
	covered := make(map[eos.API]bool)
	for _, row := range socketioRows {
		covered[row.api] = true
		for _, denied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d denied %v", row.api, denied), func(t *testing.T) {
				x := &permissionRig{rig: newRig(t, Options{})}
				x.io.OnError(func(_ *Socket, err error) { x.reported = append(x.reported, err) })
				x.c = x.connect("")
				x.s = x.only("/")
				permits, want := x.io.permits, row.allowed
				if denied {
					set := eos.DefaultMatrix().Allowed(eos.UserMode)
					set.Remove(row.api)
					permits.Narrow(set)
					want = row.denied
				}
				got := row.call(x)
				x.verify(permits, row.api, denied, &got)
				if x.io.permits = nil; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
	for _, row := range eos.DefaultMatrix().Rows() {
		if row.Module == "socket.io" && !covered[row.API] {
			t.Errorf("no test of %s", row.Name)
		}
	}
	if len(covered) != 40 {
		t.Errorf("%d rows", len(covered))
	}
}

// verify demands that a denied call was counted and told, each time with the row's error, and an allowed one not.
func (x *permissionRig) verify(permits *eos.Guard, api eos.API, denied bool, got *string) {
	x.t.Helper()
	var text string
	var p *eos.PermissionError
	if err := permits.Check(api); errors.As(err, &p) {
		text = err.Error()
	}
	if denied != (text != "") || denied && p.Module != "socket.io" {
		x.t.Fatalf("denied %v, but %q", denied, text)
	}
	for _, err := range x.reported {
		if !denied || err.Error() != text {
			x.t.Errorf("reported: %v", err)
		}
	}
	told := len(x.reported)
	if denied {
		told += strings.Count(*got, text)
		*got = strings.ReplaceAll(*got, text, "E")
		if n := permits.Denied(api) - 1; n == 0 || uint64(told) != n { // one of them is Check's
			x.t.Errorf("denied %d times, told %d times", n, told)
		}
	}
}
