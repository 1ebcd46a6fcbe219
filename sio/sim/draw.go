package sim

import (
	"math/rand/v2"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// Draw makes a configuration of a seed. A third of the seeds are calm.
func Draw(seed uint64) Config {
	c := draw(seed)
	c.ration()
	c.Drains = c.Shutdown && seed%2 == 0
	return c
}

func draw(seed uint64) Config {
	rnd := rand.New(rand.NewPCG(seed, 5))
	ms := func(from, to int) time.Duration { return time.Duration(from+rnd.IntN(to-from)) * time.Millisecond }
	rate := func(limit float64) float64 { return max(0, rnd.Float64()*1.4-0.4) * limit }
	c := Config{
		Seed: seed, Calm: rnd.IntN(3) == 0, Clients: 4 + rnd.IntN(6), Guests: rnd.IntN(3), Traffic: ms(15_000, 40_000),
		Shutdown: rnd.IntN(4) == 0, Buffers: 1 << (11 + rnd.IntN(6)),
		Faults: polltest.Faults{ShortRead: rate(0.4), ShortWrite: rate(0.4), EAGAIN: rate(0.3), EINTR: rate(0.2)},
		Web:    webapp.Options{IdleTimeout: 2 * time.Minute},
		Sio: sio.Options{
			PingInterval: ms(1000, 6000), PingTimeout: ms(1500, 4000), UpgradeTimeout: ms(1500, 4000),
			ConnectTimeout: ms(2000, 5000), MaxHTTPBufferSize: 200_000, MaxAttachments: 64,
			HTTPCompressionThreshold: 256 << rnd.IntN(4), NoHTTPCompression: rnd.IntN(3) == 0,
		},
		Loop: poll.Options{ReadBufferBytes: 1 << (10 + rnd.IntN(7)), EventsPerTurn: 1 + rnd.IntN(64)},
	}
	if rnd.IntN(128) == 0 {
		c.Crowd, c.Clients, c.Traffic = true, 200+rnd.IntN(800), ms(4000, 8000)
		c.Sio.PingInterval += 10 * time.Second
	}
	c.Slowly = rnd.IntN(4) == 0
	if rnd.IntN(2) == 0 {
		c.Sio.ConnectionStateRecovery = &sio.ConnectionStateRecovery{
			MaxDisconnectionDuration: ms(1000, 20_000), SkipMiddlewares: rnd.IntN(3) > 0,
			MaxSessions: 1 << rnd.IntN(8), MaxPackets: 4 << rnd.IntN(10), MaxBytes: 4 << 20 >> (8 * (rnd.IntN(4) / 3)),
		}
	}
	if rnd.IntN(4) == 0 {
		c.Sio.PerMessageDeflate = &eio.Deflate{Threshold: 16 << rnd.IntN(8)}
	}
	c.Faults.HUP, c.Faults.Late = rate(0.5), rate(0.05)
	c.Jumps = max(rnd.IntN(8)-4, 0)
	if c.Calm {
		c.Sio.PingTimeout += 4 * time.Second
		return c
	}
	c.Villains = rnd.IntN(6)
	if n := rnd.IntN(6); n == 0 && !c.Crowd {
		c.Loop.MemoryBytes = 128 << 10 << rnd.IntN(4)
	} else if n < 3 && c.Sio.ConnectionStateRecovery != nil {
		c.Handover = c.Traffic/4 + time.Duration(rnd.Int64N(int64(c.Traffic/2)))
	}
	c.Faults.Reset = rate(0.002)
	c.Faults.EMFILE, c.Faults.ENOBUFS, c.Faults.ECONNABORTED = rate(0.1), rate(0.1), rate(0.1)
	c.Faults.ENOMEM = rate(0.002)
	c.Suspends = max(rnd.IntN(6)-4, 0)
	c.Web.IdleTimeout, c.Web.HeadTimeout, c.Web.BodyTimeout = ms(2000, 20_000), ms(1000, 5000), ms(1000, 5000)
	if n := rnd.IntN(8); !c.Crowd {
		c.narrow(rnd, n)
	}
	if c.MaxFDs > 0 { // there may be none for a second listener
		c.Handover = 0
	}
	if rnd.IntN(2) == 0 {
		c.Web.Listen.Limits = poll.Limits{SoftBytes: 16 << 10, SoftTime: 2 * time.Second, HardBytes: 64 << 10}
		c.Sio.MaxQueuedBytes = 64 << 10
	}
	return c
}

// narrow draws what there is not enough of.
func (c *Config) narrow(rnd *rand.Rand, n int) {
	switch n {
	case 0, 1, 2:
		c.MaxFDs = 8 + rnd.IntN(20)
	case 3:
		c.Web.Listen.MaxConns = 4 + rnd.IntN(20)
	case 4:
		c.Sio.MaxSessions = 2 + rnd.IntN(8)
	case 5:
		c.Sio.MaxPendingAcks = 1 + rnd.IntN(3)
	case 6:
		c.Web.Listen.AcceptBudget = 1
	}
}

// style draws how a client goes about its next session.
func (w *World) style(rnd *rand.Rand) style {
	s := style{
		wire:      wire{protocol: 3 + rnd.IntN(2), base64: rnd.IntN(5) == 0},
		keepAlive: rnd.IntN(3) > 0, gzip: rnd.IntN(3) == 0, eager: rnd.IntN(4) == 0,
		habits: habits{
			oneWay: time.Duration(rnd.IntN(60)) * time.Millisecond,
			jitter: time.Duration(rnd.IntN(40)) * time.Millisecond,
		},
	}
	switch rnd.IntN(5) {
	case 0:
		s.websocket = true
	case 1, 2, 3:
		s.upgrade = true
	}
	if rnd.IntN(3) == 0 {
		s.fragments = 0.2
	}
	if rnd.IntN(3) == 0 {
		s.dribble = 0.2
	}
	s.hasty = rnd.IntN(3) == 0
	if s.upgrade && rnd.IntN(5) == 0 {
		s.badProbe = 1 + rnd.IntN(2)
	}
	if w.Sio.PerMessageDeflate != nil && rnd.IntN(2) == 0 {
		s.offer = offers[rnd.IntN(len(offers))]
	}
	s.jsonp = s.protocol == 3 && !s.websocket && rnd.IntN(6) == 0
	if !w.Calm && rnd.IntN(10) == 0 {
		s.slow = 1024 << rnd.IntN(4)
	}
	return s
}
