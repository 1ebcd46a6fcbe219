package v06_test

import (
	"context"
	"os"

	"github.com/edgesio/edgesio/eio/v06"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// A chat for pages of 2010. The client's folder is support/socket.io-client of
// the npm package socket.io 0.6.18.
func Example() {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		panic(err)
	}
	app, err := webapp.Create(loop, "panel", webapp.Addr{Port: 8000})
	if err != nil {
		panic(err)
	}
	io, err := v06.New(app, v06.Options{
		ClientFS: os.DirFS("socket.io-client"),
		Origins:  []string{"panel.local:8000"},
	})
	if err != nil {
		panic(err)
	}
	io.OnConnection(func(c *v06.Client) {
		c.Send(map[string]any{"hello": c.SessionID()})
		c.OnMessage(func(m v06.Message) { c.Broadcast(m) })
		c.OnDisconnect(func() { io.Broadcast("someone left") })
	})
	if err := app.Start(); err != nil {
		panic(err)
	}
	loop.Run(context.Background())
}
