package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/edgesio/edgesio/boards/gateway/settings"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// again is something that is read again while the program runs: read waits for the disk, off the loop, and take makes
// it count, on the loop. Of what cannot be read or taken a line tells, and what was there stays.
type again struct {
	what  string
	files []string
	read  func() error
	take  func() error
}

// fetch is read for files that can be read again.
func (a *again) fetch() error {
	if err := rereadable(a.files...); err != nil {
		return err
	}
	return a.read()
}

// rereadAll reads one after the other and then calls done.
func rereadAll(loop *poll.Loop, list []again, done func()) {
	if len(list) == 0 {
		done()
		return
	}
	a := list[0]
	tell := func(err error) {
		if err == nil {
			err = a.take()
		}
		if err != nil {
			slog.Error("cannot be read again and stays as it was", "what", a.what, "err", err)
		} else {
			slog.Info("read again", "what", a.what)
		}
		rereadAll(loop, list[1:], done)
	}
	if busy := loop.Try(a.fetch, tell); busy != nil {
		tell(busy)
	}
}

// reread is SIGHUP: the settings, and then the files that they name and that may have changed. No client notices.
// systemd is told when it begins and when all of it is done.
func (p *process) reread() {
	p.late = p.replacing
	switch {
	case p.heir != 0:
		p.passOn()
		return
	case p.end != 0:
		return // it ends already
	case p.rereading:
		p.once = true
		return
	}
	p.rereading = true
	p.notifier.reloading()
	rereadAll(p.loop, []again{p.settingsAgain()}, func() { rereadAll(p.loop, p.filesAgain(), p.ended) })
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
	return again{"settings", []string{p.config.file}, func() (err error) {
		fresh, err = load(os.Args[1:], os.Environ(), os.DirFS("/"))
		return err
	}, func() error {
		if err := p.config.renew(fresh); err != nil {
			return err
		}
		p.applyLive()
		return nil
	}}
}

// renew takes those settings of fresh that can change in a running program, all or, if they do not go together with
// those that stay, none. fresh is not what was read afterwards.
func (c *config) renew(fresh *config) error {
	later, end := fresh.table.Take(c.table, settings.Replace), fresh.table.Take(c.table, settings.Restart)
	if err := fresh.check(); err != nil {
		return fmt.Errorf("with the settings that stay until SIGUSR2 or a restart (%s): %w",
			strings.Join(append(later, end...), " "), err)
	}
	if changed := c.table.Take(fresh.table, settings.Live); len(changed) > 0 {
		slog.Info("settings changed", "names", strings.Join(changed, " "))
	}
	if len(later)+len(end) > 0 {
		slog.Warn("settings that do not change in a running program",
			"with-SIGUSR2", strings.Join(later, " "), "with-restart", strings.Join(end, " "))
	}
	return nil
}

// filesAgain are the files that the settings name.
func (g *gateway) filesAgain() (list []again) {
	if g.accounts.path != "" {
		list = append(list, g.accounts.again())
	}
	if c := g.config; g.tls != nil {
		list = append(list, again{"certificate", []string{c.tlsCert, c.tlsKey}, g.tls.Reload, func() error { return nil }})
	}
	return append(list, g.policyAgain())
}

// policyAgain reads the policy. Who is connected and may not be where it is any more has to leave.
func (g *gateway) policyAgain() again {
	var text string
	var policy *eos.Policy
	path := g.config.policy
	return again{"policy", []string{path}, func() (err error) {
		text, policy, err = openPolicy(path)
		return err
	}, func() error {
		if text != g.rules.policy {
			g.rules.setPolicy(text)
			g.io.SetPolicy(policy)
		}
		return nil
	}}
}
