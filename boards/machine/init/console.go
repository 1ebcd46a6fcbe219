//go:build linux

package main

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Commands of the console, a line each:
//
//	use NAME      end the service and start /etc/services/NAME in its place
//	signal NAME   send the service STOP, TERM or another signal
//	stat          print a line with what the machine and the service use
//	writes        print what could have been written, and where
//	off           end the service and power off

// readConsole passes the lines on.
func readConsole(commands chan<- string) {
	if t, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		t.Lflag &^= unix.ECHO // who types sees what is printed only
		_ = unix.IoctlSetTermios(0, unix.TCSETS, t)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		commands <- lines.Text()
	}
}

// obey does what a line says.
func (m *manager) obey(line string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "":
	case "use":
		if err := m.use(rest); err != nil {
			say("failed: use %s: %v", rest, err)
		}
	case "signal":
		m.signal(rest)
	case "stat":
		m.stat()
	case "writes":
		tellWrites()
	case "off":
		m.leave()
	default:
		say("failed: what is %q?", word)
	}
}

func (m *manager) signal(name string) {
	sig := unix.SignalNum("SIG" + name)
	if sig == 0 || m.child == nil {
		say("failed: signal %s: no such signal, or nobody there", name)
		return
	}
	say("signal %s to %d: %v", name, m.child.Pid, orOK(m.child.Signal(sig)))
}

func orOK(err error) any {
	if err == nil {
		return "ok"
	}
	return err
}
