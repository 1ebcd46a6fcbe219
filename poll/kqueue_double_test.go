//go:build linux && kqueuedouble

package poll

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const both = Readable | Writable

func newDouble(t *testing.T) *kqueue {
	t.Helper()
	k, err := newKernel()
	if err != nil {
		t.Fatal(err)
	}
	q, ok := k.(*kqueue)
	if !ok {
		t.Fatalf("the kernel of this build is %T", k)
	}
	t.Cleanup(func() {
		doubles.fails = nil
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

// plan says how the next calls of kevent end.
func plan(errnos ...Errno) {
	doubles.Lock()
	doubles.fails = errnos
	doubles.Unlock()
}

func pair(t *testing.T) (a, b int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) }) // some are closed already
	return p[0], p[1]
}

// reports is what Wait finds at once.
func reports(t *testing.T, k *kqueue, room int) []Ready {
	t.Helper()
	ready := make([]Ready, room)
	n, errno := k.Wait(ready, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	slices.SortFunc(ready[:n], func(a, b Ready) int {
		return int(a.FD-b.FD)*8 + int(a.Got) - int(b.Got)
	})
	return ready[:n]
}

func expect(t *testing.T, what string, got []Ready, want ...Ready) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func ok(t *testing.T, errno Errno) {
	t.Helper()
	if errno != 0 {
		t.Fatal(errno)
	}
}

// One interest, one filter; what is not consumed is reported again; close takes the
// filters along, and the next owner of the number starts from nothing.
func TestKqueueFilters(t *testing.T) {
	k := newDouble(t)
	a, b := pair(t)
	fd := int32(a)
	ok(t, k.Register(a, both))
	unix.Write(b, []byte("x"))
	for range 2 {
		expect(t, "both", reports(t, k, 8), Ready{fd, Readable}, Ready{fd, Writable})
	}
	ok(t, k.Modify(a, Writable))
	expect(t, "writable", reports(t, k, 8), Ready{fd, Writable})
	ok(t, k.Modify(a, 0))
	expect(t, "none", reports(t, k, 8))
	ok(t, k.Modify(a, Readable))
	expect(t, "readable", reports(t, k, 8), Ready{fd, Readable})
	ok(t, k.CloseFD(a))
	expect(t, "closed", reports(t, k, 8))
	if err := unix.Dup3(b, a, unix.O_CLOEXEC); err != nil { // the same number, another descriptor
		t.Fatal(err)
	}
	ok(t, k.Register(a, Writable))
	if k.asked[a] != Writable {
		t.Errorf("asked for %v", k.asked[a])
	}
	ok(t, k.Unregister(a))
	expect(t, "unregistered", reports(t, k, 8))
}

// FIN is readable behind the input, and nothing else; an error is both, for those
// who ask for one; nobody else is told.
func TestKqueueEnds(t *testing.T) {
	k := newDouble(t)
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	connect := func() (fd int, peer *net.TCPConn) {
		c, err := net.Dial("tcp4", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		p, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := c.(*net.TCPConn).SyscallConn()
		raw.Control(func(at uintptr) { fd, err = unix.FcntlInt(at, unix.F_DUPFD_CLOEXEC, 0) })
		c.Close()
		t.Cleanup(func() { p.Close(); unix.Close(fd) })
		return fd, p.(*net.TCPConn)
	}
	half, peer := connect()
	ok(t, k.Register(half, Readable))
	peer.Write([]byte("x"))
	peer.CloseWrite()
	fd := int32(half)
	expect(t, "input and FIN", reports(t, k, 8), Ready{fd, Readable})
	var b [8]byte
	if n, errno := k.Read(half, b[:]); n != 1 || errno != 0 {
		t.Fatal(n, errno)
	}
	expect(t, "FIN", reports(t, k, 8), Ready{fd, Readable})
	if n, errno := k.Read(half, b[:]); n != 0 || errno != 0 {
		t.Fatal(n, errno)
	}
	ok(t, k.CloseFD(half))
	for _, want := range []Interest{Readable, Writable, 0} {
		reset, peer := connect()
		ok(t, k.Register(reset, want))
		peer.SetLinger(0)
		peer.Close()
		if want == 0 {
			expect(t, "nobody asks", reports(t, k, 8))
			ok(t, k.Modify(reset, Readable))
		}
		expect(t, "reset, asked for "+want.String(), reports(t, k, 8), Ready{int32(reset), both})
		if _, errno := k.Read(reset, b[:]); errno != unix.ECONNRESET {
			t.Errorf("the read says %v", errno)
		}
		ok(t, k.CloseFD(reset))
	}
}

// A signal that ends a change has not undone it: to delete a filter again would be
// ENOENT, and the connection would end for nothing.
func TestKqueueSignalInChange(t *testing.T) {
	k := newDouble(t)
	a, _ := pair(t)
	plan(unix.EINTR)
	ok(t, k.Register(a, Writable))
	expect(t, "registered", reports(t, k, 8), Ready{int32(a), Writable})
	plan(unix.EINTR)
	ok(t, k.Modify(a, 0))
	expect(t, "nothing asked", reports(t, k, 8))
	ok(t, k.Modify(a, Writable))
	expect(t, "asked again", reports(t, k, 8), Ready{int32(a), Writable})
}

// The second filter fails: the first is there and known, or is taken back where
// there was none before.
func TestKqueueHalfAChange(t *testing.T) {
	k := newDouble(t)
	a, b := pair(t)
	unix.Write(b, []byte("x"))
	plan(0, unix.ENOMEM)
	if errno := k.Register(a, both); errno != unix.ENOMEM {
		t.Fatal(errno)
	}
	expect(t, "not registered", reports(t, k, 8))
	ok(t, k.Register(a, 0))
	plan(0, unix.ENOMEM)
	if errno := k.Modify(a, both); errno != unix.ENOMEM {
		t.Fatal(errno)
	}
	expect(t, "half", reports(t, k, 8), Ready{int32(a), Readable})
	ok(t, k.Modify(a, Writable))
	expect(t, "other half", reports(t, k, 8), Ready{int32(a), Writable})
}

// A descriptor that is none is an errno, and no table of its size.
func TestKqueueNoDescriptor(t *testing.T) {
	k := newDouble(t)
	for _, fd := range []int{-1, 1 << 30} {
		if errno := k.Register(fd, Readable); errno != unix.EBADF {
			t.Errorf("register %d: %v", fd, errno)
		}
		if errno := k.Modify(fd, Readable); errno == 0 {
			t.Errorf("modify %d: no error", fd)
		}
	}
	if len(k.asked) > 1<<16 {
		t.Errorf("a table of %d", len(k.asked))
	}
}

// Timers of years, Darwin's ETIMEDOUT and signals are turns without reports.
func TestKqueueWaits(t *testing.T) {
	k := newDouble(t)
	ready := make([]Ready, 4)
	for _, d := range []time.Duration{30 * 24 * time.Hour, 1<<63 - 1, -1} {
		k.Wake()
		if n, errno := k.Wait(ready, d); n != 0 || errno != 0 {
			t.Errorf("wait %v: %d, %v", d, n, errno)
		}
	}
	plan(unix.ETIMEDOUT, unix.EINTR)
	if n, errno := k.Wait(ready, time.Hour); n != 0 || errno != 0 {
		t.Errorf("ETIMEDOUT: %d, %v", n, errno)
	}
	if n, errno := k.Wait(ready, time.Hour); n != 0 || errno != eintr {
		t.Errorf("EINTR: %d, %v", n, errno)
	}
	if n, errno := k.Wait(nil, time.Microsecond); n != 0 || errno != 0 {
		t.Errorf("no room: %d, %v", n, errno)
	}
}

// However many wake it: one Wait ends, with nothing in ready, and the next one waits.
func TestKqueueWake(t *testing.T) {
	k := newDouble(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				k.Wake()
			}
		})
	}
	ready := make([]Ready, 1)
	if n, errno := k.Wait(ready, -1); n != 0 || errno != 0 && errno != eintr {
		t.Fatal(n, errno)
	}
	all.Wait()
	reports(t, k, 1) // what came after the Wait above
	d := doubles.of[k.kq]
	for _, fd := range []int{d.sets[0], d.sets[1], d.user} {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, _ := unix.Poll(p, 0); n != 0 {
			t.Errorf("descriptor %d of the queue is still ready", fd)
		}
	}
}

// With room for one report, all of ten descriptors are served, reads and writes.
func TestKqueueLittleRoom(t *testing.T) {
	k := newDouble(t)
	seen := make(map[Ready]bool)
	for range 10 {
		a, b := pair(t)
		ok(t, k.Register(a, both))
		unix.Write(b, []byte("x"))
	}
	for range 100 {
		for _, r := range reports(t, k, 1) {
			seen[r] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d of 20 are reported", len(seen))
	}
}

// The double itself: what kevent says of changes that fail.
func TestKqueueDoubleReceipts(t *testing.T) {
	k := newDouble(t)
	a, b := pair(t)
	unix.Write(b, []byte("x"))
	changes := make([]kevent, 4)
	setKevent(&changes[0], a, filterWrite, evDelete)
	setKevent(&changes[1], a, filterRead, evAdd)
	setKevent(&changes[2], 1<<20, filterRead, evAdd)
	setKevent(&changes[3], a, -7, evAdd)
	events := make([]kevent, 4)
	n, err := callKevent(k.kq, changes, events, nil)
	if n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for i, want := range []Errno{unix.ENOENT, unix.EBADF, unix.EINVAL} {
		if e := events[i]; e.Flags != evError || Errno(e.Data) != want {
			t.Errorf("event %d: %+v, want %v", i, e, want)
		}
	}
	if n, err = callKevent(k.kq, changes[2:], nil, nil); n != -1 || err != unix.EBADF {
		t.Errorf("no room: %d, %v", n, err)
	}
	unix.Close(b)
	n, err = callKevent(k.kq, nil, events, nil)
	if e := events[0]; n != 1 || err != nil || e.Ident != uint64(a) || e.Filter != filterRead || e.Flags != evEOF ||
		e.Fflags != 0 || e.Data != 1 {
		t.Errorf("%d, %v: %+v", n, err, e)
	}
	if _, err = callKevent(k.kq, nil, events, &unix.Timespec{Sec: longestDouble + 1}); err != unix.EINVAL {
		t.Errorf("a timeout of years: %v", err)
	}
}
