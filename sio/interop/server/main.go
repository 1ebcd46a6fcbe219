// Server is the interop test app on our server, and reference.mjs is the same app on the reference; the suite beside it
// must pass with both. It prints "listening ADDR", then "opened NSP ID" and "closed NSP ID REASON" for every socket.
// SIGTERM stops it.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/msgpack"
	"github.com/edgesio/edgesio/webapp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port")
	interval := flag.Int("ping-interval-ms", 25000, "heartbeat interval in ms")
	timeout := flag.Int("ping-timeout-ms", 20000, "heartbeat timeout in ms")
	recovery := flag.Bool("recovery", false, "connection state recovery")
	deflate := flag.Int("deflate-threshold", 0, "bytes from which WebSocket messages are compressed; 0: never")
	parser := flag.String("parser", "", "msgpack, or the default one")
	asUsers := flag.Bool("eos", false, "clients are users, see users.go")
	flag.Parse()
	addr, err := netip.ParseAddrPort(*listen)
	check(err)

	loop, err := poll.New(poll.Options{})
	check(err)
	var web webapp.Options
	if *asUsers {
		web.EOS = users()
	}
	app, err := webapp.CreateWith(loop, "interop", webapp.Addr{Host: addr.Addr().String(), Port: int(addr.Port())}, web)
	check(err)
	app.Get("/", func(_ *webapp.Request, res *webapp.Response) {
		res.Type("text/html; charset=utf-8").End("<!doctype html><title>interop</title>")
	})
	o := sio.Options{
		PingInterval: time.Duration(*interval) * time.Millisecond,
		PingTimeout:  time.Duration(*timeout) * time.Millisecond,
	}
	if *recovery {
		o.ConnectionStateRecovery = &sio.ConnectionStateRecovery{}
	}
	if *deflate > 0 {
		o.PerMessageDeflate = &eio.Deflate{Threshold: *deflate}
	}
	if *parser == "msgpack" {
		o.Parser = msgpack.New(msgpack.Options{})
	}
	if *asUsers {
		police(&o)
		signIn(app)
	}
	io, err := sio.New(app, o)
	check(err)
	for _, name := range []string{"/", "/chat", "/deny", "/auth"} {
		serve(io.Of(name))
		if *asUsers {
			serveUsers(io.Of(name))
		}
	}
	io.Of("/deny").Use(func(_ *sio.Socket, next func(error)) {
		next(sio.Error{Message: "no entry", Data: map[string]any{"code": "E1", "list": []int{1, 2}}})
	})
	io.Of("/auth").Use(func(s *sio.Socket, next func(error)) {
		var auth struct{ Token string }
		if err := s.Handshake().BindAuth(&auth); err != nil || auth.Token != "sesame" {
			next(errors.New("wrong token"))
			return
		}
		next(nil)
	})

	check(app.Start())
	fmt.Printf("listening %s:%d\n", addr.Addr(), app.Port())
	stopOnSignal(loop, app, io)
}

// stopOnSignal turns the loop until SIGTERM came and everybody was told; a peer that keeps its side open is given up
// after LingerTime, so nothing may be left after 5 s.
func stopOnSignal(loop *poll.Loop, app *webapp.App, io *sio.Server) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	stopping := false
	for !stopping {
		check(loop.Poll(50 * time.Millisecond))
		select {
		case <-signals:
			stopping = true
		default:
		}
	}
	io.Close()
	app.Stop()
	for end := loop.Now() + 5000; loop.Stats().Conns > 0 && loop.Now() < end; {
		check(loop.Poll(50 * time.Millisecond))
	}
	if n := loop.Stats().Conns; n > 0 {
		log.Fatalf("%d connections were still open 5 s after the end", n)
	}
}

// who is what a socket is told about itself.
type who struct {
	ID        string `json:"id"`
	Nsp       string `json:"nsp"`
	Transport string `json:"transport"`
	EIO       int    `json:"eio"`
}

// serve registers the app's handlers on a namespace.
func serve(ns *sio.Namespace) {
	ns.OnConnection(func(s *sio.Socket) {
		fmt.Println("opened", ns.Name(), s.ID())
		s.Use(func(e *sio.Event, next func(error)) {
			if e.Name() == "forbidden" {
				next(errors.New("not allowed"))
				return
			}
			next(nil)
		})
	})
	ns.OnDisconnect(func(s *sio.Socket, reason sio.Reason) { fmt.Println("closed", ns.Name(), s.ID(), reason) })

	ns.On("who", func(e *sio.Event) {
		s := e.Socket()
		e.Ack(who{s.ID(), ns.Name(), s.Conn().Transport(), s.Conn().Protocol()})
	})
	ns.On("echo", func(e *sio.Event) {
		if e.HasAck() {
			e.Ack(e.Args()...)
		} else {
			e.Socket().Emit("echo", e.Args()...)
		}
	})
	ns.On("ask", func(e *sio.Event) {
		reply := e.Later()
		e.Socket().EmitWithAck("question", func(err error, answer *sio.Event) {
			if err == nil {
				reply.Ack(answer.Args()...)
			}
		}, e.Args()...)
	})
	ns.On("ask in vain", func(e *sio.Event) {
		reply := e.Later()
		e.Socket().Timeout(50*time.Millisecond).EmitWithAck("silence", func(err error, _ *sio.Event) {
			if errors.Is(err, sio.ErrTimeout) {
				reply.Ack("timed out")
			} else {
				reply.Ack("answered")
			}
		})
	})
	ns.On("binary", func(e *sio.Event) {
		e.Socket().Emit("binary", map[string]any{"a": []byte{0, 1, 254, 255}, "b": []any{"x", []byte{7}}}, []byte{}, "end")
	})
	ns.On("forbidden", func(e *sio.Event) { e.Socket().Emit("leaked") })
	rooms(ns)
	ns.On("kick", func(e *sio.Event) { e.Socket().Disconnect(false) })
	ns.On("kick out", func(e *sio.Event) { e.Socket().Disconnect(true) })
}

// rooms registers what has to do with more than one socket.
func rooms(ns *sio.Namespace) {
	// ack answers behind what the handler did.
	ack := func(fn func(s *sio.Socket, e *sio.Event)) func(*sio.Event) {
		return func(e *sio.Event) {
			fn(e.Socket(), e)
			e.Ack()
		}
	}
	ns.On("join", ack(func(s *sio.Socket, e *sio.Event) { check(s.Join(e.String(0))) }))
	ns.On("leave", ack(func(s *sio.Socket, e *sio.Event) { s.Leave(e.String(0)) }))
	ns.On("rooms", func(e *sio.Event) {
		s := e.Socket()
		list := slices.DeleteFunc(slices.Clone(s.Rooms()), func(room string) bool { return room == s.ID() })
		slices.SortFunc(list, cmp.Compare[string])
		e.Ack(list)
	})
	ns.On("say", ack(func(s *sio.Socket, e *sio.Event) { s.To(e.String(0)).Emit("said", e.Arg(1)) }))
	ns.On("announce", ack(func(_ *sio.Socket, e *sio.Event) { ns.To(e.String(0)).Emit("announced", e.Arg(1)) }))
	ns.On("announce except", ack(func(_ *sio.Socket, e *sio.Event) {
		ns.To(e.String(0)).Except(e.String(1)).Emit("announced", e.Arg(2))
	}))
	ns.On("shout", ack(func(s *sio.Socket, e *sio.Event) { s.Broadcast().Emit("shouted", e.Arg(0)) }))
	ns.On("show", ack(func(s *sio.Socket, e *sio.Event) { s.Broadcast().Emit("shown", e.Arg(0)) }))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
