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
