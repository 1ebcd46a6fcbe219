package main

import (
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// openTLS is TLS with the pair of two files, or nil without them. Handshakes that fail are told by failed.
func openTLS(loop *poll.Loop, cert, key string, failed func(c *poll.Conn, err error)) (*tlsconn.Server, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	return tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: cert, Key: key}}, OnFail: failed})
}

// handshakeFailed writes of such clients, one line in 5 s: scanners are many.
func (g *gateway) handshakeFailed(c *poll.Conn, err error) {
	g.app.Server().Log().Warn("tls", "TLS handshake failed", c.RemoteAddr(), []byte(err.Error()))
}
