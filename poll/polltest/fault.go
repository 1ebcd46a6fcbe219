package polltest

import (
	"slices"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Faults are the rates, 0 to 1 per call, at which calls misbehave as a system
// may. A zero rate draws nothing from the seed.
type Faults struct {
	// ShortRead and ShortWrite cut a call short; EAGAIN hits reads and writes,
	// EINTR these, Wait and Accept; Reset is the peer's RST, seen by a read or a
	// write.
	ShortRead, ShortWrite, EAGAIN, EINTR, Reset float64
	// EMFILE and ECONNABORTED hit Accept, which ends the caller of the latter.
	EMFILE, ECONNABORTED float64
	// ENOBUFS hits Accept and writes, ENOMEM these, reads, Register, Modify and
	// Reserve: the machine is short of memory for a moment.
	ENOBUFS, ENOMEM float64
	// HUP changes how a connection that has ended is reported, if it is: unread
	// bytes first and the hang-up later, or both in one Wait in either order, as
	// kqueue's two filters do.
	HUP float64
	// Late lets the clock go on by up to Kernel.LateBy when a wait has slept: the
	// process came late to the processor, and its timers are late.
	Late float64
}

// Call names a call of the kernel, for Kernel.Fail.
type Call uint8

// The calls that can fail.
const (
	CallWait Call = iota
	CallRegister
	CallModify
	CallUnregister
	CallListen
	CallAccept
	CallRead
	CallWrite
	CallWritev
	CallSendFile
	CallShutdown
	CallCloseFD
	CallReset
	CallReserve
	calls
)

// String returns the name of the Kernel's method.
func (c Call) String() string {
	return [...]string{"Wait", "Register", "Modify", "Unregister", "Listen", "Accept", "Read", "Write", "Writev",
		"SendFile", "Shutdown", "CloseFD", "Reset", "Reserve", "?"}[min(c, calls)]
}

// Calls counts what the loop asked for, refused and failed calls included.
type Calls struct {
	Waits, Registers, Modifies, Unregisters, Listens, Accepts, Reads, Writes, Writevs, SendFiles int
	Shutdowns, Closes, Resets, Reserves                                                          int
}

// Total is their sum: what a spinning loop drives up while the clock stands.
func (c Calls) Total() int {
	return c.Waits + c.Registers + c.Modifies + c.Unregisters + c.Listens + c.Accepts + c.Reads + c.Writes +
		c.Writevs + c.SendFiles + c.Shutdowns + c.Closes + c.Resets + c.Reserves
}

// refused is why a call is: by Fail, or since memory is short.
func (k *Kernel) refused(call Call, fd int) poll.Errno {
	if errno := k.scripted(call, fd); errno != 0 {
		return errno
	}
	return k.short(false)
}

// scripted asks Fail. A descriptor that is used after it was closed is no fault
// of the system: that is looked at first.
func (k *Kernel) scripted(call Call, fd int) poll.Errno {
	if k.Fail == nil {
		return 0
	}
	return k.Fail(call, fd)
}

// ofCaller are the errors that Linux passes on from the new socket: that caller
// is gone with them.
var ofCaller = []poll.Errno{
	syscall.ECONNABORTED, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH,
	syscall.ENETDOWN, syscall.ENETUNREACH, syscall.ETIMEDOUT,
	syscall.ECONNRESET, syscall.EOPNOTSUPP,
}

// lose ends the caller that waits longest, if errno says that.
func (f *file) lose(errno poll.Errno) {
	if len(f.queue) > 0 && slices.Contains(ofCaller, errno) {
		f.queue[0].abort()
		f.queue = append(f.queue[:0], f.queue[1:]...)
	}
}

// short draws the faults of a machine that is short of memory.
func (k *Kernel) short(nobufs bool) poll.Errno {
	switch {
	case nobufs && k.fault(k.Faults.ENOBUFS):
		return syscall.ENOBUFS
	case k.fault(k.Faults.ENOMEM):
		return syscall.ENOMEM
	}
	return 0
}

// hangUp appends the reports of a descriptor that is broken.
func (k *Kernel) hangUp(fd int, is poll.Interest) {
	both := poll.Ready{FD: int32(fd), Got: poll.Readable | poll.Writable}
	part := poll.Ready{FD: int32(fd), Got: is}
	switch {
	case is == 0 || !k.fault(k.Faults.HUP):
		k.found = append(k.found, both)
	case k.Coin(.5):
		k.found = append(k.found, part) // the hang-up comes later
	default:
		k.found = append(k.found, part, both) // and is shuffled
	}
}

// sleep lets the clock go to a time, or past it.
func (k *Kernel) sleep(to time.Duration) {
	if k.pass(to); k.LateBy > 0 && k.fault(k.Faults.Late) {
		k.pass(k.now + time.Duration(k.chance.Int64N(int64(k.LateBy))+1))
	}
}

// JumpWall moves the calendar by d, which may be negative: somebody set the
// clock. Monotonic time goes on as it did.
func (k *Kernel) JumpWall(d time.Duration) { k.wall += d }

// Suspend moves both clocks by d without a Wait: the machine slept, or the
// process was stopped. The script's acts of that time come with the next Wait.
func (k *Kernel) Suspend(d time.Duration) { k.pass(k.now + d) }

// Strict lets the panics of a loop without Options.OnPanic go on, see
// poll.PanicError: a test must not overlook one.
func (k *Kernel) Strict() {}
