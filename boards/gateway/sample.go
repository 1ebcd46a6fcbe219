package main

import (
	"log/slog"

	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// sample is the sample app of the platform's socket.io module, line for line.
func sample(app *webapp.App, options sio.Options) (*sio.Server, error) {
	app.Get("/index.:ext", func(_ *webapp.Request, res *webapp.Response) { res.SendFile("index.html") })
	app.All("/", func(_ *webapp.Request, res *webapp.Response) { res.End("This is socket.io test server.") })

	io, err := sio.New(app, options)
	if err != nil {
		return nil, err
	}
	io.OnConnection(func(s *sio.Socket) {
		slog.Debug("connected", "id", s.ID(), "addr", s.Conn().RemoteAddr(), "transport", s.Conn().Transport())
		s.Broadcast().Emit("hi", "I'm coming, my name: client_"+s.ID()+".")
	})
	io.On("req", func(e *sio.Event) { e.Ack("hello world") })
	io.On("chat", func(e *sio.Event) { io.Emit("chat", "client_"+e.Socket().ID()+" says: "+e.String(0)) })
	io.OnDisconnect(func(s *sio.Socket, reason sio.Reason) { slog.Debug("disconnected", "id", s.ID(), "reason", reason) })
	return io, nil
}
