//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// userTimeout is Linux's; here the protocol's heartbeat has to do.
func userTimeout(int, time.Duration) {}

// newQueue is kqueue, close-on-exec: there is no flag for that.
func newQueue() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	kq, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(kq)
	}
	return kq, err
}

// interfaceIndex is the number of a network interface, 0 when there is none of that name.
func interfaceIndex(name string) uint32 {
	if ifi, err := net.InterfaceByName(name); name != "" && err == nil {
		return uint32(ifi.Index)
	}
	return 0
}
