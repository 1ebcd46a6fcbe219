//go:build darwin || netbsd || openbsd || kqueuepipe

package poll

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// accept holds the lock against a fork in between; it does not block, since our
// listeners do not.
func accept(fd int) (int, unix.Sockaddr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	conn, sa, err := unix.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	return prepare(conn, sa)
}

func prepare(fd int, sa unix.Sockaddr) (int, unix.Sockaddr, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, nil, err
	}
	return fd, sa, nil
}
