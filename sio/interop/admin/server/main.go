// Server is a test app with the admin UI's namespace on our server; reference.mjs is the same app on the reference. It
// prints "listening ADDR". SIGTERM stops it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/admin"
	"github.com/edgesio/edgesio/webapp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port")
	mode := flag.String("mode", "production", "production or development")
	ui := flag.String("ui", "", "directory of the page, which is served at /")
	flag.Parse()
	loop, err := poll.New(poll.Options{})
	check(err)
	addr, err := netip.ParseAddrPort(*listen)
	check(err)
	app, err := webapp.Create(loop, "admin", webapp.Addr{Host: addr.Addr().String(), Port: int(addr.Port())})
	check(err)
	if *ui != "" {
		app.Use("/", webapp.Static(os.DirFS(*ui), webapp.StaticOptions{}))
	}
	io, err := sio.New(app, sio.Options{})
	check(err)
	for _, ns := range []*sio.Namespace{io.Namespace, io.Of("/chat")} {
		ns.OnConnection(func(s *sio.Socket) {
			if err := s.Join("all"); err != nil {
				log.Print(err)
			}
		})
		ns.On("echo", func(e *sio.Event) {
			e.Socket().Emit("echo", e.Args()...)
			e.Ack("done")
		})
		ns.On("leave", func(e *sio.Event) { e.Socket().Leave(e.String(0)) })
		ns.On("tell", func(e *sio.Event) { ns.Emit("told", e.Args()...) })
	}
	_, err = admin.New(io, admin.Options{
		Auth:        func(c admin.Credentials, decide func(bool)) { decide(c.User == "admin" && c.Password == "changeit") },
		Development: *mode == "development",
	})
	check(err)
	check(app.Start())
	fmt.Printf("listening 127.0.0.1:%d\n", app.Port())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	_ = loop.Run(ctx) // it ends with the signal
	io.Close()
	check(loop.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
