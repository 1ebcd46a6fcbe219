package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
	"golang.org/x/sys/unix"
)

// notifier tells systemd how the program does (sd_notify(3), sd_watchdog_enabled(3)). Without systemd it is nil, and
// says nothing. Loop's goroutine only.
type notifier struct {
	poll.Timer
	loop  *poll.Loop
	fd    int
	every time.Duration // of the watchdog, 0: none
}

// newNotifier looks at NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
func newNotifier(loop *poll.Loop) *notifier {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" || path[0] != '/' && path[0] != '@' {
		return nil
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	if unix.Connect(fd, &unix.SockaddrUnix{Name: path}) != nil { // a path with @ is an abstract one
		_ = unix.Close(fd)
		return nil
	}
	return &notifier{loop: loop, fd: fd,
		every: watchdogTime(os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"), os.Getpid())}
}

// watchdogTime is half of the time within which systemd wants to hear of the process, 0 when it does not.
func watchdogTime(usec, pid string, self int) time.Duration {
	n, err := strconv.ParseUint(usec, 10, 63)
	if err != nil || n == 0 || n > 1e15 || pid != "" && pid != strconv.Itoa(self) {
		return 0
	}
	return time.Duration(n) * time.Microsecond / 2
}

// watch tells systemd from now on that the loop turns.
func (n *notifier) watch() {
	if n != nil && n.every > 0 {
		n.OnTimer(nil)
	}
}

// OnTimer is a sign of life. It comes out of a turn of the loop: one that hangs is silent.
func (n *notifier) OnTimer(*poll.Timer) {
	n.say("WATCHDOG=1")
	n.loop.Arm(&n.Timer, n.every, n)
}

// say sends a state, if the socket takes it: systemd must not stop the loop.
func (n *notifier) say(state string) {
	if n == nil {
		return
	}
	_, _ = unix.Write(n.fd, []byte(state)) // it does not block; a full queue loses the state
}

// reloading tells that the configuration is read again; READY=1 ends it.
func (n *notifier) reloading() {
	var now unix.Timespec
	if n != nil && unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) == nil {
		n.say(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
	}
}
