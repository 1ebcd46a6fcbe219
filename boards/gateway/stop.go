package main

import (
	"log/slog"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// stopTime bounds how long clients may take to hear of the end. It is above poll's LingerTime.
const stopTime = 5 * time.Second

// stop tells the clients and turns the loop until they are gone or stopTime is over.
func stop(loop *poll.Loop, g *gateway) error {
	slog.Info("stopping", "sockets", g.io.Len())
	g.io.Close()
	g.app.Stop()
	if g.ops != nil {
		g.ops.Stop()
	}
	for end := loop.Now() + stopTime.Milliseconds(); loop.Stats().Conns > 0 && loop.Now() < end; {
		if err := loop.Poll(50 * time.Millisecond); err != nil {
			return err
		}
	}
	return loop.Close()
}
