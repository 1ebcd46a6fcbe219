package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio/metrics"
	"github.com/edgesio/edgesio/webapp"
)

// ops is the operator's listener, on the loop of the gateway: what it tells is not for the public.
type ops struct {
	*webapp.App
	host  string
	again poll.Timer
}

// againTime is how often a listener whose address is taken is tried again.
const againTime = time.Second

// listen opens the listener. An address that is taken is no reason not to serve: a program that is being replaced has
// it until it ends.
func (o *ops) listen() error {
	err := o.Start()
	if errors.Is(err, syscall.EADDRINUSE) {
		o.Log().Error("metrics", "the address of the metrics is taken, trying again", err.Error())
		o.Loop().Arm(&o.again, againTime, o)
		return nil
	}
	return err
}

// OnTimer tries again.
func (o *ops) OnTimer(*poll.Timer) {
	if err := o.listen(); err != nil {
		slog.Error("no metrics", "err", err)
	}
}

// stop closes the listener.
func (o *ops) stop() {
	o.Loop().Disarm(&o.again)
	o.Stop()
}

// closeMetrics closes the operator's listener, if there is one.
func (g *gateway) closeMetrics() {
	if g.ops != nil {
		g.ops.stop()
	}
}

// maxScrapers bounds the connections of the operator's listener.
const maxScrapers = 16

// observe adds the probes to the public port and, with an address, opens the operator's listener with them and the
// metrics.
func (g *gateway) observe(loop *poll.Loop, listen string) error {
	g.health = new(webapp.Health)
	g.health.Add("memory", func() bool { return !loop.Budget().Tight() })
	g.health.Add("draining", func() bool { return !g.io.Draining() })
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
	g.ops = &ops{App: app, host: addr.Host}
	g.health.Mount(app)
	app.Get("/metrics", metrics.New(g.io, g.app.Server(), metrics.Options{}).Handle)
	return nil
}

// private tells whether an address is one that the internet does not reach. The empty one is all of the machine's.
func private(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast())
}
