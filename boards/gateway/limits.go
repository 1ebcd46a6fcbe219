package main

import (
	"time"

	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// What the gateway allows on a board with 64 MB, where the defaults of the
// packages are for larger machines. Only what depends on the place where the box
// hangs has a flag.
const (
	// 2000 idle clients hold 1.2 MB of the heap and, at 10 kB, 20 MB of the kernel.
	defaultConns           = 2000
	defaultConnsPerAddress = 256 // a family, an office, a browser with 100 tabs
	defaultHandshakes      = 100 // a second: as many as the slowest board can do beside its other work
	connectTimeout         = 10 * time.Second
	uploadBytes            = 4 << 20
)

// limitWeb sets what depends on the board.
func limitWeb(o *webapp.Options, c config) {
	o.MaxBodyBytes, o.MaxUploadBytes = uploadBytes, uploadBytes
	o.MaxConnsPerAddress = c.connsPerAddress
	o.Rate, o.Burst = 300, 1500
	o.Listen.MaxConns = c.maxConns
	buffers := int(min(c.buffers.bytes, 1<<30))
	o.Listen.SendBufferBytes, o.Listen.ReceiveBufferBytes = buffers, buffers
}

// limitSockets likewise. ConnectTimeout is short because everybody who gets a
// session is here to join.
func limitSockets(o *sio.Options, c config) {
	o.ConnectTimeout = connectTimeout
	o.HandshakeRate, o.HandshakeBurst = c.handshakes, max(4*c.handshakes, 0)
	o.HandshakesPerAddress = 200
	o.EventRate, o.EventBurst = 500, 2000
	o.ByteRate, o.ByteBurst = 512<<10, 4<<20
	o.MaxReconstructionBytes = 4 << 20
	o.MaxChildNamespaces = 64
}
