//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// state is how far a connection of the load is. The first states follow each
// other, for as many as the target's speech needs; any may end in closed.
type state uint8

const (
	closed    state = iota // no descriptor; dial may use the conn again
	dialing                // connect is under way
	upgrading              // the WebSocket request is sent
	opening                // waits for the engine's open packet
	joining                // waits for the namespace
	ready                  // the scenario's
)

func (s state) String() string {
	return [...]string{"closed", "dialing", "upgrading", "opening", "joining", "ready"}[s]
}

// conn is one connection of the load. What a scenario knows of it is the
// scenario's, by index.
type conn struct {
	loop   *loop
	fd     int
	index  int32
	state  state
	events uint32 // asked of epoll
	thin   bool   // small window and segments, for a slow reader
	begun  int64  // when dial was called
	in     []byte // an unfinished unit
	out    []byte // what the kernel did not take
	parts  []byte // a message in fragments
	partOp uint8
}

var errEOF = errors.New("closed by the server")

// dial opens c from the next source address. Failure is told to the scenario.
func (c *conn) dial() {
	l := c.loop
	c.begun = nanotime()
	c.in, c.out, c.parts = c.in[:0], c.out[:0], c.parts[:0]
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		c.refused(err)
		return
	}
	c.fd = fd
	c.state = dialing
	l.open++
	// A reset instead of FIN at close: no TIME_WAIT uses up the ports.
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if c.thin {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, 536)
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: l.source()}); err == nil {
		err = unix.Connect(fd, sockaddr(l.target.addr))
	}
	if err != nil && err != unix.EINPROGRESS {
		c.fail(err)
		return
	}
	c.events = unix.EPOLLIN | unix.EPOLLOUT
	if err = l.epoll.control(unix.EPOLL_CTL_ADD, fd, c.index, c.events); err != nil {
		c.fail(err)
	}
}

func sockaddr(a netip.AddrPort) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

// want asks epoll for events.
func (c *conn) want(events uint32) {
	if c.events == events || c.state == closed {
		return
	}
	c.events = events
	if err := c.loop.epoll.control(unix.EPOLL_CTL_MOD, c.fd, c.index, events); err != nil {
		c.fail(err)
	}
}

// send writes b at once; what the kernel does not take is copied and follows.
func (c *conn) send(b []byte) {
	if c.state == closed {
		return
	}
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return
	}
	n := c.write(b)
	if c.state != closed && n < len(b) {
		c.out = append(c.out, b[n:]...)
		c.want(c.events | unix.EPOLLOUT)
	}
}

func (c *conn) flush() {
	if n := c.write(c.out); n > 0 {
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	if len(c.out) == 0 {
		c.want(c.events &^ unix.EPOLLOUT)
	}
}

func (c *conn) write(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	c.loop.writes++
	n, errno := writeFD(c.fd, b)
	if errno == 0 {
		return n
	}
	if errno != unix.EAGAIN && errno != unix.EINTR {
		c.fail(errno)
	}
	return 0
}

// refused counts a connection that did not come about.
func (c *conn) refused(err error) {
	c.loop.note(err)
	c.loop.work.onClose(c, err)
}

// fail ends c by an error, which is counted, and tells the scenario.
func (c *conn) fail(err error) {
	if c.state == closed {
		return
	}
	if errno, ok := err.(unix.Errno); ok {
		err = fmt.Errorf("%s: %w", c.state, errno)
	}
	c.close()
	c.refused(err)
}

// close ends c without a word.
func (c *conn) close() {
	if c.state == closed {
		return
	}
	c.state = closed
	c.loop.open--
	unix.Close(c.fd)
}
