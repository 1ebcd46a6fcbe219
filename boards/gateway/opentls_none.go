//go:build notls

package main

import (
	"errors"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// errNoTLS says what a program that was built with the tag notls cannot do: it stands behind a proxy that speaks TLS.
var errNoTLS = errors.New("this program was built without TLS (build tag notls): let a proxy speak it, or take the " +
	"other build")

// tlsServer is never made.
type tlsServer struct{ webapp.TLS }

// Reload fails.
func (*tlsServer) Reload() error { return errNoTLS }

// openTLS fails if TLS is wanted: the program does not start in the clear then.
func openTLS(_ *poll.Loop, cert, key string, _ func(c *poll.Conn, err error)) (*tlsServer, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	return nil, errNoTLS
}
