// Command bridged is a server with the bridge, for the test of what is linked.
package main

import (
	"context"
	"net/http"
	"net/http/pprof"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/httpbridge"
)

func main() {
	loop, err := poll.New(poll.Options{})
	if err != nil {
		panic(err)
	}
	app, err := webapp.Create(loop, "bridged", webapp.Addr{})
	if err != nil {
		panic(err)
	}
	httpbridge.Mount(app, "/debug/pprof", http.HandlerFunc(pprof.Index), httpbridge.Options{})
	if err := app.Start(); err != nil {
		panic(err)
	}
	loop.Run(context.Background())
}
