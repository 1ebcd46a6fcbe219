//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"net"
	"time"
)

// userTimeout is Linux's; here the protocol's heartbeat has to do.
func userTimeout(int, time.Duration) {}

// interfaceIndex is the number of a network interface, 0 when there is none of that name.
func interfaceIndex(name string) uint32 {
	if ifi, err := net.InterfaceByName(name); name != "" && err == nil {
		return uint32(ifi.Index)
	}
	return 0
}
