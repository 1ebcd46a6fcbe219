//go:build linux && !kqueuedouble

package poll

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epoll is the kernel on Linux. Calls that cannot block go to the system
// directly (RawSyscall): the Go scheduler need not be told of them, which is
// worth a fifth of the time of a small message.
type epoll struct {
	sockets
	ep, wakeup int
	events     []unix.EpollEvent
	iov        [maxVector]unix.Iovec
	resting    [1]unix.PollFd
	start      time.Time
}

func newKernel() (Kernel, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wakeup, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(ep)
		return nil, err
	}
	k := &epoll{ep: ep, wakeup: wakeup, start: time.Now()}
	if errno := k.Register(wakeup, Readable); errno != 0 {
		_ = k.Close()
		return nil, errno
	}
	return k, nil
}

func (k *epoll) Wait(ready []Ready, timeout time.Duration) (int, Errno) {
	if len(ready) == 0 {
		return 0, k.rest(timeout)
	}
	if len(k.events) < len(ready) {
		k.events = make([]unix.EpollEvent, len(ready))
	}
	n, errno := k.wait(k.events[:len(ready)], timeout)
	if errno != 0 {
		return 0, errno
	}
	m := 0
	for _, e := range k.events[:n] {
		if int(e.Fd) == k.wakeup {
			var b [8]byte
			k.Read(k.wakeup, b[:])
			continue
		}
		var got Interest
		if e.Events&unix.EPOLLIN != 0 {
			got = Readable
		}
		if e.Events&unix.EPOLLOUT != 0 {
			got |= Writable
		}
		if e.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			got = Readable | Writable
		}
		ready[m] = Ready{FD: e.Fd, Got: got}
		m++
	}
	return m, 0
}

func (k *epoll) wait(events []unix.EpollEvent, timeout time.Duration) (int, Errno) {
	if timeout >= 0 && timeout <= brief {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(k.ep),
			uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(millis(timeout)), 0, 0)
		return int(n), errno
	}
	ms := -1
	if timeout > 0 {
		ms = int(min(millis(timeout), 1<<31-1))
	}
	n, err := unix.EpollWait(k.ep, events, ms)
	return n, errnoOf(err)
}

// rest sleeps with an eye on Wake alone, which the next wait takes.
func (k *epoll) rest(timeout time.Duration) Errno {
	timespec := unix.NsecToTimespec(int64(timeout))
	k.resting[0] = unix.PollFd{Fd: int32(k.wakeup), Events: unix.POLLIN}
	_, err := unix.Ppoll(k.resting[:], &timespec, nil)
	return errnoOf(err)
}

func (k *epoll) Wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(k.wakeup, one[:]) // a full counter is awake already
}

func (k *epoll) Register(fd int, want Interest) Errno { return k.control(unix.EPOLL_CTL_ADD, fd, want) }
func (k *epoll) Modify(fd int, want Interest) Errno   { return k.control(unix.EPOLL_CTL_MOD, fd, want) }
func (k *epoll) Unregister(fd int) Errno              { return k.control(unix.EPOLL_CTL_DEL, fd, 0) }

func (k *epoll) control(op, fd int, want Interest) Errno {
	e := unix.EpollEvent{Fd: int32(fd)}
	if want&Readable != 0 {
		e.Events = unix.EPOLLIN
	}
	if want&Writable != 0 {
		e.Events |= unix.EPOLLOUT
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(k.ep), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&e)), 0, 0)
	return errno
}

func (k *epoll) Accept(fd int, o *ListenOptions) (int, netip.AddrPort, Errno) {
	const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	var from [unix.SizeofSockaddrInet6]byte // a longer address is cut off, and none that we look at
	size := uint32(len(from))
	conn, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&from)),
		uintptr(unsafe.Pointer(&size)), flags, 0, 0)
	switch {
	case errno == unix.ENOSYS: // 386 before Linux 4.3
		conn, sa, err := unix.Accept4(fd, flags)
		return accepted(conn, sa, err, o)
	case errno != 0:
		return -1, netip.AddrPort{}, errno
	case o.Network == "unix":
		tune(int(conn), o)
	}
	return int(conn), addrFrom(&from), 0
}

// addrFrom reads a struct sockaddr_in or sockaddr_in6: family, port, and the
// address, which is behind the flow information in the latter.
func addrFrom(b *[unix.SizeofSockaddrInet6]byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(b[2:])
	switch binary.NativeEndian.Uint16(b[:]) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:])), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:])).Unmap(), port)
	}
	return netip.AddrPort{}
}

// CloseFD does not block: our sockets linger for no time, if at all.
func (k *epoll) CloseFD(fd int) Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	return errno
}

func (k *epoll) Reset(fd int) Errno {
	k.abortive(fd)
	return k.CloseFD(fd)
}

func (k *epoll) Read(fd int, p []byte) (int, Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

func (k *epoll) Write(fd int, p []byte) (int, Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

func (k *epoll) Writev(fd int, p [][]byte) (int, Errno) {
	iov := k.iov[:min(len(p), len(k.iov))]
	for i := range iov {
		iov[i].Base = unsafe.SliceData(p[i])
		iov[i].SetLen(len(p[i]))
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	clear(iov)
	return int(n), errno
}

// SendFile may wait for the disk, so that the Go scheduler is told of it: the
// collector and other goroutines need not wait, too. The system reads the next
// pages ahead while the connection takes these.
func (k *epoll) SendFile(fd, file int, offset *int64, n int) (int, Errno) {
	sent, err := unix.Sendfile(fd, file, offset, n)
	if err == nil && sent > 0 {
		_ = unix.Fadvise(file, *offset, fileTurnBytes, unix.FADV_WILLNEED) // a hint
	}
	return sent, errnoOf(err)
}

func (k *epoll) Monotonic() time.Duration { return time.Since(k.start) }

func (k *epoll) Close() error {
	unix.Close(k.wakeup)
	return unix.Close(k.ep)
}
