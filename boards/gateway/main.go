// Gateway is the program that runs on the device: the sample app of the platform's socket.io module, in Go. A browser
// on /index.html shows its page, gets "hello world" back through an ack, and chats with everybody else who has it open.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

//go:embed page
var page embed.FS

// stopTime bounds how long clients may take to hear of the end. It is above poll's LingerTime.
const stopTime = 5 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:8000", "`address` and port; without an address all of the machine's")
	name := flag.String("name", "socketio", "name of the app")
	var level slog.Level
	flag.TextVar(&level, "log", slog.LevelInfo, "log level: DEBUG, INFO, WARN or ERROR")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))

	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // memory is dearer here than the little that is collected
	}
	if err := run(*name, *listen); err != nil {
		slog.Error("gateway ends", "name", *name, "err", err)
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT; a second signal ends the program at once.
func run(name, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	root, err := fs.Sub(page, "page")
	if err != nil {
		return err
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		return err
	}
	addr := webapp.Addr{Host: host, Port: int(number)}
	app, err := webapp.CreateWith(loop, name, addr, webapp.Options{Root: root})
	if err != nil {
		return err
	}
	io, err := sample(app)
	if err != nil {
		return err
	}
	if err := app.Start(); err != nil {
		return err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	fmt.Printf("%s on http://%s/index.html\n", name, net.JoinHostPort(host, strconv.Itoa(app.Port())))

	ctx, restore := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	if err := loop.Run(ctx); ctx.Err() == nil {
		return err
	}
	restore()
	return stop(loop, app, io)
}

// sample puts the routes and handlers of the sample on an app.
func sample(app *webapp.App) (*sio.Server, error) {
	app.Get("/index.:ext", func(_ *webapp.Request, res *webapp.Response) { res.SendFile("index.html") })
	app.All("/", func(_ *webapp.Request, res *webapp.Response) { res.End("This is socket.io test server.") })

	io, err := sio.New(app, sio.Options{})
	if err != nil {
		return nil, err
	}
	io.OnConnection(func(s *sio.Socket) {
		slog.Info("connected", "id", s.ID(), "addr", s.Conn().RemoteAddr(), "transport", s.Conn().Transport())
		s.Broadcast().Emit("hi", "I'm coming, my name: client_"+s.ID()+".")
	})
	io.On("req", func(e *sio.Event) { e.Ack("hello world") })
	io.On("chat", func(e *sio.Event) { io.Emit("chat", "client_"+e.Socket().ID()+" says: "+e.String(0)) })
	io.OnDisconnect(func(s *sio.Socket, reason sio.Reason) { slog.Debug("disconnected", "id", s.ID(), "reason", reason) })
	return io, nil
}

// stop tells the clients and turns the loop until they are gone or stopTime is over.
func stop(loop *poll.Loop, app *webapp.App, io *sio.Server) error {
	slog.Info("stopping", "sockets", io.Len())
	io.Close()
	app.Stop()
	for end := loop.Now() + stopTime.Milliseconds(); loop.Stats().Conns > 0 && loop.Now() < end; {
		if err := loop.Poll(50 * time.Millisecond); err != nil {
			return err
		}
	}
	return loop.Close()
}
