package webapp

import (
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/edgesio/edgesio/poll"
)

const (
	fileChunkBytes = 16 << 10  // one read of a file
	fileTurnBytes  = 256 << 10 // what one file may take of a turn
)

// sendParts sends parts of a file, which it closes, after the response's head: those
// of a system's file in the kernel's way, all at once; the rest, and what one read
// brings, piece by piece. For the application the response has ended.
func (r *Response) sendParts(f fs.File, parts []filePart, length int64) {
	r.flags |= isSending
	if r.c.takeUpload() != nil { // nobody waits for the body any more
		r.c.setState(connServing)
		r.c.due = 0
	}
	s := &pieceSender{file: f, parts: parts, after: r.aborter}
	r.aborter = s // closes the file if a hook panics
	r.c.write(r.appendHead(r.c.pc.Out(), length))
	sys, ok := f.(*os.File)
	if !ok || length <= fileChunkBytes {
		s.OnDrain(r)
		return
	}
	r.aborter = &fileSender{after: s.after}
	for _, p := range parts {
		r.c.write(append(r.c.pc.Out(), p.text...))
		if p.n > 0 {
			r.c.pc.SendFile(sys, p.at, p.n)
		}
	}
	r.c.flags |= isPressed
}

// fileSender waits for the connection to have sent a file, which is the
// connection's now.
type fileSender struct{ after Aborter }

// OnDrain ends the response.
func (s *fileSender) OnDrain(r *Response) { r.finish() }

// OnAbort passes it on.
func (s *fileSender) OnAbort(r *Response) {
	if s.after != nil {
		s.after.OnAbort(r)
	}
}

// pieceSender reads a file as the peer takes it.
type pieceSender struct {
	file  fs.File
	parts []filePart // that are left; the first may be under way
	after Aborter
}

// OnDrain sends on, until the peer is slower than the file, or it is the turn of
// others.
func (s *pieceSender) OnDrain(r *Response) {
	for turn := 0; len(s.parts) > 0; {
		if turn >= fileTurnBytes {
			r.c.deadline(0)
			return
		}
		b, err := s.piece(r.c.pc.Out())
		if err != nil {
			r.drop() // it was promised longer
			return
		}
		turn += fileChunkBytes
		if st := r.c.write(b); st != poll.OK && len(s.parts) > 0 {
			return // OnDrain or OnAbort follows
		}
	}
	s.file.Close()
	r.finish()
}

// piece appends the next bytes of the first part.
func (s *pieceSender) piece(b []byte) ([]byte, error) {
	p := &s.parts[0]
	b = append(b, p.text...)
	p.text = ""
	n := int(min(p.n, fileChunkBytes))
	at := len(b)
	b = slices.Grow(b, n)[:at+n]
	var err error
	if f, ok := s.file.(io.ReaderAt); ok {
		if got, e := f.ReadAt(b[at:], p.at); got < n {
			err = e
		}
	} else {
		_, err = io.ReadFull(s.file, b[at:]) // one that cannot seek is sent whole
	}
	p.at += int64(n)
	if p.n -= int64(n); p.n == 0 {
		s.parts = s.parts[1:]
	}
	return b, err
}

// OnAbort closes the file.
func (s *pieceSender) OnAbort(r *Response) {
	s.file.Close()
	if s.after != nil {
		s.after.OnAbort(r)
	}
}
