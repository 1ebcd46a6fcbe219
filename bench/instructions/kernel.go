package main

import (
	"net/netip"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// kernel is the least that a loop needs to run: connections whose input is set
// by hand and whose output is counted. It costs next to nothing, so that what is
// counted is the server.
type kernel struct {
	conns   []conn // by descriptor
	free    []int  // descriptors that were closed
	arrived []int  // connections not accepted yet
	written int
	keep    []byte // of the last write, while it is wanted
	now     time.Duration
	step    time.Duration // that passes between two looks at the clock
}

type conn struct {
	in    []byte
	ready bool // in, or the end, is to be reported
	ended bool // the client closed
}

const listener = 1

// send lets a message arrive; b is kept until it is read.
func (k *kernel) send(fd int, b []byte) { k.conns[fd].in, k.conns[fd].ready = b, true }

// dial lets a connection arrive and tells its descriptor.
func (k *kernel) dial() (fd int) {
	if n := len(k.free) - 1; n >= 0 {
		fd, k.free = k.free[n], k.free[:n]
	} else {
		fd = len(k.conns)
		k.conns = append(k.conns, conn{})
	}
	k.arrived = append(k.arrived, fd)
	return fd
}

// hangUp lets a client close its connection.
func (k *kernel) hangUp(fd int) { k.conns[fd].ended, k.conns[fd].ready = true, true }

// Wait lets the time pass where there is nothing else.
func (k *kernel) Wait(ready []poll.Ready, timeout time.Duration) (n int, _ poll.Errno) {
	if len(k.arrived) > 0 {
		ready[0] = poll.Ready{FD: listener, Got: poll.Readable}
		return 1, 0
	}
	for fd := range k.conns {
		if c := &k.conns[fd]; c.ready && n < len(ready) {
			c.ready = false
			ready[n] = poll.Ready{FD: int32(fd), Got: poll.Readable}
			n++
		}
	}
	if n == 0 && timeout > 0 {
		k.now += timeout
	}
	return n, 0
}

func (k *kernel) Accept(int, *poll.ListenOptions) (int, netip.AddrPort, poll.Errno) {
	if len(k.arrived) == 0 {
		return -1, netip.AddrPort{}, again
	}
	fd := k.arrived[0]
	k.arrived = k.arrived[:copy(k.arrived, k.arrived[1:])]
	return fd, netip.AddrPort{}, 0
}

func (k *kernel) Read(fd int, p []byte) (int, poll.Errno) {
	c := &k.conns[fd]
	if len(c.in) == 0 {
		if c.ended {
			return 0, 0
		}
		return -1, again
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, 0
}

func (k *kernel) Write(_ int, p []byte) (int, poll.Errno) {
	k.written += len(p)
	if k.keep != nil {
		k.keep = append(k.keep[:0], p...)
	}
	return len(p), 0
}

func (k *kernel) Writev(fd int, p [][]byte) (n int, _ poll.Errno) {
	for _, b := range p {
		k.Write(fd, b)
		n += len(b)
	}
	return n, 0
}

func (k *kernel) SendFile(int, int, *int64, int) (int, poll.Errno) { return -1, again }

func (k *kernel) CloseFD(fd int) poll.Errno {
	k.conns[fd] = conn{}
	k.free = append(k.free, fd)
	return 0
}

func (k *kernel) Reset(fd int) poll.Errno { return k.CloseFD(fd) }

func (k *kernel) Listen(*poll.ListenOptions) (int, netip.AddrPort, error) {
	k.conns = make([]conn, listener+1)
	return listener, netip.AddrPort{}, nil
}

func (k *kernel) Adopt(int, *poll.ListenOptions) (netip.AddrPort, error) {
	return netip.AddrPort{}, poll.ErrNotListening
}

func (k *kernel) Wake()                                  {}
func (k *kernel) Register(int, poll.Interest) poll.Errno { return 0 }
func (k *kernel) Modify(int, poll.Interest) poll.Errno   { return 0 }
func (k *kernel) Unregister(int) poll.Errno              { return 0 }
func (k *kernel) LocalAddr(int) netip.AddrPort           { return netip.AddrPort{} }
func (k *kernel) Shutdown(int) poll.Errno                { return 0 }
func (k *kernel) Reserve() (int, poll.Errno)             { return 0, 0 }
func (k *kernel) Monotonic() time.Duration               { k.now += k.step; return time.Hour + k.now }
func (k *kernel) Wall() time.Time                        { return time.Unix(0, 0) }
func (k *kernel) Random(p []byte)                        { p[0]++ }
func (k *kernel) Close() error                           { return nil }
