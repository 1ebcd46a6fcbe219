package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
)

// What lives beside Socket.IO on the same app: plain HTTP and plain WebSockets.

// guest is a client of that: it pipelines requests on one connection, or talks
// to a channel. Each answer has to be the one that is due.
type guest struct {
	w     *World
	name  string
	rnd   *rand.Rand
	line  *line
	in    []byte
	due   []answer // of HTTP
	ws    *wsConn
	echo  [][]byte // that the channel has to send back
	told  uint64   // by the channel, unasked
	dying bool     // this side has ended it
}

// answer is what has to come.
type answer struct {
	status int
	body   []byte
}

func newGuest(w *World, name string, n uint64) *guest {
	return &guest{w: w, name: name, rnd: rand.New(rand.NewPCG(w.Seed, 3000+n))}
}

// come opens a connection.
func (g *guest) come() {
	if g.w.app.stopped {
		return
	}
	g.in, g.due, g.echo, g.told, g.dying, g.ws = nil, nil, nil, 0, false, nil
	l := g.w.dial(g.name, g.rnd, habits{oneWay: time.Duration(g.rnd.IntN(40)) * time.Millisecond, dribble: 0.1})
	g.line = l
	if g.rnd.IntN(2) == 0 {
		l.onData, l.onEnd = g.answers, func(bool) { g.gone() }
		g.requests(l)
		return
	}
	c := &wsConn{line: l, fragments: 0.1, onWrong: g.wrong}
	if g.w.Sio.PerMessageDeflate != nil {
		c.offer = offers[g.rnd.IntN(len(offers))]
	}
	g.ws = c
	l.onData, l.onEnd = c.onData, c.lost
	c.onOpen = func() { g.chat(c) }
	c.onMessage = g.heard
	c.onEnd = func(string) { g.gone() }
	c.hello(fmt.Sprintf("/plain/%d", g.rnd.IntN(3)), "")
}

func (g *guest) wrong(what string, b []byte) {
	g.w.fail("%s: from the server: %s: %.80q", g.name, what, b)
}

// gone is the end of the connection; another one follows. In a calm run nothing
// may be missing then.
func (g *guest) gone() {
	if missing := len(g.due) + len(g.echo); g.w.Calm && missing > 0 && !g.dying {
		g.w.fail("%s: the connection ended and %d answers are missing", g.name, missing)
	}
	g.w.kernel.After(time.Duration(200+g.rnd.IntN(5000))*time.Millisecond, g.come)
}

// end is it from this side.
func (g *guest) end() {
	if g.line == nil || g.line.ended {
		return
	}
	g.dying = true
	switch {
	case g.line.deaf:
		return
	case g.ws != nil && g.ws.open && g.rnd.IntN(2) == 0:
		g.ws.close()
		g.line.finish()
		return
	case g.rnd.IntN(2) == 0:
		g.line.reset()
	default:
		g.line.drop()
	}
	g.gone()
}

// requests sends a few, one behind the other.
func (g *guest) requests(l *line) {
	for range 1 + g.rnd.IntN(5) {
		n := g.w.model.next()
		text := fmt.Sprintf("number %d", n)
		switch g.rnd.IntN(6) {
		case 0:
			g.ask(l, "GET", fmt.Sprintf("/hello/%d", n), nil, 200, []byte(text))
		case 1:
			g.ask(l, "GET", fmt.Sprintf("/later/%d", n), nil, 200, []byte(text))
		case 2:
			b := blob(g.rnd, 20_000)
			g.ask(l, "POST", "/echo", b, 200, b)
		case 3:
			b := blob(g.rnd, 20_000)
			g.ask(l, "POST", "/stream", b, 200, b)
		case 4:
			g.ask(l, "GET", "/nothing/here", nil, 404, nil)
		default:
			g.ask(l, "GET", fmt.Sprintf("/big/%d", n), nil, 200, bytes.Repeat([]byte(text), 2000))
		}
	}
	switch g.rnd.IntN(3) {
	case 0:
		l.finish() // a server may take it that nobody waits for what is not ready
		g.dying = true
	case 1:
		g.w.kernel.After(time.Duration(g.rnd.IntN(2000))*time.Millisecond, func() {
			if g.line == l && !l.deaf && !l.finished && !g.w.app.stopped && len(g.due) == 0 {
				g.requests(l)
			}
		})
	default:
		g.w.kernel.After(time.Duration(g.rnd.IntN(3000))*time.Millisecond, func() {
			if g.line == l && !g.w.Calm {
				g.end()
			}
		})
	}
}

func (g *guest) ask(l *line, method, target string, body []byte, status int, want []byte) {
	g.due = append(g.due, answer{status, want})
	l.send(request(method, target, "application/octet-stream", "", body))
}

// answers compares what came.
func (g *guest) answers(b []byte) {
	g.in = append(g.in, b...)
	for len(g.in) > 0 {
		r, n, wrong := parseReply(g.in)
		switch {
		case wrong != "":
			g.wrong(wrong, g.in)
			return
		case r == nil:
			return
		case r.status == 408 || r.status == 503 || r.status == 429 && g.w.Web.Rate > 0: // a time limit, no room, a rate
			g.dying = true
			g.in = g.in[n:]
			continue
		case len(g.due) == 0:
			g.wrong("an answer that nobody asked for", g.in)
			return
		case r.status != g.due[0].status || g.due[0].body != nil && !bytes.Equal(r.body, g.due[0].body):
			g.wrong(fmt.Sprintf("status %d, %d bytes; due are %d, %d bytes", r.status, len(r.body), g.due[0].status,
				len(g.due[0].body)), r.body)
			return
		}
		g.in, g.due = g.in[n:], g.due[1:]
		g.w.figures.Pages++
	}
}

// chat talks to a channel: what it says comes back in order.
func (g *guest) chat(c *wsConn) {
	if g.ws != c || c.ended || c.closing || g.dying {
		return
	}
	switch n := g.rnd.IntN(20); {
	case g.w.app.stopped:
		return
	case n == 0:
		c.close()
		c.line.finish()
		g.dying = true
		return
	case n == 1 && !g.w.Calm:
		g.end()
		return
	default:
		b := blob(g.rnd, 1<<g.rnd.IntN(15))
		g.echo = append(g.echo, b)
		c.send(opBinary, b)
	}
	g.w.kernel.After(time.Duration(100+g.rnd.IntN(1500))*time.Millisecond, func() { g.chat(c) })
}

// heard takes a message of a channel: the echo is binary, its own news is text.
func (g *guest) heard(op byte, data []byte) {
	if op == opText {
		var n uint64
		if _, err := fmt.Sscanf(string(data), "news %d", &n); err != nil || n <= g.told {
			g.wrong(fmt.Sprintf("news out of order, after %d", g.told), data)
		}
		g.told = n
		return
	}
	if len(g.echo) == 0 || !bytes.Equal(g.echo[0], data) {
		g.wrong(fmt.Sprintf("another echo than the first of %d that are due", len(g.echo)), data)
		return
	}
	g.echo = g.echo[1:]
	g.w.figures.Echoes++
}

// parked is a request that is answered later.
type parked struct{ aborted bool }

// OnAbort notes that nobody waits any more.
func (p *parked) OnAbort(*webapp.Response) { p.aborted = true }

// serve adds the server's side.
func (a *app) serve(web *webapp.App) error {
	web.Get("/hello/:n", func(req *webapp.Request, res *webapp.Response) { res.End("number " + req.Param("n")) })
	web.Get("/big/:n", func(req *webapp.Request, res *webapp.Response) {
		res.SendBytes(bytes.Repeat([]byte("number "+req.Param("n")), 2000))
	})
	web.Get("/later/:n", func(req *webapp.Request, res *webapp.Response) {
		n, p := req.Param("n"), &parked{}
		res.OnAbort(p)
		a.after(time.Duration(a.rnd.IntN(1000))*time.Millisecond, func() {
			if !p.aborted {
				res.End("number " + n)
			}
		})
	})
	web.Post("/echo", func(req *webapp.Request, res *webapp.Response) {
		req.Body(1<<20, func(b []byte, err error) {
			if err == nil {
				res.SendBytes(b)
			}
		})
	})
	web.Post("/stream", func(req *webapp.Request, res *webapp.Response) {
		var got []byte
		req.OnData(1<<20, func(p []byte) {
			if got = append(got, p...); a.rnd.IntN(4) == 0 {
				req.PauseBody()
				a.after(time.Duration(a.rnd.IntN(50))*time.Millisecond, req.ResumeBody)
			}
		}, func(err error) {
			if err == nil {
				res.SendBytes(got)
			}
		})
	})
	return a.channels(web)
}

// channels serves plain WebSockets.
func (a *app) channels(web *webapp.App) error {
	o := websocket.Options{PingInterval: a.w.Sio.PingInterval, PingTimeout: a.w.Sio.PingTimeout,
		CloseTimeout: time.Second, OnError: func(err error) { a.w.fail("channel: %v", err) }}
	if d := a.w.Sio.PerMessageDeflate; d != nil {
		o.PerMessageDeflate = &websocket.Deflate{Threshold: d.Threshold}
	}
	server, err := websocket.NewServer(web, "/plain/:room", o)
	if err != nil {
		return err
	}
	server.OnConnection(func(ch *websocket.Channel, _ *webapp.Request) {
		a.open++
		gone := false
		ch.OnMessage(func(data []byte, binary bool) {
			if gone {
				a.w.fail("a message of a channel after its close")
			}
			ch.SendData(data, binary)
			if a.rnd.IntN(10) == 0 {
				server.Broadcast(fmt.Appendf(nil, "news %d", a.w.model.next()), false)
			}
		})
		ch.OnClose(func(websocket.Code, string) {
			if a.open--; gone {
				a.w.fail("a channel closed twice")
			}
			gone = true
		})
	})
	a.plain = server
	return nil
}
