//go:build darwin || kqueuepipe

package poll

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// socket makes in three calls what the others have flags for.
func socket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	fd, _, err = prepare(fd, nil)
	return fd, err
}
