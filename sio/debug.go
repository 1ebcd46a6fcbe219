package sio

import (
	"log/slog"
	"os"
	"strings"
)

// Debug scopes, as users of Socket.IO know them: DEBUG=socket.io:client,engine* in the environment, read when the
// server is made, or Server.Debug later. What is said goes to the logger at level Debug with the scope as attribute.
// Nothing is spent while no scope is on: one nil check at each place.

// scope is a part of the server that can be listened to.
type scope uint8

const (
	scopeServer scope = iota
	scopeClient
	scopeNamespace
	scopeSocket
	scopeAdapter
	scopeEngine
	scopes
)

var scopeNames = [scopes]string{"socket.io:server", "socket.io:client", "socket.io:namespace", "socket.io:socket",
	"socket.io-adapter", "engine"}

// debugger says what happens in the scopes that are on.
type debugger struct {
	log *slog.Logger
	on  [scopes]bool
}

// Debug switches scopes on and off: names with * for any rest, between commas or blanks, a leading - for those that
// stay off, as in the environment variable DEBUG. An empty list is silence.
func (srv *Server) Debug(list string) {
	d := &debugger{log: srv.logger}
	any := false
	for i, name := range scopeNames {
		d.on[i] = scopeMatches(list, name)
		any = any || d.on[i]
	}
	if srv.debug = d; !any {
		srv.debug = nil
	}
	srv.engine.SetDebug(nil)
	if d.on[scopeEngine] {
		srv.engine.SetDebug(d.logger().With("scope", scopeNames[scopeEngine]))
	}
}

// SetLogger makes l the receiver of debug output; nil is standard error, since slog's default hides level Debug.
func (srv *Server) SetLogger(l *slog.Logger) {
	srv.logger = l
	if d := srv.debug; d != nil {
		d.log = l
		if d.on[scopeEngine] {
			srv.engine.SetDebug(d.logger().With("scope", scopeNames[scopeEngine]))
		}
	}
}

func (d *debugger) logger() *slog.Logger {
	if d.log == nil {
		d.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return d.log
}

// say logs what happens in a scope that is on.
func (d *debugger) say(in scope, what string, args ...any) {
	if d.on[in] {
		d.logger().Debug(what, append([]any{"scope", scopeNames[in]}, args...)...)
	}
}

// scopeMatches tells whether a list of patterns switches a scope on.
func scopeMatches(list, name string) bool {
	on := false
	for _, p := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, off := strings.CutPrefix(p, "-")
		head, star := strings.CutSuffix(p, "*")
		hit := p == name || star && strings.HasPrefix(name, head)
		if hit && off {
			return false
		}
		on = on || hit
	}
	return on
}

// debugFromEnvironment is what the environment switches on.
func debugFromEnvironment() string { return os.Getenv("DEBUG") }
