//go:build linux && kqueuedouble

package poll

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This is kqueue on Linux, for tests: kernel_kqueue.go runs on it as it is, and with it everything above. A filter is
// an epoll set of its own, so that a descriptor that is ready for both is reported twice, close takes the filters
// along without a word, and the errors of a change are the system's. It knows what the kernel uses, and refuses the
// rest with EINVAL. What it cannot show:
//   - fflags of a socket that failed is ECONNRESET whatever the error is: to ask the system would take the error away
//     from the read that comes next;
//   - filters go with the last duplicate of a descriptor, on the BSDs with the descriptor;
//   - regular files cannot be watched.
//
// With the tag kqueuepipe, too, the wake-up and the sockets are those of NetBSD, OpenBSD and Darwin; without it those
// of FreeBSD.
type kevent struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  *byte
}

// FreeBSD's values.
const (
	filterRead  = -1
	filterWrite = -2
	filterUser  = -11
	evAdd       = 0x1
	evDelete    = 0x2
	evClear     = 0x20
	evEOF       = 0x8000
	evError     = 0x4000
	noteTrigger = 0x1000000
)

// longestDouble is about where Darwin begins to refuse a timeout, in seconds.
const longestDouble = 1_000_000

// double is one queue; its number is that of the read set.
type double struct {
	sets    [2]int // epoll: filterRead, filterWrite
	user    int    // eventfd, -1 before there is a user event
	first   int    // the set that is looked at first: they take turns
	waiting [3]unix.PollFd
	found   [256]unix.EpollEvent
}

var doubles struct {
	sync.RWMutex
	of    map[int]*double
	fails []Errno // of the next calls, for tests; 0 lets one pass
}

// failing is what a test wants of this call. EINTR comes after the changes, as the systems have it.
func failing() (errno Errno) {
	doubles.Lock()
	defer doubles.Unlock()
	if len(doubles.fails) > 0 {
		errno, doubles.fails = doubles.fails[0], doubles.fails[1:]
	}
	return errno
}

func newQueue() (int, error) {
	d := &double{user: -1}
	var err error
	if d.sets[0], err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return -1, err
	}
	if d.sets[1], err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		unix.Close(d.sets[0])
		return -1, err
	}
	doubles.Lock()
	defer doubles.Unlock()
	if doubles.of == nil {
		doubles.of = make(map[int]*double)
	}
	doubles.of[d.sets[0]] = d
	return d.sets[0], nil
}

func closeQueue(kq int) error {
	doubles.Lock()
	d := doubles.of[kq]
	delete(doubles.of, kq)
	doubles.Unlock()
	if d == nil {
		return unix.EBADF
	}
	if d.user >= 0 {
		unix.Close(d.user)
	}
	unix.Close(d.sets[1])
	return unix.Close(d.sets[0])
}

func setKevent(e *kevent, fd, filter, flags int) {
	e.Ident, e.Filter, e.Flags = uint64(fd), int16(filter), uint16(flags)
}

// callKevent makes the changes and then waits, if there is room for events. The error of a change is an event where
// there is room for it, and then nothing is waited for; else it ends the call.
func callKevent(kq int, changes, events []kevent, timeout *unix.Timespec) (int, error) {
	doubles.RLock()
	d, fails := doubles.of[kq], Errno(0)
	planned := len(doubles.fails) > 0
	doubles.RUnlock()
	if d == nil {
		return -1, unix.EBADF
	}
	if planned {
		fails = failing()
	}
	if fails != 0 && fails != unix.EINTR {
		return -1, fails
	}
	n := 0
	for i := range changes {
		err := d.change(&changes[i])
		switch {
		case err == nil:
			continue
		case n == len(events):
			return -1, err
		}
		events[n] = changes[i]
		events[n].Flags, events[n].Data = evError, int64(errnoOf(err))
		n++
	}
	if fails != 0 {
		return -1, fails
	}
	if n > 0 || len(events) == 0 {
		return n, nil
	}
	if timeout != nil && (timeout.Sec < 0 || timeout.Sec > longestDouble || timeout.Nsec < 0 || timeout.Nsec >= 1e9) {
		return -1, unix.EINVAL
	}
	return d.wait(events, timeout)
}

func (d *double) change(e *kevent) error {
	if e.Filter == filterUser {
		return d.changeUser(e)
	}
	set, events := d.sets[0], uint32(unix.EPOLLIN|unix.EPOLLRDHUP)
	switch e.Filter {
	case filterRead:
	case filterWrite:
		set, events = d.sets[1], unix.EPOLLOUT
	default:
		return unix.EINVAL
	}
	switch e.Flags {
	case evAdd:
		err := unix.EpollCtl(set, unix.EPOLL_CTL_ADD, int(e.Ident), &unix.EpollEvent{Events: events, Fd: int32(e.Ident)})
		if err == unix.EEXIST { // it is there already, which is no error
			return nil
		}
		return err
	case evDelete:
		return unix.EpollCtl(set, unix.EPOLL_CTL_DEL, int(e.Ident), nil)
	}
	return unix.EINVAL
}

// changeUser knows one user event, which is reported once for all its triggers.
func (d *double) changeUser(e *kevent) (err error) {
	switch {
	case e.Ident != 0:
		return unix.EINVAL
	case e.Flags == evAdd|evClear && d.user < 0:
		d.user, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		return err
	case d.user < 0:
		return unix.ENOENT
	case e.Flags == 0 && e.Fflags == noteTrigger:
		one := uint64(1)
		_, _ = unix.Write(d.user, unsafe.Slice((*byte)(unsafe.Pointer(&one)), 8)) // full: triggered
		return nil
	}
	return unix.EINVAL
}

func (d *double) wait(events []kevent, timeout *unix.Timespec) (int, error) {
	for i, fd := range []int{d.sets[0], d.sets[1], d.user} {
		d.waiting[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN} // -1 is passed over
	}
	if n, err := unix.Ppoll(d.waiting[:], timeout, nil); n <= 0 {
		return n, err
	}
	n := 0
	if d.waiting[2].Revents != 0 {
		var b [8]byte
		_, _ = unix.Read(d.user, b[:])
		events[0] = kevent{Filter: filterUser, Flags: evClear, Fflags: noteTrigger}
		n++
	}
	d.first ^= 1
	room := len(events) - n
	if d.waiting[d.first^1].Revents != 0 {
		room = (room + 1) / 2
	}
	n += d.take(d.first, events[n:n+room])
	return n + d.take(d.first^1, events[n:]), nil
}

// take asks one set what is ready.
func (d *double) take(set int, events []kevent) (n int) {
	if d.waiting[set].Revents == 0 || len(events) == 0 {
		return 0
	}
	found := d.found[:min(len(d.found), len(events))]
	got, _ := unix.EpollWait(d.sets[set], found, 0)
	for _, f := range found[:max(got, 0)] {
		e := kevent{Ident: uint64(f.Fd), Filter: filterRead, Data: 1}
		ends := uint32(unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR)
		if set == 1 {
			e.Filter, ends = filterWrite, unix.EPOLLHUP|unix.EPOLLERR
		} else if size, err := unix.IoctlGetInt(int(f.Fd), unix.TIOCINQ); err == nil { // a listener has callers
			e.Data = int64(size)
		}
		if f.Events&ends != 0 {
			e.Flags = evEOF
		}
		if _, err := unix.GetsockoptInt(int(f.Fd), unix.SOL_SOCKET, unix.SO_TYPE); err == nil && f.Events&unix.EPOLLERR != 0 {
			e.Fflags = uint32(unix.ECONNRESET)
		}
		events[n] = e
		n++
	}
	return n
}
