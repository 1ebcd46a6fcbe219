//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// What the kqueue kernel asks of the system: these names are all of it, and kqueue_double.go has them for Linux. The
// fields of kevent are as wide as the system has them (NetBSD's filter and flags have 32 bits, its filters count from
// 0), so that they are converted wherever they are read.
type kevent = unix.Kevent_t

const (
	filterRead  = unix.EVFILT_READ
	filterWrite = unix.EVFILT_WRITE
	evAdd       = unix.EV_ADD
	evDelete    = unix.EV_DELETE
	evClear     = unix.EV_CLEAR
	evEOF       = unix.EV_EOF
	evError     = unix.EV_ERROR
)

// newQueue is kqueue, close-on-exec: there is no flag for that.
func newQueue() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	kq, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(kq)
	}
	return kq, err
}

func closeQueue(kq int) error { return unix.Close(kq) }

func setKevent(e *kevent, fd, filter, flags int) { unix.SetKevent(e, fd, filter, flags) }

func callKevent(kq int, changes, events []kevent, timeout *unix.Timespec) (int, error) {
	return unix.Kevent(kq, changes, events, timeout)
}
