package poll

import (
	"time"

	"golang.org/x/sys/unix"
)

func socket(family int) (int, error) {
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

func userTimeout(fd int, d time.Duration) {
	if d > 0 {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(min(millis(d), 1<<31-1)))
	}
}

func writev(fd int, p [][]byte) (int, error) { return unix.Writev(fd, p) }
