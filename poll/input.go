package poll

import "io"

// ready serves one report of the kernel. What it unblocks is written at the end
// of the turn, in one piece with what this turn adds.
func (c *Conn) ready(got Interest) {
	if got&Writable != 0 && c.flags&isBlocked != 0 {
		c.flags &^= isBlocked
		c.pend()
	}
	if got&Readable == 0 || c.state == closed {
		return
	}
	if c.want&Readable == 0 {
		if got&Writable != 0 && c.changed != uint8(c.loop.stats.Turns) {
			c.broken() // it was not asked for: an error, or both halves are closed
		}
		return
	}
	n, errno := c.read()
	switch {
	case errno == eagain:
	case short(errno):
		c.rest()
	case errno != 0:
		c.Abort(errno)
	case n == 0:
		c.finished()
	case c.state != open:
		c.discard(n)
	default:
		c.loop.stats.BytesIn += uint64(n)
		if c.flags&isLayered != 0 {
			c.Wire().input(c.loop.rbuf[:n])
			return
		}
		c.handler.OnData(c, c.loop.rbuf[:n])
	}
}

func (c *Conn) read() (n int, errno Errno) {
	for {
		c.loop.stats.Reads++
		n, errno = c.loop.kernel.Read(int(c.fd), c.loop.rbuf)
		if errno != eintr {
			return n, errno
		}
	}
}

// broken handles a reset that is reported while we do not read. There may be
// input left, but nobody to answer to.
func (c *Conn) broken() {
	n, errno := c.read()
	if n >= 0 || errno == eagain || short(errno) {
		errno = econnreset
	}
	c.Abort(errno)
}

// finished handles the peer's FIN: what was queued is still written.
func (c *Conn) finished() {
	c.flags |= isFinished
	if c.state == open && c.flags&isLayered != 0 {
		c.Wire().finished()
		return
	}
	if c.leave(io.EOF) {
		c.setState(closing)
		c.loop.slow.add(c)
	}
	if c.out == nil {
		c.Abort(nil)
		return
	}
	c.interest()
}

// lingerBytes is what a closed connection may still send before we give up
// being polite.
const lingerBytes = 256 << 10

func (c *Conn) discard(n int) {
	if c.state != lingering {
		return
	}
	if c.over += uint32(n); c.over > lingerBytes {
		c.Abort(nil)
	}
}
