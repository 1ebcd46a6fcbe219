package main

import (
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio/metrics"
	"github.com/edgesio/edgesio/webapp"
)

// ops is the operator's listener, on the loop of the gateway: what it tells is not for the public.
type ops struct {
	*webapp.App
	host string
}

// maxScrapers bounds the connections of the operator's listener.
const maxScrapers = 16

// observe adds the probes to the public port and, with an address, opens the operator's listener with them and the
// metrics.
func (g *gateway) observe(loop *poll.Loop, listen string) error {
	g.health = new(webapp.Health)
	g.health.Mount(g.app)
	if listen == "" {
		return nil
	}
	addr, err := address(listen)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if !private(addr.Host) {
		slog.Warn("the metrics are not on a loopback or private address: they are for everybody who reaches it",
			"address", listen)
	}
	o := webapp.Options{Mode: eos.UserMode, Listen: poll.ListenOptions{MaxConns: maxScrapers}}
	app, err := webapp.CreateWith(loop, g.app.Name()+" metrics", addr, o)
	if err != nil {
		return err
	}
	g.ops = &ops{app, addr.Host}
	g.health.Mount(app)
	app.Get("/metrics", metrics.New(g.io, g.app.Server(), metrics.Options{}).Handle)
	return nil
}

// private tells whether an address is one that the internet does not reach. The empty one is all of the machine's.
func private(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast())
}
