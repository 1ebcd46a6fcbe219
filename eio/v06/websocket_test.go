package v06

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// told reads what the server sent on a WebSocket.
func (r *rig) told(b []byte, want ...string) {
	r.Helper()
	if got := r.frames(b); !reflect.DeepEqual(got, want) {
		r.Fatalf("got %q, want %q", got, want)
	}
}

func TestWebSocketSession(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	p, c := r.openSocket()
	if c.Transport() != "websocket" || c.Connections() != 1 || !c.RemoteAddr().IsValid() || c.Listener() != r.io {
		t.Errorf("got %+v", c)
	}
	p.Write(text(batch("a", "€😀")))
	p.Write(text(batch("!three")))
	r.settle()
	r.told(p.Read(), batch("a"), batch("€😀"), batch("1"), batch(`~j~{"n":2}`), batch("3"))

	q, other := r.openSocket()
	p.Write(text(batch("!others")))
	r.settle()
	r.told(q.Read(), batch("hi others"))
	if got := p.Read(); len(got) > 0 {
		t.Errorf("the sender got %q", got)
	}
	r.io.Broadcast("all")
	r.io.Broadcast("but one", other.SessionID())
	r.io.Broadcast("nobody", other.SessionID(), c.SessionID())
	r.settle()
	r.told(p.Read(), batch("all"), batch("but one"))
	r.told(q.Read(), batch("all"))
	n := 0
	for id, c := range r.io.Clients() {
		if c.SessionID() != id {
			t.Errorf("%s is %s", id, c.SessionID())
		}
		n++
	}
	if n != 2 || r.io.Count() != 2 {
		t.Errorf("%d of %d clients", n, r.io.Count())
	}

	p.Write(ws.AppendMaskedFrame(nil, ws.OpPing, [4]byte{}, []byte("p")))
	p.Write(ws.AppendMaskedFrame(nil, ws.OpPong, [4]byte{}, nil))
	p.Write(ws.AppendMaskedFrame(nil, ws.OpClose, [4]byte{}, []byte{3, 232}))
	r.settle()
	r.told(p.Read(), "p", "close 1000")
	if c.Connected() || r.ends[c.SessionID()] != 1 {
		t.Error("the close frame did not end the session")
	}
	other.Send("last")
	other.Close()
	r.settle()
	r.told(q.Read(), batch("last"), "close")
	if other.Send("x").String() != "dropped" {
		t.Error("a closed client takes messages")
	}
}

// TestEvents: the listener's functions see what the client's own do.
func TestEvents(t *testing.T) {
	r := newRig(t, Options{Log: func(string) {}})
	defer r.finish()
	var seen []string
	var lines []string
	r.io.options.Log = func(line string) { lines = append(lines, line) }
	r.io.OnConnection(func(c *Client) { r.last = c; c.Data = "mine"; seen = append(seen, "connect") })
	r.io.OnClientMessage(func(m Message, c *Client) {
		seen = append(seen, m.Text())
		if m.Text() == "bye" {
			c.Close()
		}
	})
	r.io.OnClientDisconnect(func(c *Client) { seen = append(seen, c.Data.(string)) })
	p, c := r.openSocket()
	p.Write(text(batch(`~j~{"a":1}`, "~h~7", "bye", "late")))
	r.settle()
	if got := strings.Join(seen, " "); got != `connect {"a":1} bye mine` {
		t.Errorf("seen %s", got)
	}
	who := "Client " + c.SessionID()
	want := []string{who + " connected (websocket)", who + " disconnected (websocket)"}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("log %q", lines)
	}
}

// TestWebSocketFaults: each ends the session with its close code, and only that.
func TestWebSocketFaults(t *testing.T) {
	r := newRig(t, Options{MaxMessageBytes: 1000, MaxBatch: 3})
	defer r.finish()
	healthy, _ := r.openSocket()
	mask := [4]byte{9, 8, 7, 6}
	for _, c := range []struct {
		wire string
		want string
	}{
		{string(text("hello")), "close 1007"},
		{string(text("")), "close 1007"},
		{string(text(batch("a") + "x")), "close 1007"},
		{string(text(batch("1", "2", "3", "4"))), "close 1007"},
		{string(text(batch("~j~{]"))), "close 1007"},
		{string(text("~m~2~m~a")), "close 1007"},
		{string(text("~m~1~m~\xff")), "close 1007"},
		{string(ws.AppendMaskedFrame(nil, ws.OpBinary, mask, []byte(batch("a")))), "close 1003"},
		{string(text(strings.Repeat("x", 1001))), "close 1009"},
		{"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", "close 1009"},
		{"\x81\xff\x00\x00\x00\x01\x00\x00\x00\x04", "close 1009"},
		{"\x81\x05hello", "close 1002"},
		{"\xc1\x80\x00\x00\x00\x00", "close 1002"},
	} {
		p, client := r.openSocket()
		p.WriteString(c.wire)
		p.Write(text(batch("late")))
		r.settle()
		if got := strings.Join(r.frames(p.Read()), " "); got != c.want && !strings.HasPrefix(c.wire, "\x81\xff") {
			t.Errorf("%.20q: got %q, want %q", c.wire, got, c.want)
		}
		p.Close()
		r.settle()
		if client.Connected() {
			t.Errorf("%.20q: still connected", c.wire)
		}
	}
	healthy.Write(text(batch("fine")))
	r.settle()
	r.told(healthy.Read(), batch("fine"))
	if n := strings.Count(r.log.String(), "\n"); n > 2 {
		t.Errorf("%d lines in the log:\n%s", n, r.log.String())
	}
}

// TestBadHandshakes: no session, a clear answer.
func TestBadHandshakes(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	with := func(lines []string, i int, line string) []string {
		lines = append([]string(nil), lines...)
		lines[i] = line
		return lines
	}
	for _, c := range []struct {
		method string
		lines  []string
		status int
	}{
		{"GET", with(rfcLines, 2, "Sec-WebSocket-Version: 12"), 400},
		{"GET", with(rfcLines, 3, "Sec-WebSocket-Key: short"), 400},
		{"GET", with(rfcLines, 3, "X: y"), 400},
		{"GET", with(rfcLines, 1, "Upgrade: h2c"), 400},
		{"POST", rfcLines, 405},
		{"POST", hixie75Lines, 400},
		{"GET", with(hixie75Lines, 0, "Upgrade: h2c"), 400},
		{"GET", with(hixie76Lines, 3, "X: y"), 400},
		{"GET", with(hixie76Lines, 4, "X: y"), 400},
		{"GET", with(hixie76Lines, 3, "Sec-WebSocket-Key1: 123"), 400},
		{"GET", with(hixie76Lines, 3, "Sec-WebSocket-Key1: 1 3 3"), 400},
		{"GET", with(hixie76Lines, 4, "Sec-WebSocket-Key2: 9 999999999999999999999"), 400},
	} {
		if status, _, _ := r.once(c.method, "/socket.io/websocket", "", c.lines...); status != c.status {
			t.Errorf("%s %q: got %d, want %d", c.method, c.lines, status, c.status)
		}
	}
	if r.io.Count() != 0 {
		t.Errorf("%d sessions", r.io.Count())
	}
}

// TestSocketHeartbeat: both ways to end it, on each kind of socket.
func TestSocketHeartbeat(t *testing.T) {
	r := newRig(t, Options{TransportOptions: map[string]TransportOptions{
		"websocket": {HeartbeatInterval: time.Second, Timeout: 500 * time.Millisecond}}})
	defer r.finish()
	p, c := r.openSocket()
	r.sleep(time.Second)
	r.told(p.Read(), batch("~h~1"))
	p.Write(text(batch("~h~1")))
	r.sleep(time.Second)
	r.told(p.Read(), batch("~h~2"))
	r.sleep(500 * time.Millisecond)
	r.told(p.Read(), "close 1008")
	if c.Connected() {
		t.Error("still connected")
	}
	p, c = r.openSocket()
	p.Reset()
	r.settle()
	if c.Connected() || r.ends[c.SessionID()] != 1 {
		t.Error("the session outlived its connection")
	}
}

// TestRefusals: no room, a listener that is closed, an app that says no.
func TestRefusals(t *testing.T) {
	r := newRig(t, Options{MaxClients: 2})
	r.openSocket()
	r.openPoll()
	for _, lines := range [][]string{nil, rfcLines, hixie75Lines} {
		path := "/socket.io/websocket"
		if lines == nil {
			path = "/socket.io/xhr-polling//1"
		}
		if status, head, _ := r.once("GET", path, "", lines...); status != 503 || head.Get("Retry-After") == "" {
			t.Errorf("%q: got %d", lines, status)
		}
	}
	r.io.Close()
	r.io.Close()
	r.settle()
	if r.io.Count() != 0 {
		t.Error("clients survived the listener")
	}
	if status, _, _ := r.once("GET", "/socket.io/xhr-polling//1", ""); status != 503 {
		t.Errorf("after Close: %d", status)
	}
	r.finish()

	r = newRig(t, Options{AllowRequest: func(req *webapp.Request) bool { return req.Cookie("key") == "sesame" }})
	defer r.finish()
	for _, lines := range [][]string{rfcLines, hixie75Lines, hixie76Lines} {
		if status, _, _ := r.once("GET", "/socket.io/websocket", "", lines...); status != 401 {
			t.Errorf("without the key: got %d", status)
		}
		lines = append(lines[:len(lines):len(lines)], "Cookie: key=sesame")
		if status, _, _ := r.once("GET", "/socket.io/websocket", "", lines...); status != 101 {
			t.Errorf("with the key: got %d", status)
		}
	}
}
