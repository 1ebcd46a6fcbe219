package main

import (
	"errors"
	"log/slog"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// accounts are the users in force. Loop's goroutine only.
type accounts struct {
	*users
	loop *poll.Loop
	path string // "" for the demo's users
	// changed is told how a reload ended; nil for nobody.
	changed func(err error)
}

// openAccounts reads a users' file, or takes the demo's users of the process before, or makes them.
func openAccounts(loop *poll.Loop, path, before string, tell func(name, password string)) (*accounts, error) {
	a := &accounts{loop: loop, path: path}
	var err error
	switch {
	case path != "":
		a.users, err = loadUsers(path)
	case before != "":
		a.users, err = parseUsers(before)
	default:
		a.users, err = demoUsers(tell)
	}
	return a, err
}

// GroupOf implements eos.Accounts, for users that a reload may have moved to another group meanwhile.
func (a *accounts) GroupOf(acoid string) eos.Group { return a.users.GroupOf(acoid) }

// reload reads the users' file again, off the loop. A file that is wrong changes nothing.
func (a *accounts) reload() {
	if a.path == "" {
		return
	}
	var fresh *users
	had := len(a.users.byName)
	work := func() (err error) {
		if fresh, err = loadUsers(a.path); err == nil && len(fresh.byName) == 0 && had > 0 {
			err = errors.New(a.path + ": nobody could sign in any more") // a file that is being written
		}
		return err
	}
	busy := a.loop.Try(work, func(err error) {
		if err != nil {
			slog.Error("users stay as they were", "err", err)
		} else {
			a.users = fresh
			slog.Info("users read again", "users", len(fresh.byName))
		}
		if a.changed != nil {
			a.changed(err)
		}
	})
	if busy != nil {
		slog.Error("users stay as they were", "err", busy)
	}
}
