package sio

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
)

var answerOf = regexp.MustCompile(`^40(?:/[^,]*,)?\{"sid":"([^"]+)","pid":"([^"]+)"\}$`)
var offsetOf = regexp.MustCompile(`,"([0-9A-Za-z_-]{9,})"\]$`)

// ghost is a client that comes back: what it knows of its session.
type ghost struct {
	*wsClient
	pid, offset string
	missed      []string
}

// join opens a session and joins a namespace with what the ghost knows; what came before the answer is in missed.
func (g *ghost) join(r *rig, wire, auth string) (sid string) {
	r.t.Helper()
	return g.joinOver(r.ws(4, ""), wire, auth)
}

// joinAs is join in the main namespace, over a session of a query.
func (g *ghost) joinAs(r *rig, query string) (sid string) {
	r.t.Helper()
	return g.joinOver(r.ws(4, query), "", "")
}

func (g *ghost) joinOver(c *wsClient, wire, auth string) (sid string) {
	c.r.t.Helper()
	g.wsClient, g.missed = c, nil
	fields := strings.TrimSuffix(strings.TrimPrefix(auth, "{"), "}")
	for _, f := range [][2]string{{"pid", g.pid}, {"offset", g.offset}} {
		if f[1] != "" {
			fields = strings.TrimPrefix(fields+`,"`+f[0]+`":"`+f[1]+`"`, ",")
		}
	}
	g.send("40" + wire + "{" + fields + "}")
	for {
		f := g.recv()
		if m := answerOf.FindStringSubmatch(f); m != nil {
			g.pid = m[2]
			return m[1]
		}
		if f == "close" || f == "nothing" || strings.HasPrefix(f, "44") {
			return f
		}
		g.missed = append(g.missed, g.cut(f))
	}
}

// cut notes the offset of a packet and takes it off.
func (g *ghost) cut(f string) string {
	if m := offsetOf.FindStringSubmatchIndex(f); m != nil {
		g.offset = f[m[2]:m[3]]
		return f[:m[0]] + "]"
	}
	return f
}

func (g *ghost) want(frames ...string) {
	g.r.t.Helper()
	for _, want := range frames {
		if got := g.cut(g.recv()); got != want {
			g.r.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func (g *ghost) wantMissed(frames ...string) {
	g.r.t.Helper()
	if got, want := strings.Join(g.missed, " "), strings.Join(frames, " "); got != want {
		g.r.t.Fatalf("missed %q, want %q", got, want)
	}
}

// die cuts the TCP connection.
func (g *ghost) die() {
	g.p.Reset()
	g.r.settle()
}

func recovering(t testing.TB, o Options) *rig {
	if o.ConnectionStateRecovery == nil {
		o.ConnectionStateRecovery = &ConnectionStateRecovery{}
	}
	return newRig(t, o)
}

// Ten times in a row: everything that was missed comes once, in order, before the CONNECT answer.
func TestRecovery(t *testing.T) {
	r := recovering(t, Options{})
	lives := 0
	r.io.OnConnection(func(s *Socket) {
		if s.Recovered() != (lives > 0) || s.Recovered() && s.Data != "data" {
			t.Errorf("life %d: recovered %v, data %v", lives, s.Recovered(), s.Data)
		}
		lives++
		s.Data = "data"
		check(t, s.Join("room"))
	})
	var g ghost
	sid := g.join(r, "", "")
	for i := range 10 {
		r.io.To("room").Emit("there", i)
		g.want(fmt.Sprintf(`42["there",%d]`, i))
		old := r.only("/")
		g.die()
		if r.io.Len() != 0 {
			t.Fatal("still there")
		}
		r.io.To("room").Emit("a", i)
		r.io.To("other").Emit("b", i)
		r.io.Except("room").Emit("c", i)
		r.io.To(sid).Emit("d", []byte{byte(i)}, "text")
		r.io.Volatile().Emit("e", i)
		if st := old.Emit("f", i); st != OK {
			t.Error(st)
		}
		r.io.Emit("g")
		if got := g.join(r, "", ""); got != sid {
			t.Fatalf("life %d: id %s, want %s", i, got, sid)
		}
		g.wantMissed(fmt.Sprintf(`42["a",%d]`, i), `451-["d",{"_placeholder":true,"num":0},"text"]`,
			fmt.Sprintf("bin %02x", i), fmt.Sprintf(`42["f",%d]`, i), `42["g"]`)
		if rooms := fmt.Sprint(r.only("/").Rooms()); rooms != fmt.Sprint([]string{sid, "room"}) {
			t.Error(rooms)
		}
	}
	g.send(`420["echo"]`)
	g.die()
	if g.join(r, "", ""); len(g.missed) != 0 {
		t.Errorf("missed %q", g.missed)
	}
}

// A packet that must not be kept never moves the client's offset, which is the last string that it sees.
func TestRecoveryVolatile(t *testing.T) {
	r := recovering(t, Options{})
	var g ghost
	sid := g.join(r, "", "")
	r.io.Emit("kept")
	g.want(`42["kept"]`)
	s := r.only("/")
	s.Volatile().Emit("v", "string")
	s.Volatile().Emit("v", 1)
	r.io.Volatile().EmitString("v", "string")
	s.Volatile().Emit("v")
	s.EmitWithAck("ask", func(error, *Event) {}, "string")
	g.expect(`42["v","string",null]`, `42["v",1]`, `42["v","string",null]`, `42["v",null]`, `420["ask","string"]`)
	g.send(`421["unknown"]`)
	g.die()
	if got := g.join(r, "", ""); got != sid || len(g.missed) != 0 {
		t.Error(got, g.missed)
	}
}

func TestRecoveryRefused(t *testing.T) {
	r := recovering(t, Options{})
	r.io.Of("/other")
	r.io.Emit("earlier")
	var g ghost
	sid := g.join(r, "", "")
	r.io.Emit("x")
	g.want(`42["x"]`)
	pid, offset := g.pid, g.offset
	again := func(what, wire, auth string) {
		t.Helper()
		w := r.ws(4, "")
		w.send("40" + wire + auth)
		m := answerOf.FindStringSubmatch(w.recv())
		if m == nil || m[1] == sid || m[2] == pid {
			t.Errorf("%s: %q", what, m)
		}
		w.p.Reset()
		r.settle()
	}
	mine := fmt.Sprintf(`{"pid":%q,"offset":%q}`, pid, offset)
	again("somebody else's, by its auth", "", `{"user":1,`+mine[1:])
	if r.only("/").ID() != sid {
		t.Fatal("the socket went away")
	}
	g.die()
	again("another namespace", "/other,", mine)
	again("forged pid", "", fmt.Sprintf(`{"pid":"AAAAAAAAAAAAAAAAAAAA","offset":%q}`, offset))
	again("forged offset", "", fmt.Sprintf(`{"pid":%q,"offset":"nonsense"}`, pid))
	again("offset of the future", "", fmt.Sprintf(`{"pid":%q,"offset":"%szz"}`, pid, offset[:8]))
	again("pid is a number", "", fmt.Sprintf(`{"pid":5,"offset":%q}`, offset))
	again("offset is a number", "", fmt.Sprintf(`{"pid":%q,"offset":5}`, pid))
	if got := g.join(r, "", ""); got != sid {
		t.Fatal("the session is lost")
	}
	g.die()
	g.join(r, "", "")
	twin := ghost{pid: pid, offset: offset}
	if twin.join(r, "", "") != sid || r.io.Len() != 1 {
		t.Error("two sockets with one pid")
	}
	g.expect("close")
	twin.die()
	for how, end := range map[string]func(){
		"client namespace disconnect": func() { g.send("41") },
		"server namespace disconnect": func() { r.io.Socket(sid).Disconnect(false) },
		"parse error":                 func() { g.client().conn.CloseWith(eio.ParseError, nil) },
	} {
		g = ghost{}
		sid = g.join(r, "", "")
		r.settle()
		end()
		r.settle()
		g.die()
		if got := g.join(r, "", ""); got == sid {
			t.Error("recovered after " + how)
		}
		g.die()
	}
}

func (g *ghost) client() *Client { return g.r.io.Sockets()[g.r.io.Len()-1].client }

// The client comes back before the server has noticed that it was gone.
func TestRecoveryTakesOver(t *testing.T) {
	r := recovering(t, Options{})
	log := ""
	r.io.OnDisconnect(func(s *Socket, why Reason) { log += fmt.Sprint(why, ": ", s.DisconnectError(), ";") })
	r.io.On("x", func(e *Event) { log += "x;" })
	var g ghost
	sid := g.join(r, "", `{"user":1}`)
	first := g.wsClient
	r.io.Emit("one")
	if got := g.join(r, "", `{"user":1}`); got != sid {
		t.Fatal("not recovered")
	}
	g.wantMissed(`42["one"]`)
	first.send(`42["x"]`)
	r.settle()
	if want := "transport close: " + ErrResumed.Error() + ";"; log != want {
		t.Errorf("got %q, want %q", log, want)
	}
	if auth := string(r.only("/").Handshake().Auth()); auth != `{"user":1}` {
		t.Error(auth)
	}
}

func TestRecoveryWithoutOffset(t *testing.T) {
	r := recovering(t, Options{})
	r.io.Emit("before anybody came")
	var g ghost
	sid := g.join(r, "", "")
	g.die()
	r.io.Emit("missed")
	if got := g.join(r, "", ""); got != sid {
		t.Fatal("not recovered")
	}
	g.wantMissed(`42["missed"]`)
}

// Clients of protocol 4 get events as ever, with clients of protocol 5 beside them.
func TestRecoveryProtocol4(t *testing.T) {
	r := recovering(t, Options{})
	old := r.ws(3, "")
	old.expect("40")
	var g ghost
	g.join(r, "", "")
	r.io.Emit("all", 1)
	old.expect(`42["all",1]`)
	g.want(`42["all",1]`)
	if g.offset == "" {
		t.Error("no offset")
	}
	for _, s := range r.io.Sockets() {
		s.Emit("one", "text")
		s.Volatile().Emit("two", "text")
	}
	old.expect(`42["one","text"]`, `42["two","text"]`)
}

func TestRecoveryMiddlewares(t *testing.T) {
	for _, again := range []bool{false, true} {
		r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{SkipMiddlewares: !again}})
		asked := 0
		r.io.Use(func(s *Socket, next func(error)) {
			if asked++; asked > 2 {
				next(errors.New("no more"))
				return
			}
			r.loop.After(100*time.Millisecond, func() { next(nil) })
		})
		var g ghost
		sid := g.join(r, "", "")
		if sid == "nothing" { // the middleware takes longer than recv waits
			sid = answerOf.FindStringSubmatch(g.recv())[1]
			g.pid = r.only("/").recovery().pid
		}
		g.die()
		w := r.ws(4, "")
		w.send(`40{"pid":"` + g.pid + `"}`)
		if again {
			r.settle()
			r.io.Emit("while it comes back")
			r.k.Sleep(r.loop, 100*time.Millisecond)
			if f := w.recv(); !strings.HasPrefix(f, `42["while it comes back"`) {
				t.Error(f)
			}
		}
		times := map[bool]int{false: 1, true: 2}[again]
		if m := answerOf.FindStringSubmatch(w.recv()); m == nil || m[1] != sid || asked != times {
			t.Errorf("asked %d times, answer %q", asked, m)
		}
		if again {
			w.p.Reset()
			r.settle()
			w = r.ws(4, "")
			w.send(`40{"pid":"` + g.pid + `"}`)
			w.expect(`44{"message":"no more"}`)
		}
	}
}

func TestRecoveryBounds(t *testing.T) {
	back := func(limit ConnectionStateRecovery, away func(r *rig)) (same bool, missed []string) {
		r := recovering(t, Options{ConnectionStateRecovery: &limit})
		var g ghost
		sid := g.join(r, "", "")
		r.io.Emit("x")
		g.want(`42["x"]`)
		g.die()
		away(r)
		same = g.join(r, "", "") == sid
		if h := r.io.history; h.bytes > limit.MaxBytes && limit.MaxBytes > 0 || len(h.packets)-h.head > 4096 {
			t.Errorf("%d bytes, %d packets", h.bytes, len(h.packets))
		}
		return same, g.missed
	}
	emit := func(n, size int) func(r *rig) {
		return func(r *rig) {
			for range n {
				r.io.EmitString("y", strings.Repeat("y", size))
			}
		}
	}
	for _, c := range []struct {
		name  string
		limit ConnectionStateRecovery
		away  func(r *rig)
		same  bool
		n     int
	}{
		{"few packets", ConnectionStateRecovery{MaxPackets: 3}, emit(3, 1), true, 3},
		{"too many packets", ConnectionStateRecovery{MaxPackets: 3}, emit(4, 1), false, 0},
		{"few bytes", ConnectionStateRecovery{MaxBytes: 10000}, emit(8, 1000), true, 8},
		{"too many bytes", ConnectionStateRecovery{MaxBytes: 10000}, emit(9, 1000), false, 0},
		{"one too large", ConnectionStateRecovery{MaxBytes: 10000}, emit(1, 10000), false, 0},
		{"in time", ConnectionStateRecovery{}, func(r *rig) { r.k.Sleep(r.loop, 119*time.Second) }, true, 0},
		{"too late", ConnectionStateRecovery{}, func(r *rig) { r.k.Sleep(r.loop, 121*time.Second) }, false, 0},
		{"short time", ConnectionStateRecovery{MaxDisconnectionDuration: time.Second},
			func(r *rig) { r.k.Sleep(r.loop, 2*time.Second) }, false, 0},
		{"too many sessions", ConnectionStateRecovery{MaxSessions: 2}, func(r *rig) {
			for range 2 {
				var g ghost
				g.join(r, "", "")
				g.die()
			}
		}, false, 0},
	} {
		if same, missed := back(c.limit, c.away); same != c.same || len(missed) != c.n {
			t.Errorf("%s: same %v, missed %d", c.name, same, len(missed))
		}
	}
	if _, err := (Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxBytes: -1}}).withDefaults(); err == nil {
		t.Error("negative limit is accepted")
	}
}

// What is kept goes away by itself, and nothing is kept for nobody.
func TestRecoveryForgets(t *testing.T) {
	r := recovering(t, Options{CleanupEmptyChildNamespaces: true})
	r.io.OfRegexp(regexp.MustCompile("^/d"))
	r.io.Emit("to nobody")
	h := r.io.history
	if len(h.packets) != 0 || h.timer.Armed() {
		t.Error("a packet is kept for nobody")
	}
	var g ghost
	sid := g.join(r, "/d1,", "")
	g.die()
	r.io.Of("/d1").Emit("x")
	if g.join(r, "/d1,", "") != sid {
		t.Error("the namespace was cleaned up")
	}
	g.wantMissed(`42/d1,["x"]`)
	g.die()
	r.io.Of("/d1").Emit("x")
	r.k.Sleep(r.loop, 4*time.Minute)
	if len(h.sessions) != 0 || h.bytes != 0 || len(h.packets) != 0 || h.timer.Armed() || r.io.namespaces["/d1"] != nil {
		t.Errorf("left: %d sessions, %d bytes, timer %v", len(h.sessions), h.bytes, h.timer.Armed())
	}
}

func TestCutRecovery(t *testing.T) {
	for auth, want := range map[string][3]string{
		"":                         {"", "", ""},
		`{"a":1}`:                  {"", "", `{"a":1}`},
		`{"pid":"p"}`:              {"p", "", ""},
		`{"pid":"p","offset":"o"}`: {"p", "o", ""},
		` { "a" : [1,{"pid":"x"}] , "pid" : "p", "offset":"o" ,"b":"}\","} `[1:]: {
			"p", "o", `{"a":[1,{"pid":"x"}],"b":"}\","}`},
		`{"pid":1,"offset":"o"}`:    {"", "o", ""},
		`{"pid":"p","offset":null}`: {"", "", ""},
		`{"pid":"p\n"}`:             {"", "", ""},
	} {
		if p, o, rest := cutRecovery(auth); p != want[0] || o != want[1] || rest != want[2] {
			t.Errorf("%s: got %q %q %q", auth, p, o, rest)
		}
	}
}
