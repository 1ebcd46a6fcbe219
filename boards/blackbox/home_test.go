package blackbox

import (
	"encoding/binary"
	"net"
	"slices"
	"sync/atomic"
)

// home is where a row's connections come from. The gateway limits what one address
// may have, so that each row has one of its own in 127.0.0.0/8, as peers have in
// the world, and a row with many connections is a crowd of several.
type home struct {
	street []string // the addresses so far
	used   int      // connections of the last one
	stays  bool     // one address for all: the row is about its limit
}

// perHome is how many connections come from an address: far below its limits.
const perHome = 100

var homes atomic.Uint32

// next is the address for another connection.
func (h *home) next() *net.TCPAddr {
	if h.used == 0 || h.used == perHome && !h.stays {
		h.move()
	}
	h.used++
	return &net.TCPAddr{IP: net.ParseIP(h.street[len(h.street)-1])}
}

// move goes to a new address.
func (h *home) move() {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 127<<24|1<<16+homes.Add(1))
	h.street, h.used = append(h.street, net.IP(ip[:]).String()), 0
}

// has tells whether an address is one of the row's.
func (h *home) has(address string) bool { return slices.Contains(h.street, address) }
