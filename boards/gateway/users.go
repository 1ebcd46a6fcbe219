package main

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgesio/edgesio/eos"
)

// user is one who may sign in.
type user struct {
	name     string // what is typed
	acoid    string
	group    eos.Group
	nickname string
	password password
}

// users is who may sign in, and the accounts that package eos asks for a group. A table is never changed: a reload
// makes a new one. Loop's goroutine only.
type users struct {
	byName map[string]*user
	groups eos.AccountTable
	nobody password // for names that are not there: it takes as long as one of the others
}

// Bounds of a users' file.
const (
	maxUsersBytes = 1 << 20
	maxUsers      = 1000
	maxNickname   = 64 // bytes
)

// GroupOf implements eos.Accounts.
func (t *users) GroupOf(acoid string) eos.Group { return t.groups.GroupOf(acoid) }

// has tells whether an account is in the table.
func (t *users) has(acoid string) bool {
	_, ok := t.groups[acoid]
	return ok
}

// loadUsers reads a file with a line for each user. It waits for the disk.
func loadUsers(path string) (*users, error) {
	text, err := readText(path, maxUsersBytes)
	if err != nil {
		return nil, err
	}
	t, err := parseUsers(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(t.byName) == 0 { // as a package installs it
		slog.Warn("nobody may sign in: the users' file has no line for a user", "file", path)
	}
	return t, nil
}

// parseUsers reads lines of name, acoid, group, password as -hash prints it, and nickname, which may have blanks. Empty
// lines and lines that start with # are skipped.
func parseUsers(text string) (*users, error) {
	t := newUsers()
	number := 0
	for line := range strings.Lines(text) {
		number++
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if len(f) < 5 {
			return nil, fmt.Errorf("line %d: want name, acoid, group, password and nickname", number)
		}
		p, err := parsePassword(f[3])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		u := &user{name: f[0], acoid: f[1], group: eos.Group(f[2]), nickname: strings.Join(f[4:], " "), password: p}
		if err := t.add(u); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	return t, nil
}

// newUsers is a table in which nobody is yet.
func newUsers() *users {
	return &users{byName: map[string]*user{}, groups: eos.AccountTable{},
		nobody: password{1, make([]byte, keyBytes), make([]byte, keyBytes)}}
}

func (t *users) add(u *user) error {
	switch _, twice := t.groups[u.acoid]; {
	case twice || t.byName[u.name] != nil:
		return fmt.Errorf("name or acoid stands twice: %.40q", u.name)
	case !eos.ValidAcoid(u.acoid):
		return fmt.Errorf("not an acoid: %.40q", u.acoid)
	case u.group != eos.Admin && u.group != eos.Member && u.group != eos.Guest:
		return fmt.Errorf("unknown group %.40q: want admin, user or guest", u.group)
	case len(u.nickname) > maxNickname || !utf8.ValidString(u.nickname) ||
		strings.ContainsFunc(u.nickname, unicode.IsControl):
		return fmt.Errorf("want a nickname of at most %d bytes of UTF-8", maxNickname)
	case len(t.byName) == maxUsers:
		return fmt.Errorf("more than %d users", maxUsers)
	}
	if len(t.byName) == 0 {
		t.nobody = password{u.password.rounds, u.password.salt, make([]byte, keyBytes)}
	}
	t.byName[u.name] = u
	t.groups[u.acoid] = u.group
	return nil
}

// demoUsers are three users with passwords that nobody has seen before; tell gets each.
func demoUsers(tell func(name, password string)) (*users, error) {
	t := newUsers()
	for _, u := range []user{
		{name: "admin", acoid: "1001", group: eos.Admin, nickname: "Ada"},
		{name: "user", acoid: "1002", group: eos.Member, nickname: "Uma"},
		{name: "guest", acoid: "1003", group: eos.Guest, nickname: "Gus"},
	} {
		text := randomPassword()
		p, err := makePassword(text, 1) // of 80 random bits: rounds would not make it harder to guess
		if err != nil {
			return nil, err
		}
		u.password = p
		if err := t.add(&u); err != nil {
			return nil, err
		}
		tell(u.name, text)
	}
	return t, nil
}
