package polltest

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/edgesio/edgesio/poll"
)

// file is an open descriptor: a listener, one side of a connection, a reserve
// or a user's.
type file struct {
	what       string
	registered bool
	want       poll.Interest
	signal     poll.Interest // user
	sock       *socket       // connection
	name       string        // listener: as Dial spells it
	at         netip.AddrPort
	backlog    int
	queue      []*Peer
}

// level tells what f is ready for; broken is what is reported unasked.
func (f *file) level(k *Kernel) (is poll.Interest, broken bool) {
	switch {
	case f.sock != nil:
		return f.sock.level(k)
	case len(f.queue) > 0:
		return poll.Readable, false
	}
	return f.signal, false
}

// open gives f the lowest free number.
func (k *Kernel) open(f *file) int {
	for fd := 3; fd < len(k.files); fd++ {
		if k.files[fd] == nil {
			k.files[fd] = f
			return fd
		}
	}
	k.files = append(k.files, f)
	return len(k.files) - 1
}

func (k *Kernel) tableFull() bool { return k.MaxFDs > 0 && k.Open() >= k.MaxFDs }

func (k *Kernel) file(fd int, verb string) *file {
	if fd < 0 || fd >= len(k.files) || k.files[fd] == nil {
		k.fail("%s of descriptor %d, which is not open", verb, fd)
	}
	if k.files[fd].what != "user" { // theirs outlive the loop
		k.alive()
	}
	return k.files[fd]
}

func (k *Kernel) registered(fd int, verb string) *file {
	f := k.file(fd, verb)
	if !f.registered {
		k.fail("%s of descriptor %d (%s), which is not registered", verb, fd, f.what)
	}
	return f
}

func (k *Kernel) socket(fd int, verb string) *socket {
	f := k.file(fd, verb)
	if f.sock == nil {
		k.fail("%s of descriptor %d, which is a %s", verb, fd, f.what)
	}
	return f.sock
}

// CloseFD closes a descriptor, also where it reports an error, as Linux does; its
// number is free at once.
func (k *Kernel) CloseFD(fd int) poll.Errno {
	k.Calls.Closes++
	f := k.file(fd, "close")
	errno := k.scripted(CallCloseFD, fd)
	k.files[fd] = nil
	for _, p := range f.queue {
		p.abort()
	}
	if f.sock != nil {
		f.sock.close()
	}
	return errno
}

// Reset closes a connection with RST: what the peer has not got is lost. It closes
// also where it reports an error.
func (k *Kernel) Reset(fd int) poll.Errno {
	k.Calls.Resets++
	s := k.socket(fd, "reset")
	errno := k.scripted(CallReset, fd)
	k.files[fd] = nil
	s.gone, s.shut = true, true
	s.peer.abort()
	return errno
}

// Listen opens a listener; port 0 is replaced by a free one.
func (k *Kernel) Listen(o *poll.ListenOptions) (int, netip.AddrPort, error) {
	f := &file{what: "listener", name: o.Address, backlog: o.Backlog}
	k.Calls.Listens++
	if errno := k.scripted(CallListen, -1); errno != 0 {
		return -1, f.at, errno
	}
	if o.Network != "unix" {
		host, service, err := net.SplitHostPort(o.Address)
		if err != nil {
			return -1, f.at, err
		}
		port, err := strconv.ParseUint(service, 10, 16)
		if err != nil {
			return -1, f.at, err
		}
		ip := netip.IPv6Unspecified()
		switch host {
		case "":
		case "localhost":
			ip = loopback
		default:
			if ip, err = netip.ParseAddr(host); err != nil {
				return -1, f.at, err
			}
		}
		if port == 0 {
			k.port++
			port = uint64(k.port)
		}
		f.at = netip.AddrPortFrom(ip, uint16(port))
		f.name = f.at.String()
	}
	if k.listener(f.name) != nil {
		return -1, netip.AddrPort{}, fmt.Errorf("polltest: listen on %s: %w", o.Address, syscall.EADDRINUSE)
	}
	if k.tableFull() {
		return -1, netip.AddrPort{}, syscall.EMFILE
	}
	return k.open(f), f.at, nil
}

// listener finds who listens on an address: the same one, or a wildcard with
// the same port.
func (k *Kernel) listener(addr string) *file {
	if _, port, err := net.SplitHostPort(addr); err == nil && port != "" {
		if addr == ":"+port || addr == "localhost:"+port {
			addr = "127.0.0.1:" + port
		}
	}
	to, _ := netip.ParseAddrPort(addr)
	for _, f := range k.files {
		if f == nil || f.name == "" {
			continue
		}
		wild := f.at.Addr().IsUnspecified() || to.Addr().IsUnspecified()
		if f.name == addr || to.IsValid() && wild && f.at.Port() == to.Port() {
			return f
		}
	}
	return nil
}

// Accept takes the connection that waits longest.
func (k *Kernel) Accept(fd int, _ *poll.ListenOptions) (int, netip.AddrPort, poll.Errno) {
	k.Calls.Accepts++
	f := k.file(fd, "accept")
	var none netip.AddrPort
	if f.name == "" {
		k.fail("accept on descriptor %d, which is a %s", fd, f.what)
	}
	if errno := k.scripted(CallAccept, fd); errno != 0 {
		f.lose(errno)
		return -1, none, errno
	}
	switch {
	case k.fault(k.Faults.EINTR):
		return -1, none, syscall.EINTR
	case len(f.queue) == 0:
		return -1, none, syscall.EAGAIN
	case len(k.AcceptErrors) > 0:
		errno := k.AcceptErrors[0]
		k.AcceptErrors = k.AcceptErrors[1:]
		return -1, none, errno
	case k.fault(k.Faults.EMFILE), k.tableFull():
		return -1, none, syscall.EMFILE
	}
	if errno := k.short(true); errno != 0 {
		return -1, none, errno
	}
	p := f.queue[0]
	f.queue = append(f.queue[:0], f.queue[1:]...)
	if p.gone || k.fault(k.Faults.ECONNABORTED) {
		p.abort()
		return -1, none, syscall.ECONNABORTED
	}
	return k.open(&file{what: "connection of " + p.from.String(), sock: p.sock}), p.from, 0
}

// LocalAddr tells the address that a connection came in on.
func (k *Kernel) LocalAddr(fd int) netip.AddrPort { return k.socket(fd, "name").at }

// Named tells what an open descriptor is: "listener", "reserve", "user" for one of
// Descriptor, "connection of" an address; "" for one that is not open.
func (k *Kernel) Named(fd int) string {
	if fd < 0 || fd >= len(k.files) || k.files[fd] == nil {
		return ""
	}
	return k.files[fd].what
}
