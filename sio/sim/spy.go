package sim

import (
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// spy is the kernel as the loop sees it: it looks at what the loop leaves behind
// when it goes to sleep, and can be made to spoil what passes.
type spy struct {
	*polltest.Kernel
	w     *World
	want  map[int]poll.Interest
	write int // descriptors for which the loop waits to write

	spoil func(b []byte) []byte // of tests of the model: what is written in place of b
	drop  bool                  // of tests: interest in writing is lost
}

var _ poll.Kernel = (*spy)(nil)

func (k *spy) note(fd int, is poll.Interest) {
	if k.want[fd]&poll.Writable != 0 {
		k.write--
	}
	if is&poll.Writable != 0 {
		k.write++
	}
	k.want[fd] = is
}

// Wait is where the loop sleeps: nothing may wait then that it could have done.
func (k *spy) Wait(ready []poll.Ready, timeout time.Duration) (int, poll.Errno) {
	retried := timeout > 0 && timeout <= time.Second && k.w.Faults.ENOMEM+k.w.Faults.ENOBUFS > 0 // memory was short
	if timeout != 0 && !retried && k.w.loop != nil {
		if n := k.w.loop.Stats().OutBytes; n > 0 && k.write == 0 {
			k.w.fail("the loop sleeps for %v, %d bytes wait to be written and nobody asks when", timeout, n)
		}
	}
	return k.Kernel.Wait(ready, timeout)
}

// Register notes what is asked for.
func (k *spy) Register(fd int, want poll.Interest) poll.Errno {
	errno := k.Kernel.Register(fd, want)
	if errno == 0 {
		k.note(fd, want)
	}
	return errno
}

// Modify notes what is asked for.
func (k *spy) Modify(fd int, want poll.Interest) poll.Errno {
	if k.drop {
		want &^= poll.Writable
	}
	errno := k.Kernel.Modify(fd, want)
	if errno == 0 {
		k.note(fd, want)
	}
	return errno
}

// Unregister notes that nothing is.
func (k *spy) Unregister(fd int) poll.Errno {
	k.note(fd, 0)
	return k.Kernel.Unregister(fd)
}

// CloseFD notes that nothing is.
func (k *spy) CloseFD(fd int) poll.Errno {
	k.note(fd, 0)
	delete(k.want, fd)
	return k.Kernel.CloseFD(fd)
}

// Reset notes that nothing is.
func (k *spy) Reset(fd int) poll.Errno {
	k.note(fd, 0)
	delete(k.want, fd)
	return k.Kernel.Reset(fd)
}

// Write passes on, spoiled or not.
func (k *spy) Write(fd int, p []byte) (int, poll.Errno) {
	if k.spoil != nil {
		if q := k.spoil(p); string(q) != string(p) {
			if _, errno := k.Kernel.Write(fd, q); errno != 0 {
				return -1, errno
			}
			return len(p), 0
		}
	}
	return k.Kernel.Write(fd, p)
}

// Writev passes on, spoiled or not.
func (k *spy) Writev(fd int, p [][]byte) (int, poll.Errno) {
	if k.spoil != nil && len(p) > 0 {
		return k.Write(fd, p[0])
	}
	return k.Kernel.Writev(fd, p)
}
