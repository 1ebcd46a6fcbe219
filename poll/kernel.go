package poll

import (
	"net/netip"
	"syscall"
	"time"
)

// Errno is what a Kernel reports; zero is success. Values below 256 convert to
// error without an allocation, which every errno of our systems is.
type Errno = syscall.Errno

// Interest says which readiness of a descriptor is asked for or reported.
type Interest uint8

// Readable and Writable are the two interests; a hang-up or an error on a
// descriptor is reported as both, so that the next call on it tells which.
const (
	Readable Interest = 1 << iota
	Writable
)

// String returns "r", "w", "rw" or "-".
func (i Interest) String() string {
	return [...]string{"-", "r", "w", "rw"}[i&3]
}

// Ready is one report of [Kernel.Wait].
type Ready struct {
	FD  int32
	Got Interest
}

// A Kernel is everything that the loop asks of the world: readiness, sockets,
// time and randomness. The loop never reaches past it, so that the same loop
// runs on epoll, on kqueue and on the kernel in memory of poll/polltest.
//
// What a backend supplies:
//   - every method but Wake is called on the loop's goroutine only;
//   - descriptors that it makes are non-blocking and close-on-exec;
//   - readiness is level-triggered: what is not consumed is reported again;
//   - Read, Write, Writev and Accept never block: they report EAGAIN. EINTR may
//     be reported by any call and the loop calls again. They keep no slice;
//   - a descriptor is unregistered by closing it.
type Kernel interface {
	// Wait fills ready and returns how many entries it filled. It blocks for at
	// most timeout; zero polls, a negative timeout waits for ever. It returns
	// early on Wake. Without room in ready it only lets time pass, and may then
	// see Wake late.
	Wait(ready []Ready, timeout time.Duration) (int, Errno)
	// Wake ends the present Wait, or the next one. Any goroutine may call it.
	Wake()

	// Register asks for readiness of fd; Modify changes what is asked for (none
	// is allowed: errors may still be reported); Unregister forgets fd, which
	// stays open (a descriptor that is not ours).
	Register(fd int, want Interest) Errno
	Modify(fd int, want Interest) Errno
	Unregister(fd int) Errno

	// Listen opens a listening socket and tells the address it got.
	Listen(o *ListenOptions) (fd int, at netip.AddrPort, err error)
	// Adopt takes a listening stream socket that the process inherited. It sets
	// o.Network to what it is: ErrNotSocket or ErrNotListening when it is none.
	Adopt(fd int, o *ListenOptions) (at netip.AddrPort, err error)
	// Accept takes one connection, which has o's socket options. The address is
	// the zero AddrPort on unix sockets.
	Accept(fd int, o *ListenOptions) (conn int, from netip.AddrPort, errno Errno)
	// LocalAddr tells the address that a connection came in on.
	LocalAddr(fd int) netip.AddrPort

	Read(fd int, p []byte) (int, Errno)
	Write(fd int, p []byte) (int, Errno)
	// Writev gets at most 16 slices, none of them empty.
	Writev(fd int, p [][]byte) (int, Errno)
	// SendFile sends at most n bytes of a regular file, at least one, from *offset
	// on, which it advances: without a copy in the process, and EAGAIN where the
	// connection takes nothing. Zero without an error is the file's end. A kernel
	// that has no such call, or not for that file, reports EINVAL, ENOSYS or
	// EOPNOTSUPP. It may wait for the disk: n bounds that.
	SendFile(fd, file int, offset *int64, n int) (int, Errno)
	// Shutdown closes the writing half: the peer sees FIN.
	Shutdown(fd int) Errno
	CloseFD(fd int) Errno
	// Reset is CloseFD of a connection that ends with RST: the peer is told at
	// once, and the system drops what it holds for it. It always closes.
	Reset(fd int) Errno
	// Reserve opens a descriptor that stands for nothing: the one that the
	// listener gives up when the table is full.
	Reserve() (int, Errno)

	// Monotonic is the time since an arbitrary start; Wall is the calendar's.
	// These two are the only clocks of the project.
	Monotonic() time.Duration
	Wall() time.Time
	// Random fills p from the system's source. It does not fail.
	Random(p []byte)
	// Close releases what the kernel itself holds.
	Close() error
}
