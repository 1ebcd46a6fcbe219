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

// Part says which state is asked for.
type Part uint8

// The parts: all of it while clients are served, to try whether the new process can read it; all of it after Freeze;
// what has changed since.
const (
	Rehearsal Part = iota
	Frozen
	Rest
)

// A Giver is the program that hands over. All methods are called on the loop's goroutine.
type Giver interface {
	// Listeners are the sockets to pass on; they stay the program's.
	Listeners() []poll.Inherited
	// Secrets is what the new process needs before its configuration, such as keys that are in no file: at most 1 MB.
	Secrets() []byte
	// Freeze stops accepting and lets all clients go, so that they come again. What they sent before was handled.
	Freeze()
	// State writes the program's state. After Rest nothing may be sent to anybody until Failed.
	State(part Part, w io.Writer) error
	// Failed ends a hand-over that did not succeed: the program goes on, after Freeze by accepting again.
	Failed(err error)
	// Done ends one that did: the process pid serves. The program finishes what is under way, and ends.
	Done(pid int)
}

// Options of a Succession. A zero field is its default.
type Options struct {
	// StartTime bounds the time from the start of the new process until it has read the rehearsal. Default 30 s.
	StartTime time.Duration
	// FrozenTime bounds the time from Freeze until the new process serves. Default 5 s.
	FrozenTime time.Duration
	// MaxStateBytes bounds the state, which is in memory while it is written. Default 64 MB.
	MaxStateBytes int
	// Path is the program to start, with the arguments, the environment and the working directory of this one. Default:
	// the file that this process was started from, whatever is there when the hand-over begins.
	Path string
}

// stage is where a hand-over is. What may follow:
//
//	idle     -> starting (Start)
//	starting -> rehearse (forked), idle (it failed)
//	rehearse -> frozen (the new process has read the state), idle
//	frozen   -> waiting (it has read it again, and was told to serve), idle
//	waiting  -> done (it serves), idle
//	done     -> nothing
type stage uint8

const (
	idle stage = iota
	starting
	rehearse
	frozen
	waiting
	done
)

// A Succession hands a program over to a new process. Loop's goroutine only.
type Succession struct {
	loop    *poll.Loop
	options Options
	giver   Giver
	dir     string
	env     []string
	timer   poll.Timer
	stage   stage
	pid     int
	fd      int // the socket, -1 while there is none
	in, out []byte
	early   error // why a hand-over ended before the new process was there
}

// New prepares a Succession. Call it at the program's start: file, working directory and environment are those of now.
func New(loop *poll.Loop, g Giver, o Options) (*Succession, error) {
	if o.StartTime == 0 {
		o.StartTime = 30 * time.Second
	}
	if o.FrozenTime == 0 {
		o.FrozenTime = 5 * time.Second
	}
	if o.MaxStateBytes == 0 {
		o.MaxStateBytes = 64 << 20
	}
	s := &Succession{loop: loop, options: o, giver: g, fd: -1, env: environment(os.Environ())}
	var err error
	if o.Path == "" {
		if s.options.Path, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("handover: %w", err)
		}
	}
	if s.dir, err = os.Getwd(); err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	return s, nil
}

// environment leaves out what was meant for this process alone.
func environment(all []string) (env []string) {
	for _, e := range all {
		switch name, _, _ := strings.Cut(e, "="); name {
		case marker, "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID":
		default:
			env = append(env, e)
		}
	}
	return env
}

// Errors of Start, and of a hand-over that the program ended.
var (
	ErrUnderWay = errors.New("handover: one is under way, or done")
	ErrStopped  = errors.New("handover: the program ends")
)

// Start begins a hand-over, whose end is Failed or Done.
func (s *Succession) Start() error {
	if s.stage != idle {
		return ErrUnderWay
	}
	s.stage, s.early = starting, nil
	secrets := s.giver.Secrets()
	listeners := s.giver.Listeners()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		s.stage = idle
		return fmt.Errorf("handover: %w", err)
	}
	unix.CloseOnExec(pair[0])
	unix.CloseOnExec(pair[1])
	if err := unix.SetNonblock(pair[0], true); err != nil || len(secrets) >= maxMessage {
		unix.Close(pair[0])
		unix.Close(pair[1])
		s.stage = idle
		return errForm
	}
	s.fd, s.pid = pair[0], 0
	s.in, s.out = nil, appendMessage(nil, kindHello, append([]byte{version}, secrets...))
	var pid int
	busy := s.loop.Go(func() {
		pid, err = s.spawn(listeners, pair[1])
		unix.Close(pair[1])
	}, func() { s.started(pid, err) })
	if busy != nil {
		unix.Close(pair[1])
		s.close()
		s.stage = idle
		return busy
	}
	s.loop.Arm(&s.timer, s.options.StartTime, s)
	return nil
}

// spawn starts the new process, on a worker's goroutine: a fork takes its time.
func (s *Succession) spawn(listeners []poll.Inherited, channel int) (pid int, err error) {
	files := []uintptr{0, 1, 2}
	names := make([]string, len(listeners))
	for i, ln := range listeners {
		files, names[i] = append(files, uintptr(ln.FD)), ln.Name
	}
	files = append(files, uintptr(channel))
	mark := marker + "=" + strconv.Itoa(os.Getpid()) + " " + strconv.Itoa(len(files)-1) + " " + strings.Join(names, ":")
	return syscall.ForkExec(s.options.Path, os.Args, &syscall.ProcAttr{
		Dir: s.dir, Env: append(s.env[:len(s.env):len(s.env)], mark), Files: files})
}

// started goes on with the new process.
func (s *Succession) started(pid int, err error) {
	s.stage, s.pid = rehearse, pid
	switch {
	case err != nil:
		s.pid = 0
		s.end(fmt.Errorf("handover: starting %s: %w", s.options.Path, err))
	case s.early != nil:
		s.end(s.early)
	default:
		s.write(Rehearsal)
	}
}
