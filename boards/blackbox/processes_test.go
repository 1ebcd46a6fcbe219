package blackbox

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// own is a row with a program of its own. line makes its command line of the program's.
func own(name, sent, want, remark string, line func(t *testing.T, line []string) []string,
	run func(x *exchange) string) row {
	return row{name: name, sent: sent, want: want, remark: remark, run: func(x *exchange) string {
		args := commandLine(*program, "-listen", "127.0.0.1:0", "-log", "DEBUG")
		if strings.Contains(remark, "hazard") {
			args[0] = *hazards
		}
		if line != nil {
			args = line(x.t, args)
		}
		x.g = launch(x.t, sent, args, nil)
		return x.private(run)
	}}
}

// private runs a row with a program that ends with it.
func (x *exchange) private(run func(x *exchange) string) string {
	defer func() {
		for _, c := range x.conns {
			c.end()
		}
		x.conns, x.sids = nil, nil
		x.g.stop(x.t)
		x.g.log.check(x.t, x.g.name)
	}()
	return run(x)
}

var processRows = []row{
	{name: "R13", sent: "a handler that blocks for 10 s", want: "all others go on, and the log names it",
		remark: "hazard, with the defaults' deadlines", run: blocked},
	{name: "R13", sent: "a handler that emits 10^6 to its client, beside another one",
		want:   "that one is cut, the other goes on",
		remark: "hazard, with the defaults' deadlines; poll.Limits: a client for whom too much waits is closed",
		run:    million},
	own("R9", "200 clients where 64 descriptors are all", "some served, then serves", "", limited,
		func(x *exchange) string {
			var held []*conn
			served := 0
			for range 200 {
				held = append(held, x.dial().send(target("/")))
			}
			for _, c := range held {
				_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
				if _, err := c.r.Peek(12); err == nil {
					served++
				}
				if served > 30 {
					break
				}
			}
			if served < 30 {
				return fmt.Sprint(served, " served")
			}
			for _, c := range held {
				c.end()
			}
			return "some served, then " + x.serves()
		}),
	own("R12", "stopped for 6 s (heartbeats of 4.5 s), then continued", "the session goes on",
		"SIGSTOP on the hazard program; jumps of the wall clock are in the simulation (sio/sim)", nil,
		func(x *exchange) string {
			w := x.joined()
			x.signal(syscall.SIGSTOP)
			time.Sleep(6 * time.Second)
			x.signal(syscall.SIGCONT)
			w.id = ""
			if got := w.outcomeOpen(); got != "open" {
				return got
			}
			return "the session goes on"
		}),
}

// limited has 64 descriptors.
func limited(t *testing.T, line []string) []string {
	path, err := exec.LookPath("prlimit")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{path, "--nofile=64", "--"}, line...)
}
