package poll

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Listening sockets that another process made: systemd, when the first caller comes (socket activation,
// sd_listen_fds(3)), or the process that this one takes over from (package poll/handover).

// Inherited is a descriptor that came with the process, for ListenOptions.Inherit. Nothing has looked at it yet: Listen
// finds out whether it is a listening stream socket.
type Inherited struct {
	FD   int
	Name string // FileDescriptorName= of the socket unit, "" for none
}

// firstInherited is SD_LISTEN_FDS_START; maxInherited is more than anybody passes on.
const firstInherited, maxInherited = 3, 256

// InheritedListeners tells which descriptors LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES promise to this process: none
// when the variables are not set or meant for another process, and an error when they are malformed. The descriptors
// become close-on-exec, and the variables are taken out of the environment, so that neither reaches a process that
// this one starts. Call it once, before anything opens files.
func InheritedListeners() ([]Inherited, error) {
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	for _, name := range [...]string{"LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		_ = os.Unsetenv(name) // the names are valid
	}
	list, err := parseInherited(pid, count, names, os.Getpid())
	for _, x := range list {
		syscall.CloseOnExec(x.FD)
	}
	return list, err
}

var errInherited = errors.New("poll: LISTEN_PID, LISTEN_FDS or LISTEN_FDNAMES is malformed")

// parseInherited reads the three variables as the process self.
func parseInherited(pid, count, names string, self int) ([]Inherited, error) {
	if pid == "" || count == "" {
		return nil, nil
	}
	whose, ok := decimal(pid)
	n, valid := decimal(count)
	switch {
	case !ok || !valid:
		return nil, errInherited
	case whose != self || n == 0:
		return nil, nil
	case n > maxInherited:
		return nil, errInherited
	}
	list := make([]Inherited, n)
	for i := range list {
		list[i].FD = firstInherited + i
	}
	if names == "" {
		return list, nil
	}
	parts := strings.Split(names, ":")
	if len(parts) != n {
		return nil, errInherited
	}
	for i, name := range parts {
		list[i].Name = name
	}
	return list, nil
}

// decimal reads a number to 2^31-1 as a program prints it: digits, no sign, no zero in front.
func decimal(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil && (s == "0" || s[0] != '0' && s[0] != '+')
}

// What Listen tells of a descriptor that it cannot take; the caller keeps it.
var (
	ErrNotSocket    = errors.New("poll: inherited descriptor is not a stream socket of a family that is served")
	ErrNotListening = errors.New("poll: inherited socket does not listen")
)

// FD is the listener's descriptor, to be passed on to another process; -1 after Close. It stays the listener's: who
// passes it on makes a duplicate.
func (ln *Listener) FD() int { return ln.fd }

// Pause stops accepting and keeps the socket: callers wait in the kernel's queue, for Resume, or for another process
// that has the same socket.
func (ln *Listener) Pause() {
	if ln.held = true; ln.fd >= 0 {
		ln.ask(0)
	}
}

// Resume accepts again after Pause.
func (ln *Listener) Resume() {
	if !ln.held {
		return
	}
	if ln.held = false; ln.fd >= 0 {
		ln.wake()
	}
}
