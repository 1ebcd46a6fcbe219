//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// userTimeout is Linux's; here the protocol's heartbeat has to do.
func userTimeout(int, time.Duration) {}

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

// writev writes slice by slice, since x/sys has no Writev on these systems.
func writev(fd int, p [][]byte) (total int, err error) {
	for _, b := range p {
		n, err := unix.Write(fd, b)
		if err != nil {
			if total > 0 {
				err = nil // what it is will be told next time
			}
			return total, err
		}
		if total += n; n < len(b) {
			break
		}
	}
	return total, nil
}
