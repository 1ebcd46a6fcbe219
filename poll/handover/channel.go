package handover

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// What goes over the socket between the two processes: a kind, four bytes of length (big-endian), and so many bytes.

type kind byte

const (
	kindHello   kind = 'H' // old: version of this form, then the secrets
	kindState   kind = 'S' // old: a piece of state
	kindEnd     kind = 'E' // old: the state is complete
	kindGo      kind = 'G' // old: serve
	kindAbort   kind = 'A' // old: it goes on by itself
	kindTaken   kind = 'T' // new: the state was read
	kindServing kind = 'V' // new
	kindFault   kind = 'X' // new: what is wrong, as text
)

// version of the form; another one is refused by the new process.
const version = 1

const (
	headBytes  = 5
	pieceBytes = 32 << 10 // of state
	maxMessage = 1 << 20  // secrets are the largest
)

// Errors of a hand-over.
var (
	errForm    = errors.New("handover: the other process speaks another form")
	errAborted = errors.New("handover: the old process goes on")
	errTooMuch = errors.New("handover: more state than MaxStateBytes")
)

func appendMessage(dst []byte, k kind, b []byte) []byte {
	dst = append(dst, byte(k))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...)
}

// cutMessage takes a message off b; n is 0 while it is not complete.
func cutMessage(b []byte) (k kind, payload []byte, n int, err error) {
	if len(b) < headBytes {
		return 0, nil, 0, nil
	}
	size := binary.BigEndian.Uint32(b[1:])
	if size > maxMessage {
		return 0, nil, 0, errForm
	}
	n = headBytes + int(size)
	if len(b) < n {
		return 0, nil, 0, nil
	}
	return kind(b[0]), b[headBytes:n], n, nil
}

// pieces is a writer whose bytes become messages of state in dst.
type pieces struct {
	dst   []byte
	limit int
}

func (p *pieces) Write(b []byte) (int, error) {
	if len(p.dst)+len(b) > p.limit {
		return 0, errTooMuch
	}
	n := len(b)
	for len(b) > 0 {
		m := min(len(b), pieceBytes)
		p.dst = appendMessage(p.dst, kindState, b[:m])
		b = b[m:]
	}
	return n, nil
}

// wire is the new process' end of the socket: it blocks, for as long as its timeout.
type wire struct {
	fd    int
	piece []byte // of state, not yet read
	buf   []byte
	ended bool // the state that is read
	eof   bool
}

func (w *wire) readFull(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Read(w.fd, b)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			w.eof = true
			return io.ErrUnexpectedEOF
		default:
			b = b[n:]
		}
	}
	return nil
}

// next reads a message, which is valid until the next call.
func (w *wire) next() (kind, []byte, error) {
	var head [headBytes]byte
	if err := w.readFull(head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > maxMessage {
		return 0, nil, errForm
	}
	if uint64(cap(w.buf)) < uint64(size) {
		w.buf = make([]byte, size)
	}
	w.buf = w.buf[:size]
	return kind(head[0]), w.buf, w.readFull(w.buf)
}

func (w *wire) send(k kind, text string) error {
	b := appendMessage(nil, k, []byte(text))
	for len(b) > 0 {
		n, err := unix.Write(w.fd, b)
		if err != nil && err != unix.EINTR {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}

// Read reads state until its end.
func (w *wire) Read(b []byte) (int, error) {
	for len(w.piece) == 0 {
		if w.ended {
			return 0, io.EOF
		}
		k, p, err := w.next()
		switch {
		case err != nil:
			return 0, err
		case k == kindEnd:
			w.ended = true
		case k == kindAbort:
			return 0, errAborted
		case k == kindState:
			w.piece = p
		default:
			return 0, errForm
		}
	}
	n := copy(b, w.piece)
	w.piece = w.piece[n:]
	return n, nil
}
