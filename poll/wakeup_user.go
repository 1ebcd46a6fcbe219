//go:build darwin || freebsd || dragonfly || (kqueuedouble && !kqueuepipe)

package poll

// wakeup is a user event of the queue itself.
type wakeup struct{ kq int }

func (w *wakeup) open(kq int) error {
	w.kq = kq
	return w.change(evAdd|evClear, 0)
}

// Wake triggers the event; EV_CLEAR lets it be reported once.
func (w *wakeup) Wake() { _ = w.change(0, noteTrigger) }

func (w *wakeup) change(flags int, note uint32) error {
	var e [1]kevent
	setKevent(&e[0], 0, filterUser, flags)
	e[0].Fflags = note
	_, err := callKevent(w.kq, e[:], nil, nil)
	return err
}

func (w *wakeup) took(e *kevent) bool { return int(e.Filter) == filterUser }

func (w *wakeup) close() {}
