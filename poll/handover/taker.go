package handover

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"golang.org/x/sys/unix"
)

// marker is the variable that a new process finds.
const marker = "EDGESIO_HANDOVER"

// takeTime is how long a new process waits for the old one, whose own deadlines are shorter.
const takeTime = 2 * time.Minute

// A Taker is the new process' part. Its methods block: it is for the time before the loop turns.
type Taker struct {
	// Listeners are the sockets of the old process, for poll.ListenOptions.Inherit.
	Listeners []poll.Inherited
	// Secrets is what Giver.Secrets returned.
	Secrets []byte
	wire    wire
}

// Predecessor tells whether another process started this one to take over from it; nil without an error is that nobody
// did. The marker is taken out of the environment. Call it once, before anything opens files.
func Predecessor() (*Taker, error) {
	text, found := os.LookupEnv(marker)
	if !found {
		return nil, nil
	}
	_ = os.Unsetenv(marker)
	parent, fd, names, err := parseMarker(text)
	if err != nil {
		return nil, err
	}
	if parent != os.Getppid() {
		return nil, errors.New("handover: the old process is not the parent")
	}
	t := &Taker{wire: wire{fd: fd}}
	for i, name := range names {
		syscall.CloseOnExec(3 + i)
		t.Listeners = append(t.Listeners, poll.Inherited{FD: 3 + i, Name: name})
	}
	syscall.CloseOnExec(fd)
	timeout := unix.NsecToTimeval(int64(takeTime))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	k, hello, err := t.wire.next()
	if err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	if k != kindHello || len(hello) == 0 || hello[0] != version {
		return nil, errForm
	}
	t.Secrets = append([]byte(nil), hello[1:]...)
	return t, nil
}

// parseMarker reads "PID FD NAME:NAME", which is "PID FD " without listeners.
func parseMarker(text string) (pid, fd int, names []string, err error) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return 0, 0, nil, errForm
	}
	p, err1 := strconv.ParseUint(parts[0], 10, 31)
	f, err2 := strconv.ParseUint(parts[1], 10, 16)
	if parts[2] != "" {
		names = strings.Split(parts[2], ":")
	}
	if err1 != nil || err2 != nil || int(f) != 3+len(names) {
		return 0, 0, nil, errForm
	}
	return int(p), int(f), names, nil
}

// Take calls state with what the old process wrote, whenever it wrote something, and returns when this process has to
// serve: the old one accepts nobody any more, or is gone. Any error means that the old one goes on, and that this
// process has to end. state must leave everything as it was when it fails.
func (t *Taker) Take(state func(r io.Reader) error) error {
	taken := 0
	for {
		k, piece, err := t.wire.next()
		switch {
		case err != nil && t.wire.eof && taken > 0:
			return nil // the old process died; nobody else serves
		case err != nil:
			return fmt.Errorf("handover: %w", err)
		case k == kindGo:
			return nil
		case k == kindAbort:
			return errAborted
		case k == kindState:
			t.wire.piece, t.wire.ended = piece, false
			if err := t.read(state); err != nil {
				if t.wire.eof && taken > 0 {
					return nil
				}
				t.Fail(err)
				return err
			}
		case k != kindEnd:
			return errForm
		}
		taken++
		if err := t.wire.send(kindTaken, ""); err != nil && err != unix.EPIPE {
			return fmt.Errorf("handover: %w", err)
		}
	}
}

// read calls state, and reads what it has left.
func (t *Taker) read(state func(r io.Reader) error) error {
	if err := state(&t.wire); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, &t.wire)
	return err
}

// Fail tells the old process why this one does not take over; it ends then.
func (t *Taker) Fail(err error) {
	text := err.Error()
	_ = t.wire.send(kindFault, text[:min(len(text), 1000)]) // it sees the end of this process, too
}

// Serving tells the old process that this one accepts connections. Nothing is left of the hand-over then.
func (t *Taker) Serving() {
	_ = t.wire.send(kindServing, "") // an old process that is gone need not know
	_ = unix.Close(t.wire.fd)
}
