//go:build !notls

package main

import (
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

// tlsServer is the listener's TLS.
type tlsServer = tlsconn.Server

// openTLS is TLS with the pair of two files, or nil without them. Handshakes that fail are told by failed.
func openTLS(loop *poll.Loop, cert, key string, failed func(c *poll.Conn, err error)) (*tlsServer, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	return tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: cert, Key: key}}, OnFail: failed})
}
