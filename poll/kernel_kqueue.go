//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// kqueue is the kernel on the BSDs and Darwin. A descriptor has a filter for
// each interest, so that one that is ready for both is reported twice, and an
// interest that is not asked for reports no error.
type kqueue struct {
	sockets
	wakeup
	kq      int
	asked   []Interest // filters that are installed, by descriptor
	changes [2]unix.Kevent_t
	events  []unix.Kevent_t
	timeout unix.Timespec
	start   time.Time
}

// filters in the order of the interests' bits.
var filters = [2]int{unix.EVFILT_READ, unix.EVFILT_WRITE}

func newKernel() (Kernel, error) {
	kq, err := newQueue()
	if err != nil {
		return nil, err
	}
	k := &kqueue{kq: kq, start: time.Now()}
	if err := k.wakeup.open(kq); err != nil {
		unix.Close(kq)
		return nil, err
	}
	return k, nil
}

// Wait maps what a filter tells: EOF is readable (the read returns 0), an error
// is both.
func (k *kqueue) Wait(ready []Ready, timeout time.Duration) (int, Errno) {
	if len(ready) == 0 {
		d := unix.NsecToTimeval(int64(timeout))
		_, err := unix.Select(0, nil, nil, nil, &d)
		return 0, errnoOf(err)
	}
	if len(k.events) < len(ready) {
		k.events = make([]unix.Kevent_t, len(ready))
	}
	var wait *unix.Timespec
	if timeout >= 0 {
		k.timeout = unix.NsecToTimespec(int64(timeout))
		wait = &k.timeout
	}
	n, err := unix.Kevent(k.kq, nil, k.events[:len(ready)], wait)
	if err != nil {
		return 0, errnoOf(err)
	}
	m := 0
	for i := range k.events[:n] {
		e := &k.events[i]
		if k.wakeup.took(e) {
			continue
		}
		got := Readable
		if int(e.Filter) == unix.EVFILT_WRITE {
			got = Writable
		}
		if e.Flags&unix.EV_ERROR != 0 || e.Flags&unix.EV_EOF != 0 && e.Fflags != 0 {
			got = Readable | Writable
		}
		ready[m] = Ready{FD: int32(e.Ident), Got: got}
		m++
	}
	return m, 0
}

// Register starts from nothing: the number may have been another descriptor's
// that was closed behind our back.
func (k *kqueue) Register(fd int, want Interest) Errno {
	if fd >= len(k.asked) {
		k.asked = append(k.asked, make([]Interest, fd+fd/2+64-len(k.asked))...)
	}
	k.asked[fd] = 0
	return k.Modify(fd, want)
}

// Modify adds and deletes the filters that make the difference.
func (k *kqueue) Modify(fd int, want Interest) Errno {
	n := 0
	for i, filter := range filters {
		flags := unix.EV_ADD
		switch bit := Interest(1) << i; (want ^ k.asked[fd]) & bit {
		case 0:
			continue
		case k.asked[fd] & bit:
			flags = unix.EV_DELETE
		}
		k.changes[n] = unix.Kevent_t{}
		unix.SetKevent(&k.changes[n], fd, filter, flags)
		n++
	}
	if n > 0 {
		if _, err := unix.Kevent(k.kq, k.changes[:n], nil, nil); err != nil {
			return errnoOf(err)
		}
		k.asked[fd] = want
	}
	return 0
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
	return unix.Close(k.kq)
}
