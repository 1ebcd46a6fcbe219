package tlsconn

import (
	"sync"

	"github.com/edgesio/edgesio/poll"
)

// handshake is what a connection needs until crypto/tls has finished: a goroutine
// on one side, the loop on the other, bytes in both directions between them.
type handshake struct {
	layer *layer
	conn  *poll.Conn
	moved int64      // ms: when anything came or went last
	timer poll.Timer // the deadline
	err   error      // why it failed; loop's goroutine, once the other has ended

	mu     sync.Mutex // guards what follows while the goroutine runs
	arrive sync.Cond
	in     []byte // read from the peer, not taken
	out    []byte // to be written; a Post of collect is under way when there is any
	ended  error  // nothing more comes in
	lazy   bool   // the goroutine waits for the peer
	full   bool   // in is long: the loop holds the wire until it is taken
}

// fullBytes is what a peer may send ahead of the handshake. Behind its Finished
// it may send any amount of data.
const fullBytes = 32 << 10

func newHandshake(l *layer, c *poll.Conn) *handshake {
	h := &handshake{layer: l, conn: c}
	h.arrive.L = &h.mu
	l.srv.loop.ArmCoarse(&h.timer, l.srv.options.HandshakeTimeout, h)
	return h
}

// OnTimer is the deadline, or gives up a stale handshake.
func (h *handshake) OnTimer(*poll.Timer) {
	h.layer.srv.stats.TimedOut++
	h.failed(ErrTimeout)
	h.conn.Abort(ErrTimeout)
}

const (
	recordHeaderBytes = 5
	handshakeRecord   = 22
	maxRecordBytes    = 16<<10 + 256
)

// greet waits for the first record. That it is whole is little to ask of a
// client, and until then nothing is spent on it but these bytes.
func (h *handshake) greet(b []byte) error {
	h.in = append(h.in, b...)
	in := h.in
	if len(in) == 0 {
		return nil
	}
	switch {
	case in[0] >= 'A' && in[0] <= 'Z':
		h.layer.srv.stats.Plain++
		h.layer.wire.Write(plainAnswer)
		h.failed(ErrPlainHTTP)
		return h.err
	case in[0] != handshakeRecord, len(in) > 1 && in[1] != 3:
		h.failed(ErrNotTLS)
		return h.err
	case len(in) < recordHeaderBytes:
		return nil
	}
	n := int(in[3])<<8 | int(in[4])
	if n == 0 || n > maxRecordBytes {
		h.failed(ErrNotTLS)
		return h.err
	}
	if len(in) >= recordHeaderBytes+n {
		h.layer.srv.slots.admit(h)
	}
	return nil
}

func (l *layer) hold(on bool) {
	l.held = on
	l.wire.Hold(on)
}

// idle tells whether the goroutine waits for the peer.
func (h *handshake) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lazy
}

// feed hands input to the goroutine.
func (h *handshake) feed(b []byte) {
	h.moved = h.layer.srv.loop.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.in = append(h.in, b...)
	if len(h.in) >= fullBytes && !h.full {
		h.full = true
		h.layer.hold(true)
	}
	h.arrive.Signal()
}

// end ends the goroutine's input.
func (h *handshake) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended == nil {
		h.ended = err
	}
	h.arrive.Signal()
}

// abandon ends a handshake whose connection is gone, or will be.
func (h *handshake) abandon() {
	s := h.layer.srv
	s.loop.Disarm(&h.timer)
	s.slots.leave(h)
	h.end(poll.ErrClosed)
}

// failed is called once, unless the connection went away before.
func (h *handshake) failed(err error) {
	s := h.layer.srv
	h.err = err
	h.layer.setState(failed)
	h.abandon()
	s.stats.Failed++
	if s.options.OnFail != nil {
		s.options.OnFail(h.conn, err)
	}
}

// fail is failed, for causes that Open does not return itself.
func (h *handshake) fail(err error) {
	h.failed(err)
	h.layer.wire.Advance()
}

func (h *handshake) begin() { go h.run() }

// run is the goroutine.
func (h *handshake) run() {
	s := h.layer.srv
	s.compute <- struct{}{}
	err := h.layer.tls.Handshake()
	<-s.compute
	_ = s.loop.Post(func() { h.finish(err) }) // a closed loop has no use for it
}

// finish takes over from the goroutine.
func (h *handshake) finish(err error) {
	l := h.layer
	s := l.srv
	l.wire.Working(false)
	s.slots.ended(h)
	if l.state != shaking || !h.conn.Open() {
		return
	}
	l.wire.Write(h.out)
	h.out = nil
	if l.held {
		l.hold(false)
	}
	if err != nil {
		h.fail(err)
		return
	}
	s.loop.Disarm(&h.timer)
	l.setState(ready)
	s.stats.Done++
	if l.tls.ConnectionState().DidResume {
		s.stats.Resumed++
	}
	l.wire.Advance()
}

// read is crypto/tls's, on the goroutine. While it waits somebody else may
// compute.
func (h *handshake) read(b []byte) (int, error) {
	s := h.layer.srv
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.in) == 0 && h.ended == nil {
		<-s.compute
		h.lazy = true
		for len(h.in) == 0 && h.ended == nil {
			h.arrive.Wait()
		}
		h.lazy = false
		h.mu.Unlock()
		s.compute <- struct{}{}
		h.mu.Lock()
	}
	if len(h.in) == 0 {
		return 0, h.ended
	}
	n := copy(b, h.in)
	h.in = h.in[n:]
	if h.full && len(h.in) < fullBytes/2 {
		h.full = false
		_ = s.loop.Post(h.unhold)
	}
	return n, nil
}

// unhold lets the loop read on.
func (h *handshake) unhold() {
	if h.layer.state == shaking && h.layer.held {
		h.layer.hold(false)
	}
}

// write is crypto/tls's, on the goroutine.
func (h *handshake) write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.out) == 0 {
		_ = h.layer.srv.loop.Post(h.collect)
	}
	h.out = append(h.out, b...)
	return len(b), nil
}

// collect writes what the goroutine has made.
func (h *handshake) collect() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moved = h.layer.srv.loop.Now()
	if h.layer.state == shaking {
		h.layer.wire.Write(h.out)
	}
	h.out = h.out[:0]
}
