//go:build (linux && !kqueuepipe) || freebsd || netbsd || openbsd || dragonfly

package poll

import "golang.org/x/sys/unix"

func socket(family int) (int, error) {
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}
