package main

import (
	"errors"

	"github.com/edgesio/edgesio/eos"
)

// accounts are the users in force. Loop's goroutine only.
type accounts struct {
	*users
	path    string // "" for the demo's users
	changed func() // when they were read again; nil: nobody is told
}

// openAccounts reads a users' file, or takes the demo's users of the process before, or makes them.
func openAccounts(path, before string, tell func(name, password string)) (*accounts, error) {
	a := &accounts{path: path}
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

// again reads the users' file again.
func (a *accounts) again() again {
	var fresh *users
	had := len(a.users.byName)
	return again{"users", []string{a.path}, func() (err error) {
		if fresh, err = loadUsers(a.path); err == nil && len(fresh.byName) == 0 && had > 0 {
			err = errors.New(a.path + ": nobody could sign in any more") // a file that is being written
		}
		return err
	}, func() error {
		a.users = fresh
		if a.changed != nil {
			a.changed()
		}
		return nil
	}}
}
