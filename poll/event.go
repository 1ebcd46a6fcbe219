package poll

import "sort"

// watch is a user's descriptor on the loop: a serial line, a CAN socket, a pipe.
type watch struct {
	loop *Loop
	fn   func(fd int, got Interest)
	fd   int
	once bool
}

// Add calls fn whenever fd is ready for what is wanted, until Remove. The
// descriptor stays the caller's: it should be non-blocking, and must be removed
// before it is closed. Where fn panics it is removed, see [PanicError].
func (l *Loop) Add(fd int, want Interest, fn func(fd int, got Interest)) error {
	return l.watch(&watch{loop: l, fn: fn, fd: fd}, want)
}

// Once is Add for one call: the descriptor is removed before fn runs.
func (l *Loop) Once(fd int, want Interest, fn func(fd int, got Interest)) error {
	return l.watch(&watch{loop: l, fn: fn, fd: fd, once: true}, want)
}

func (l *Loop) watch(w *watch, want Interest) error {
	if l.closed || w.fd < 0 {
		return ErrClosed
	}
	if l.conn(w.fd) != nil || l.others[w.fd] != nil {
		return ErrInUse
	}
	if errno := l.register(w.fd, want); errno != 0 {
		return errno
	}
	l.others[w.fd] = w
	return nil
}

// Remove forgets descriptors given to Add or Once; none named means all of them.
// It goes on after an error and returns the first: ErrClosed for a descriptor
// that is not watched.
func (l *Loop) Remove(fds ...int) (err error) {
	if len(fds) == 0 {
		fds = l.FDs()
	}
	for _, fd := range fds {
		if e := l.remove(fd); err == nil {
			err = e
		}
	}
	return err
}

func (l *Loop) remove(fd int) error {
	if _, ok := l.others[fd].(*watch); !ok {
		return ErrClosed
	}
	l.detach(fd)
	if errno := l.unregister(fd); errno != 0 {
		return errno
	}
	return nil
}

// FDs lists the descriptors that Add and Once watch.
func (l *Loop) FDs() []int {
	var fds []int
	for fd, s := range l.others {
		if _, ok := s.(*watch); ok {
			fds = append(fds, fd)
		}
	}
	sort.Sort(sort.IntSlice(fds)) // package slices would bring a sort of its own, 14 kB of the binary
	return fds
}

func (w *watch) ready(got Interest) {
	if w.once {
		_ = w.loop.remove(w.fd) // it is watched
	}
	w.fn(w.fd, got)
}
