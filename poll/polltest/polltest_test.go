package polltest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

type echo struct{ ends []error }

func (e *echo) OnData(c *poll.Conn, b []byte)    { c.Write(b) }
func (e *echo) OnDrain(*poll.Conn)               {}
func (e *echo) OnClose(_ *poll.Conn, err error)  { e.ends = append(e.ends, err) }
func (e *echo) accept(c *poll.Conn) poll.Handler { return e }

func TestConversation(t *testing.T) {
	polltest.Seeds(t, 20, func(t *testing.T, seed uint64) {
		k := polltest.New(seed, polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.1})
		loop, err := poll.New(poll.Options{Kernel: k})
		if err != nil {
			t.Fatal(err)
		}
		h := new(echo)
		if _, err := loop.Listen(poll.ListenOptions{Address: "127.0.0.1:80", Accept: h.accept}); err != nil {
			t.Fatal(err)
		}
		p := k.Dial("127.0.0.1:80")
		got := ""
		p.OnData = func(b []byte) {
			if got += string(b); got == "hello" {
				p.CloseWrite()
			}
		}
		p.WriteString("hello")
		if !k.Run(loop, p.EOF, time.Minute) {
			t.Fatalf("no FIN; got %q", got)
		}
		if got != "hello" || len(h.ends) != 1 {
			t.Fatalf("got %q, %d ends", got, len(h.ends))
		}
		loop.Close()
		if err := k.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// Mistakes that a real kernel forgives now and then are panics here, with the
// seed.
func TestStrict(t *testing.T) {
	conn := func(k *polltest.Kernel) int {
		o := poll.ListenOptions{Address: "127.0.0.1:80"}
		ln, _, _ := k.Listen(&o)
		k.Dial("127.0.0.1:80")
		fd, _, _ := k.Accept(ln, &o)
		return fd
	}
	for name, f := range map[string]func(k *polltest.Kernel){
		"closed twice":     func(k *polltest.Kernel) { fd := conn(k); k.CloseFD(fd); k.CloseFD(fd) },
		"read after close": func(k *polltest.Kernel) { fd := conn(k); k.CloseFD(fd); k.Read(fd, nil) },
		"unknown":          func(k *polltest.Kernel) { k.Write(77, nil) },
		"negative":         func(k *polltest.Kernel) { k.Write(-1, nil) },
		"registered twice": func(k *polltest.Kernel) { fd := conn(k); k.Register(fd, 0); k.Register(fd, 0) },
		"not registered":   func(k *polltest.Kernel) { k.Modify(conn(k), poll.Readable) },
		"forgotten twice":  func(k *polltest.Kernel) { fd := conn(k); k.Register(fd, 0); k.Unregister(fd); k.Unregister(fd) },
		"read a reserve":   func(k *polltest.Kernel) { fd, _ := k.Reserve(); k.Read(fd, nil) },
		"accept on a conn": func(k *polltest.Kernel) { k.Accept(conn(k), nil) },
		"closed kernel":    func(k *polltest.Kernel) { fd := conn(k); k.Close(); k.Read(fd, nil) },
		"late Wake":        func(k *polltest.Kernel) { k.Close(); k.Wake() },
		"write after FIN": func(k *polltest.Kernel) {
			conn(k)
			p := k.Dial("127.0.0.1:80")
			p.CloseWrite()
			p.WriteString("x")
		},
	} {
		k := polltest.New(4711, polltest.Faults{})
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.Contains(s, "seed 4711") {
					t.Errorf("%s: %q", name, s)
				}
			}()
			f(k)
		}()
	}
}

func TestCheckNamesWhatIsOpen(t *testing.T) {
	k := polltest.New(9, polltest.Faults{})
	if k.Check() != nil {
		t.Fatal("nothing is open")
	}
	k.Reserve()
	if got := fmt.Sprint(k.Check()); !strings.Contains(got, "seed 9") || !strings.Contains(got, "reserve") {
		t.Fatal(got)
	}
}

// The same seed gives the same run, another seed another one.
func TestReplay(t *testing.T) {
	run := func(seed uint64) string {
		k := polltest.New(seed, polltest.Faults{ShortRead: .3, ShortWrite: .3, EAGAIN: .2, EINTR: .2, Reset: .01})
		loop, _ := poll.New(poll.Options{Kernel: k})
		h, log := new(echo), ""
		loop.Listen(poll.ListenOptions{Address: ":80", Accept: h.accept})
		for i := range 5 {
			p := k.Dial("127.0.0.1:80")
			p.OnData = func(b []byte) { log += fmt.Sprintln(i, k.Monotonic(), len(b)) }
			p.OnEnd = func(reset bool) { log += fmt.Sprintln(i, k.Monotonic(), reset) }
			for range 20 {
				k.After(time.Duration(k.IntN(1000))*time.Millisecond, func() { p.Write(make([]byte, 100)) })
			}
		}
		k.Sleep(loop, 2*time.Second)
		loop.Close()
		return log
	}
	first, again, other := run(1), run(1), run(2)
	if first != again || first == other {
		t.Fatal("the seed does not decide")
	}
}

func TestScriptKeepsItsOrder(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	var got []int
	note := func(n int) func() { return func() { got = append(got, n) } }
	k.After(2*time.Second, note(3))
	k.After(time.Second, note(1))
	k.After(time.Second, note(2))
	k.At(3*time.Second, func() { k.After(0, note(4)) })
	ready := make([]poll.Ready, 1)
	for range 10 {
		k.Wait(ready, time.Second)
	}
	if !slices.Equal(got, []int{1, 2, 3, 4}) || k.Monotonic() != 10*time.Second {
		t.Fatalf("%v at %v", got, k.Monotonic())
	}
}

// A server that closes with input unread resets, and the peer loses what it had
// not got yet; one that read everything does not.
func TestCloseWithUnreadInputResets(t *testing.T) {
	for _, unread := range []bool{false, true} {
		k := polltest.New(1, polltest.Faults{})
		o := poll.ListenOptions{Address: "[::1]:80"}
		ln, _, _ := k.Listen(&o)
		p := k.Dial("[::1]:80")
		fd, _, _ := k.Accept(ln, &o)
		k.Write(fd, []byte("answer"))
		if unread {
			p.WriteString("more")
		}
		k.CloseFD(fd)
		if got := string(p.Read()); p.WasReset() != unread || (got == "") != unread || p.EOF() == unread {
			t.Fatalf("unread %v: got %q, reset %v", unread, got, p.WasReset())
		}
		p.WriteString("x") // nobody is there
		if !p.WasReset() {
			t.Fatal("no RST")
		}
	}
}
