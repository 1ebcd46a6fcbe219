//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// Adopt checks an inherited socket and makes it one of ours: non-blocking and close-on-exec. How it is bound, and how
// long its queue is, was decided by who made it.
func (sockets) Adopt(fd int, o *ListenOptions) (netip.AddrPort, error) {
	var none netip.AddrPort
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_STREAM {
		return none, ErrNotSocket
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return none, ErrNotSocket
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4, *unix.SockaddrInet6:
		o.Network = "tcp"
	case *unix.SockaddrUnix:
		o.Network, o.Address = "unix", sa.Name
	default:
		return none, ErrNotSocket
	}
	if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on == 0 {
		return none, ErrNotListening
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return none, err
	}
	tune(fd, o)
	return addrOf(sa), nil
}
