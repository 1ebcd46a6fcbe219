package eio

import (
	"time"

	"github.com/edgesio/edgesio/webapp/rate"
)

// Rates are the options of the same names, for SetRates: negative is no limit.
type Rates struct {
	HandshakeRate, HandshakeBurst, HandshakesPerAddress int
	EventRate, EventBurst, ByteRate, ByteBurst          int
}

// SetRates changes rates while sessions are open: they hold for what comes from now
// on, also from those sessions. A zero field stays as it is. Loop's goroutine only.
func (e *Server) SetRates(r Rates) {
	o, s, t := &e.options, &e.storm, &e.tolls
	for _, f := range [...]struct {
		p *int
		n int
	}{
		{&o.HandshakeRate, r.HandshakeRate}, {&o.HandshakeBurst, r.HandshakeBurst},
		{&o.HandshakesPerAddress, r.HandshakesPerAddress}, {&o.EventRate, r.EventRate},
		{&o.EventBurst, r.EventBurst}, {&o.ByteRate, r.ByteRate}, {&o.ByteBurst, r.ByteBurst},
	} {
		if f.n != 0 {
			*f.p = f.n
		}
	}
	s.setLimits(o)
	t.setLimits(o)
}

func (s *storm) setLimits(o *Options) {
	s.rate, s.limit = o.HandshakeRate, rate.New(o.HandshakeRate, time.Second, o.HandshakeBurst)
	s.addresses.Limit = rate.New(o.HandshakesPerAddress, perAddressPeriod, o.HandshakesPerAddress)
}

func (t *tolls) setLimits(o *Options) {
	t.events = rate.New(o.EventRate, time.Second, o.EventBurst)
	t.bytes = rate.New(o.ByteRate, time.Second, o.ByteBurst)
}
