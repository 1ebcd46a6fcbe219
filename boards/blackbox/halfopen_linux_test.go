package blackbox

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// halfOpen has clients whose packets get lost, in both directions and without an error, until the server has given
// them up.
func halfOpen(x *exchange) string {
	runtime.LockOSThread() // and never back: the thread is of no use to others
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		x.cannot(err)
	}
	if err := loopback(true); err != nil {
		x.cannot(err)
	}
	x.g = launch(x.t, "half open", commandLine(*hazards, "-listen", "127.0.0.1:0", "-log", "DEBUG"), nil)
	return x.private(func(x *exchange) string {
		before := x.g.figures()
		for range 10 {
			x.joined()
			x.dial().tell("GET", x.poll4().joined().target, "").finished()
			x.joined().send(text("42[")[:5]).finished()
		}
		if now := x.g.figures(); now["edgesio_sessions"] != 30 {
			return fmt.Sprint(now["edgesio_sessions"], " sessions")
		}
		if err := loopback(false); err != nil {
			return err.Error()
		}
		time.Sleep(12 * time.Second) // the heartbeat, and what is left of the connections
		if err := loopback(true); err != nil {
			return err.Error()
		}
		now := x.g.figures()
		for _, name := range []string{"edgesio_sessions", "edgesio_sockets", "edgesio_connections", "edgesio_output_bytes"} {
			if now[name] > before[name] {
				return fmt.Sprintf("%s %g", name, now[name])
			}
		}
		x.conns, x.sids = nil, nil
		if text := x.g.log.text(); strings.Contains(text, "level=WARN") {
			return x.g.log.tail(5)
		}
		return "their connections are closed, the log is quiet"
	})
}

// loopback takes the interface of the thread's namespace up or down.
func loopback(up bool) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	flags := lo.Uint16() &^ unix.IFF_UP
	if up {
		flags |= unix.IFF_UP
	}
	lo.SetUint16(flags)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}
