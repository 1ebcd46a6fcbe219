//go:build hazard

package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/metrics"
	"github.com/edgesio/edgesio/sio/msgpack"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/middleware"
	"github.com/edgesio/edgesio/webapp/websocket"
)

// The gateway for boards/blackbox: what the gateway has, and beside it what the gateway does not use of the packages
// below it, and handlers that no program should have. The environment's HAZARD_HURRY divides all deadlines.

func init() { hurry, hazard = hurried, endanger }

// hurried is every deadline's default, divided.
func hurried(o *webapp.Options, s *sio.Options) {
	in := func(d time.Duration) time.Duration { return d / haste() }
	o.IdleTimeout, o.HeadTimeout, o.BodyTimeout = in(30*time.Second), in(10*time.Second), in(30*time.Second)
	o.FirstByteTimeout = in(15 * time.Second)
	l := &o.Listen.Limits
	l.SoftTime, l.StallTime, l.LingerTime = in(10*time.Second), in(30*time.Second), in(3*time.Second)
	s.PingInterval, s.PingTimeout = in(25*time.Second), in(20*time.Second)
	s.ConnectTimeout, s.UpgradeTimeout = in(45*time.Second), in(10*time.Second)
	s.FloodTimeout = in(30 * time.Second)
	if r := s.ConnectionStateRecovery; r != nil {
		r.MaxDisconnectionDuration = in(20 * time.Second) // over before the suite looks what is left
	}
}

func haste() time.Duration {
	n, err := strconv.Atoi(os.Getenv("HAZARD_HURRY"))
	if err != nil || n < 1 {
		return 1
	}
	return time.Duration(n)
}

// goodOrigin may read what /hazard/cors and /hazard.io/ answer.
const goodOrigin = "http://good.example"

func endanger(app *webapp.App) error {
	app.Post("/hazard/body", func(req *webapp.Request, res *webapp.Response) {
		req.Body(1<<20, func(b []byte, err error) {
			if err != nil {
				res.Fail(err)
				return
			}
			res.End(strconv.Itoa(len(b)))
		})
	})
	app.Get("/hazard/query", func(req *webapp.Request, res *webapp.Response) {
		res.End(req.Query("sid") + " " + req.Query("EIO") + " " + req.Query("transport"))
	})
	app.Get("/hazard/set", func(req *webapp.Request, res *webapp.Response) { res.Set("X-Echo", req.Query("v")).End("") })
	app.Get("/hazard/cookie", func(req *webapp.Request, res *webapp.Response) {
		res.Cookie(webapp.Cookie{Name: "a", Value: req.Query("v")})
		res.End("")
	})
	app.Get("/hazard/redirect", func(req *webapp.Request, res *webapp.Response) { res.Redirect(req.Query("v")) })
	app.Get("/hazard/ip", func(req *webapp.Request, res *webapp.Response) { res.End(req.IP().String()) })
	app.Get("/hazard/panic", func(*webapp.Request, *webapp.Response) { panic("hazard") })
	app.Use("/hazard/cors", (&webapp.Cors{OriginFunc: func(string, *webapp.Request) bool { return true }}).Middleware())
	app.Get("/hazard/cors", func(_ *webapp.Request, res *webapp.Response) { res.End("") })
	app.Use("/hazard/form", middleware.Multipart(middleware.MultipartOptions{}))
	app.Post("/hazard/form", func(_ *webapp.Request, res *webapp.Response) { res.End("") })
	if err := channels(app); err != nil {
		return err
	}
	cors := &webapp.Cors{Origins: []string{goodOrigin}}
	for _, o := range []sio.Options{
		{Path: "/hazard.io", Cors: cors, PerMessageDeflate: &eio.Deflate{}, CleanupEmptyChildNamespaces: true,
			ConnectionStateRecovery: &sio.ConnectionStateRecovery{MaxBytes: maxMissedBytes}},
		{Path: "/msgpack.io", Parser: msgpack.New(msgpack.Options{})},
	} {
		limitSockets(&o, defaults())
		o.MaxChildNamespaces = 256 // several clients of 64
		hurried(new(webapp.Options), &o)
		io, err := sio.New(app, o)
		if err != nil {
			return err
		}
		misbehave(io.Namespace)
		misbehave(io.OfRegexp(regexp.MustCompile(`^/a\d+$`)))
		app.Get("/hazard/metrics"+o.Path, metrics.New(io, app.Server(), metrics.Options{}).Handle)
	}
	return nil
}

// channels is the plain WebSocket server.
func channels(app *webapp.App) error {
	plain, err := websocket.NewServer(app, "/hazard/ws", websocket.Options{PerMessageDeflate: &websocket.Deflate{}})
	if err != nil {
		return err
	}
	plain.OnConnection(func(ch *websocket.Channel, _ *webapp.Request) {
		ch.OnMessage(func(b []byte, binary bool) {
			if binary {
				ch.SendBytes(b)
			} else {
				ch.Send(string(b))
			}
		})
	})
	return nil
}

// misbehave adds the handlers.
func misbehave(ns *sio.Namespace) {
	ns.On("req", func(e *sio.Event) { e.Ack("hello world") })
	ns.On("echo", func(e *sio.Event) { e.Ack(e.Args()...) })
	ns.On("block", func(e *sio.Event) {
		time.Sleep(10 * time.Second / haste())
		e.Ack()
	})
	ns.On("panic", func(*sio.Event) { panic("hazard") })
	ns.On("close", func(e *sio.Event) {
		e.Socket().Disconnect(true)
		e.Ack("too late")
	})
	ns.On("burst", func(e *sio.Event) {
		s, n := e.Socket(), e.Int(0)
		for range n {
			s.EmitString("burst", "x")
		}
		e.Ack()
	})
	ns.On("mine", func(e *sio.Event) {
		text := strings.Repeat("x", int(e.Int(1)))
		for range e.Int(0) {
			e.Socket().Emit("mine", text)
		}
	})
	ns.On("all", func(e *sio.Event) {
		text := strings.Repeat("x", int(e.Int(1)))
		for range e.Int(0) {
			ns.Emit("all", text)
		}
		e.Ack()
	})
	ns.On("latest", func(e *sio.Event) {
		e.Socket().Volatile().Emit("volatile", e.String(0))
		e.Ack()
	})
	ns.On("rooms", func(e *sio.Event) {
		s, failed := e.Socket(), 0
		for i := range e.Int(0) {
			if s.Join("room"+strconv.FormatInt(i, 10)) != nil {
				failed++
			}
		}
		e.Ack(len(s.Rooms())-1, failed)
	})
	ns.On("churn", func(e *sio.Event) {
		s, failed := e.Socket(), 0
		for i := range e.Int(0) {
			room := "room" + strconv.FormatInt(i, 10)
			if s.Join(room) != nil {
				failed++
			}
			s.Leave(room)
		}
		e.Ack(len(s.Rooms())-1, failed)
	})
	ns.On("room", func(e *sio.Event) { e.Ack(e.Socket().Join(strings.Repeat("r", int(e.Int(0)))) != nil) })
	ns.On("ask", func(e *sio.Event) {
		s, refused := e.Socket(), 0
		for range e.Int(0) {
			s.EmitWithAck("asked", func(err error, _ *sio.Event) {
				if err != nil {
					refused++
				}
			})
		}
		e.Ack(refused)
	})
}
