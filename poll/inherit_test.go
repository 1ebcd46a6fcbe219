package poll_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"golang.org/x/sys/unix"
)

// Callers wait while the listener is paused, whatever else would wake it, and none is lost.
func TestListenerPause(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{MaxConns: 1})
	r.ln.Resume() // nothing to resume
	first := r.k.Dial(at)
	r.k.Sleep(r.l, time.Millisecond)
	r.ln.Pause()
	r.k.Dial(at)
	first.Close() // below MaxConns again
	r.k.Sleep(r.l, time.Minute)
	if len(r.all) != 1 {
		t.Fatalf("%d accepted by a paused listener", len(r.all))
	}
	r.ln.Resume()
	r.k.Sleep(r.l, time.Millisecond)
	if len(r.all) != 2 {
		t.Fatalf("%d accepted after Resume", len(r.all))
	}
	r.ln.Close()
	r.ln.Pause()
	r.ln.Resume()
	if r.ln.FD() != -1 {
		t.Error("a closed listener has a descriptor")
	}
	r.end()
}

// A paused listener does not spin the loop, and the end of a rest does not wake it.
func TestListenerPauseAtRest(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	r.k.AcceptErrors = []poll.Errno{unix.ENOBUFS}
	r.k.Dial(at)
	r.k.Sleep(r.l, time.Millisecond)
	r.ln.Pause()
	turns := r.l.Stats().Turns
	r.k.Sleep(r.l, time.Minute)
	if n := r.l.Stats().Turns - turns; len(r.all) != 0 || n > 10 {
		t.Fatalf("%d accepted, %d turns", len(r.all), n)
	}
	r.ln.Resume()
	r.k.Sleep(r.l, time.Millisecond)
	if len(r.all) != 1 {
		t.Fatal("not accepted after Resume")
	}
	r.end()
}

func TestInheritInMemory(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	l, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	fd, accepted := k.Inherit("10.0.0.1:80"), 0
	o := poll.ListenOptions{Address: at, Inherit: fd, Accept: func(*poll.Conn) poll.Handler { accepted++; return nil }}
	ln, err := l.Listen(o)
	if err != nil || ln.FD() != fd || ln.Addr().String() != "10.0.0.1:80" {
		t.Fatal(err, ln)
	}
	k.Dial("10.0.0.1:80")
	k.Sleep(l, time.Millisecond)
	if accepted != 1 {
		t.Error("nobody accepted")
	}
	if _, err := l.Listen(o); err != poll.ErrInUse {
		t.Errorf("the same descriptor twice: %v", err)
	}
	for _, o.Inherit = range []int{-1, 77} {
		if _, err := l.Listen(o); err == nil {
			t.Errorf("descriptor %d was taken", o.Inherit)
		}
	}
	l.Close()
	if err := k.Check(); err != nil {
		t.Error(err)
	}
}

// What is no listening stream socket is refused, and stays open.
func TestInheritRefused(t *testing.T) {
	l := newLoop(t, poll.Options{})
	socket := func(domain, kind int) int {
		fd, err := unix.Socket(domain, kind, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, c := range map[string]struct {
		fd   int
		want error
	}{
		"a file":            {int(file.Fd()), poll.ErrNotSocket},
		"a datagram socket": {socket(unix.AF_INET, unix.SOCK_DGRAM), poll.ErrNotSocket},
		"not listening":     {socket(unix.AF_INET, unix.SOCK_STREAM), poll.ErrNotListening},
		"a unix socket":     {socket(unix.AF_UNIX, unix.SOCK_STREAM), poll.ErrNotListening},
		"not open":          {9999, poll.ErrNotSocket},
	} {
		_, err := l.Listen(poll.ListenOptions{Inherit: c.fd, Accept: newEcho().Accept})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := unix.FcntlInt(uintptr(c.fd), unix.F_GETFD, 0); err != nil && name != "not open" {
			t.Errorf("%s was closed", name)
		}
	}
}

// A process that was started with LISTEN_FDS serves on the socket, blocking ones made non-blocking, and does not pass
// it or the variables on. A listener that is closed while another process holds its socket is not heard of any more.
func TestInheritFromAnotherProcess(t *testing.T) {
	if os.Getenv("LISTEN_FDS") != "" {
		inheritor()
		return
	}
	path := filepath.Join(t.TempDir(), "s")
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			l := newLoop(t, poll.Options{})
			ln := listen(t, l, poll.ListenOptions{Network: network, Address: map[string]string{
				"tcp": "127.0.0.1:0", "unix": path}[network], Accept: newEcho().Accept})
			fd, err := unix.Dup(ln.FD())
			if err != nil {
				t.Fatal(err)
			}
			unix.SetNonblock(fd, false)
			passed := os.NewFile(uintptr(fd), "listener")
			child := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, os.Args[0],
				"-test.run=^TestInheritFromAnotherProcess$")
			child.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=web")
			child.ExtraFiles = []*os.File{passed}
			var out strings.Builder
			child.Stdout, child.Stderr = &out, &out
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			passed.Close()
			ln.Close()
			turns, begin := l.Stats().Turns, l.Now()
			addr := ln.Addr().String()
			if network == "unix" {
				addr = path
			}
			client(t, l, network, addr, bounce)
			// The child takes its time to start, and client turns the loop once in a millisecond meanwhile.
			if n, ms := l.Stats().Turns-turns, l.Now()-begin; n > 1000+uint64(ms) {
				t.Errorf("%d turns in %d ms for a listener that is closed", n, ms)
			}
			if err := child.Wait(); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

// inheritor is the other process: it echoes one connection and ends.
func inheritor() {
	list, err := poll.InheritedListeners()
	again, _ := poll.InheritedListeners()
	if err != nil || fmt.Sprint(list) != "[{3 web}]" || again != nil || os.Getenv("LISTEN_FDS") != "" {
		fmt.Println("inherited", list, again, err)
		os.Exit(1)
	}
	l, err := poll.New(poll.Options{})
	if err != nil {
		panic(err)
	}
	h := newEcho()
	ln, err := l.Listen(poll.ListenOptions{Inherit: 3, Accept: h.Accept,
		Limits: poll.Limits{HardBytes: 2 << 20}})
	if err != nil {
		panic(err)
	}
	flags, _ := unix.FcntlInt(3, unix.F_GETFD, 0)
	mode, _ := unix.FcntlInt(3, unix.F_GETFL, 0)
	if flags&unix.FD_CLOEXEC == 0 || mode&unix.O_NONBLOCK == 0 {
		fmt.Println("flags", flags, mode)
		os.Exit(1)
	}
	_ = ln.Addr()
	for len(h.closed) == 0 || l.Stats().Conns > 0 {
		if l.Poll(10*time.Second) != nil {
			os.Exit(1)
		}
	}
	os.Exit(0)
}
