package polltest

import (
	"net/netip"

	"github.com/edgesio/edgesio/poll"
)

// Inherit opens a listening socket on addr as a process finds it that another one started, for
// poll.ListenOptions.Inherit: callers may dial it, and wait in its queue.
func (k *Kernel) Inherit(addr string) int {
	fd, _, err := k.Listen(&poll.ListenOptions{Address: addr, Backlog: 511})
	if err != nil {
		k.fail("inherit %s: %v", addr, err)
	}
	return fd
}

// Adopt takes a socket that Inherit made.
func (k *Kernel) Adopt(fd int, o *poll.ListenOptions) (netip.AddrPort, error) {
	if fd >= len(k.files) || k.files[fd] == nil {
		return netip.AddrPort{}, poll.ErrNotSocket
	}
	f := k.files[fd]
	if f.name == "" {
		return netip.AddrPort{}, poll.ErrNotListening
	}
	o.Network = "tcp"
	return f.at, nil
}
