package polltest_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// accepted is a kernel with a listener and one connection, which is registered.
func accepted(t *testing.T, f polltest.Faults) (k *polltest.Kernel, p *polltest.Peer, ln, fd int) {
	t.Helper()
	k = polltest.New(1, polltest.Faults{})
	o := poll.ListenOptions{Address: "127.0.0.1:80"}
	ln, _, err := k.Listen(&o)
	if err != nil {
		t.Fatal(err)
	}
	p = k.Dial(o.Address)
	fd, _, errno := k.Accept(ln, &o)
	if errno != 0 || k.Register(fd, poll.Readable|poll.Writable) != 0 {
		t.Fatal(errno)
	}
	k.Faults = f
	return k, p, ln, fd
}

// Each call reports what Fail says, and has done nothing.
func TestFail(t *testing.T) {
	k, p, ln, fd := accepted(t, polltest.Faults{})
	p.WriteString("hello")
	o := poll.ListenOptions{Address: "127.0.0.1:81"}
	var b [8]byte
	var offset int64
	only := func(_ int, errno poll.Errno) poll.Errno { return errno }
	for call, do := range map[polltest.Call]func() poll.Errno{
		polltest.CallWait:     func() poll.Errno { return only(k.Wait(make([]poll.Ready, 4), time.Hour)) },
		polltest.CallRegister: func() poll.Errno { return k.Register(ln, poll.Readable) },
		polltest.CallModify:   func() poll.Errno { return k.Modify(fd, 0) },
		polltest.CallUnregister: func() poll.Errno {
			return k.Unregister(fd)
		},
		polltest.CallListen:   func() poll.Errno { _, _, err := k.Listen(&o); return err.(poll.Errno) },
		polltest.CallAccept:   func() poll.Errno { _, _, errno := k.Accept(ln, &o); return errno },
		polltest.CallRead:     func() poll.Errno { return only(k.Read(fd, b[:])) },
		polltest.CallWrite:    func() poll.Errno { return only(k.Write(fd, b[:])) },
		polltest.CallWritev:   func() poll.Errno { return only(k.Writev(fd, [][]byte{b[:]})) },
		polltest.CallSendFile: func() poll.Errno { return only(k.SendFile(fd, 0, &offset, 1)) },
		polltest.CallShutdown: func() poll.Errno { return k.Shutdown(fd) },
		polltest.CallReserve:  func() poll.Errno { return only(k.Reserve()) },
	} {
		k.Fail = func(c polltest.Call, at int) poll.Errno {
			if c != call {
				t.Errorf("%v asks for %v", call, c)
			}
			if want := map[polltest.Call]int{polltest.CallAccept: ln, polltest.CallRegister: ln}[call]; want != 0 && at != want {
				t.Errorf("%v of descriptor %d", call, at)
			}
			return syscall.ENOTSUP
		}
		if errno := do(); errno != syscall.ENOTSUP {
			t.Errorf("%v: %v", call, errno)
		}
		k.Fail = nil
	}
	if k.Monotonic() != 0 || k.Open() != 2 || p.Ended() || len(p.Read()) != 0 || p.Unsent() != 5 || offset != 0 {
		t.Error("a call that failed did something")
	}
	if n, _ := k.Wait(make([]poll.Ready, 4), 0); n != 1 || k.Calls.Total() < 13 {
		t.Errorf("%d ready, %+v", n, k.Calls)
	}
	k.Fail = func(polltest.Call, int) poll.Errno { return syscall.EINTR }
	if errno := k.CloseFD(fd); errno != syscall.EINTR || k.Open() != 1 {
		t.Error("CloseFD closes whatever it reports")
	}
}

// An error of the new socket takes the caller with it, another one does not.
func TestFailedAcceptLosesTheCaller(t *testing.T) {
	k, _, ln, _ := accepted(t, polltest.Faults{})
	p, o := k.Dial("127.0.0.1:80"), poll.ListenOptions{}
	for _, errno := range []syscall.Errno{syscall.ENOMEM, syscall.EPROTO} {
		k.Fail = func(polltest.Call, int) poll.Errno { return errno }
		if _, _, got := k.Accept(ln, &o); got != errno || p.WasReset() != (errno == syscall.EPROTO) {
			t.Errorf("%v: %v, reset %v", errno, got, p.WasReset())
		}
	}
}

func TestShortOfMemory(t *testing.T) {
	k, p, ln, fd := accepted(t, polltest.Faults{ENOMEM: 1})
	k.Dial("127.0.0.1:80")
	p.WriteString("x")
	var b [1]byte
	o := poll.ListenOptions{}
	for i, want := range []poll.Errno{syscall.ENOMEM, syscall.ENOBUFS} {
		_, _, accept := k.Accept(ln, &o)
		_, read := k.Read(fd, b[:])
		_, write := k.Write(fd, b[:])
		if accept != want || write != want || (read == want) != (i == 0) {
			t.Errorf("%v: accept %v, read %v, write %v", want, accept, read, write)
		}
		if i == 0 && (k.Modify(fd, 0) != want || k.Register(ln, 0) != want) {
			t.Errorf("%v: Modify or Register works", want)
		}
		k.Faults = polltest.Faults{ENOBUFS: 1}
	}
}

// A hang-up comes before, after and with the last bytes, or later; never not at all.
func TestHangUpOrders(t *testing.T) {
	k, p, _, fd := accepted(t, polltest.Faults{HUP: .7})
	p.WriteString("last words")
	p.Reset()
	seen := make(map[string]int)
	ready := make([]poll.Ready, 4)
	for range 200 {
		n, _ := k.Wait(ready, 0)
		how := ""
		for _, r := range ready[:n] {
			how += r.Got.String() + " "
		}
		seen[how]++
	}
	k.Modify(fd, poll.Readable)
	for range 200 {
		n, _ := k.Wait(ready, 0)
		how := "only readable: "
		for _, r := range ready[:n] {
			how += r.Got.String() + " "
		}
		seen[how]++
	}
	for _, how := range []string{"rw ", "r ", "r rw ", "rw r "} {
		if how = "only readable: " + how; seen[how] == 0 {
			t.Errorf("%q was never reported: %v", how, seen)
		}
	}
}

func TestClocks(t *testing.T) {
	k := polltest.New(1, polltest.Faults{Late: 1})
	ready := make([]poll.Ready, 1)
	late := 0
	k.At(time.Second, func() { late++ })
	k.Wait(ready, 2*time.Second)
	if now := k.Monotonic(); now <= 2*time.Second || now > 2*time.Second+2*k.LateBy || late != 1 {
		t.Errorf("woke at %v", now)
	}
	k.Faults = polltest.Faults{}
	start, wall := k.Monotonic(), k.Wall()
	k.JumpWall(-time.Hour)
	if k.Monotonic() != start || k.Wall().Sub(wall) != -time.Hour {
		t.Errorf("JumpWall: %v, %v", k.Monotonic()-start, k.Wall().Sub(wall))
	}
	waits := k.Calls.Waits
	k.After(time.Minute, func() { late++ })
	k.Suspend(8 * time.Hour)
	if k.Monotonic()-start != 8*time.Hour || k.Wall().Sub(wall) != 7*time.Hour || late != 1 || k.Calls.Waits != waits {
		t.Error("Suspend")
	}
	if k.Wait(ready, 0); late != 2 {
		t.Error("the script slept on")
	}
}
