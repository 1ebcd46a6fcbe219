package eos

import (
	"net/netip"
	"strings"
	"time"
)

// A Claim is what a request says of itself. Nothing in it is true before a
// Verifier says so, except Remote and Now, which are the server's own.
type Claim struct {
	Token  string                   // edger-token, "" without one
	Srand  string                   // edger-srand, "" without one
	Remote netip.Addr               // of the connection, never from a header
	Header func(name string) string // a header of the request, "" without it; nil: no headers
	Now    time.Time                // of the loop's clock
}

// The names by which a request carries a token and its srand, as headers and in
// the query of a URL.
const (
	TokenName = "edger-token"
	SrandName = "edger-srand"
)

// header reads a header of the request.
func (c *Claim) header(name string) string {
	if c.Header == nil {
		return ""
	}
	return c.Header(name)
}

// without is the claim with headers that nobody sees.
func (c *Claim) without(names ...string) *Claim {
	hidden := *c
	hidden.Header = func(name string) string {
		for _, n := range names {
			if strings.EqualFold(n, name) {
				return ""
			}
		}
		return c.header(name)
	}
	return &hidden
}
