package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// What the page shows is compared with the reference's in interop/admin; here are bounds and what it costs.

func TestSignIn(t *testing.T) {
	var asked []Credentials
	later := []func(bool){}
	r := newRig(t, sio.Options{}, Options{MaxSessions: 2, MaxViewers: 3, SessionTime: time.Hour,
		Auth: func(c Credentials, decide func(bool)) {
			asked = append(asked, c)
			if c.Password == "later" {
				later = append(later, decide)
				return
			}
			decide(c.User == "ada" && c.Password == "tulip")
			decide(true) // a second answer counts for nothing
		}})
	const wrong = `{"message":"invalid credentials"}`
	for _, auth := range []string{"", "{}", `{"username":"ada","password":"no"}`, `{"username":1}`, `{"sessionId":"x"}`,
		`{"sessionId":null,"username":"","password":""}`,
		`{"username":"ada","password":"` + strings.Repeat("x", 300) + `"}`} {
		if c := r.connect("/admin", auth); c.err != wrong || c.id != "" {
			t.Errorf("%.60s: %q", auth, c.err)
		}
	}
	if len(asked) != 1 || asked[0].User != "ada" || !asked[0].Addr.IsLoopback() {
		t.Errorf("asked about %+v", asked)
	}
	slow := r.connect("/admin", `{"username":"ada","password":"later"}`)
	if slow.id != "" || len(later) != 1 {
		t.Error("let in before it was decided")
	}
	later[0](true)
	r.settle()
	if slow.read(); slow.id == "" {
		t.Error("not let in")
	}
	one := slow.told("session")[0]
	again := r.connect("/admin", `{"sessionId":`+one+`}`)
	if again.id == "" || again.told("session") != nil || len(asked) != 2 {
		t.Errorf("the session does not hold: %q", again.err)
	}
	r.admin()
	if c := r.connect("/admin", `{"sessionId":`+one+`}`); !strings.Contains(c.err, "too many") {
		t.Errorf("a fourth one: %q", c.err)
	}
	again.p.Close()
	r.settle()
	r.admin() // the third session pushes the first one out
	slow.p.Close()
	r.settle()
	if c := r.connect("/admin", `{"sessionId":`+one+`}`); c.err != wrong {
		t.Errorf("the oldest session still holds: %q", c.err)
	}
	if s := r.a.Stats(); s.Sessions != 2 || s.Viewers != 2 || s.SignIns != 3 || s.Wrong != 1 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	r.a.SignOut()
	r.settle()
	if s := r.a.Stats(); s.Sessions != 0 || s.Viewers != 0 {
		t.Errorf("after SignOut: %+v", s)
	}
}

func TestSessionsEnd(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{SessionTime: time.Minute})
	c := r.admin()
	id := c.told("session")[0]
	c.p.Close()
	r.wait(50 * time.Second)
	if c := r.connect("/admin", `{"sessionId":`+id+`}`); c.id == "" {
		t.Errorf("ended early: %q", c.err)
	}
	r.wait(20 * time.Second)
	if c := r.connect("/admin", `{"sessionId":`+id+`}`); c.err == "" {
		t.Error("holds too long")
	}
}

func TestOptions(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{})
	for _, o := range []Options{{}, {Auth: func(Credentials, func(bool)) {}, MaxViewers: -1}} {
		if _, err := New(r.io, o); err == nil {
			t.Errorf("%+v is let pass", o)
		}
	}
}

// Production tells the state every two seconds, and listens to nothing.
func TestProduction(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{ServerID: "box"})
	a := r.admin()
	if got := a.told("config"); !slices.Equal(got, []string{`{"supportedFeatures":["AGGREGATED_EVENTS"]}`}) {
		t.Errorf("%q", got)
	}
	c := r.connect("", "")
	c.send(`42["x"]`)
	r.wait(3 * time.Second)
	got := a.told("server_stats")
	if len(got) != 2 {
		t.Fatalf("%q", got)
	}
	var s serverStats
	check(t, json.Unmarshal([]byte(got[1]), &s))
	counts := map[string]uint64{}
	for _, e := range s.AggregatedEvents {
		counts[e.Type+e.SubType] = e.Count
	}
	if s.ServerID != "box" || s.ClientsCount != 2 || s.PollingClientsCount != 0 || s.Uptime < 2 ||
		fmt.Sprint(s.Namespaces) != "[{/ 1} {/admin 1}]" || counts["rawConnection"] != 1 || counts["packetsIn"] != 2 ||
		counts["bytesIn"] < 200 || counts["packetsOut"] < 2 || counts["bytesOut"] < 200 {
		t.Errorf("%+v", s)
	}
	if a.read(); len(a.got) != 1 { // the session
		t.Errorf("also told: %v", a.got)
	}
	if r.a.watched != nil {
		t.Error("it listens")
	}
	a.p.Close()
	r.settle()
	if r.a.beat.Armed() || r.a.flush.Armed() {
		t.Error("timers run for nobody")
	}
}

// Nobody there: nothing is listened to, and what was is let go.
func TestNobodyLooks(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true})
	dynamic := r.io.OfFunc(func(name string, _ sio.Handshake) bool { return strings.HasPrefix(name, "/d") })
	c := r.connect("", "")
	if r.a.watched != nil || r.a.feed.list != nil {
		t.Fatal("it listens before somebody looks")
	}
	a := r.admin()
	r.connect("/d1", "")
	late := r.io.Of("/late")
	for _, ns := range []*sio.Namespace{r.io.Namespace, r.a.ns, dynamic, late} {
		if r.a.watched[ns] == nil || len(r.a.watched) != 4 {
			t.Errorf("%s: it listens to %d namespaces", ns.Name(), len(r.a.watched))
		}
	}
	r.wait(time.Second)
	if got := a.told("socket_connected"); len(got) != 1 || !strings.Contains(got[0], `"nsp":"/d1"`) {
		t.Errorf("%q", got)
	}
	a.p.Close()
	r.settle()
	c.send(`42["x"]`)
	r.wait(time.Second)
	if r.a.feed.list != nil || r.a.flush.Armed() || r.a.watched != nil {
		t.Error("it goes on listening")
	}
}

func TestSecretsAndShapes(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true, Hide: []string{"x-key"}, MaxEventBytes: 40,
		Data: func(s *sio.Socket) any { return s.Data }})
	r.io.OnConnection(func(s *sio.Socket) { s.Data = map[string]int{"n": 1} })
	c := r.connect("", "")
	bad := r.connect("", "")
	r.io.Socket(bad.id).Data = func() {} // encoding/json does not take it
	a := r.admin()
	r.wait(time.Second)
	all := a.told("all_sockets")
	if len(all) != 1 || strings.Contains(all[0], "secret") || !strings.Contains(all[0], `"data":{"n":1}`) ||
		!strings.Contains(all[0], `"data":{"error":"json: unsupported type: func()"}`) ||
		!strings.Contains(all[0], `"color":"red"`) || !strings.Contains(all[0], `"cookie":"***"`) ||
		!strings.Contains(all[0], `token=***\u0026color=red`) || !strings.Contains(all[0], `"user-agent":"test"`) {
		t.Errorf("%s", all)
	}
	c.send(`42["a",1,"` + strings.Repeat("x", 50) + `",{"b":[2]}]`)
	c.send(`451-["b",{"_placeholder":true,"num":0}]`)
	c.p.Write([]byte{0x82, 0x81, 0, 0, 0, 0, 7})
	r.settle()
	s := r.io.Socket(c.id)
	s.Emit("o", []byte{1}, strings.Repeat("y", 90), 3, json.RawMessage(`{"ok":1}`))
	r.io.Emit("all", 1)
	r.wait(time.Second)
	shown := func(name string) (list []string) {
		for _, e := range a.told(name) {
			f := strings.SplitN(e, " ", 3)
			f[2] = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(f[2])
			list = append(list, f[2][:strings.LastIndex(f[2], ` "2026-`)])
		}
		return list
	}
	if got := shown("event_received"); !slices.Equal(got, []string{`["a",1,"<52 bytes>",{"b":[2]}]`, `["b","<binary>"]`}) {
		t.Errorf("%s", got)
	}
	want := `["o","<binary>","<90 bytes>",3,"<8 bytes>"]`
	for v, want := range map[any]string{"é": `"é"`, 1.5: `1.5`, true: `true`} {
		if string(appendAny(nil, v, 99)) != want {
			t.Errorf("%v: %s", v, appendAny(nil, v, 99))
		}
	}
	if got := string(appendAny(nil, sio.Raw("{bad"), 99)); got != `"<invalid>"` {
		t.Errorf("%s", got)
	}
	if got := string(appendAny(nil, func() {}, 99)); got != `"\u003cfunc()\u003e"` {
		t.Errorf("%s", got)
	}
	if got := shown("event_sent"); !slices.Equal(got, []string{want, `["all",1]`, `["all",1]`}) {
		t.Errorf("%s", got)
	}
}

// Commands of the page have no effect and are counted.
func TestReadOnly(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true})
	c := r.connect("", "")
	a := r.admin()
	for _, x := range []string{`["emit","/","","pwned"]`, `["join","/","room"]`, `["leave","/","room"]`,
		`["_disconnect","/",true]`, `["_disconnect","/",false,"` + c.id + `"]`} {
		a.send("42/admin," + x)
	}
	r.settle()
	if c.told("pwned") != nil || r.io.Len() != 1 || r.io.Stats().Rooms != 0 || r.a.Stats().Refused != 5 {
		t.Errorf("%d sockets, %+v, %+v", r.io.Len(), r.io.Stats(), r.a.Stats())
	}
}
