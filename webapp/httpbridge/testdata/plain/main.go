// Command plain is a server without the bridge, for the test of what is linked.
package main

import (
	"context"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
)

func main() {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		panic(err)
	}
	app, err := webapp.Create(loop, "plain", webapp.Addr{})
	if err != nil {
		panic(err)
	}
	if _, err := websocket.NewServer(app, "/chat", websocket.Options{}); err != nil {
		panic(err)
	}
	sio.New(app, sio.Options{})
	if err := app.Start(); err != nil {
		panic(err)
	}
	loop.Run(context.Background())
}
