//go:build linux

package main

import (
	"os/exec"
	"path/filepath"
	"slices"
)

// system is a server that can be measured.
type system struct {
	name    string
	about   string
	speech  string
	eio     int      // the newest Engine.IO that it speaks
	app     string   // of bench serve; "" for a peer
	flags   []string // of bench serve besides
	dir     string   // of a peer
	program string   // in it, when the peer is built
	script  string   // in it, for node
	without []string
}

// The systems that the targets speak of.
const (
	ours      = "edgesio"
	rawTCP    = "tcp"
	rawWS     = "ws"
	nodeWS    = "node-ws"
	nodeEiows = "node-eiows"
	googollee = "googollee"
	gorilla   = "gorilla"
)

// references are servers on our own loop without Socket.IO.
func references() []system {
	return []system{
		{name: rawTCP, about: "raw TCP echo on package poll", speech: speechTCP, app: speechTCP},
		{name: rawWS, about: "raw WebSocket echo on packages poll and webapp/ws", speech: speechWS, app: speechWS},
	}
}

func oursOnly() system {
	return system{name: ours, about: "this project", speech: speechSIO, eio: 4, app: speechSIO}
}

// peers are the systems of bench/peers, a folder each. One more needs a folder
// with the events of application.go, which prints "listening ADDRESS", and a row.
func peers(dir string) []system {
	in := func(name string) string { return filepath.Join(dir, name) }
	return []system{
		{name: nodeWS, about: "Node.js, socket.io 4.8.4 on ws", speech: speechSIO, eio: 4,
			dir: in(nodeWS), script: "server.js"},
		{name: nodeEiows, about: "Node.js, socket.io 4.8.4 on eiows 9.2.0", speech: speechSIO, eio: 4,
			dir: in(nodeEiows), script: "server.js"},
		{name: googollee, about: "googollee/go-socket.io 1.7.0, Engine.IO 3", speech: speechSIO, eio: 3,
			dir: in(googollee), program: googollee},
		{name: gorilla, about: "gorilla/websocket 1.5.3 on net/http, raw echo", speech: speechWS,
			dir: in(gorilla), program: gorilla},
	}
}

// command starts the server.
func (s system) command() *exec.Cmd {
	switch {
	case s.app != "":
		return command(append([]string{"serve", "-app", s.app}, s.flags...)...)
	case s.script != "":
		return child(exec.Command("node", filepath.Join(s.dir, s.script)))
	}
	return child(exec.Command(filepath.Join(s.dir, s.program)))
}

// missing tells why a peer cannot run here, "" when it can be tried.
func (s system) missing() string {
	if s.app != "" {
		return ""
	}
	if s.program != "" && !exists(s.dir, s.program) {
		return "not built: go build in " + s.dir
	}
	if s.script == "" {
		return ""
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "node is not installed"
	}
	if !exists(s.dir, "node_modules") {
		return "not installed: npm ci in " + s.dir
	}
	if s.name == nodeEiows && !exists(s.dir, "node_modules", "eiows") {
		return "eiows did not install here"
	}
	return ""
}

// does tells whether a scenario makes sense for the system: raw echoes have no
// namespaces, rooms, acks and polling.
func (s system) does(sc scenario) bool {
	switch {
	case slices.Contains(s.without, sc.name):
		return false
	case s.speech != speechSIO:
		raw := sc.kind == kindEcho || sc.kind == kindIdle && s.speech == speechWS || sc.kind == kindStart
		return raw && !sc.polling && sc.eio == 0
	}
	return sc.eio == 0 || sc.eio <= s.eio
}

// version is the Engine.IO protocol of a scenario at this system.
func (s system) version(sc scenario) int {
	if sc.eio != 0 {
		return sc.eio
	}
	return s.eio
}
