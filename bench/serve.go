//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// server is what bench serve runs: an application on one loop and /stats beside
// it.
type server struct {
	loop *poll.Loop
	app  *webapp.App // of /stats, and of the sio application
	lag  lagProbe
	ping time.Duration

	sockets poll.ListenOptions // of the sio application
}

// serve is bench serve.
func serve(args []string) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	kind := f.String("app", speechSIO, "sio, or a raw echo: ws, tcp")
	host := f.String("host", "127.0.0.1", "address to listen on")
	port := f.Int("port", 0, "port to listen on, 0 for a free one")
	core := f.Int("core", -1, "core to run on")
	ping := f.Duration("ping", 0, "ping interval of Engine.IO, 0 for its default")
	life := f.Duration("for", 0, "time to serve, 0 for ever")
	limit := f.Int("cap", 0, "bytes of output that a client may leave unread, 0 for the default")
	buffers := f.Int("buffers", 0, "bytes of the kernel's buffers for a connection, 0 for the system's")
	profile := f.String("profile", "", "`file` for a CPU profile, as make pgo takes it")
	if err := f.Parse(args); err != nil {
		return err
	}
	pinSelf(*core)
	frugal()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		return err
	}
	s := &server{loop: loop, ping: *ping}
	s.sockets = poll.ListenOptions{SendBufferBytes: *buffers, ReceiveBufferBytes: *buffers,
		Limits: poll.Limits{HardBytes: *limit}}
	at, err := s.listen(*kind, *host, *port)
	if err != nil {
		return err
	}
	fmt.Printf("listening %s stats %s\n", at, webapp.Addr{Host: *host, Port: s.app.Port()})
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	defer stop()
	if *life > 0 {
		loop.After(*life, loop.Stop)
	}
	if err = loop.Run(ctx); err == ctx.Err() {
		err = nil
	}
	return err
}

// frugal collects garbage at half the usual growth, as the gateway does: a server
// that allocates next to nothing pays little for it. GOGC overrides it.
func frugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// listen starts the application and tells its address.
func (s *server) listen(kind, host string, port int) (at string, err error) {
	statsPort := 0
	if kind == speechSIO {
		statsPort = port
	}
	o := webapp.Options{Listen: s.sockets, Rate: -1, MaxConnsPerAddress: -1} // the clients are on one machine
	if s.app, err = webapp.CreateWith(s.loop, "bench", webapp.Addr{Host: host, Port: statsPort}, o); err != nil {
		return "", err
	}
	s.app.Get("/stats", s.tell)
	switch kind {
	case speechSIO:
		err = s.socketIO()
	case speechWS:
		at, err = s.echo(host, port, func(*poll.Conn) poll.Handler { return &rawSocket{} })
	case speechTCP:
		at, err = s.echo(host, port, func(*poll.Conn) poll.Handler { return rawBytes{} })
	default:
		err = fmt.Errorf("no application %q", kind)
	}
	if err != nil {
		return "", err
	}
	if err = s.app.Start(); err == nil && kind == speechSIO {
		at = webapp.Addr{Host: host, Port: s.app.Port()}.String()
	}
	return at, err
}

// echo listens for a raw echo.
func (s *server) echo(host string, port int, accept func(*poll.Conn) poll.Handler) (at string, err error) {
	ln, err := s.loop.Listen(poll.ListenOptions{
		Address: webapp.Addr{Host: host, Port: port}.String(), Backlog: 4096, Accept: accept,
	})
	if err != nil {
		return "", err
	}
	return host + ":" + strconv.Itoa(int(ln.Addr().Port())), nil
}
