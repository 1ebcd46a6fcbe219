// Server is what client06.mjs talks to: an app with a page that loads the 0.6 client, and a listener that echoes. Its
// times are short, so that heartbeats and empty polls come within a test. It prints "listening URL"; SIGTERM stops it.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/eio/v06"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

const page = `<!doctype html><meta charset="utf-8"><title>0.6</title>
<script src="/socket.io/socket.io.js"></script><body></body>`

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port")
	client := flag.String("client", "", "folder of the 0.6 client")
	flag.Parse()
	addr, err := netip.ParseAddrPort(*listen)
	check(err)
	loop, err := poll.New(poll.Options{})
	check(err)
	app, err := webapp.Create(loop, "v06", webapp.Addr{Host: addr.Addr().String(), Port: int(addr.Port())})
	check(err)
	app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.Send(page) })
	app.Get("/favicon.ico", func(_ *webapp.Request, res *webapp.Response) { res.SendStatus(204) })

	stream := v06.TransportOptions{HeartbeatInterval: 200 * time.Millisecond, Timeout: 2 * time.Second}
	polling := v06.TransportOptions{Duration: 300 * time.Millisecond, CloseTimeout: time.Second}
	io, err := v06.New(app, v06.Options{
		ClientFS: os.DirFS(*client),
		TransportOptions: map[string]v06.TransportOptions{
			"websocket": stream, "htmlfile": stream, "xhr-polling": polling, "jsonp-polling": polling,
		},
	})
	check(err)
	io.OnConnection(func(c *v06.Client) { c.Send("welcome") })
	io.OnClientMessage(obey)
	app.Get("/clients", func(_ *webapp.Request, res *webapp.Response) {
		ids := []string{}
		for id := range io.Clients() {
			ids = append(ids, id)
		}
		res.JSON(ids)
	})

	check(app.Start())
	fmt.Printf("listening http://%s:%d/\n", addr.Addr(), app.Port())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	for len(signals) == 0 {
		check(loop.Poll(50 * time.Millisecond))
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

// info is what a client is told about itself.
type info struct {
	ID          string `json:"id"`
	Transport   string `json:"transport"`
	Connections int    `json:"connections"`
}

func obey(m v06.Message, c *v06.Client) {
	switch m.Text() {
	case "!info":
		c.Send(info{c.SessionID(), c.Transport(), c.Connections()})
	case "!burst":
		for i := range 20 {
			c.Send(fmt.Sprint(i))
		}
	case "!others":
		c.Broadcast("for the others")
	case "!close":
		c.Close()
	default:
		c.Send(m)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
