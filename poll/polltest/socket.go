package polltest

import (
	"net/netip"
	"syscall"

	"github.com/edgesio/edgesio/poll"
)

// socket is the server's side of a connection.
type socket struct {
	k     *Kernel
	peer  *Peer
	at    netip.AddrPort
	in    pipe // arrived, not read
	out   pipe // written, not yet with the peer
	eof   bool // the peer's FIN arrived, behind in
	shut  bool // our FIN follows out
	reset bool // RST arrived
	told  bool // and a call has reported it
	gone  bool // closed
}

// level: RST, or both halves closed, is reported unasked, as epoll does. Writable
// comes at half of the buffer, not with the first free byte.
func (s *socket) level(k *Kernel) (is poll.Interest, broken bool) {
	if s.in.len() > 0 || s.eof {
		is = poll.Readable
	}
	if s.out.len() <= k.SendBytes/2 {
		is |= poll.Writable
	}
	return is, s.reset || s.eof && s.shut
}

// close answers what was not read, or is still coming, with RST, which destroys
// what the peer has not got yet: the trap that a lingering close avoids.
func (s *socket) close() {
	s.gone, s.shut = true, true
	if s.in.len() > 0 || s.peer.queue.len() > 0 {
		s.peer.abort()
	}
}

// Read takes what arrived.
func (k *Kernel) Read(fd int, p []byte) (int, poll.Errno) {
	k.Calls.Reads++
	s := k.socket(fd, "read")
	if errno := k.trouble(CallRead, fd, s); errno != 0 {
		return -1, errno
	}
	if k.fault(k.Faults.ShortRead) && len(p) > 1 {
		p = p[:1+k.chance.IntN(min(len(p), max(s.in.len(), 2))-1)]
	}
	switch {
	case s.in.len() > 0:
		n := s.in.pop(p)
		s.peer.send()
		return n, 0
	case s.reset && !s.told:
		s.told = true
		return -1, syscall.ECONNRESET
	case s.eof || s.reset:
		return 0, 0
	}
	return -1, syscall.EAGAIN
}

// Write gives as much as the send buffer takes.
func (k *Kernel) Write(fd int, p []byte) (int, poll.Errno) {
	k.Calls.Writes++
	return k.write(CallWrite, fd, p)
}

// Writev is Write of several slices; a fault may end it anywhere between two
// bytes.
func (k *Kernel) Writev(fd int, p [][]byte) (int, poll.Errno) {
	k.Calls.Writevs++
	total := 0
	for _, b := range p {
		n, errno := k.write(CallWritev, fd, b)
		if errno != 0 && total == 0 {
			return -1, errno
		}
		total += max(n, 0)
		if n < len(b) {
			break
		}
	}
	return total, 0
}

// SendFile is Write of what it reads from the file, a real one of the system.
func (k *Kernel) SendFile(fd, file int, offset *int64, n int) (int, poll.Errno) {
	k.Calls.SendFiles++
	if errno := k.scripted(CallSendFile, fd); errno != 0 {
		return -1, errno
	}
	if k.NoSendFile {
		return -1, syscall.ENOSYS
	}
	b := make([]byte, min(n, max(1, k.SendBytes-k.socket(fd, "sendfile").out.len())))
	m, err := syscall.Pread(file, b, *offset)
	if errno, ok := err.(poll.Errno); ok {
		return -1, errno
	}
	if m <= 0 {
		return 0, 0
	}
	m, errno := k.write(CallSendFile, fd, b[:m])
	*offset += int64(max(m, 0))
	return m, errno
}

// write may fail at each slice of Writev: behind the first that is a short write.
func (k *Kernel) write(call Call, fd int, p []byte) (int, poll.Errno) {
	s := k.socket(fd, "write")
	if errno := k.trouble(call, fd, s); errno != 0 {
		return -1, errno
	}
	switch {
	case s.reset && !s.told:
		s.told = true
		return -1, syscall.ECONNRESET
	case s.reset || s.shut:
		return -1, syscall.EPIPE
	case s.peer.gone: // nobody reads: the answer is RST
		s.reset = true
		return len(p), 0
	}
	room := k.SendBytes - s.out.len()
	if room <= 0 {
		return -1, syscall.EAGAIN
	}
	if k.fault(k.Faults.ShortWrite) && len(p) > 1 {
		room = min(room, 1+k.chance.IntN(len(p)-1))
	}
	return s.out.push(p[:min(room, len(p))]), 0
}

// trouble is what reads and writes meet. SendFile has asked Fail.
func (k *Kernel) trouble(call Call, fd int, s *socket) poll.Errno {
	if call != CallSendFile {
		if errno := k.scripted(call, fd); errno != 0 {
			return errno
		}
	}
	switch {
	case k.fault(k.Faults.EINTR):
		return syscall.EINTR
	case k.fault(k.Faults.EAGAIN):
		return syscall.EAGAIN
	case k.fault(k.Faults.Reset):
		s.peer.Reset()
	}
	return k.short(call != CallRead)
}

// Shutdown sends FIN behind what was written.
func (k *Kernel) Shutdown(fd int) poll.Errno {
	k.Calls.Shutdowns++
	s := k.socket(fd, "shutdown")
	if errno := k.scripted(CallShutdown, fd); errno != 0 {
		return errno
	}
	if s.reset {
		return syscall.ENOTCONN
	}
	s.shut = true
	return 0
}

// pipe is a queue of bytes that keeps its memory.
type pipe struct {
	b   []byte
	off int
}

func (p *pipe) len() int      { return len(p.b) - p.off }
func (p *pipe) bytes() []byte { return p.b[p.off:] }
func (p *pipe) clear()        { p.b, p.off = p.b[:0], 0 }

func (p *pipe) push(b []byte) int {
	if p.off > 0 && len(p.b)+len(b) > cap(p.b) {
		p.b = p.b[:copy(p.b, p.b[p.off:])]
		p.off = 0
	}
	p.b = append(p.b, b...)
	return len(b)
}

func (p *pipe) pop(b []byte) int {
	n := copy(b, p.b[p.off:])
	p.drop(n)
	return n
}

func (p *pipe) drop(n int) {
	if p.off += n; p.off == len(p.b) {
		p.clear()
	}
}
