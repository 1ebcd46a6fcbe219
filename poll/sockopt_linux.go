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

// interfaceIndex is the number of a network interface, 0 when there is none of that name. One system call: package net
// would read them all through netlink, and be 60 kB of the binary.
func interfaceIndex(name string) uint32 {
	request, err := unix.NewIfreq(name)
	if err != nil || name == "" {
		return 0
	}
	fd, err := socket(unix.AF_UNIX)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, request) != nil {
		return 0
	}
	return request.Uint32()
}
