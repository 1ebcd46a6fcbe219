package main

import (
	"github.com/edgesio/edgesio/poll"
)

// handshakeFailed writes of such clients, one line in 5 s: scanners are many.
func (g *gateway) handshakeFailed(c *poll.Conn, err error) {
	g.app.Server().Log().Warn("tls", "TLS handshake failed", c.RemoteAddr(), []byte(err.Error()))
}
