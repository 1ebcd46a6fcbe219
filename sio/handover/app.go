// Package handover lets a program with a Socket.IO server be replaced by a new process while it runs: clients come
// again by themselves, are recovered, and miss nothing. It wires an app and its server to package poll/handover, which
// says what happens when.
//
//	taker, err := process.Predecessor()                  // first of all; nil: nobody is to be taken over from
//	loop, app, io := ...                                 // Options.Listen.Inherit: taker.Listeners[0].FD
//	part := &handover.App{App: app, IO: io, OnDone: quit} // with connection state recovery on
//	err = part.Take(taker)
//	err = app.Start()
//	part.Serving()
//	next, err := process.New(loop, part, process.Options{})
//	...
//	next.Start()                                         // on the loop, when the program is to be replaced
package handover

import (
	"bufio"
	"io"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/handover"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// App is a program's part in a hand-over, on both sides: a handover.Giver, and what a new process does. Only App and IO
// are needed. Functions are called on the loop's goroutine, those of the new process before its loop turns.
type App struct {
	App *webapp.App
	IO  *sio.Server
	// More are listeners that are passed on beside the app's, which is the first one and has the name "app".
	More func() []poll.Inherited
	// Keys are what Secrets returns.
	Keys func() []byte
	// Save writes the program's own state and Load reads it; each is called several times. After Save for
	// handover.Rest, and until OnFailed, nothing may be emitted.
	Save func(part handover.Part, w io.Writer) error
	Load func(r io.Reader) error
	// OnFailed is told why a hand-over ended with everything as it was, OnDone that the process pid serves: what is left
	// is to wait for the output (IO.Drain) and to end.
	OnFailed func(err error)
	OnDone   func(pid int)

	taker  *handover.Taker
	mark   sio.RecoveryMark
	frozen bool
}

// Name of the app's listener.
const Name = "app"

var _ handover.Giver = (*App)(nil)

// Listeners implements handover.Giver.
func (a *App) Listeners() []poll.Inherited {
	var list []poll.Inherited
	if ln := a.App.Listener(); ln != nil {
		list = append(list, poll.Inherited{FD: ln.FD(), Name: Name})
	}
	if a.More != nil {
		list = append(list, a.More()...)
	}
	return list
}

// Secrets implements handover.Giver.
func (a *App) Secrets() []byte {
	if a.Keys == nil {
		return nil
	}
	return a.Keys()
}

// Freeze implements handover.Giver: callers wait, clients go and are lost sockets.
func (a *App) Freeze() {
	a.frozen = true
	a.App.Pause()
	a.IO.Suspend()
}

// State implements handover.Giver.
func (a *App) State(part handover.Part, w io.Writer) error {
	after := sio.RecoveryMark(0)
	if part == handover.Rest {
		after = a.mark
	}
	var err error
	if a.mark, err = a.IO.ExportRecovery(w, after); err != nil || a.Save == nil {
		return err
	}
	return a.Save(part, w)
}

// Failed implements handover.Giver.
func (a *App) Failed(err error) {
	if a.frozen {
		a.frozen = false
		a.IO.Resume()
		a.App.Resume()
	}
	if a.OnFailed != nil {
		a.OnFailed(err)
	}
}

// Done implements handover.Giver.
func (a *App) Done(pid int) {
	if a.OnDone != nil {
		a.OnDone(pid)
	}
}

// Take waits for the state of the process that t stands for, and takes it over; nil is a program that was started by
// hand. After an error this process has to end. The app is to be started next.
func (a *App) Take(t *handover.Taker) error {
	if a.taker = t; t == nil {
		return nil
	}
	return t.Take(func(r io.Reader) error {
		b := bufio.NewReader(r) // which ImportRecovery takes as it is: what follows is Load's
		if err := a.IO.ImportRecovery(b); err != nil || a.Load == nil {
			return err
		}
		return a.Load(b)
	})
}

// Serving tells the process that Take took over from that the app is started.
func (a *App) Serving() {
	if a.taker != nil {
		a.taker.Serving()
		a.taker = nil
	}
}
