package main

import (
	"log/slog"
	"os"
	"strings"

	"github.com/edgesio/edgesio/boards/gateway/settings"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// again is something that is read again while the program runs: read waits for the disk, off the loop, and take makes
// it count, on the loop. Of what cannot be read a line tells, and what was there stays.
type again struct {
	what string
	read func() error
	take func()
}

// rereadAll reads one after the other and then calls done.
func rereadAll(loop *poll.Loop, list []again, done func()) {
	if len(list) == 0 {
		done()
		return
	}
	a := list[0]
	tell := func(err error) {
		if err != nil {
			slog.Error("cannot be read again and stays as it was", "what", a.what, "err", err)
		} else {
			a.take()
			slog.Info("read again", "what", a.what)
		}
		rereadAll(loop, list[1:], done)
	}
	if busy := loop.Try(a.read, tell); busy != nil {
		tell(busy)
	}
}

// reread is SIGHUP: the settings, and then the files that they name and that may have changed. No client notices.
// systemd is told when it begins and when all of it is done.
func (p *process) reread() {
	if p.rereading {
		p.once = true
		return
	}
	p.rereading = true
	p.notifier.reloading()
	rereadAll(p.loop, append([]again{p.settingsAgain()}, p.filesAgain()...), p.ended)
}

// ended ends a reread, or begins the one that was asked for meanwhile.
func (p *process) ended() {
	p.rereading = false
	switch {
	case p.once:
		p.once = false
		p.reread()
	case p.end == 0: // else systemd listens to the next process
		p.notifier.say("READY=1")
	}
}

// settingsAgain is the command line, the environment and the file. Those that can change now do, the others are named.
func (p *process) settingsAgain() again {
	var fresh *config
	return again{"settings", func() (err error) {
		fresh, err = load(os.Args[1:], os.Environ(), os.DirFS("/"))
		return err
	}, func() {
		t, next := p.config.table, fresh.table
		changed := t.Changed(next, settings.Live)
		if err := t.Take(next, changed); err != nil {
			slog.Error("settings", "err", err) // load has taken the same
		}
		p.applyLive()
		if len(changed) > 0 {
			slog.Info("settings changed", "names", strings.Join(changed, " "))
		}
		later, end := t.Changed(next, settings.Replace), t.Changed(next, settings.Restart)
		if len(later)+len(end) > 0 {
			slog.Warn("settings that do not change in a running program",
				"with-SIGUSR2", strings.Join(later, " "), "with-restart", strings.Join(end, " "))
		}
	}}
}

// filesAgain are the files that the settings name.
func (g *gateway) filesAgain() (list []again) {
	if g.accounts.path != "" {
		list = append(list, g.accounts.again())
	}
	if g.tls != nil {
		list = append(list, again{"certificate", g.tls.Reload, func() {}})
	}
	return append(list, g.policyAgain())
}

// policyAgain reads the policy. Who is connected and may not be where it is any more has to leave.
func (g *gateway) policyAgain() again {
	var text string
	var policy *eos.Policy
	return again{"policy", func() (err error) {
		text, policy, err = openPolicy(g.config.policy)
		return err
	}, func() {
		if text != g.rules.policy {
			g.rules.setPolicy(text)
			g.io.SetPolicy(policy)
		}
	}}
}
