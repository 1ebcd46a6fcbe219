package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// secrets are what the program made up when it started, for the process that takes over from it: without them tokens
// and passwords would end with it.
type secrets struct {
	Key   []byte `json:"key,omitempty"`   // that signs tokens, unless a file has it
	Users string `json:"users,omitempty"` // as in a users' file, unless there is one
}

// secrets of this process.
func (g *gateway) secrets() []byte {
	var s secrets
	if g.config.key == "" {
		s.Key = g.tokens.secret
	}
	if g.config.users == "" {
		s.Users = g.accounts.String()
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // of bytes and a string
	}
	return b
}

// parseSecrets reads the other process'.
func parseSecrets(b []byte) (s secrets, err error) {
	if len(b) > 0 {
		err = json.Unmarshal(b, &s)
	}
	return s, err
}

// String is the table as a users' file.
func (t *users) String() string {
	var b strings.Builder
	for _, u := range t.byName {
		fmt.Fprintf(&b, "%s %s %s %s %s\n", u.name, u.acoid, u.group, u.password, u.nickname)
	}
	return b.String()
}
