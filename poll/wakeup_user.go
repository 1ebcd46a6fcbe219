//go:build darwin || freebsd || dragonfly

package poll

import "golang.org/x/sys/unix"

// wakeup is a user event of the queue itself.
type wakeup struct{ kq int }

func (w *wakeup) open(kq int) error {
	w.kq = kq
	return w.change(unix.EV_ADD|unix.EV_CLEAR, 0)
}

// Wake triggers the event; EV_CLEAR lets it be reported once.
func (w *wakeup) Wake() { _ = w.change(0, unix.NOTE_TRIGGER) }

func (w *wakeup) change(flags int, note uint32) error {
	var e [1]unix.Kevent_t
	unix.SetKevent(&e[0], 0, unix.EVFILT_USER, flags)
	e[0].Fflags = note
	_, err := unix.Kevent(w.kq, e[:], nil, nil)
	return err
}

func (w *wakeup) took(e *unix.Kevent_t) bool { return int(e.Filter) == unix.EVFILT_USER }

func (w *wakeup) close() {}
