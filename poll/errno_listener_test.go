package poll_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// listens are what a listener may be doing.
var listens = []struct {
	name string
	do   func(r *rig)
}{
	{"listening", func(*rig) {}},
	{"resting", func(r *rig) {
		r.k.AcceptErrors = []syscall.Errno{syscall.ENOMEM}
		r.k.Dial(at)
		r.poll()
	}},
	{"full", func(r *rig) { r.pair(); r.pair(); r.k.Dial(at); r.poll() }},
}

// Every call about a listener and the descriptors that it accepts, every errno,
// for 300 ms: the connection that stands is served, callers that came meanwhile get in
// afterwards or were told, and the loop does not spin.
func TestEveryErrnoOfAListener(t *testing.T) {
	hit := make(map[polltest.Call]int)
	calls := []polltest.Call{
		polltest.CallAccept, polltest.CallRegister, polltest.CallModify, polltest.CallReserve, polltest.CallUnregister,
		polltest.CallCloseFD,
	}
	for _, call := range calls {
		for _, errno := range errnos {
			for i := range listens {
				if n := tryListener(t, cell{call, errno, listens[i].name}, i); n > 0 {
					hit[call]++
				}
			}
		}
	}
	t.Logf("the call was made in %v", hit)
	for _, call := range calls[:4] {
		if hit[call] < len(errnos) {
			t.Errorf("%v was made in %d cells only: the table tests nothing", call, hit[call])
		}
	}
}

func tryListener(t *testing.T, c cell, i int) (hits int) {
	t.Helper()
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{MaxConns: 4, AcceptBudget: 8})
	echo := func(s *side, b []byte) { s.c.Write(b) }
	r.data = echo
	other, _ := r.pair()
	leaver, _ := r.pair()
	listens[i].do(r)
	fd, interrupted := r.all[0].c.FD(), 0
	r.k.Fail = func(call polltest.Call, at int) poll.Errno {
		if call != c.call || at == fd {
			return 0
		}
		if hits++; c.errno == syscall.EINTR || c.errno == syscall.EAGAIN {
			if interrupted++; interrupted%5 == 0 {
				return 0 // no system interrupts, or takes back what it reported, for ever
			}
		}
		return c.errno
	}
	before, turns := r.k.Calls.Total(), r.l.Stats().Turns
	leaver.Close() // makes room
	waiting := r.k.Dial(at)
	if c.call == polltest.CallReserve || c.call == polltest.CallUnregister {
		r.k.AcceptErrors = []syscall.Errno{syscall.EMFILE, syscall.EMFILE}
	}
	for range 3 {
		if !r.serves(other) {
			t.Errorf("%v: a connection is not served", c)
		}
		r.k.Sleep(r.l, 100*time.Millisecond)
	}
	n, m := r.k.Calls.Total()-before, r.l.Stats().Turns-turns
	if n > 600 || m > 150 {
		t.Errorf("%v: %d calls in %d turns in 300 ms: it spins", c, n, m)
	}
	r.k.Fail = nil
	for i := range r.all {
		if i > 0 {
			r.all[i].c.Close()
		}
	}
	r.k.Sleep(r.l, 3*time.Second)
	if !waiting.Ended() {
		waiting.WriteString("a")
		r.k.Sleep(r.l, 2*time.Second)
		if string(waiting.Read()) != "a" && !waiting.Ended() {
			t.Errorf("%v: a caller waits for ever", c)
		}
	}
	waiting.Reset()
	r.k.Sleep(r.l, 2*time.Second)
	if p := r.k.Dial(at); !r.k.Run(r.l, func() bool { p.WriteString("b"); return len(p.Read()) > 0 }, 5*time.Second) {
		t.Errorf("%v: the listener does not come back", c)
	}
	r.end()
	return hits
}

// What the loop itself asks for: an error that passes is a turn without reports, and
// is not asked again at once; another one ends the loop, and Close still tells all.
func TestEveryErrnoOfWait(t *testing.T) {
	for _, errno := range errnos {
		for _, state := range []string{"busy", "idle", "gathering"} {
			c := cell{polltest.CallWait, errno, state}
			r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
			p, s := r.pair()
			s.data = func(s *side, b []byte) { s.c.Write(b) }
			if state == "busy" && !r.serves(p) {
				t.Fatal("not served")
			}
			if state == "gathering" {
				r.l.Gather(time.Millisecond)
			}
			p.Read()
			p.WriteString("x")
			times := 3
			r.k.Fail = func(call polltest.Call, _ int) poll.Errno {
				if call != polltest.CallWait || times == 0 {
					return 0
				}
				times--
				return errno
			}
			lives := errno == syscall.EINTR || errno == syscall.EAGAIN || passes(errno)
			err := r.l.Poll(time.Second)
			if lives == (err == errno) || lives && err != nil {
				t.Errorf("%v: Poll returned %v", c, err)
			}
			if lives && !r.k.Run(r.l, func() bool { return string(p.Read()) == "x" }, time.Second) {
				t.Errorf("%v: the loop does not go on", c)
			}
			r.k.Fail = nil
			r.end()
		}
	}
}

// Listen, Add and Remove tell what the kernel told, and leave nothing behind.
func TestEveryErrnoOfOpening(t *testing.T) {
	for _, errno := range errnos {
		for _, call := range []polltest.Call{polltest.CallListen, polltest.CallRegister, polltest.CallUnregister} {
			c := cell{call, errno, "opening"}
			r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
			fd, open, times := r.k.Descriptor(), r.k.Open(), 1
			if errno != syscall.EINTR {
				times = 2 // of what is tried again at once there is one
			}
			r.k.Fail = func(made polltest.Call, _ int) poll.Errno {
				if made != call || times == 0 {
					return 0
				}
				times--
				return errno
			}
			var add, remove error
			listen := error(errno)
			if call != polltest.CallUnregister {
				_, listen = r.l.Listen(poll.ListenOptions{Address: "127.0.0.1:81", Accept: r.accept})
			}
			if add = r.l.Add(fd, poll.Readable, func(int, poll.Interest) {}); add == nil {
				remove = r.l.Remove(fd)
			}
			if got := map[polltest.Call]error{
				polltest.CallListen: listen, polltest.CallRegister: add, polltest.CallUnregister: remove,
			}[call]; got != errno && (got != nil || errno != syscall.EINTR) {
				t.Errorf("%v: %v", c, got)
			}
			if len(r.l.FDs()) != 0 || errno != syscall.EINTR && r.k.Open() != open {
				t.Errorf("%v: %d descriptors, %d before", c, r.k.Open(), open)
			}
			r.k.Fail = nil
			r.end0(fd)
		}
	}
}

// end0 is end, with a descriptor of the test's own.
func (r *rig) end0(fd int) {
	r.t.Helper()
	r.k.CloseFD(fd)
	r.end()
}
