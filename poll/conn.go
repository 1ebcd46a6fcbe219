package poll

import "net/netip"

// Handler is what a connection calls, on the loop's goroutine.
type Handler interface {
	// OnData brings bytes that were read. b is valid until the callback returns,
	// and may be changed in place until then.
	OnData(c *Conn, b []byte)
	// OnDrain tells that all output is written, after Pressure was reported.
	OnDrain(c *Conn)
	// OnClose is the last call, made exactly once, at the end of the turn in
	// which the connection left its open state: err is nil after Close, io.EOF
	// when the peer closed, else the argument of Abort, an [Errno], [ErrSlow],
	// [ErrOverflow], [ErrMemory], [ErrClosed], or what SendFile met. Output that was queued before Close, or when
	// the peer closed, is still written afterwards.
	OnClose(c *Conn, err error)
}

// Status is what a write tells.
type Status uint8

const (
	// OK: queued, and flushed at the end of the turn.
	OK Status = iota
	// Pressure: queued, but more than Limits.SoftBytes wait: hold back until
	// OnDrain.
	Pressure
	// Dropped: not queued; the connection is not open (any more).
	Dropped
)

// String returns "ok", "pressure" or "dropped".
func (s Status) String() string { return [...]string{"ok", "pressure", "dropped"}[s] }

// connState is the life of a connection. What may follow:
//
//	open      -> closing (Close, the peer's FIN), closed (Abort, an error)
//	closing   -> lingering (all output written), closed
//	lingering -> closed (the peer's FIN, an error, LingerTime)
//	closed    -> nothing; the descriptor is released at the end of the turn
type connState uint8

const (
	open connState = iota
	closing
	lingering
	closed
)

// String returns the state's name.
func (s connState) String() string {
	return [...]string{"open", "closing", "lingering", "closed"}[s]
}

const (
	isPending  = 1 << iota // in the loop's pending list
	isBlocked              // the kernel took less than we had: waiting for Writable
	isPressed              // Pressure was reported
	isPaused               // Pause was called
	isFinished             // the peer's FIN was read
	isSlow                 // in the loop's slow list
	isLayered              // has a Layer, see Wire
	isResting              // in the loop's rest list
)

// A Conn is one connection. It reads into the loop's buffer and holds memory of
// its own only while output is unwritten. On a 64-bit machine its fields fill an
// object of the allocator, of 96 bytes. Loop's goroutine only.
type Conn struct {
	loop    *Loop
	handler Handler
	ln      *Listener
	next    *Conn
	out     *outbuf    // nil while there is no output
	addr    netip.Addr // the peer's; a netip.AddrPort would leave a hole behind port
	stall   int64      // ms: when a write last made progress, or the state last changed
	over    uint32     // ms, low bits: since when the soft limit is passed; while lingering, bytes discarded
	fd      int32
	port    uint16 // the peer's
	state   connState
	want    Interest
	flags   uint8
	changed uint8 // the turn, its low bits, in which want last changed
}

// Loop is the loop that the connection lives on.
func (c *Conn) Loop() *Loop { return c.loop }

// RemoteAddr is the peer's address; the zero AddrPort on a unix socket.
func (c *Conn) RemoteAddr() netip.AddrPort { return netip.AddrPortFrom(c.addr, c.port) }

// LocalAddr asks the kernel for the address that the connection came in on.
func (c *Conn) LocalAddr() netip.AddrPort {
	if c.fd < 0 {
		return netip.AddrPort{}
	}
	return c.loop.kernel.LocalAddr(int(c.fd))
}

// Handler is the present handler; nil after OnClose.
func (c *Conn) Handler() Handler { return c.handler }

// SetHandler makes h the receiver of all further calls, the switch from one
// protocol to another. It has no effect once the connection left its open state
// and OnClose was called.
func (c *Conn) SetHandler(h Handler) {
	if c.handler != nil {
		c.handler = h
	}
}

// Open is true until Close, Abort, an error or the peer's FIN.
func (c *Conn) Open() bool { return c.state == open }

// Blocked is true while the kernel takes no more and output waits.
func (c *Conn) Blocked() bool { return c.flags&isBlocked != 0 }

// Write queues b, which is copied.
func (c *Conn) Write(b []byte) Status { return c.Commit(append(c.Out(), b...)) }

// Out is the out buffer to append to. What Commit gets must be Out with bytes
// appended; there may be no other write on the loop in between.
func (c *Conn) Out() []byte {
	if c.out == nil {
		if c.loop.spare.short() && !c.loop.strained {
			c.loop.relieve()
		}
		c.out = c.loop.spare.take()
	}
	return c.out.own
}

// Commit queues what was appended to Out.
func (c *Conn) Commit(b []byte) Status {
	n := len(b) - len(c.out.own)
	if c.state != open {
		if c.out.empty() { // Out took a buffer for nothing
			c.drop()
		}
		return Dropped
	}
	if c.out.file != nil {
		return c.follow(b, n)
	}
	c.out.own = b
	return c.queued(n)
}

// shareBytes is the size from which a shared slice is queued by reference: below
// it a copy is cheaper than another entry of the write vector.
const shareBytes = 4 << 10

// WriteShared queues b, which is kept until it is written and must not change
// until then: one large frame for many connections. Small ones are copied.
func (c *Conn) WriteShared(b []byte) Status {
	if len(b) < shareBytes {
		return c.Write(b)
	}
	if c.state != open {
		return Dropped
	}
	at := len(c.Out())
	if c.out.file != nil {
		return c.Write(b)
	}
	c.out.shared = append(c.out.shared, segment{at: at, b: b})
	return c.queued(len(b))
}

// earlyBytes of output are written before the turn ends: the kernel's buffer
// drains meanwhile, and ours stays small.
const earlyBytes = 64 << 10

// queued accounts for n new bytes and tells how it stands.
func (c *Conn) queued(n int) Status {
	l, limits := c.loop, c.limits()
	if c.out.size == 0 {
		c.stall = l.now
	}
	c.out.size += n
	l.stats.OutBytes += n
	c.pend()
	if c.out.size >= earlyBytes || c.flags&isBlocked != 0 {
		c.early()
	}
	switch size := c.Buffered(); {
	case c.state != open:
		return Dropped
	case size > limits.HardBytes:
		l.stats.Overflowed++
		c.cut(ErrOverflow)
		return Dropped
	case size <= limits.SoftBytes:
		return OK
	}
	if c.over == 0 {
		c.over = max(uint32(l.now), 1)
		l.slow.add(c)
	}
	c.flags |= isPressed
	return Pressure
}

func (c *Conn) limits() *Limits { return &c.ln.options.Limits }

// pend puts the connection on the list that settle flushes.
func (c *Conn) pend() {
	if c.flags&isPending == 0 {
		c.flags |= isPending
		c.next, c.loop.pending = c.loop.pending, c
	}
}

// Pause stops reading; the peer is slowed down by TCP. Its FIN is not seen until
// Resume, which goes on.
func (c *Conn) Pause() {
	if c.state == open { // a closing one must read on to its end
		c.flags |= isPaused
		c.interest()
	}
}

// Resume is the opposite of Pause.
func (c *Conn) Resume() {
	c.flags &^= isPaused
	c.interest()
	if w := c.Wire(); w != nil {
		w.resumed()
	}
}

// Close flushes what is queued, sends FIN, reads on for a moment so that the
// peer gets everything (a close with unread input would reset), and releases the
// descriptor. OnClose(nil) follows at the end of the turn, before that.
func (c *Conn) Close() {
	if c.leave(nil) {
		c.setState(closing)
		c.flags &^= isPaused
		c.interest()
		c.pend()
		c.loop.slow.add(c)
	}
}

// Abort drops the connection and its output at once; OnClose(err) follows at the
// end of the turn. A connection that is closing already is cut short. With an err
// other than ErrClosed, or with output that is not written yet, the peer gets RST,
// which makes the system drop what it took and the peer did not: of one that does
// not read these may be megabytes, and for minutes. Else it gets FIN, behind what
// is on its way.
func (c *Conn) Abort(err error) {
	c.leave(err)
	if c.state != closed {
		reset := err != nil && err != ErrClosed || c.out != nil && !c.out.empty()
		c.setState(closed)
		c.drop()
		c.loop.dead = append(c.loop.dead, parting{c, reset})
	}
}

// leave ends the open state once.
func (c *Conn) leave(err error) bool {
	if c.state != open {
		return false
	}
	c.loop.left = append(c.loop.left, leaving{c, err})
	return true
}

func (c *Conn) setState(s connState) {
	if s <= c.state {
		panic("poll: connection goes from " + c.state.String() + " to " + s.String())
	}
	c.state, c.stall = s, c.loop.now
}

// interest tells the kernel what we wait for, if that changed.
func (c *Conn) interest() {
	var want Interest
	hears := c.flags&(isFinished|isPaused) == 0
	if c.flags&isLayered != 0 {
		hears = c.flags&isFinished == 0 && !c.Wire().isDeaf()
	}
	if hears {
		want = Readable
	}
	if c.flags&isBlocked != 0 {
		want |= Writable
	}
	if c.flags&isResting != 0 {
		want = 0
	}
	if want != c.want && c.state != closed {
		c.want, c.changed = want, uint8(c.loop.stats.Turns)
		if errno := c.loop.modify(int(c.fd), want); errno != 0 {
			c.Abort(errno)
		}
	}
}

// release closes the descriptor. It is the end of the object.
func (c *Conn) release(reset bool) {
	if c.fd < 0 {
		return
	}
	l, w := c.loop, c.Wire()
	if w != nil {
		w.forget()
		defer w.layer.Release() // it may panic, and the descriptor is gone then, too
	}
	l.detach(int(c.fd))
	if reset {
		l.kernel.Reset(int(c.fd))
	} else {
		l.kernel.CloseFD(int(c.fd)) // whatever it reports, EINTR too: it is closed
	}
	c.fd = -1
	l.stats.Conns--
	l.stats.Closed++
	c.ln.released(c)
}
