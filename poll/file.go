package poll

import (
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"syscall"
)

const (
	// fileTurnBytes is what files may take of a turn on one connection: with more,
	// one download would hold up everybody else, most of all where each page comes
	// from a slow disk.
	fileTurnBytes = 128 << 10
	// pieceBytes is one read of a file that the kernel cannot send by itself.
	pieceBytes = 16 << 10
)

// filePart is a part of a file behind the bytes of an outbuf, and what was written
// behind it, up to the next part.
//
//	offset + left is the part's end; behind waits until left is 0
type filePart struct {
	file   *os.File
	offset int64
	left   int64
	behind []byte
	next   *filePart
	turn   uint64 // in which sent was counted
	sent   int
	read   bool // in pieces: the kernel does not send this file
}

// SendFile queues n bytes of f from offset on, behind what was written before; what
// is written afterwards, further parts included, follows behind. Nothing is read
// into memory where the kernel sends files; where it does not, and above a layer,
// pieces of 16 KiB are. A turn sends at most 128 KiB of a connection's files. The
// status is Pressure, so that OnDrain tells when everything is sent, or Dropped. A
// peer that does not take it for Limits.StallTime is closed.
//
// f is the connection's from the call on, Dropped or not: it is closed once, when the last part
// of it that is queued was sent, or when the connection ends. It must be a regular
// file. One that ends before offset+n closes the connection, and OnClose is told
// io.ErrUnexpectedEOF.
//
// Pages that are not in memory are read from the disk meanwhile, and the loop waits
// for it; the system is asked to read the next ones ahead.
func (c *Conn) SendFile(f *os.File, offset, n int64) Status {
	if offset < 0 || n < 0 || offset > math.MaxInt64-n {
		panic("poll: SendFile of a part that no file has")
	}
	if c.state != open {
		var queued *filePart // what Close lets go out may need f
		if c.out != nil {
			queued = c.out.file
		}
		(&filePart{file: f}).close(queued)
		return Dropped
	}
	if c.Out(); c.out.size == 0 && c.out.file == nil {
		c.stall = c.loop.now
	}
	at := &c.out.file
	for *at != nil {
		at = &(*at).next
	}
	*at = &filePart{file: f, offset: offset, left: n}
	c.flags |= isPressed
	c.pend()
	return Pressure
}

// byKernel decides who moves a part of a file: the kernel, or else the loop, which
// reads it in pieces and writes them. The latter is for a kernel or a file system
// without sendfile, and for output that is not sent as it is.
func (c *Conn) byKernel(f *filePart) bool { return !f.read && c.flags&isLayered == 0 }

// write appends b, which is copied, behind the last part of a file.
func (f *filePart) write(b []byte) {
	for f.next != nil {
		f = f.next
	}
	f.behind = append(f.behind, b...)
}

// follow queues n bytes behind a file: the last ones of b, the out buffer with
// bytes appended.
func (c *Conn) follow(b []byte, n int) Status {
	c.out.file.write(b[len(b)-n:])
	c.out.held += n
	c.loop.stats.OutBytes += n
	stall := c.stall
	st := c.queued(0)
	c.stall = stall // it is about what the kernel takes, not what we add
	return st
}

// sendFile sends of the first file, once all before it is written, and tells
// whether to go on.
func (c *Conn) sendFile() bool {
	f, l := c.out.file, c.loop
	if f.turn != l.stats.Turns {
		f.turn, f.sent = l.stats.Turns, 0
	}
	n := int(min(f.left, int64(fileTurnBytes-f.sent)))
	switch {
	case f.left == 0:
		c.out.fileSent()
		return true
	case n <= 0:
		c.pend() // the next turn goes on, and does not wait before it
		return false
	case !c.byKernel(f):
		return c.readPiece(f, min(n, pieceBytes))
	}
	l.stats.Writes++
	n, errno := l.kernel.SendFile(int(c.fd), int(f.file.Fd()), &f.offset, n)
	switch {
	case errno == eintr:
	case errno == eagain:
		c.blocked()
		return false
	case short(errno):
		c.flags |= isBlocked
		c.loop.slow.add(c)
		c.rest()
		return false
	case errno == syscall.EINVAL, errno == syscall.ENOSYS, errno == syscall.EOPNOTSUPP:
		f.read = true
	case errno != 0:
		c.Abort(errno)
	case n <= 0:
		c.Abort(io.ErrUnexpectedEOF)
	default:
		f.left -= int64(n)
		f.sent += n
		c.stall = l.now
		l.stats.BytesOut += uint64(n)
	}
	return c.state != closed
}

// readPiece reads on in the file and queues that as if it were written.
func (c *Conn) readPiece(f *filePart, n int) bool {
	own := slices.Grow(c.out.own, n)
	n, err := f.file.ReadAt(own[len(own):len(own)+n], f.offset)
	switch {
	case n > 0:
		f.offset += int64(n)
		f.left -= int64(n)
		f.sent += n
		c.put(own[:len(own)+n], n)
	case err == io.EOF:
		c.Abort(io.ErrUnexpectedEOF)
	default:
		c.Abort(err)
	}
	return c.state != closed
}

// put is the out buffer with n bytes of a file appended.
func (c *Conn) put(b []byte, n int) {
	c.out.own = b
	c.out.size += n
	c.loop.stats.OutBytes += n
}

// fileSent lets go of the first part and makes what was written behind it the
// buffer's own.
func (o *outbuf) fileSent() {
	f := o.file
	o.file = f.next
	f.close(o.file)
	if o.file != nil {
		o.file.turn, o.file.sent = f.turn, f.sent
	}
	o.own = append(o.own[:0], f.behind...)
	o.off = 0
	o.size += len(f.behind)
	o.held -= len(f.behind)
}

// close closes the file, unless a part that follows needs it.
func (f *filePart) close(rest *filePart) {
	for ; rest != nil; rest = rest.next {
		if rest.file == f.file {
			return
		}
	}
	_ = f.file.Close() // it was read only: nothing is lost
}

// dropFiles closes the files of parts that will not be sent, and tells how many
// bytes behind them are lost.
func (o *outbuf) dropFiles() int {
	for f := o.file; f != nil; f = f.next {
		f.close(f.next)
	}
	held := o.held
	o.file, o.held = nil, 0
	return held
}

// OpenRegular opens a regular file below root, for SendFile; anything else is
// fs.ErrNotExist and is not opened: to open a FIFO would wait for its writer, and
// some devices act when they are opened. Where one takes the file's place in that
// moment, the open does not wait either.
//
// It is three short calls on the disk's directory, made on the loop's goroutine:
// where they are in memory, a handful of microseconds.
func OpenRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err = f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
