//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// workload is what a scenario does with the connections. It is called on the
// loop's thread; slices are valid until the callback returns.
type workload interface {
	// onReady tells that c has joined the namespace (a raw one: is connected).
	onReady(c *conn)
	// onText takes an Engine.IO message of text (raw: a message), onBinary one
	// of bytes, without the type byte that Engine.IO 3 puts before it.
	onText(c *conn, p []byte)
	onBinary(c *conn, p []byte)
	// onBytes takes what came in over a connection without frames and returns
	// how much of it is used; the rest comes again, with more behind it.
	onBytes(c *conn, b []byte) int
	// onTurn follows when all that one read brought is told.
	onTurn(c *conn)
	// onClose tells that c ended, or could not be opened.
	onClose(c *conn, err error)
	// onTick is called about once a millisecond while the loop is told to tick.
	onTick(now int64)
}

// idler is a workload that does nothing; others embed it.
type idler struct{}

func (idler) onReady(*conn)                 {}
func (idler) onText(*conn, []byte)          {}
func (idler) onBinary(*conn, []byte)        {}
func (idler) onBytes(_ *conn, b []byte) int { return len(b) }
func (idler) onTurn(*conn)                  {}
func (idler) onClose(*conn, error)          {}
func (idler) onTick(int64)                  {}

// loop drives connections on one thread. Once they are open nothing on it
// allocates, so that the collector can stay off.
type loop struct {
	epoll   *epoll
	work    workload
	target  target
	request []byte // the WebSocket handshake
	conns   []*conn
	buf     []byte
	now     int64 // after the last wait or read
	ticking bool  // call onTick
	stop    bool  // ends run
	sources int   // addresses to dial from
	first   int   // the first of them
	dialed  int
	open    int

	reads, writes, waits uint64
	errs                 int
	err                  error // the first
	ponged               int64 // when the clients of Engine.IO 3 pinged last
}

func newLoop(t target, sources int) (*loop, error) {
	p, err := newEpoll()
	if err != nil {
		return nil, err
	}
	l := &loop{epoll: p, target: t, sources: max(sources, 1), buf: make([]byte, 512<<10)}
	l.request = t.upgradeRequest()
	return l, nil
}

// conn makes one more connection, which is not dialed yet.
func (l *loop) conn() *conn {
	c := &conn{loop: l, index: int32(len(l.conns))}
	l.conns = append(l.conns, c)
	return c
}

// source is the address that the next connection comes from: 127.0.1.1 and up,
// as each has only so many ports.
func (l *loop) source() [4]byte {
	i := l.first + l.dialed%l.sources
	l.dialed++
	return [4]byte{127, 0, byte(1 + i/250), byte(1 + i%250)}
}

func (l *loop) note(err error) {
	if l.errs++; l.err == nil {
		l.err = err
	}
}

// run serves until the deadline or until stop is set.
func (l *loop) run(d time.Duration) {
	l.stop = false
	l.now = nanotime()
	deadline := l.now + int64(d)
	for !l.stop && l.now < deadline {
		patience := min(20*time.Millisecond, time.Duration(deadline-l.now))
		if l.ticking {
			patience = min(patience, time.Millisecond)
		}
		l.waits++
		events := l.epoll.wait(patience)
		l.now = nanotime()
		for i := range events {
			l.serve(l.conns[events[i].Fd], events[i].Events)
		}
		if l.ticking {
			l.work.onTick(l.now)
		}
		l.heartbeat()
	}
}

// heartbeat lets the clients of Engine.IO 3 ping, which is their part.
func (l *loop) heartbeat() {
	if l.target.version != 3 || l.now-l.ponged < int64(20*time.Second) {
		return
	}
	l.ponged = l.now
	for _, c := range l.conns {
		if c.state == ready && l.target.framed() {
			c.send(pingFrame)
		}
	}
}

func (l *loop) serve(c *conn, events uint32) {
	switch {
	case c.state == closed:
	case c.state == dialing:
		l.connected(c, events)
	default:
		if events&unix.EPOLLOUT != 0 {
			c.flush()
		}
		if events&^unix.EPOLLOUT != 0 && c.state != closed {
			c.read(l.buf)
		}
	}
}

func (l *loop) connected(c *conn, events uint32) {
	if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		v, _ := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		c.fail(unix.Errno(v))
		return
	}
	if len(c.out) == 0 {
		c.want(unix.EPOLLIN)
	}
	if !l.target.framed() {
		c.state = ready
		l.work.onReady(c)
		return
	}
	c.state = upgrading
	c.send(l.request)
}

// read takes one read's worth into b, behind what is left of the last one.
func (c *conn) read(b []byte) {
	l := c.loop
	have := copy(b, c.in)
	if have == len(b) {
		c.fail(fmt.Errorf("%d bytes without an end", have))
		return
	}
	l.reads++
	n, errno := readFD(c.fd, b[have:])
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return
	case errno != 0:
		c.fail(errno)
		return
	case n == 0:
		c.fail(errEOF)
		return
	}
	b = b[:have+n]
	used := c.consume(b)
	if c.state == closed {
		return
	}
	c.in = append(c.in[:0], b[used:]...)
	l.work.onTurn(c)
}

// consume takes whole units off b and returns how many bytes they had.
func (c *conn) consume(b []byte) (used int) {
	if !c.loop.target.framed() {
		return c.loop.work.onBytes(c, b)
	}
	if c.state == upgrading {
		if used = c.upgraded(b); used == 0 {
			return 0
		}
	}
	for c.state != closed {
		f, n, err := parseFrame(b[used:])
		if err != nil {
			c.fail(err)
		}
		if n == 0 {
			break
		}
		used += n
		c.onFrame(f)
	}
	return used
}

// loopback tells whether the load may go to an address: it never leaves the
// machine.
func loopback(a netip.AddrPort) error {
	if !a.Addr().Is4() || !a.Addr().IsLoopback() || a.Port() == 0 {
		return fmt.Errorf("%s is not an address and port of 127.0.0.0/8", a)
	}
	return nil
}
