package poll

import "io"

// A Layer stands between a connection's descriptor and its handler, as TLS does
// (package poll/tlsconn): it turns the bytes that are read into those for OnData,
// and those that are written into the ones on the wire. Whatever stands on the
// connection need not know. Loop's goroutine only; a layer that computes
// elsewhere comes back with Loop.Post and [Wire.Advance].
type Layer interface {
	// Open appends to dst what wire says to the handler, and returns it; it keeps
	// what is incomplete. wire is valid until the call returns; it is empty after
	// Advance and after Fin. io.EOF tells that the peer ended its stream properly,
	// any other error that it is broken; in both cases the handler gets first what
	// was appended.
	Open(dst, wire []byte) ([]byte, error)
	// Ready tells whether Seal may be called. Until then output waits, and counts
	// for Limits.
	Ready() bool
	// Seal appends the wire form of plain, which is at most 16 KiB and valid until
	// the call returns.
	Seal(dst, plain []byte) ([]byte, error)
	// Bye appends the layer's farewell, if it has one. It is called at most once,
	// after all output and before our FIN.
	Bye(dst []byte) []byte
	// Fin tells that the peer's FIN was read: Open gets no more than it has.
	Fin()
	// Release is the last call, when the descriptor is released.
	Release()
}

// A Wire is what a Layer has below itself. Loop's goroutine only.
type Wire struct {
	conn   *Conn
	layer  Layer
	held   bool // Hold
	due    bool // Advance was called while the handler paused
	said   bool // Bye was called
	broken bool // Open failed: nothing more is sealed
	lent   bool // out.wire is a view of the loop's buffer
	away   bool // Working
}

// layerBuffers are a loop's buffers for connections with a layer, made with the
// first of them.
type layerBuffers struct {
	wires  []*Wire // by descriptor
	plain  []byte  // for Open
	sealed []byte  // for Seal
	record []byte  // to gather what Seal gets
	away   int     // layers that compute on another goroutine
}

const (
	recordBytes = 16 << 10 // the most that Seal gets in one call
	sealBytes   = 32 << 10 // the most that is sealed before it is written
	slackBytes  = 17 << 10 // what a layer may hold of an incomplete record
)

// addLayer gives a new connection its layer.
func (c *Conn) addLayer(of func(c *Conn) Layer) {
	b := &c.loop.layers
	if b.plain == nil {
		b.plain = make([]byte, 0, c.loop.options.ReadBufferBytes+slackBytes)
		b.sealed = make([]byte, 0, sealBytes+sealBytes/16)
		b.record = make([]byte, 0, recordBytes)
	}
	fd := int(c.fd)
	if fd >= len(b.wires) {
		b.wires = append(b.wires, make([]*Wire, len(c.loop.conns)-len(b.wires))...)
	}
	w := &Wire{conn: c}
	b.wires[fd] = w
	c.flags |= isLayered
	if w.layer = of(c); w.layer == nil {
		b.wires[fd] = nil
		c.flags &^= isLayered
	}
	c.interest() // Accept may have paused it
}

// Wire is what the connection's layer works on; nil if it has none.
func (c *Conn) Wire() *Wire {
	if c.flags&isLayered == 0 {
		return nil
	}
	return c.loop.layers.wires[c.fd]
}

// Layer is the connection's layer, nil if it has none (any more).
func (c *Conn) Layer() Layer {
	if w := c.Wire(); w != nil {
		return w.layer
	}
	return nil
}

// isDeaf: nothing is read at present. A handler's Pause does not stop what the
// layer does before there is anything for the handler.
func (w *Wire) isDeaf() bool {
	paused := w.conn.flags&isPaused != 0
	if w.conn.state != open {
		return paused
	}
	return w.held || paused && w.layer.Ready()
}

// forget takes the layer off the connection, whose descriptor is released.
func (w *Wire) forget() {
	w.Working(false)
	w.conn.loop.layers.wires[w.conn.fd] = nil
	w.conn.flags &^= isLayered
}

// Write queues b, which is copied, as it is: a handshake, an alert. It goes out
// before all output that is not sealed yet.
func (w *Wire) Write(b []byte) {
	c := w.conn
	if c.state != open || len(b) == 0 {
		return
	}
	c.Out()
	c.out.wire = append(c.out.wire, b...)
	c.queued(len(b))
}

// Advance tells that the layer has got further by itself: Open is called with
// what it holds, and output that waited for Ready flows.
func (w *Wire) Advance() {
	c := w.conn
	switch {
	case c.state != open:
	case c.flags&isPaused != 0:
		w.due = true
		c.interest()
		c.pend()
	default:
		w.input(nil)
		c.pend()
	}
}

// Hold stops reading while the layer wants no more, or lets it go on; it stands
// beside the handler's Pause. A connection that is closing reads on.
func (w *Wire) Hold(on bool) {
	if w.held != on {
		w.held = on
		w.conn.interest()
	}
}

// Working tells that a goroutine of the layer computes, or does so no more:
// meanwhile the loop does not spin for a moment before it sleeps.
func (w *Wire) Working(on bool) {
	if w.away != on {
		w.away = on
		if on {
			w.conn.loop.layers.away++
		} else {
			w.conn.loop.layers.away--
		}
	}
}

// resumed goes on with what came up while the handler paused, in the next turn.
func (w *Wire) resumed() {
	if w.due {
		w.due = false
		_ = w.conn.loop.Post(w.Advance) // a closed loop has no next turn
	}
}

// input hands on what was read. All that one read brought reaches the handler in
// one call, however many records that was.
func (w *Wire) input(b []byte) {
	c := w.conn
	before := c.loop.active
	c.loop.active = c // a posted function or a timer may have led here
	plain, err := w.layer.Open(c.loop.layers.plain[:0], b)
	if len(plain) > 0 && c.state == open {
		c.handler.OnData(c, plain)
	}
	if err != nil && c.state == open {
		w.end(err)
	}
	c.loop.active = before
}

// finished is the peer's FIN. What the layer makes of it may come later.
func (w *Wire) finished() {
	w.layer.Fin()
	w.conn.interest()
	w.Advance()
}

// end leaves the open state. After the peer's farewell our output is still
// written, as after a FIN; after an error only what tells the peer about it.
func (w *Wire) end(err error) {
	c := w.conn
	w.broken = err != io.EOF
	c.leave(err)
	c.setState(closing)
	c.loop.slow.add(c)
	c.interest()
	c.pend()
}

// fill seals output, some records at a time, and tells whether there is anything
// to write. Once all is sealed and the connection is closing, the farewell
// follows.
func (w *Wire) fill() bool {
	c, b := w.conn, &w.conn.loop.layers
	if c.out != nil && len(c.out.wire) > 0 {
		return true
	}
	last := c.state == closing && !w.said
	able := w.layer.Ready() && !w.broken
	if !last && (!able || c.Buffered() == 0) {
		return false
	}
	c.Out()
	o, sealed := c.out, b.sealed[:0]
	before := o.size
	for n := 0; able && o.size > 0 && n < sealBytes; {
		p := o.front(b.record[:0], c.loop.iov[:0])
		var err error
		if sealed, err = w.layer.Seal(sealed, p); err != nil {
			c.loop.stats.OutBytes += o.size - before
			c.Abort(err)
			return false
		}
		n += len(p)
		o.advance(len(p))
	}
	if last && !able {
		o.advance(o.size) // it never gets sealed
		c.loop.stats.OutBytes -= o.dropFiles()
	}
	if last && o.size == 0 && o.file == nil {
		w.said = true
		sealed = w.layer.Bye(sealed)
	}
	if cap(sealed) > cap(b.sealed) {
		b.sealed = sealed[:0]
	}
	o.wire, w.lent = sealed, true
	o.size += len(sealed)
	c.loop.stats.OutBytes += o.size - before
	return len(sealed) > 0
}

// wrote accounts for n bytes that the kernel took. What it did not take moves
// out of the loop's buffer.
func (w *Wire) wrote(n int) {
	o := w.conn.out
	o.size -= n
	rest := o.wire[n:]
	switch {
	case len(rest) == 0:
		o.wire = nil
	case w.lent:
		o.wire = append([]byte(nil), rest...)
	default:
		o.wire = rest
	}
	w.lent = false
}
