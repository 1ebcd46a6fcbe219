package poll

import (
	"time"

	"golang.org/x/sys/unix"
)

func userTimeout(fd int, d time.Duration) {
	if d > 0 {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(min(millis(d), 1<<31-1)))
	}
}
