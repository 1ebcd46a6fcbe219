package tlsconn

import (
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// layerState is the life of a connection's TLS. What may follow:
//
//	greeting -> waiting (the first record is whole), failed
//	waiting  -> shaking (a goroutine is free), failed
//	shaking  -> ready, failed
//	ready    -> failed
//	failed   -> nothing: no TLS, a deadline, the peer's fault
//
// The deadline of the first three lies in the handshake.
type layerState uint8

const (
	greeting layerState = iota
	waiting
	shaking
	ready
	failed
)

// String returns the state's name.
func (s layerState) String() string {
	return [...]string{"greeting", "waiting", "shaking", "ready", "failed"}[s]
}

// layer is the TLS of one connection, with all that an idle one holds besides the
// tls.Conn.
type layer struct {
	srv   *Server
	wire  *poll.Wire
	tls   *tls.Conn
	hs    *handshake // until what it left is taken
	state layerState
	fin   bool // the peer's FIN was read
	held  bool // wire.Hold, because the handshake has enough
}

func (l *layer) setState(s layerState) {
	if s <= l.state {
		panic("tlsconn: layer goes from " + l.state.String() + " to " + s.String())
	}
	l.state = s
}

// Open takes what was read: to the handshake, or to crypto/tls.
func (l *layer) Open(dst, wire []byte) ([]byte, error) {
	switch l.state {
	case greeting:
		return dst, l.hs.greet(wire)
	case waiting, shaking:
		l.hs.feed(wire)
		return dst, nil
	case ready:
		return l.read(dst, wire)
	}
	return dst, l.hs.err
}

// read opens all records that are whole.
func (l *layer) read(dst, wire []byte) (_ []byte, err error) {
	s := l.srv
	s.in = wire
	if l.hs != nil { // what the handshake did not take comes first
		if len(l.hs.in) > 0 {
			s.in = append(l.hs.in, wire...)
		}
		l.hs = nil
	}
	for err == nil {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, 1)
		}
		var n int
		n, err = l.tls.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
	}
	s.in = nil
	if len(s.out) > 0 { // an alert, the answer to a KeyUpdate
		l.wire.Write(s.out)
		s.out = s.out[:0]
	}
	switch err {
	case errAgain:
		return dst, nil
	case io.EOF:
	default:
		l.setState(failed)
		l.hs = &handshake{layer: l, err: err}
	}
	return dst, err
}

// Ready is true after the handshake.
func (l *layer) Ready() bool { return l.state == ready }

// Seal makes one record.
func (l *layer) Seal(dst, plain []byte) ([]byte, error) {
	s := l.srv
	kept := s.out
	s.out = dst
	_, err := l.tls.Write(plain)
	dst, s.out = s.out, kept
	return dst, err
}

// Bye appends close_notify.
func (l *layer) Bye(dst []byte) []byte {
	if l.state != ready {
		return dst
	}
	s := l.srv
	kept := s.out
	s.out = dst
	_ = l.tls.CloseWrite() // it goes to memory
	dst, s.out = s.out, kept
	return dst
}

// Fin ends the input.
func (l *layer) Fin() {
	l.fin = true
	switch l.state {
	case greeting, waiting:
		l.hs.fail(ErrTruncated)
	case shaking:
		l.hs.end(ErrTruncated)
	}
}

// Release gives back what a handshake still has.
func (l *layer) Release() {
	l.srv.stats.Conns--
	if l.state < ready {
		l.srv.stats.Failed++
		l.hs.abandon()
	}
}

// errAgain is what crypto/tls resumes after, at any byte.
var errAgain net.Error = again{}

type again struct{}

func (again) Error() string   { return "tlsconn: no more input for now" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

// pipe is a layer as crypto/tls's net.Conn: it blocks during the handshake, and
// lives in the server's two slices afterwards. A write error would be permanent:
// there is none.
type pipe layer

func (p *pipe) Read(b []byte) (int, error) {
	if p.hs != nil {
		return p.hs.read(b)
	}
	s := p.srv
	n := copy(b, s.in)
	s.in = s.in[n:]
	switch {
	case n > 0:
		return n, nil
	case p.fin:
		return 0, ErrTruncated
	}
	return 0, errAgain
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.hs != nil {
		return p.hs.write(b)
	}
	p.srv.out = append(p.srv.out, b...)
	return len(b), nil
}

func (p *pipe) Close() error                     { return nil }
func (p *pipe) LocalAddr() net.Addr              { return nowhere{} }
func (p *pipe) RemoteAddr() net.Addr             { return nowhere{} }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// nowhere is an address: crypto/tls passes it on and does not use it.
type nowhere struct{}

func (nowhere) Network() string { return "poll" }
func (nowhere) String() string  { return "poll" }

// plainAnswer is for a browser that was sent to http on this port.
var plainAnswer = func() []byte {
	const text = "This port speaks TLS: use https.\n"
	return []byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
		strconv.Itoa(len(text)) + "\r\nConnection: close\r\n\r\n" + text)
}()
