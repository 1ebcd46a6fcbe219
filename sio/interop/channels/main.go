// Channels is the plain WebSocket server as the suite channels.mjs beside it expects it: an echo that obeys some words,
// on /chat and, for one origin and with subprotocols, on /guarded. It prints "listening ADDR", and "closed PATH CODE
// REASON" for every channel. SIGTERM stops it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port")
	flag.Parse()
	addr, err := netip.ParseAddrPort(*listen)
	check(err)
	loop, err := poll.New(poll.Options{})
	check(err)
	app, err := webapp.CreateWith(loop, "channels", webapp.Addr{Host: addr.Addr().String(), Port: int(addr.Port())},
		webapp.Options{EOS: &webapp.EOSOptions{Verifier: &eos.TrustedProxy{
			Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
			Next:      eos.Table{"ada's": {User: &eos.User{Acoid: "ada"}}},
		}}})
	check(err)
	app.Get("/", func(_ *webapp.Request, res *webapp.Response) {
		res.Type("text/html; charset=utf-8").End("<!doctype html><title>channels</title>")
	})
	chat, err := websocket.NewServer(app, "/chat", websocket.Options{
		PerMessageDeflate: &websocket.Deflate{}, PingInterval: 500 * time.Millisecond, PingTimeout: 5 * time.Second,
	})
	check(err)
	serve(chat)
	guarded, err := websocket.NewServer(app, "/guarded/:room", websocket.Options{
		Protocols: []string{"v2", "v1"}, Cors: &webapp.Cors{Origins: []string{"http://friend.example"}},
		Verify: func(req *webapp.Request, decide func(error)) {
			if req.Query("word") == "wrong" {
				decide(errors.New("wrong word"))
				return
			}
			loop.After(20*time.Millisecond, func() { decide(nil) })
		},
	})
	check(err)
	serve(guarded)
	check(app.Start())
	fmt.Printf("listening %s:%d\n", addr.Addr(), app.Port())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := loop.Run(ctx); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// serve makes the channels of s echo, but for a few words.
func serve(s *websocket.Server) {
	s.OnConnection(func(ch *websocket.Channel, req *webapp.Request) {
		room := req.Param("room")
		ch.OnMessage(func(data []byte, binary bool) {
			word, rest, _ := strings.Cut(string(data), " ")
			switch {
			case binary:
				ch.SendData(data, true)
			case word == "close":
				code, reason, _ := strings.Cut(rest, " ")
				n, _ := strconv.Atoi(code)
				ch.Close(websocket.Code(n), reason)
			case word == "abort":
				ch.Abort()
			case word == "all":
				s.Broadcast(data, false)
			case word == "many":
				for i := range 1000 {
					ch.Send(strconv.Itoa(i))
				}
			case word == "user":
				ch.Send("user " + ch.EOS().Acoid())
			case word == "who":
				ch.Send(room + " " + ch.Path() + " " + ch.Protocol() + " " + ch.Header("User-Agent"))
			default:
				ch.SendData(data, false)
			}
		})
		ch.OnClose(func(code websocket.Code, reason string) {
			fmt.Printf("closed %s %d %s\n", ch.Path(), code, reason)
		})
	})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
