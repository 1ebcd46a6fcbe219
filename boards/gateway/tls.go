package main

import (
	"log/slog"

	"github.com/edgesio/edgesio/poll"
)

// handshakeFailed writes of such clients, one line in 5 s: scanners are many.
func (g *gateway) handshakeFailed(c *poll.Conn, err error) {
	g.app.Server().Log().Warn("tls", "TLS handshake failed", c.RemoteAddr(), []byte(err.Error()))
}

// reload reads what may have changed on the disk: the users, and the certificate.
func (g *gateway) reload() {
	g.accounts.reload()
	if g.tls == nil {
		return
	}
	busy := g.app.Loop().Try(g.tls.Reload, func(err error) {
		if err != nil {
			slog.Error("certificate stays as it was", "err", err)
		} else {
			slog.Info("certificate read again")
		}
	})
	if busy != nil {
		slog.Error("certificate stays as it was", "err", busy)
	}
}
