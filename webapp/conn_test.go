package webapp

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

func itoa(n int) string { return strconv.Itoa(n) }

// aborter counts aborts.
type aborter struct{ n int }

func (a *aborter) OnAbort(*Response) { a.n++ }

// parker is a handler that parks, and keeps what it was given.
type parker struct {
	aborter
	res []*Response
}

func (p *parker) handle(_ *Request, res *Response) {
	res.OnAbort(p)
	p.res = append(p.res, res)
}

func TestKeepAliveAndPipelining(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/n/:n", func(req *Request, res *Response) { res.End("answer " + req.Param("n")) })
		app.All("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial()
	for range 3 {
		c.send(get("/")).want(200, "hello")
	}
	var all strings.Builder
	for i := range 1000 {
		all.WriteString(get("/n/" + itoa(i)))
	}
	c.send(all.String())
	for i := range 1000 {
		c.want(200, "answer "+itoa(i))
	}
	c.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	if res := c.want(200, "hello"); res.Header.Get("Connection") != "keep-alive" {
		t.Error(res.Header)
	}
	c.send("GET / HTTP/1.0\r\n\r\n")
	if res := c.want(200, "hello"); res.Header.Get("Connection") != "close" && !res.Close {
		t.Error(res.Header)
	}
	c.closed()
	c = r.dial().send(get("/", "Connection: close, upgrade, keep-alive") + get("/"))
	c.want(200, "hello")
	c.closed()
}

// TestRefusals sends every malformed head: the stated answer, then the end; other
// clients are not affected; and few lines are written.
func TestRefusals(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.All("*", func(_ *Request, res *Response) { res.End("hello") })
	})
	other := r.dial().send(get("/"))
	other.want(200, "hello")
	n := 0
	for _, v := range wireVectors {
		if v.status < 400 {
			continue
		}
		n++
		c := r.dial().send(v.head)
		res := c.next("GET")
		if res.StatusCode != v.status || !res.Close || res.body == "" {
			t.Errorf("%s: %d %q, want %d and close", v.name, res.StatusCode, res.body, v.status)
		}
		c.closed()
	}
	other.send(get("/")).want(200, "hello")
	other.Close()
	r.run("the connections end", func() bool { return r.server().Stats().Conns == 0 })
	if s := r.server().Stats(); s.Refused != uint64(n) || s.Requests != 2 {
		t.Errorf("%+v", s)
	}
	if lines := strings.Count(r.log.String(), "\n"); lines > 3 {
		t.Errorf("%d lines:\n%s", lines, r.log.String())
	}
	if strings.ContainsAny(r.log.String(), "\x00\r\x16") {
		t.Errorf("a peer's bytes are in the log: %q", r.log.String())
	}
}

func TestDeadlines(t *testing.T) {
	o := Options{IdleTimeout: 20 * time.Second, HeadTimeout: 10 * time.Second, BodyTimeout: 15 * time.Second}
	r := newRig(t, o, func(app *App) {
		app.Post("/", func(req *Request, res *Response) {
			req.Body(100, func(b []byte, err error) {
				if err == nil {
					res.SendBytes(b)
				}
			})
		})
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	silent, used := r.dial(), r.dial().send(get("/"))
	used.want(200, "hello")
	r.k.Sleep(r.loop, 15*time.Second)
	used.send(get("/")).want(200, "hello")
	r.k.Sleep(r.loop, 6*time.Second)
	silent.closed() // nothing was asked: no answer either
	used.open()
	r.k.Sleep(r.loop, 15*time.Second)
	used.closed()

	loris := r.dial()
	request := get("/", "X: "+strings.Repeat("a", 100))
	for i := 0; i < len(request) && !loris.Ended(); i++ {
		loris.send(request[i : i+1])
		r.k.Sleep(r.loop, time.Second)
	}
	loris.want(408, errHeadTimeout.Message)
	loris.closed()

	slow := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
	for range 20 {
		slow.send("x")
		r.k.Sleep(r.loop, time.Second)
	}
	slow.want(408, ErrBodyTimeout.Message)
	slow.closed()
}

// TestParked answers in a later turn; what the peer sends meanwhile waits.
func TestParked(t *testing.T) {
	p := &parker{}
	r := newRig(t, Options{Rate: -1}, func(app *App) {
		app.Get("/poll", p.handle)
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial().send(get("/poll"))
	c.open()
	r.k.Sleep(r.loop, time.Hour) // no deadline while we are the ones to speak
	p.res[0].End("first")
	c.want(200, "first")

	c.send(get("/poll") + get("/") + get("/poll") + get("/"))
	c.open()
	p.res[1].End("second")
	if len(p.res) != 2 {
		t.Fatal("the next request was handled within End")
	}
	c.want(200, "second")
	c.want(200, "hello")
	c.open()
	p.res[2].End("third")
	p.res[2].End("nobody hears this")
	c.want(200, "third")
	c.want(200, "hello")
	if p.n != 0 || r.server().Stats().Aborted != 0 {
		t.Error("aborted")
	}

	// A peer that sends without end while it waits is not read without end.
	c.send(get("/poll"))
	c.open()
	for range 40 {
		c.send(strings.Repeat(get("/"), 500))
		r.settle()
	}
	if c.Unsent() == 0 {
		t.Error("everything was read")
	}
	p.res[3].End("fourth")
	c.want(200, "fourth")
	for range 40 * 500 {
		c.want(200, "hello")
	}
}

func TestAbort(t *testing.T) {
	for _, end := range []struct {
		name string
		do   func(c *client)
	}{
		{"FIN", func(c *client) { c.CloseWrite() }},
		{"RST", func(c *client) { c.Reset() }},
	} {
		p := &parker{}
		r := newRig(t, Options{}, func(app *App) {
			app.Get("/poll", p.handle)
			app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		})
		c := r.dial().send(get("/") + get("/poll"))
		r.run("the exchange is parked", func() bool { return len(p.res) == 1 })
		end.do(c)
		r.run("OnAbort", func() bool { return p.n == 1 })
		if end.name == "FIN" {
			c.want(200, "hello") // was queued before
			c.closed()
		}
		if !p.res[0].Ended() {
			t.Errorf("%s: not ended", end.name)
		}
		p.res[0].Set("X", "y").End("too late")
		r.settle()
		if s := r.server().Stats(); p.n != 1 || s.Aborted != 1 || s.Conns != 0 {
			t.Errorf("%s: %d aborts, %+v", end.name, p.n, s)
		}
	}
}

// TestHalfClosed: a peer that sends FIN right behind its requests gets the
// answers that are there by then.
func TestHalfClosed(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial().send(get("/") + get("/"))
	c.CloseWrite()
	c.want(200, "hello")
	c.want(200, "hello")
	c.closed()
}

// TestPressure: a peer that asks and does not read stops being served.
func TestPressure(t *testing.T) {
	served := 0
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { served++; res.End(strings.Repeat("x", 100<<10)) })
	})
	c := r.dial()
	c.Stall()
	c.send(strings.Repeat(get("/"), 200))
	r.settle()
	if served > 10 || r.loop.Stats().OutBytes > 1<<20 {
		t.Fatalf("%d served, %d bytes wait", served, r.loop.Stats().OutBytes)
	}
	c.Resume()
	for range 200 {
		c.want(200, strings.Repeat("x", 100<<10))
	}
}

func TestDrop(t *testing.T) {
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) { app.Get("/", p.handle) })
	c := r.dial().send(get("/"))
	c.open()
	p.res[0].Drop()
	c.closed()
	if p.n != 0 || !p.res[0].Ended() {
		t.Error("OnAbort after Drop")
	}
}

// echo is what a connection is switched to.
type echo struct{ closed bool }

func (e *echo) OnData(c *poll.Conn, b []byte) { c.Write(b) }
func (e *echo) OnDrain(*poll.Conn)            {}
func (e *echo) OnClose(_ *poll.Conn, _ error) { e.closed = true }
func (e *echo) take(c *poll.Conn, rest []byte) {
	c.SetHandler(e)
	c.Write([]byte("!"))
	e.OnData(c, rest)
}

func TestSwitch(t *testing.T) {
	e := &echo{}
	var later *Request
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
		app.Get("/now", func(req *Request, res *Response) {
			if !req.Upgrade() {
				t.Error("not an upgrade")
			}
			e.take(req.Switch())
			res.End("not HTTP any more")
		})
		app.Get("/later", func(req *Request, _ *Response) { req.Keep(); later = req })
		app.Post("/now", func(req *Request, res *Response) {
			if c, _ := req.Switch(); c != nil {
				t.Error("switched with a body")
			}
			res.End("no")
		})
	})
	up := []string{"Connection: keep-alive, Upgrade", "Upgrade: echo"}
	c := r.dial().send(get("/") + get("/now", up...) + "rest")
	c.want(200, "hello")
	c.send(" and more")
	r.run("the echo", func() bool { c.got = append(c.got, c.Read()...); return string(c.got) == "!rest and more" })
	if s := r.server().Stats(); s.Conns != 0 || s.Switched != 1 {
		t.Errorf("%+v", s)
	}
	r.k.Sleep(r.loop, time.Hour)
	c.got = nil
	c.open()
	c.Close()
	r.run("the end", func() bool { return e.closed })

	c = r.dial().send(get("/later", up...) + "rest")
	c.open()
	if later.Path() != "/later" || !later.Upgrade() {
		t.Error("the request was not kept")
	}
	e.take(later.Switch())
	r.run("the echo", func() bool { c.got = append(c.got, c.Read()...); return string(c.got) == "!rest" })
	c.Close()
	r.once(request("POST", "/now", "body", up...))
}

// TestStop closes idle connections at once and the others with their answer.
func TestStop(t *testing.T) {
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) { app.Get("/", p.handle) })
	idle, busy := r.dial(), r.dial().send(get("/"))
	busy.open()
	r.app.Stop()
	idle.closed()
	busy.open()
	p.res[0].End("last")
	if res := busy.want(200, "last"); !res.Close {
		t.Error("not the last answer")
	}
	busy.closed()
	if c := r.dial(); !c.Ended() {
		t.Error("accepted after Stop")
	}
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	c := r.dial().send(get("/"))
	r.run("a request", func() bool { return len(p.res) == 2 })
	c.Close()
}
