//go:build linux

package main

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epoll is what the load loop asks of the kernel. No call can block but wait,
// and wait is meant to: the load has nothing else to run, so none is announced
// to the Go scheduler (RawSyscall).
type epoll struct {
	fd     int
	events [1024]unix.EpollEvent
}

func newEpoll() (*epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &epoll{fd: fd}, err
}

// wait returns the descriptors that are ready, as the kernel reports them: Fd
// holds the index that control was given. The slice is valid until the next wait.
func (p *epoll) wait(d time.Duration) []unix.EpollEvent {
	ms := (d + time.Millisecond - 1) / time.Millisecond
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(max(ms, 0)), 0, 0)
	if errno != 0 {
		return nil
	}
	return p.events[:n]
}

// control registers a descriptor or changes what is asked for.
func (p *epoll) control(op, fd int, index int32, events uint32) error {
	return unix.EpollCtl(p.fd, op, fd, &unix.EpollEvent{Events: events, Fd: index})
}

func (p *epoll) close() { unix.Close(p.fd) }

func readFD(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

func writeFD(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

var started = time.Now()

// nanotime is the monotonic time since the program started.
func nanotime() int64 { return int64(time.Since(started)) }
