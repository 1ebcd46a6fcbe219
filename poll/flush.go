package poll

// Buffered is the number of bytes that are held until they are written: files are
// not, what was written behind them is.
func (c *Conn) Buffered() int {
	if c.out == nil {
		return 0
	}
	return c.out.size + c.out.held
}

// flush writes what is queued, as much as the kernel takes, unless it said that
// it takes none. Callbacks are made only when tell is set: not from within a
// handler's write.
func (c *Conn) flush(tell bool) {
	if c.flags&isBlocked != 0 || c.state == closed {
		return
	}
	for {
		if o := c.out; o == nil || o.size == 0 {
			if o != nil && o.file != nil {
				if !c.sendFile() {
					return
				}
				continue
			}
			if c.flags&isLayered == 0 || !c.Wire().fill() {
				break
			}
		}
		n, offered, errno := c.write()
		if offered == 0 {
			if c.state == closing && c.out != nil && c.out.empty() {
				continue // the layer dropped it, and has no farewell
			}
			return // the layer holds it back
		}
		if errno != 0 && errno != eagain && !short(errno) {
			c.Abort(errno)
			return
		}
		c.wrote(n)
		if short(errno) {
			c.flags |= isBlocked
			c.loop.slow.add(c)
			c.rest()
			return
		}
		if n < offered {
			c.blocked()
			return
		}
	}
	c.drop()
	c.interest()
	switch {
	case c.state == closing:
		c.linger()
	case tell && c.flags&isPressed != 0 && c.state == open:
		c.flags &^= isPressed
		c.handler.OnDrain(c)
	}
}

// blocked waits until the kernel takes more.
func (c *Conn) blocked() {
	c.flags |= isBlocked
	c.loop.slow.add(c)
	c.interest()
	if b := &c.loop.budget; b.over() {
		b.relieve()
	}
}

// wrote accounts for n bytes that the kernel took.
func (c *Conn) wrote(n int) {
	if c.flags&isLayered != 0 {
		c.Wire().wrote(n)
	} else {
		c.out.advance(n)
	}
	c.loop.stats.BytesOut += uint64(n)
	c.loop.stats.OutBytes -= n
	if n > 0 {
		c.stall = c.loop.now
	}
	if c.over != 0 {
		c.ease()
	}
}

// linger sends FIN once everything is written.
func (c *Conn) linger() {
	if c.flags&isFinished != 0 {
		c.Abort(nil)
		return
	}
	c.setState(lingering)
	c.over = 0 // from here on: bytes discarded
	errno := eintr
	for errno == eintr {
		errno = c.loop.kernel.Shutdown(int(c.fd))
	}
	if errno != 0 {
		c.Abort(nil)
	}
}

// maxVector bounds one vectored write.
const maxVector = 16

// write makes one attempt and tells how much it offered and how much was taken.
func (c *Conn) write() (n, offered int, errno Errno) {
	b := c.out.own[c.out.off:]
	switch {
	case c.flags&isLayered != 0:
		if !c.Wire().fill() {
			return 0, 0, 0
		}
		b = c.out.wire
	case len(c.out.shared) > 0:
		return c.writeVector()
	}
	for {
		c.loop.stats.Writes++
		n, errno = c.loop.kernel.Write(int(c.fd), b)
		if errno != eintr {
			return max(n, 0), len(b), errno
		}
	}
}

func (c *Conn) writeVector() (n, offered int, errno Errno) {
	iov := c.out.vector(c.loop.iov[:0])
	for _, b := range iov {
		offered += len(b)
	}
	for {
		c.loop.stats.Writes++
		n, errno = c.loop.kernel.Writev(int(c.fd), iov)
		if errno != eintr {
			clear(iov) // the loop must not keep what only this connection needs
			return max(n, 0), offered, errno
		}
	}
}

// drop lets go of the out buffer.
func (c *Conn) drop() {
	if o := c.out; o != nil {
		c.out = nil
		if o.file != nil {
			c.loop.stats.OutBytes -= o.dropFiles()
		}
		c.loop.stats.OutBytes -= o.size
		c.loop.spare.give(o)
	}
}
