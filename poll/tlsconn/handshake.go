package tlsconn

import (
	"crypto/tls"
	"sync"

	"github.com/edgesio/edgesio/poll"
)

// handshake is what a connection needs until crypto/tls has finished: a goroutine
// on one side, the loop on the other, bytes in both directions between them.
type handshake struct {
	layer *layer
	conn  *poll.Conn
	timer poll.Timer // the deadline
	err   error      // why it failed; loop's goroutine, once the other has ended

	mu     sync.Mutex // guards what follows while the goroutine runs
	arrive sync.Cond
	in     []byte // read from the peer, not taken
	out    []byte // to be written; a Post of collect is under way when there is any
	ended  error  // nothing more comes in
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

// OnTimer is the deadline.
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
		h.layer.srv.admit(h)
	}
	return nil
}

// admit starts a handshake, or lets it wait, unread.
func (s *Server) admit(h *handshake) {
	h.layer.setState(waiting)
	if s.stats.Running < s.options.MaxHandshakes {
		s.start(h)
		return
	}
	s.waiting = append(s.waiting, h)
	h.layer.hold(true)
}

func (s *Server) start(h *handshake) {
	l := h.layer
	l.setState(shaking)
	s.stats.Running++
	s.now.Store(s.loop.Time().UnixNano())
	l.tls = tls.Server((*pipe)(l), s.config)
	l.hold(len(h.in) >= fullBytes)
	h.full = l.held
	l.wire.Working(true)
	go h.run()
}

// ended starts the next ones after a goroutine has ended.
func (s *Server) ended() {
	s.stats.Running--
	for len(s.waiting) > 0 && s.stats.Running < s.options.MaxHandshakes {
		h := s.waiting[0]
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
		if h != nil {
			s.start(h)
		}
	}
	if len(s.waiting) == 0 {
		s.waiting = nil
	}
}

func (l *layer) hold(on bool) {
	l.held = on
	l.wire.Hold(on)
}

// feed hands input to the goroutine.
func (h *handshake) feed(b []byte) {
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
	for i, w := range s.waiting {
		if w == h {
			s.waiting[i] = nil
		}
	}
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
	s.ended()
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
		for len(h.in) == 0 && h.ended == nil {
			h.arrive.Wait()
		}
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
	if h.layer.state == shaking {
		h.layer.wire.Write(h.out)
	}
	h.out = h.out[:0]
}
