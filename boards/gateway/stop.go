package main

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
)

// listen takes the program's signals. The second one of those that end it has its default effect.
func (p *process) listen(signals <-chan os.Signal) {
	for s := range signals {
		do := p.shut
		switch s {
		case syscall.SIGHUP:
			do = p.reread
		case syscall.SIGUSR2:
			do = p.replace
		default:
			signal.Reset(syscall.SIGTERM, os.Interrupt)
		}
		_ = p.loop.Post(do) // a closed loop needs nothing
	}
}

// shut ends the program in good order: clients leave one after the other over half of the time; what they were sent is
// on its way for most of the rest.
func (p *process) shut() {
	if p.end != 0 {
		return // it was replaced: what systemd heard of its end would be the new one's
	}
	slog.Info("stopping", "sockets", p.io.Len())
	p.notifier.say("STOPPING=1\nSTATUS=draining")
	p.next.Abort()
	p.drain(p.config.drain / 2)
}

// drain ends the program; its clients leave over window.
func (p *process) drain(window time.Duration) {
	if p.end != 0 {
		return
	}
	whole := p.config.drain
	p.end = p.loop.Now() + whole.Milliseconds()
	p.io.Drain(sio.DrainOptions{Window: window, Deadline: whole * 4 / 5}, func() {
		p.app.Stop()
		p.closeMetrics()
		p.loop.Stop()
	})
}

// stop turns the loop until the connections are gone or the time is over, a millisecond of loop.Now.
func stop(loop *poll.Loop, end int64) error {
	for loop.Stats().Conns > 0 && loop.Now() < end {
		if err := loop.Poll(50 * time.Millisecond); err != nil {
			return err
		}
	}
	return loop.Close()
}
