package main

import (
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/handover"
	sockets "github.com/edgesio/edgesio/sio/handover"
)

// process is the gateway with its signals: it may take over from another process, and is replaced on SIGUSR2.
type process struct {
	*gateway
	loop     *poll.Loop
	notifier *notifier
	part     *sockets.App
	next     *handover.Succession
	dog      *poll.Watchdog
	end      int64 // loop.Now when the program ends, 0: it does not

	rereading, once bool // SIGHUP is under way, and came once more
	replacing, late bool // SIGUSR2 is under way, and SIGHUP came meanwhile
	heir            int  // process that serves instead of this one, 0: there is none
}

// takeOver finds out where the listener comes from: from the process that started this one to be replaced, from
// systemd, or from nobody.
func (c *config) takeOver() (*handover.Taker, error) {
	taker, err := handover.Predecessor()
	if err != nil {
		return nil, err
	}
	given, err := poll.InheritedListeners()
	if err != nil {
		return nil, err
	}
	if taker != nil {
		given = taker.Listeners
		if c.before, err = parseSecrets(taker.Secrets); err == nil {
			err = rereadable(c.file, c.users, c.policy, c.matrix, c.key, c.tlsCert, c.tlsKey)
		}
		if err != nil {
			taker.Fail(err)
			return nil, err
		}
	}
	switch len(given) {
	case 0:
	case 1:
		c.inherit = given[0].FD
	default:
		return nil, fmt.Errorf("%d sockets were passed to this process, which listens on one", len(given))
	}
	return taker, nil
}

// prepare takes over from another process, and gets ready for the next one.
func (p *process) prepare(taker *handover.Taker) (err error) {
	p.part = &sockets.App{App: p.app, IO: p.io, Keys: p.secrets, OnFailed: p.stay, OnDone: p.leave}
	if p.next, err = handover.New(p.loop, p.part, handover.Options{}); err != nil {
		return err
	}
	return p.part.Take(taker)
}

// replace starts the program's file again.
func (p *process) replace() {
	if p.end != 0 {
		return // it ends already
	}
	if err := p.next.Start(); err != nil {
		slog.Warn("no new process", "err", err)
		return
	}
	p.replacing, p.late = true, false
	slog.Info("a new process is started")
	p.notifier.reloading()
}

// stay goes on after a hand-over that failed.
func (p *process) stay(err error) {
	p.replacing = false
	if p.end == 0 {
		slog.Error("the new process does not take over: this one goes on", "err", err)
		p.notifier.say("READY=1\nSTATUS=serving")
	}
}

// leave ends the program when the new process serves.
func (p *process) leave(pid int) {
	slog.Info("replaced", "pid", pid)
	p.heir = pid
	// What the new process says counts only from now on (NotifyAccess=main): its READY was not heard.
	p.notifier.say(fmt.Sprintf("MAINPID=%d\nREADY=1", pid))
	p.telemetry.stop()
	p.closeMetrics() // the new process waits for the address
	if p.late {
		p.passOn()
	}
	p.drain(-1 * time.Second)
}

// passOn tells the next process of SIGHUP: it may have read its files before they changed.
func (p *process) passOn() {
	if err := syscall.Kill(p.heir, syscall.SIGHUP); err != nil {
		slog.Warn("the new process does not read its files again", "pid", p.heir, "err", err)
	}
}
