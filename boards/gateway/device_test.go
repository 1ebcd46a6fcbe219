package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/eos"
)

// tab is a page: a Socket.IO client over polling, in the namespace "/device".
type tab struct {
	r     *rig
	path  string
	waits []string // packets that came and were not looked at
}

func (r *rig) open(pair map[string]string) *tab {
	r.t.Helper()
	q := url.Values{"EIO": {"4"}, "transport": {"polling"}}
	for _, k := range []string{eos.TokenName, eos.SrandName} {
		if pair != nil {
			q.Set(k, pair[k])
		}
	}
	status, text, _ := r.ask("GET", "/socket.io/?"+q.Encode(), "", nil)
	var hello struct{ Sid string }
	if status != 200 || json.Unmarshal([]byte(strings.TrimPrefix(text, "0")), &hello) != nil {
		r.t.Fatalf("handshake: %d %q", status, text)
	}
	p := &tab{r: r, path: "/socket.io/?EIO=4&transport=polling&sid=" + hello.Sid}
	p.send("40/device,")
	if got := p.until("40/device,"); got == "" {
		r.t.Fatal("not connected")
	}
	return p
}

func (p *tab) send(packet string) {
	p.r.t.Helper()
	if status, text, _ := p.r.ask("POST", p.path, packet, nil); status != http.StatusOK {
		p.r.t.Fatalf("%q: %d %q", packet, status, text)
	}
}

// until polls for a packet that begins like this and drops those before it.
func (p *tab) until(prefix string) string {
	p.r.t.Helper()
	for {
		for len(p.waits) > 0 {
			packet := p.waits[0]
			p.waits = p.waits[1:]
			if packet == "2" {
				p.send("3")
			}
			if strings.HasPrefix(packet, prefix) {
				return packet
			}
		}
		status, text, _ := p.r.ask("GET", p.path, "", nil)
		if status != http.StatusOK {
			p.r.t.Fatalf("waiting for %q: %d %q", prefix, status, text)
		}
		p.waits = strings.Split(text, "\x1e")
	}
}

// ask emits an event and returns the error of its answer, nil if there is none.
func (p *tab) ask(event ...string) (refusal map[string]any, answer map[string]any) {
	p.r.t.Helper()
	args, _ := json.Marshal(event)
	p.send("42/device,7" + string(args))
	text := strings.TrimPrefix(p.until("43/device,7"), "43/device,7")
	var list []map[string]any
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		p.r.t.Fatalf("%q is answered with %q", event, text)
	}
	refusal, _ = list[0]["error"].(map[string]any)
	return refusal, list[0]
}

// reading waits for a topic's event.
func (p *tab) reading(topic string) map[string]any {
	p.r.t.Helper()
	prefix := `42/device,["` + topic + `",`
	text := strings.TrimSuffix(strings.TrimPrefix(p.until(prefix), prefix), "]")
	var r map[string]any
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		p.r.t.Fatalf("%q: %v", text, err)
	}
	return r
}

func TestWatch(t *testing.T) {
	r := start(t)
	p := r.open(r.signIn("uma", "rose"))
	want := map[string]string{"load": "cpu", "memory": "available", "temperature": "celsius", "network": "received",
		"sockets": "clients", "events": "total"}
	for _, topic := range topics {
		if refusal, _ := p.ask("watch", topic); refusal != nil {
			t.Fatalf("%s: %v", topic, refusal)
		}
		if got := p.reading(topic); got[want[topic]] == nil && topic != "load" {
			t.Errorf("%s: %v", topic, got)
		}
	}
	if got := p.reading("temperature"); got["celsius"] != 48.0 || got["sensors"] != 2.0 {
		t.Errorf("%v", got)
	}
	var list []string
	r.on(func() { list = r.telemetry.watched() })
	if !reflect.DeepEqual(list, topics) {
		t.Errorf("watched are %v", list)
	}
	if refusal, _ := p.ask("watch", "weather"); refusal["error"] != "UnknownTopic" {
		t.Errorf("a topic that is none: %v", refusal)
	}
	for _, topic := range topics {
		p.ask("leave", topic)
	}
	armed := true
	r.on(func() {
		r.loop.Disarm(&r.telemetry.Timer)
		r.telemetry.OnTimer(&r.telemetry.Timer)
		armed = r.telemetry.Armed()
	})
	if armed {
		t.Error("it goes on reading while nobody watches")
	}
}

// Who is refused is told by a typed error, and nothing happened.
func TestPolicyRefuses(t *testing.T) {
	r := start(t)
	nobody, user, guest := r.open(nil), r.open(r.signIn("uma", "rose")), r.open(r.signIn("gus", "moss"))
	for _, c := range []struct {
		p     *tab
		group string
		event []string
		want  string // action and name, "" if it is allowed
	}{
		{nobody, "guest", []string{"watch", "load"}, ""},
		{nobody, "guest", []string{"watch", "network"}, "join network"},
		{guest, "guest", []string{"watch", "events"}, "join events"},
		{guest, "guest", []string{"notice", "x"}, "emit notice"},
		{user, "user", []string{"watch", "network"}, ""},
		{user, "user", []string{"notice", "x"}, "emit notice"},
		{user, "user", []string{"sockets"}, "emit sockets"},
		{user, "user", []string{"kick", "/device", "x"}, "emit kick"},
	} {
		refusal, _ := c.p.ask(c.event...)
		want := map[string]any(nil)
		if action, name, ok := strings.Cut(c.want, " "); ok {
			want = map[string]any{"code": "denied", "action": action, "name": name, "group": c.group}
		}
		if !reflect.DeepEqual(refusal, want) {
			t.Errorf("%s %v: %v, want %v", c.group, c.event, refusal, want)
		}
	}
	var rooms []string
	r.on(func() {
		for _, s := range r.io.Of("/device").Sockets() {
			if r.accounts.GroupOf(s.Handshake().EOS().Acoid()) == "guest" {
				rooms = append(rooms, s.Rooms()[1:]...)
			}
		}
	})
	if !reflect.DeepEqual(rooms, []string{"load"}) {
		t.Errorf("guests are in %v", rooms)
	}
}

func TestForgedHandshake(t *testing.T) {
	r := start(t)
	pair := r.signIn("ada", "tulip")
	for what, q := range map[string]url.Values{
		"a forged token": {"edger-token": {spoil(pair["edger-token"])}, "edger-srand": {pair["edger-srand"]}},
		"another srand":  {"edger-token": {pair["edger-token"]}, "edger-srand": {spoil(pair["edger-srand"])}},
		"no srand":       {"edger-token": {pair["edger-token"]}},
	} {
		if status, text, _ := r.ask("GET", "/socket.io/?EIO=4&transport=polling&"+q.Encode(), "", nil); status < 400 {
			t.Errorf("%s: %d %q", what, status, text)
		}
	}
}

func TestAdmin(t *testing.T) {
	r := start(t)
	user, admin := r.open(r.signIn("uma", "rose")), r.open(r.signIn("ada", "tulip"))
	if refusal, _ := admin.ask("notice", "  noon \n"); refusal != nil {
		t.Errorf("%v", refusal)
	}
	want := `42/device,["notice","Ada (admin)","noon",` // and the offset, for recovery
	if got := user.until(`42/device,["notice"`); !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
	if refusal, _ := admin.ask("notice", " "); refusal["error"] != "BadNotice" {
		t.Errorf("an empty notice: %v", refusal)
	}
	_, answer := admin.ask("sockets")
	list, _ := answer["sockets"].([]any)
	if len(list) != 2 {
		t.Fatalf("%v", answer)
	}
	for _, s := range list {
		if s := s.(map[string]any); s["user"] == "Uma (user)" {
			if refusal, _ := admin.ask("kick", "/device", s["id"].(string)); refusal != nil {
				t.Errorf("%v", refusal)
			}
			if refusal, _ := admin.ask("kick", "/device", s["id"].(string)); refusal["error"] != "NotConnected" {
				t.Errorf("twice: %v", refusal)
			}
		}
	}
	user.until("41/device")
	if refusal, _ := admin.ask("kick", "/other", "x"); refusal["error"] != "NotConnected" {
		t.Errorf("a namespace that is none: %v", refusal)
	}
}

// A user who is moved to another group loses what it may not have, without a new connection.
func TestRegroup(t *testing.T) {
	r := start(t)
	p := r.open(r.signIn("uma", "rose"))
	for _, topic := range []string{"load", "network"} {
		if refusal, _ := p.ask("watch", topic); refusal != nil {
			t.Fatalf("%v", refusal)
		}
	}
	if err := os.WriteFile(r.users, []byte(userLine(t, "uma", "1002", "guest", "rose", "Uma")), 0o600); err != nil {
		t.Fatal(err)
	}
	r.reread()
	var list []string
	r.on(func() { list = r.telemetry.watched() })
	if !reflect.DeepEqual(list, []string{"load"}) {
		t.Errorf("watched are %v", list)
	}
	if refusal, _ := p.ask("watch", "network"); refusal["group"] != "guest" {
		t.Errorf("%v", refusal)
	}
}
