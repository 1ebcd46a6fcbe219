//go:build darwin || freebsd || netbsd || openbsd || dragonfly || kqueuedouble

package poll

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// kqueue is the kernel on the BSDs and Darwin. A descriptor has a filter for
// each interest, so that one that is ready for both is reported twice, and an
// interest that is not asked for reports no error.
//
// It needs what all of them have in common: EV_ADD, EV_DELETE and level-triggered
// filters. Where they differ:
//   - EV_EOF on the read filter means that the peer has sent its FIN, with what came
//     before still to be read; Darwin and FreeBSD set it on the write filter too once
//     our own half is shut, which nobody asks for any more. fflags is an error only
//     on sockets, and on a write filter where it is 0 the write tells.
//   - EV_DISPATCH and EV_RECEIPT are not on NetBSD before 10, and not used: changes
//     are made at once, one by one, and report their errno.
//   - udata is a pointer, on NetBSD an integer. It stays empty.
//   - A timeout is limited, see longest; Darwin's kevent may fail with ETIMEDOUT.
type kqueue struct {
	sockets
	wakeup
	kq      int
	asked   []Interest // filters that are installed, by descriptor
	change  [1]kevent
	events  []kevent
	timeout unix.Timespec
	start   time.Time
}

// filters in the order of the interests' bits.
var filters = [2]int{filterRead, filterWrite}

// longest is what FreeBSD shortens longer timeouts to; Darwin and NetBSD refuse
// those of years with EINVAL. A wait that ends early is a turn without reports.
const longest = 24 * time.Hour

func newKernel() (Kernel, error) {
	kq, err := newQueue()
	if err != nil {
		return nil, err
	}
	k := &kqueue{kq: kq, start: time.Now()}
	if err := k.wakeup.open(kq); err != nil {
		_ = closeQueue(kq)
		return nil, err
	}
	return k, nil
}

// Wait maps what a filter tells: EOF is readable (the read returns 0), an error
// is both.
func (k *kqueue) Wait(ready []Ready, timeout time.Duration) (int, Errno) {
	if len(ready) == 0 {
		d := unix.NsecToTimeval(int64(min(timeout, longest)))
		_, err := unix.Select(0, nil, nil, nil, &d)
		return 0, errnoOf(err)
	}
	if len(k.events) < len(ready) {
		k.events = make([]kevent, len(ready))
	}
	var wait *unix.Timespec
	if timeout >= 0 {
		k.timeout = unix.NsecToTimespec(int64(min(timeout, longest)))
		wait = &k.timeout
	}
	n, err := callKevent(k.kq, nil, k.events[:len(ready)], wait)
	switch {
	case err == unix.ETIMEDOUT: // Darwin at times, golang/go issue 59679: time has passed, that is all
		return 0, 0
	case err != nil:
		return 0, errnoOf(err)
	}
	m := 0
	for i := range k.events[:n] {
		e := &k.events[i]
		if k.wakeup.took(e) {
			continue
		}
		got := Readable
		if int(e.Filter) == filterWrite {
			got = Writable
		}
		if e.Flags&evError != 0 || e.Flags&evEOF != 0 && e.Fflags != 0 {
			got = Readable | Writable
		}
		ready[m] = Ready{FD: int32(e.Ident), Got: got}
		m++
	}
	return m, 0
}

// Register starts from nothing: the number may have been another descriptor's
// that was closed behind our back. The table grows after the system has said that
// there is such a descriptor.
func (k *kqueue) Register(fd int, want Interest) Errno {
	if fd < 0 {
		return unix.EBADF
	}
	has, errno := k.install(fd, 0, want)
	if has == 0 && fd >= len(k.asked) {
		return errno
	}
	if fd >= len(k.asked) {
		k.asked = append(k.asked, make([]Interest, fd+fd/2+64-len(k.asked))...)
	}
	if k.asked[fd] = has; errno != 0 {
		k.Modify(fd, 0)
	}
	return errno
}

// Modify adds and deletes the filters that make the difference.
func (k *kqueue) Modify(fd int, want Interest) (errno Errno) {
	has := Interest(0)
	if fd >= 0 && fd < len(k.asked) {
		has = k.asked[fd]
	}
	if has, errno = k.install(fd, has, want); has != 0 || fd >= 0 && fd < len(k.asked) {
		k.asked[fd] = has
	}
	return errno
}

// install tells which filters there are afterwards: a change that fails leaves
// those before it made. A signal does not keep a change from being made.
func (k *kqueue) install(fd int, has, want Interest) (Interest, Errno) {
	for i, filter := range filters {
		bit := Interest(1) << i
		if (want^has)&bit == 0 {
			continue
		}
		flags := evAdd
		if has&bit != 0 {
			flags = evDelete
		}
		k.change[0] = kevent{}
		setKevent(&k.change[0], fd, filter, flags)
		if _, err := callKevent(k.kq, k.change[:], nil, nil); err != nil && err != unix.EINTR {
			return has, errnoOf(err)
		}
		has ^= bit
	}
	return has, 0
}

func (k *kqueue) Unregister(fd int) Errno { return k.Modify(fd, 0) }

func (k *kqueue) Accept(fd int, o *ListenOptions) (int, netip.AddrPort, Errno) {
	conn, sa, err := accept(fd)
	return accepted(conn, sa, err, o)
}

func (k *kqueue) Reset(fd int) Errno {
	k.abortive(fd)
	return k.CloseFD(fd)
}

func (k *kqueue) Read(fd int, p []byte) (int, Errno) {
	n, err := unix.Read(fd, p)
	return n, errnoOf(err)
}

func (k *kqueue) Write(fd int, p []byte) (int, Errno) {
	n, err := unix.Write(fd, p)
	return n, errnoOf(err)
}

// Writev writes slice by slice, since x/sys has no Writev on these systems.
func (k *kqueue) Writev(fd int, p [][]byte) (total int, errno Errno) {
	for _, b := range p {
		n, errno := k.Write(fd, b)
		if errno != 0 {
			if total > 0 {
				errno = 0 // what it is will be told next time
			}
			return total, errno
		}
		if total += n; n < len(b) {
			break
		}
	}
	return total, 0
}

// SendFile is left to pieces: the call differs on each of these systems, and two
// have none.
func (k *kqueue) SendFile(int, int, *int64, int) (int, Errno) { return -1, unix.ENOSYS }

func (k *kqueue) Monotonic() time.Duration { return time.Since(k.start) }

func (k *kqueue) Close() error {
	k.wakeup.close()
	return closeQueue(k.kq)
}
