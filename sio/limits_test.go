package sio

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
)

func TestConnectTimeout(t *testing.T) {
	r := newRig(t, Options{ConnectTimeout: 500 * time.Millisecond})
	r.fixture()
	idle, refused, joined, old := r.ws(4, ""), r.ws(4, ""), r.connect(""), r.ws(3, "")
	refused.send("40/no,")
	refused.expect(`44/no,{"message":"nope"}`)
	old.expect("40")
	r.k.Sleep(r.loop, 600*time.Millisecond)
	idle.expect("close")
	refused.expect("close")
	joined.expect("nothing")
	old.expect("nothing")
	joined.send("41")
	r.k.Sleep(r.loop, time.Second)
	joined.expect("nothing")
}

func TestNamespaceLimits(t *testing.T) {
	r := newRig(t, Options{MaxNamespacesPerClient: 2, MaxChildNamespaces: 3, MaxNameBytes: 20, MaxAuthBytes: 30})
	r.io.OfRegexp(regexp.MustCompile("^/d")).OnConnection(func(*Socket) {})
	var made []string
	r.io.OnNewNamespace(func(ns *Namespace) { made = append(made, ns.Name()) })
	c := r.connect("/d1")
	c.send("40/d2,")
	c.recv()
	c.send("40/d3,")
	c.expect(`44/d3,{"message":"Too many namespaces"}`)
	c.send("41/d2,")
	c.send("40/d4,")
	if got := c.recv(); !strings.HasPrefix(got, "40/d4,") {
		t.Error(got)
	}
	d := r.connect("/d5")
	d.send("40/d6,")
	d.expect(`44/d6,{"message":"Invalid namespace"}`)
	d.send("41/d5,")
	d.send("40/d6,")
	if got := d.recv(); !strings.HasPrefix(got, "40/d6,") {
		t.Error(got)
	}
	if got := strings.Join(made, ""); got != "/d1/d2/d3/d4/d5/d6" {
		t.Errorf("made %s", got)
	}
	for _, bad := range []string{"40/" + strings.Repeat("n", 20), "40/" + strings.Repeat("n", 1000), "40/x,{\"a\":\"" +
		strings.Repeat("n", 30) + "\"}"} {
		w := r.ws(4, "")
		w.send(bad)
		w.expect("close")
	}
	w := r.ws(3, "")
	w.expect("40")
	w.send("40/d1?token=" + strings.Repeat("n", 30) + ",")
	w.expect("close")
}

// A child of a dynamic namespace that came to life for a client that has no room for it goes again.
func TestNamespaceForNothing(t *testing.T) {
	r := newRig(t, Options{CleanupEmptyChildNamespaces: true, MaxNamespacesPerClient: 1})
	r.io.OfFunc(func(string, Handshake) bool { return true })
	c := r.ws(4, "")
	c.send("40/a,")
	r.settle()
	c.recv()
	c.send("40/b,")
	c.expect(`44/b,{"message":"Too many namespaces"}`)
	if n := r.io.Stats().Namespaces; n != 2 {
		t.Errorf("%d namespaces, want the main one and /a", n)
	}
}

func TestDynamicNamespaces(t *testing.T) {
	r := newRig(t, Options{CleanupEmptyChildNamespaces: true})
	parent := r.io.OfFunc(func(name string, h Handshake) bool {
		return strings.HasPrefix(name, "/room-") && h.Query().Get("k") == "1" && string(h.Auth()) == `{"t":1}`
	})
	log := ""
	parent.Use(func(s *Socket, next func(error)) { log += "use"; next(nil) })
	parent.On("x", func(e *Event) { log += " event " + e.Socket().Namespace().Name() })
	parent.OnAny(func(*Event) { log += " any" })
	parent.OnConnection(func(s *Socket) { log += " conn" })
	parent.OnDisconnect(func(s *Socket, _ Reason) { log += " gone" })
	c, d := r.ws(4, "&k=1"), r.ws(4, "")
	c.send(`40/room-1,{"t":1}`)
	c.send(`42/room-1,["x"]`)
	r.settle()
	d.send(`40/room-1,{"t":2}`)
	for _, w := range []*wsClient{c, d} {
		if got := w.recv(); !strings.HasPrefix(got, `40/room-1,{"sid":`) {
			t.Fatal(got)
		}
	}
	d.send(`40/room-2,{"t":1}`)
	d.expect(`44/room-2,{"message":"Invalid namespace"}`)
	parent.Emit("to all", 1)
	c.expect(`42/room-1,["to all",1]`)
	d.expect(`42/room-1,["to all",1]`)
	if n := len(parent.FetchSockets()); n != 2 {
		t.Error(n, "sockets")
	}
	c.send("41/room-1,")
	d.send("41/room-1,")
	r.settle()
	if want := "use conn any event /room-1use conn gone gone"; log != want {
		t.Errorf("got %q, want %q", log, want)
	}
	if n := r.io.Stats().Namespaces; n != 1 || len(parent.children) != 0 {
		t.Errorf("%d namespaces are left", n)
	}
}

// Memory for attachments is spent only on clients that joined, and within bounds.
func TestBinaryLimits(t *testing.T) {
	r := newRig(t, Options{MaxBinaryBytes: 100, MaxReconstructionBytes: 150})
	header := `452-["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	early := r.ws(4, "")
	early.send(header)
	early.expect("close")
	big := r.connect("")
	big.send(header)
	big.bin(make([]byte, 60)...)
	big.expect("close")
	a, b, c := r.connect(""), r.connect(""), r.connect("")
	a.send(header)
	b.send(header)
	a.expect("nothing")
	b.expect("nothing")
	c.send(header)
	c.expect("close")
	if n := r.io.Stats().Bytes; n != 2*len(header)-2 {
		t.Error(n, "bytes held")
	}
	a.p.Close()
	b.send("41")
	b.expect("close")
	if n := r.io.Stats().Bytes; n != 0 {
		t.Error(n, "bytes held")
	}
}

// Every option of the engine can be set here, under the same name.
func TestEngineOptions(t *testing.T) {
	ours, engines := reflect.TypeFor[Options](), reflect.TypeFor[eio.Options]()
	for i := range engines.NumField() {
		f := engines.Field(i)
		if mine, ok := ours.FieldByName(f.Name); !ok || mine.Type != f.Type {
			t.Errorf("Options has no field %s %s", f.Name, f.Type)
		}
	}
	o := Options{Path: "/p", PingInterval: 5, MaxQueuedPackets: 7, Transports: []string{"polling"}, RefuseEIO3: true}
	if e := o.engine(); e.Path != "/p" || e.PingInterval != 5 || e.MaxQueuedPackets != 7 || !e.RefuseEIO3 ||
		len(e.Transports) != 1 {
		t.Errorf("got %+v", e)
	}
	for _, bad := range []Options{
		{MaxAttachments: -1}, {ConnectTimeout: -1}, {MaxAttachments: 1 << 20}, {MaxNameBytes: -5},
	} {
		if _, err := bad.withDefaults(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestNamespaceQuery(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "a=1": `{"a":"1"}`,
		"b=1&a=%20+x&b=2": `{"b":["1","2"],"a":"  x"}`,
		"%zz=1&=2&x":      `{"x":""}`, "a=%c3%28": `{"a":"` + "\ufffd(" + `"}`,
	} {
		if got := queryJSON(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// A client that joins, sends and leaves, again and again, leaves nothing behind.
func TestChurn(t *testing.T) {
	r := newRig(t, Options{ConnectRate: -1})
	r.io.OfRegexp(regexp.MustCompile(`^/d\d+$`))
	r.fixture()
	c := r.connect("")
	for i := range 300 {
		c.send(fmt.Sprintf("40/dyn-%d,", i))
		c.send(fmt.Sprintf(`42/dyn-%d,["join","room %d"]`, i, i))
		c.send(fmt.Sprintf(`42/dyn-%d,["emit-with-ack"]`, i))
		c.recv()
		c.recv()
		c.send(fmt.Sprintf("41/dyn-%d,", i))
	}
	r.settle()
	if st := r.io.Stats(); st.Sockets != 1 || st.Rooms != 0 || st.Acks != 0 || st.Clients != 1 {
		t.Errorf("left: %+v", st)
	}
}
