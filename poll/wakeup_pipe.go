//go:build netbsd || openbsd || kqueuepipe

package poll

import "golang.org/x/sys/unix"

// wakeup is a pipe to ourselves: NetBSD before 10 and OpenBSD before 7.8 have no
// user event, and x/sys knows none of theirs.
type wakeup struct{ r, w int }

func (w *wakeup) open(kq int) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return err
	}
	w.r, w.w = p[0], p[1]
	var e [1]kevent
	setKevent(&e[0], w.r, filterRead, evAdd)
	_, err := callKevent(kq, e[:], nil, nil)
	if err != nil {
		w.close()
	}
	return err
}

// Wake writes a byte; a full pipe is readable already.
func (w *wakeup) Wake() { _, _ = unix.Write(w.w, []byte{0}) }

func (w *wakeup) took(e *kevent) bool {
	if int(e.Ident) != w.r {
		return false
	}
	var b [64]byte
	for {
		if n, err := unix.Read(w.r, b[:]); n < len(b) && err != unix.EINTR {
			return true
		}
	}
}

func (w *wakeup) close() {
	unix.Close(w.r)
	unix.Close(w.w)
}
