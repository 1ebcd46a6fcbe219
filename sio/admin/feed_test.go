package admin

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// page is what the page's own code makes of the events: the sockets that it shows.
type page map[string]bool

func (x *page) apply(t testing.TB, c *client) {
	t.Helper()
	c.read()
	for _, e := range c.got {
		var s described
		var id string
		switch e.name {
		case "all_sockets":
			var all []described
			check(t, json.Unmarshal(e.args[0], &all))
			*x = page{}
			for _, s := range all {
				(*x)[s.Namespace+s.ID] = true
			}
		case "socket_connected":
			check(t, json.Unmarshal(e.args[0], &s))
			(*x)[s.Namespace+s.ID] = true
		case "socket_disconnected":
			var nsp string
			check(t, json.Unmarshal(e.args[0], &nsp))
			check(t, json.Unmarshal(e.args[1], &id))
			delete(*x, nsp+id)
		}
	}
	c.got = nil
}

// shows compares with the server.
func (x page) shows(r *rig) {
	r.t.Helper()
	n := 0
	for _, ns := range r.io.Namespaces() {
		for _, s := range ns.Sockets() {
			if n++; !x[ns.Name()+s.ID()] {
				r.t.Errorf("%s %s is not shown", ns.Name(), s.ID())
			}
		}
	}
	if n != len(x) {
		r.t.Errorf("%d sockets, the page shows %d", n, len(x))
	}
}

// crowd connects n clients, all in one turn or so.
func (r *rig) crowd(n int) (list []*client) {
	for range n {
		c := &client{r: r, p: r.k.Dial("127.0.0.1:80")}
		c.p.WriteString("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		c.send("40")
		list = append(list, c)
	}
	r.settle()
	return list
}

// Clients that talk more than the page takes: it gets a part, the rest is counted, and nothing grows.
func TestTrafficIsBounded(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true})
	a := r.admin()
	c := r.connect("", "")
	r.wait(time.Second)
	a.read()
	a.got = nil
	const events = 5000
	for range events {
		c.send(`42["x","0123456789012345678901234567890123456789"]`)
	}
	r.wait(30 * time.Millisecond)
	if b := r.a.feed.bytes; b < trafficBytes || b > trafficBytes+4096 {
		t.Errorf("the feed has %d bytes", b)
	}
	r.wait(time.Second)
	got := len(a.told("event_received"))
	if lost := int(r.a.Stats().Dropped); got < 100 || got > events/2 || lost != events-got {
		t.Errorf("%d of %d events are shown, %d counted as left out", got, events, lost)
	}
	if r.a.feed.list != nil || r.a.flush.Armed() {
		t.Error("something is left")
	}
	c.send(`42["after"]`)
	r.wait(time.Second)
	if got := a.told("event_received"); len(got) != 1 {
		t.Errorf("afterwards: %q", got)
	}
}

// Many sockets before somebody looks come in parts; a storm of new ones that is more than the feed holds, and their
// end, leaves the page with what is true.
func TestCrowdsAreShown(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true, MaxSockets: 2000})
	before := r.crowd(400)
	a := r.admin()
	shown := page{}
	r.wait(80 * time.Millisecond)
	if shown.apply(t, a); len(shown) == 0 || len(shown) > 250 {
		t.Errorf("%d sockets come at once", len(shown))
	}
	r.wait(2 * time.Second)
	shown.apply(t, a)
	shown.shows(r)
	if s := r.a.Stats(); s.Resyncs != 1 || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}

	r.crowd(500)
	if b := r.a.feed.bytes; b > feedBytes {
		t.Errorf("the feed has %d bytes", b)
	}
	for _, c := range before {
		c.p.Close()
	}
	for range 40 {
		r.wait(100 * time.Millisecond)
		shown.apply(t, a)
	}
	shown.shows(r)
	if s := r.a.Stats(); s.Resyncs < 2 || s.Dropped == 0 || s.Omitted != 0 {
		t.Errorf("%+v", s)
	}
}

func TestMaxSockets(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true, MaxSockets: 10})
	r.crowd(30)
	a := r.admin()
	r.wait(time.Second)
	shown := page{}
	if shown.apply(t, a); len(shown) != 10 || r.a.Stats().Omitted != 21 {
		t.Errorf("%d sockets, %+v", len(shown), r.a.Stats())
	}
}

// A page whose connection takes nothing holds no more than the feed and what its connection may hold, and is told anew
// once it reads.
func TestStalledPage(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true})
	a, other := r.admin(), r.admin()
	r.wait(time.Second)
	shown, second := page{}, page{}
	shown.apply(t, a)
	second.apply(t, other)
	a.p.Stall()
	var crowds [][]*client
	for range 6 {
		crowds = append(crowds, r.crowd(150))
		r.wait(300 * time.Millisecond)
		second.apply(t, other)
	}
	for _, c := range crowds[0] {
		c.p.Close()
	}
	r.wait(500 * time.Millisecond)
	second.apply(t, other)
	second.shows(r)
	if out := r.loop.Stats().OutBytes; out > 256<<10 || r.a.feed.bytes > feedBytes {
		t.Errorf("%d bytes wait, the feed has %d", out, r.a.feed.bytes)
	}
	a.p.Resume()
	for range 20 {
		r.wait(100 * time.Millisecond)
		shown.apply(t, a)
		second.apply(t, other)
	}
	shown.shows(r)
	second.shows(r)
}

// The room of an upgraded, then lost polling client: see interop/admin. Here: what a socket that a handler throws out
// at once leaves.
func TestThrownOutAtOnce(t *testing.T) {
	r := newRig(t, sio.Options{}, Options{Development: true})
	r.io.OnConnection(func(s *sio.Socket) { s.Disconnect(false) })
	a := r.admin()
	r.connect("", "")
	r.wait(time.Second)
	shown := page{}
	shown.apply(t, a)
	shown.shows(r)
	if len(shown) != 1 {
		t.Errorf("%v", shown)
	}
}
