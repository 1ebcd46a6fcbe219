package webapp

import (
	"strings"
	"testing"
	"time"
)

// scarce leaves n bytes of the loop's budget until the test ends.
func (r *rig) scarce(n int) {
	b := r.loop.Budget()
	held := b.Limit() - n - b.Used()
	b.Hold(held)
	r.t.Cleanup(func() { b.Give(held) })
}

// TestDeclaredBodyBeyondBudget: a body that there is no memory for is refused
// before any of it is read, or asked for.
func TestDeclaredBodyBeyondBudget(t *testing.T) {
	m := &mirror{limit: 1 << 20}
	r := newRig(t, Options{}, func(app *App) { app.Post("/", m.handle) })
	r.scarce(100_000)
	for _, line := range []string{"", "Expect: 100-continue\r\n"} {
		c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\n" + line + "Content-Length: 200000\r\n\r\n")
		answer := c.next("POST")
		if answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%q: %d, %v", line, answer.StatusCode, answer.Header)
		}
		c.closed()
	}
	r.dial().send(request("POST", "/", "hello")).want(200, "hello")
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n")
	c.send(strings.Repeat("x", 20_000))
	r.settle()
	if n := 100_000 - (r.loop.Budget().Limit() - r.loop.Budget().Used()); n < 20_000 || n > 50_000 {
		t.Errorf("%d bytes are taken for 20,000 that came", n)
	}
	c.send(strings.Repeat("x", 30_000)).want(200, strings.Repeat("x", 50_000))
}

// TestGrowingBodyBeyondBudget: a body of no declared length is refused when it has
// grown too large; one that others are on their way with is not.
func TestGrowingBodyBeyondBudget(t *testing.T) {
	m := &mirror{limit: 1 << 20}
	r := newRig(t, Options{}, func(app *App) { app.Post("/", m.handle) })
	r.scarce(100_000)
	other := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhel")
	c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := "2710\r\n" + strings.Repeat("x", 10_000) + "\r\n"
	for range 12 {
		c.send(chunk)
		r.settle()
	}
	if answer := c.next("POST"); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	other.send("lo!").want(200, "hello!")
	if s := r.loop.Budget().Stats(); s.Refused != 1 || !strings.Contains(r.log.String(), "class=memory") {
		t.Errorf("%+v, log %s", s, &r.log)
	}
}

// TestHeadsBeyondBudget: unfinished heads are memory too. Who has no room is told,
// and the rest goes on.
func TestHeadsBeyondBudget(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	r.scarce(20_000)
	var all []*client
	for range 4 { // 6 kB each
		all = append(all, r.dial().send("GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 6000)))
		r.settle()
	}
	if answer := all[3].next("GET"); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	all[3].closed()
	r.dial().send(get("/")).want(200, "hello") // whole heads are not held
	all[0].send("\r\n\r\n").want(200, "hello")
	all[1].Reset()
	r.settle()
	r.dial().sendSplit(get("/", "X: "+strings.Repeat("x", 9000)), 4000).want(200, "hello")
	all[2].Reset()
	r.settle()
	if b := r.loop.Budget(); !b.Fits(20_000) {
		t.Errorf("%d bytes are left of 20,000", b.Limit()-b.Used())
	}
}

// TestAheadBeyondBudget: what a peer sends ahead of a parked answer is held too,
// and its connection ends without it.
func TestAheadBeyondBudget(t *testing.T) {
	var parked []*Response
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { parked = append(parked, res) })
	})
	r.scarce(1000)
	c := r.dial().send(get("/"))
	r.settle()
	c.send(get("/"))
	r.settle()
	c.open()
	c.send(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 100))
	c.closed()
	if len(parked) != 1 || !parked[0].Ended() {
		t.Errorf("%d are parked", len(parked))
	}
}

// TestSlowIsLogged: a peer that does not read its answers is ended, counted and told of.
func TestSlowIsLogged(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.SendBytes(make([]byte, 1<<20)) })
	})
	for range 3 {
		c := r.dial()
		c.Stall()
		c.send(get("/"))
	}
	r.k.Sleep(r.loop, time.Minute)
	if n := strings.Count(r.log.String(), `class="slow peer"`); n != 1 || r.loop.Stats().Slow != 3 {
		t.Errorf("%d lines, %d were slow: %s", n, r.loop.Stats().Slow, &r.log)
	}
}
