package main

import (
	"os"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// stuckStatus is the status that the program ends with when its loop hangs: EX_SOFTWARE of sysexits(3).
const stuckStatus = 70

// watch looks from now on whether the loop turns within the time that -watchdog says: no handler of ours takes a tenth
// of a second.
func (p *process) watch() {
	if p.dog != nil {
		p.dog.Stop()
		p.dog = nil
	}
	if d := p.config.watchdog; d > 0 {
		p.dog = p.loop.Watch(poll.WatchdogOptions{Timeout: d, OnStuck: stuck})
	}
}

// stuck ends a program whose loop does not answer any more: whoever started it starts it again. The log is not waited
// for, it may be what hangs.
func stuck(state []byte) {
	said := make(chan struct{})
	go func() {
		_, _ = os.Stderr.Write(append([]byte("the loop hangs, this is where:\n"), state...))
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
	os.Exit(stuckStatus)
}
