package webapp

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// from dials from an address of the test net, and returns the client.
func (r *rig) from(addr string) *client {
	r.k.Sleep(r.loop, 0)
	p := netip.MustParseAddr(addr)
	at := netip.AddrPortFrom(p, uint16(1024+r.k.IntN(60000)))
	return &client{Peer: r.k.DialFrom(at, "127.0.0.1:80"), r: r}
}

func hello(app *App) {
	app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	app.Get("/switch", func(req *Request, _ *Response) {
		c, _ := req.Switch()
		c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
		c.SetHandler(&echo{})
	})
}

// served wants an answer for a bystander from another address.
func (r *rig) served() {
	r.t.Helper()
	r.from("192.0.2.99").send(get("/")).want(200, "hello")
}

func (r *rig) throttled(n uint64) {
	r.t.Helper()
	if got := r.server().Stats().Throttled; got != n {
		r.t.Errorf("%d throttled, want %d", got, n)
	}
	if lines := strings.Count(r.log.String(), "class=address"); lines != 1 {
		r.t.Errorf("%d lines: %s", lines, r.log.String())
	}
}

func TestRequestRate(t *testing.T) {
	r := newRig(t, Options{Rate: 10, Burst: 20}, hello)
	c := r.from("192.0.2.1")
	c.send(strings.Repeat(get("/"), 100))
	for range 19 { // the connection counts as one
		c.want(200, "hello")
	}
	if res := c.next("GET"); res.StatusCode != 429 || res.Header.Get("Retry-After") != "1" || !res.Close {
		t.Errorf("%+v", res)
	}
	c.closed()
	if n := r.server().Stats().Responses; n[2] != 19 || n[4] != 1 {
		t.Errorf("responses %v", n)
	}
	r.served()
	if d := r.from("192.0.2.1"); !r.k.Run(r.loop, d.Ended, time.Second/20) {
		t.Error("a connection of the address is taken")
	}
	r.throttled(2)
	r.k.Sleep(r.loop, time.Second)
	r.from("192.0.2.1").send(get("/")).want(200, "hello")
}

// Behind a proxy that is trusted the addresses count that it forwards, and it may
// have as many connections as it likes.
func TestRateBehindProxy(t *testing.T) {
	r := newRig(t, Options{Rate: 10, Burst: 20, MaxConnsPerAddress: 2}, func(app *App) {
		app.Set("trust proxy", "192.0.2.1")
		hello(app)
	})
	ask := func(who string) *client {
		return r.from("192.0.2.1").send(get("/", "X-Forwarded-For: "+who))
	}
	for range 20 {
		ask("198.51.100.1").want(200, "hello")
	}
	if res := ask("198.51.100.1").next("GET"); res.StatusCode != 429 {
		t.Errorf("%+v", res)
	}
	ask("198.51.100.2").want(200, "hello")
	r.served()
	r.throttled(1)
}

// Connections of one address are bounded, those that switched included, and make
// room when they are closed.
func TestMaxConnsPerAddress(t *testing.T) {
	r := newRig(t, Options{MaxConnsPerAddress: 3}, hello)
	var open []*client
	for range 3 {
		c := r.from("2001:db8::1").send(get("/switch"))
		c.want(101, "")
		open = append(open, c)
	}
	refused := r.from("2001:db8::2")
	r.run("the fourth of the /64 is closed", refused.Ended)
	r.served()
	r.throttled(1)
	open[0].Close()
	r.settle()
	r.from("2001:db8::3").send(get("/")).want(200, "hello")
	if n := r.server().visitors.Len(); n > 3 {
		t.Errorf("%d addresses are remembered", n)
	}
}

// A flood of connections costs no memory that stays.
func TestConnectionFlood(t *testing.T) {
	r := newFaultyRig(t, 1, polltest.Faults{}, Options{Rate: 100, Burst: 100}, hello)
	for range 10 {
		for range 200 {
			r.from("203.0.113.5")
		}
		r.settle()
	}
	if s := r.server().Stats(); s.Throttled < 1800 || s.Conns > 200 {
		t.Errorf("%+v", s)
	}
	r.served()
	r.k.Sleep(r.loop, time.Minute)
	r.served()
	if s := r.server().Stats(); s.Conns > 2 || r.server().visitors.Len() > 2 {
		t.Errorf("left: %+v, %d addresses", s, r.server().visitors.Len())
	}
}

func TestFirstByteTimeout(t *testing.T) {
	r := newRig(t, Options{}, hello)
	mute, slow := r.dial(), r.dial()
	r.k.Sleep(r.loop, 14*time.Second)
	slow.send(get("/")).want(200, "hello")
	if mute.Ended() {
		t.Error("closed before its time")
	}
	r.k.Sleep(r.loop, 2*time.Second)
	if !mute.EOF() || len(mute.Read()) > 0 {
		t.Error("open after its time, or it got something")
	}
	r.k.Sleep(r.loop, 20*time.Second) // a second request has IdleTimeout
	slow.send(get("/")).want(200, "hello")
}

func TestCookieAndParameterCounts(t *testing.T) {
	r := newRig(t, Options{MaxCookies: 3, MaxQueryParams: 2}, hello)
	for _, c := range []struct {
		wire   string
		status int
		body   string
	}{
		{get("/", "Cookie: a=1; b=2; c=3"), 200, "hello"},
		{get("/?a&b"), 200, "hello"},
		{get("/", "Cookie: a=1; b=2", "Cookie: c=3; d=4"), 431, "too many cookies"},
		{get("/?a&b&c"), 400, "too many query parameters"},
	} {
		r.dial().send(c.wire).want(c.status, c.body)
		r.served()
	}
	if n := r.server().Stats().Refused; n != 2 {
		t.Errorf("%d refused", n)
	}
}

// Other limits count from the next connection on; 0 leaves one as it is.
func TestSetAddressLimits(t *testing.T) {
	r := newRig(t, Options{Rate: 1, Burst: 4, MaxConnsPerAddress: 2}, hello)
	ask := func() int {
		c := r.from("192.0.2.1").send(get("/"))
		defer r.settle()
		defer c.Close()
		return c.next("GET").StatusCode
	}
	for range 2 {
		if ask() != 200 {
			t.Fatal("refused too early")
		}
	}
	refused := r.from("192.0.2.1")
	r.run("the burst is used up", refused.Ended)
	r.server().SetAddressLimits(100, 200, 0)
	for range 3 {
		r.k.Sleep(r.loop, 100*time.Millisecond)
		if status := ask(); status != 200 {
			t.Errorf("with a higher rate: %d", status)
		}
	}
	held := r.from("192.0.2.9")
	other := r.from("192.0.2.9")
	r.settle()
	r.server().SetAddressLimits(0, 0, 1)
	third := r.from("192.0.2.9")
	r.run("the third is closed", third.Ended)
	if held.Ended() || other.Ended() {
		t.Error("those that are there were closed")
	}
	r.server().SetAddressLimits(-1, -1, -1)
	for range 300 {
		if ask() != 200 {
			t.Fatal("refused without a limit")
		}
	}
}
