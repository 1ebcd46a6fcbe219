//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The user that services run as.
const serviceUser = 990

// Times of a service, as a unit of systemd would have them.
const (
	restartAfter = time.Second      // RestartSec=
	stopWithin   = 15 * time.Second // TimeoutStopSec=
	abortWithin  = 3 * time.Second  // from the watchdog's SIGABRT to SIGKILL
	statEvery    = 10 * time.Second
)

// service is a file of /etc/services: settings as NAME=VALUE, then the program and its arguments, a line each.
type service struct {
	name        string
	descriptors uint64 // LIMIT_NOFILE
	watchdog    time.Duration
	environment []string
	command     []string
}

func readService(name string) (s service, err error) {
	text, err := os.ReadFile("/etc/services/" + name)
	if err != nil {
		return s, err
	}
	return parseService(name, string(text))
}

func parseService(name, text string) (s service, err error) {
	s = service{name: name, descriptors: 1024}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, setting := strings.Cut(line, "=")
		switch {
		case len(s.command) > 0 || !setting:
			s.command = append(s.command, line)
		case key == "LIMIT_NOFILE":
			s.descriptors, err = strconv.ParseUint(value, 10, 32)
		default:
			s.environment = append(s.environment, line)
			if key == "WATCHDOG_USEC" {
				var n int
				n, err = strconv.Atoi(value)
				s.watchdog = time.Duration(n) * time.Microsecond
			}
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", line, err)
		}
	}
	if len(s.command) == 0 {
		return s, errors.New("it names no program")
	}
	return s, nil
}

// manager runs one service. Its methods are called by run's goroutine.
type manager struct {
	service service
	child   *os.Process // nil: it is not running
	ended   chan *os.ProcessState
	states  chan string // what the service says to NOTIFY_SOCKET
	ready   bool
	starts  int
	restart *time.Timer // to start it
	alive   *time.Timer // the watchdog
	kill    *time.Timer // SIGKILL, after what did not help
	leaving bool
	lastCPU cpuTimes
}

func newManager() *manager {
	m := &manager{ended: make(chan *os.ProcessState), states: make(chan string)}
	m.restart, m.alive, m.kill = stopped(), stopped(), stopped()
	if err := listenNotify(m.states); err != nil {
		die("notify socket", err)
	}
	return m
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// run never returns.
func (m *manager) run(commands <-chan string) {
	every := time.NewTicker(statEvery)
	for {
		select {
		case line := <-commands:
			m.obey(line)
		case state := <-m.states:
			m.hear(state)
		case how := <-m.ended:
			m.over(how)
		case <-m.restart.C:
			m.start()
		case <-m.alive.C:
			say("watchdog: no sign of life within %v", m.service.watchdog)
			m.end(unix.SIGABRT, abortWithin)
		case <-m.kill.C:
			say("it does not end: SIGKILL")
			_ = m.child.Kill()
		case <-every.C:
			m.stat()
		}
	}
}

// use ends the service that runs and starts another.
func (m *manager) use(name string) error {
	s, err := readService(name)
	if err != nil {
		return err
	}
	m.service = s
	if m.child == nil {
		m.start()
		return nil
	}
	m.end(unix.SIGTERM, stopWithin)
	return nil
}

// start starts the service, with the descriptors 0 to 2 of the console, and nothing else of ours.
func (m *manager) start() {
	m.restart.Stop()
	limit := syscall.Rlimit{Cur: m.service.descriptors, Max: m.service.descriptors}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		say("failed: descriptors: %v", err)
	}
	child, err := os.StartProcess(m.service.command[0], m.service.command, &os.ProcAttr{
		Dir:   "/",
		Env:   append(m.service.environment, "PATH=/bin", "NOTIFY_SOCKET="+notifyPath),
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{Setsid: true,
			Credential: &syscall.Credential{Uid: serviceUser, Gid: serviceUser}},
	})
	if err != nil {
		say("failed: start: %v", err)
		m.restart.Reset(restartAfter)
		return
	}
	m.child, m.ready, m.lastCPU = child, false, cpuTimes{}
	m.starts++
	say("started service=%s pid=%d start=%d", m.service.name, child.Pid, m.starts)
	go func() {
		state, _ := child.Wait()
		m.ended <- state
	}()
}

// hear takes what the service says, sd_notify(3).
func (m *manager) hear(state string) {
	for line := range strings.Lines(state) {
		switch strings.TrimSpace(line) {
		case "READY=1":
			m.ready = true
			say("ready service=%s uptime=%s", m.service.name, uptime())
		case "STOPPING=1":
			say("stopping")
		}
	}
	if m.ready && m.service.watchdog > 0 {
		m.alive.Reset(m.service.watchdog)
	}
}

// end sends the service a signal, and SIGKILL when it is still there after a time.
func (m *manager) end(sig syscall.Signal, within time.Duration) {
	m.alive.Stop()
	_ = m.child.Signal(sig)
	m.kill.Reset(within)
}

// over is called when the service has ended.
func (m *manager) over(how *os.ProcessState) {
	m.alive.Stop()
	m.kill.Stop()
	m.child = nil
	say("ended pid=%d how=%q", how.Pid(), how.String())
	if m.leaving {
		tellWrites()
		say("power off")
		powerOff()
	}
	m.restart.Reset(restartAfter)
}

// leave ends everything.
func (m *manager) leave() {
	m.leaving = true
	if m.child == nil {
		m.over(&os.ProcessState{})
		return
	}
	m.end(unix.SIGTERM, stopWithin)
}
