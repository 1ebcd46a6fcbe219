//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	eagain       = unix.EAGAIN
	eintr        = unix.EINTR
	emfile       = unix.EMFILE
	enfile       = unix.ENFILE
	econnreset   = unix.ECONNRESET
	econnaborted = unix.ECONNABORTED
	enomem       = unix.ENOMEM
	enobufs      = unix.ENOBUFS
)

func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(Errno); ok {
		return e
	}
	return unix.EIO
}

// sockets are the calls of a Kernel that all our systems have in common.
type sockets struct {
	random [512]byte // drawn ahead
	drawn  int       // bytes of random that are left, the last ones
}

func (sockets) Listen(o *ListenOptions) (int, netip.AddrPort, error) {
	var none netip.AddrPort
	sa, family, err := resolve(o)
	if err != nil {
		return -1, none, err
	}
	fd, err := socket(family)
	if err != nil {
		return -1, none, fmt.Errorf("poll: listen on %s: %w", o.Address, err)
	}
	if family != unix.AF_UNIX {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if family == unix.AF_INET6 {
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, b2i(o.Network == "tcp6"))
	}
	tune(fd, o)
	if err = unix.Bind(fd, sa); err == nil {
		err = unix.Listen(fd, o.Backlog)
	}
	if err != nil {
		unix.Close(fd)
		return -1, none, fmt.Errorf("poll: listen on %s: %w", o.Address, err)
	}
	return fd, sockets{}.LocalAddr(fd), nil
}

// resolve turns the address of o into what bind wants. Names are not looked up:
// a gateway listens on addresses, and a look-up would block the loop.
func resolve(o *ListenOptions) (unix.Sockaddr, int, error) {
	switch o.Network {
	case "tcp", "tcp4", "tcp6":
	case "unix":
		if fi, err := os.Lstat(o.Address); err == nil && fi.Mode()&os.ModeSocket != 0 && !alive(o.Address) {
			os.Remove(o.Address)
		}
		return &unix.SockaddrUnix{Name: o.Address}, unix.AF_UNIX, nil
	default:
		return nil, 0, fmt.Errorf("poll: listen: network %q is not known", o.Network)
	}
	host, service, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, 0, fmt.Errorf("poll: listen: %w", err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, 0, fmt.Errorf("poll: listen on %s: port is no number to 65535", o.Address)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip := netip.IPv6Unspecified()
	if host != "" {
		if ip, err = netip.ParseAddr(host); err != nil {
			return nil, 0, fmt.Errorf("poll: listen: %w", err)
		}
	}
	if host == "" && (o.Network == "tcp4" || !hasIPv6()) {
		ip = netip.IPv4Unspecified()
	}
	switch {
	case ip.Is4() && o.Network != "tcp6":
		return &unix.SockaddrInet4{Port: int(port), Addr: ip.As4()}, unix.AF_INET, nil
	case ip.Is6() && o.Network != "tcp4":
		return &unix.SockaddrInet6{Port: int(port), Addr: ip.As16(), ZoneId: zone(ip)}, unix.AF_INET6, nil
	}
	return nil, 0, fmt.Errorf("poll: listen on %s: not an address of network %q", o.Address, o.Network)
}

// zone is the scope of a link-local address: an interface by its name, or by its number.
func zone(ip netip.Addr) uint32 {
	if i := interfaceIndex(ip.Zone()); i != 0 {
		return i
	}
	n, _ := strconv.ParseUint(ip.Zone(), 10, 32)
	return uint32(n)
}

// alive tells whether somebody listens on a unix socket's path, with a full
// queue too.
func alive(path string) bool {
	fd, err := socket(unix.AF_UNIX)
	if err != nil {
		return true
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: path}) != unix.ECONNREFUSED
}

func hasIPv6() bool {
	fd, err := socket(unix.AF_INET6)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet6{}) == nil
}

// tune applies the options to a listening socket, whose connections inherit them:
// no calls per connection, and the window is scaled for the buffer. Unix sockets
// inherit nothing. A refused option costs comfort, not correctness, so errors are
// passed over.
func tune(fd int, o *ListenOptions) {
	if o.Network != "unix" {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		userTimeout(fd, o.UserTimeout)
	}
	if o.SendBufferBytes > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, o.SendBufferBytes)
	}
	if o.ReceiveBufferBytes > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, o.ReceiveBufferBytes)
	}
}

// accepted ends what Accept does on every system.
func accepted(fd int, sa unix.Sockaddr, err error, o *ListenOptions) (int, netip.AddrPort, Errno) {
	if err != nil {
		return -1, netip.AddrPort{}, errnoOf(err)
	}
	if o.Network == "unix" {
		tune(fd, o)
	}
	return fd, addrOf(sa), 0
}

func (sockets) LocalAddr(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrOf(sa)
}

func addrOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func (sockets) Shutdown(fd int) Errno { return errnoOf(unix.Shutdown(fd, unix.SHUT_WR)) }
func (sockets) CloseFD(fd int) Errno  { return errnoOf(unix.Close(fd)) }

// abortive makes the close of a connection send RST and drop what waits. A system
// that refuses says FIN, and keeps the output until its own times are over.
func (sockets) abortive(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

func (sockets) Reserve() (int, Errno) {
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return fd, errnoOf(err)
}

func (sockets) Wall() time.Time { return time.Now() }

// Random draws ahead for short requests, such as ids. What was given out is
// forgotten.
func (s *sockets) Random(p []byte) {
	if len(p) > len(s.random)/8 {
		rand.Read(p)
		return
	}
	if s.drawn < len(p) {
		rand.Read(s.random[:])
		s.drawn = len(s.random)
	}
	b := s.random[len(s.random)-s.drawn:][:len(p)]
	s.drawn -= copy(p, b)
	clear(b)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
