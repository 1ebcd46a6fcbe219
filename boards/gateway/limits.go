package main

import (
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// What the gateway allows and has no setting for: it depends neither on the board nor on the place where the box hangs.
// The others are in table.go.
const (
	connectTimeout = 10 * time.Second
	uploadBytes    = 4 << 20
)

// limitWeb sets what depends on the board.
func limitWeb(o *webapp.Options, c *config) {
	o.MaxBodyBytes, o.MaxUploadBytes = uploadBytes, uploadBytes
	o.Rate, o.Burst = c.requestsPerAddress, 5*c.requestsPerAddress
	o.Listen.MaxConns = c.conns(descriptorLimit())
	o.MaxConnsPerAddress = c.perAddress(o.Listen.MaxConns)
	o.Listen.SendBufferBytes, o.Listen.ReceiveBufferBytes = int(c.buffers.N), int(c.buffers.N)
	o.Listen.Limits = c.outputs()
}

// perAddress bounds the connections of one address, when conns are all that there may be. One that is a house, a
// school or an office behind its router is nearly everybody there is; a quarter is left for the others.
func (c *config) perAddress(conns int) int {
	if c.connsPerAddress != 0 {
		return c.connsPerAddress
	}
	return conns - conns/4
}

// outputs bound what waits for a peer.
func (c *config) outputs() poll.Limits {
	return poll.Limits{SoftBytes: int(c.outputSoft.N), HardBytes: int(c.outputHard.N)}
}

// limitSockets likewise. ConnectTimeout is short because everybody who gets a
// session is here to join.
func limitSockets(o *sio.Options, c *config) {
	o.ConnectTimeout = connectTimeout
	o.MaxHTTPBufferSize = int(c.maxPayload.N)
	r := c.rates()
	o.HandshakeRate, o.HandshakeBurst, o.HandshakesPerAddress = r.HandshakeRate, r.HandshakeBurst, r.HandshakesPerAddress
	o.EventRate, o.EventBurst, o.ByteRate, o.ByteBurst = r.EventRate, r.EventBurst, r.ByteRate, r.ByteBurst
	o.MaxReconstructionBytes = 4 << 20
	o.MaxChildNamespaces = 64
}

// rates bound what peers may do in a second.
func (c *config) rates() eio.Rates {
	input := int(c.input.N)
	if c.input.Given && input == 0 { // off
		input = -1
	}
	return eio.Rates{HandshakeRate: c.handshakes, HandshakeBurst: 4 * c.handshakes,
		HandshakesPerAddress: c.handshakesPerAddress, EventRate: c.events, EventBurst: 4 * c.events,
		ByteRate: input, ByteBurst: int(min(8*int64(input), 1<<30))}
}

// applyLive makes the values count that can change while the program runs. Loop's goroutine only.
func (p *process) applyLive() {
	c := p.config
	logLevel.Set(c.log)
	c.collect()
	conns := c.conns(descriptorLimit())
	p.app.Server().SetAddressLimits(c.requestsPerAddress, 5*c.requestsPerAddress, c.perAddress(conns))
	p.io.Engine().SetRates(c.rates())
	if l := p.app.Listener(); l != nil {
		l.SetMaxConns(conns)
		l.SetLimits(c.outputs())
	}
	p.watch()
}
