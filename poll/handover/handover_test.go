package handover

import (
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// mode says what a process that a test started does; the test's own process has none.
const mode = "HANDOVER_TEST_MODE"

func TestMain(m *testing.M) {
	if how := os.Getenv(mode); how != "" {
		os.Exit(successor(how))
	}
	os.Exit(m.Run())
}

// successor is the new process.
func successor(how string) int {
	if how == "exits" {
		return 3
	}
	if how == "never answers" {
		time.Sleep(time.Minute)
	}
	t, err := Predecessor()
	again, _ := Predecessor()
	if err != nil || again != nil || string(t.Secrets) != "secret" || len(t.Listeners) != 1 ||
		t.Listeners[0].Name != "app" {
		return 4
	}
	if how == "bad configuration" {
		t.Fail(errors.New("there is no such file"))
		return 5
	}
	if how == "garbage" {
		t.wire.send('?', "what?")
		time.Sleep(time.Minute)
	}
	times := 0
	err = t.Take(func(r io.Reader) error {
		b, err := io.ReadAll(r)
		times++
		want := []string{"rehearsal", "frozen", "rest"}[times-1] + strings.Repeat("x", 300_000)
		switch {
		case err != nil:
			return err
		case string(b) != want:
			return errors.New("another state")
		case how == [...]string{"cannot read", "cannot read again", "cannot read the rest"}[times-1]:
			return errors.New("I cannot read that")
		case how == "hangs when frozen" && times == 2:
			time.Sleep(time.Minute)
		case how == "dies when frozen" && times == 2:
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	})
	if err != nil {
		return 6
	}
	if how == "dies before it serves" {
		return 7
	}
	loop, err := poll.New(poll.Options{})
	if err != nil {
		return 8
	}
	if _, err := loop.Listen(poll.ListenOptions{Inherit: t.Listeners[0].FD,
		Accept: func(c *poll.Conn) poll.Handler { loop.Stop(); return nil }}); err != nil {
		return 9
	}
	t.Serving()
	return 0
}

// program is a Giver that writes down what it is asked.
type program struct {
	ln    *poll.Listener
	calls []string
	err   error
	pid   int
	bad   bool
}

func (p *program) Listeners() []poll.Inherited { return []poll.Inherited{{FD: p.ln.FD(), Name: "app"}} }
func (p *program) Secrets() []byte             { return []byte("secret") }
func (p *program) Freeze()                     { p.calls = append(p.calls, "freeze") }
func (p *program) Failed(err error)            { p.err = err; p.calls = append(p.calls, "failed") }
func (p *program) Done(pid int)                { p.pid = pid; p.calls = append(p.calls, "done") }

func (p *program) State(part Part, w io.Writer) error {
	name := []string{"rehearsal", "frozen", "rest"}[part]
	p.calls = append(p.calls, name)
	if p.bad {
		return errors.New("no state")
	}
	_, err := io.WriteString(w, name+strings.Repeat("x", 300_000))
	return err
}

func newProgram(t *testing.T, how string, o Options) (*poll.Loop, *program, *Succession) {
	t.Helper()
	t.Setenv(mode, how)
	t.Setenv("LISTEN_FDS", "7")
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loop.Close() })
	ln, err := loop.Listen(poll.ListenOptions{Address: "127.0.0.1:0",
		Accept: func(*poll.Conn) poll.Handler { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{ln: ln}
	s, err := New(loop, p, o)
	if err != nil {
		t.Fatal(err)
	}
	return loop, p, s
}

// finish turns the loop until the hand-over is over.
func finish(t *testing.T, loop *poll.Loop, p *program) {
	t.Helper()
	over := func() bool { return p.err != nil || p.pid != 0 }
	for range 3000 {
		if over() {
			return
		}
		if err := loop.Poll(20 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no end")
}

// The way of a hand-over: every one that fails ends with Failed, a killed process and nothing changed, and another one
// may follow.
func TestSuccession(t *testing.T) {
	for _, c := range []struct{ how, calls, err string }{
		{"works", "rehearsal freeze frozen rest done", ""},
		{"exits", "rehearsal failed", "the new process ended|broken pipe|connection reset"},
		{"never answers", "rehearsal failed", "in time"},
		{"bad configuration", "rehearsal failed", "there is no such file"},
		{"garbage", "rehearsal failed", "another form"},
		{"cannot read", "rehearsal failed", "I cannot read that"},
		{"cannot read again", "rehearsal freeze frozen failed", "I cannot read that"},
		{"cannot read the rest", "rehearsal freeze frozen rest failed", "I cannot read that"},
		{"hangs when frozen", "rehearsal freeze frozen failed", "in time"},
		{"dies when frozen", "rehearsal freeze frozen failed", "the new process ended"},
		{"dies before it serves", "rehearsal freeze frozen rest failed", "the new process ended"},
	} {
		t.Run(c.how, func(t *testing.T) {
			o := Options{StartTime: 30 * time.Second, FrozenTime: 30 * time.Second}
			if c.how == "never answers" || c.how == "hangs when frozen" {
				o = Options{StartTime: time.Second, FrozenTime: time.Second}
				if c.how == "hangs when frozen" {
					o.StartTime = 30 * time.Second
				}
			}
			loop, p, s := newProgram(t, c.how, o)
			for range 2 {
				p.calls, p.err = nil, nil
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
				if err := s.Start(); err != ErrUnderWay {
					t.Errorf("a second one at once: %v", err)
				}
				finish(t, loop, p)
				if got := strings.Join(p.calls, " "); got != c.calls {
					t.Fatalf("%s; want %s (%v)", got, c.calls, p.err)
				}
				if c.err == "" {
					break
				}
				found := false
				for _, part := range strings.Split(c.err, "|") {
					found = found || strings.Contains(p.err.Error(), part)
				}
				if !found || s.Pid() != 0 || s.UnderWay() || s.fd != -1 {
					t.Errorf("%v, pid %d, under way %v", p.err, s.Pid(), s.UnderWay())
				}
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
					t.Errorf("process %d is left: %v", pid, err)
				}
			}
			if c.err == "" {
				if s.Pid() == 0 || s.UnderWay() || s.Start() != ErrUnderWay {
					t.Error("not done")
				}
				syscall.Wait4(s.Pid(), nil, 0, nil)
			}
		})
	}
}

// A program that ends meanwhile, or has no state, or no file: nothing is left.
func TestSuccessionEnds(t *testing.T) {
	loop, p, s := newProgram(t, "never answers", Options{})
	s.Abort() // of nothing
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.Abort() // while it is forked
	finish(t, loop, p)
	if p.err != ErrStopped || s.UnderWay() {
		t.Error(p.err)
	}
	p.err = nil
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for s.stage == starting {
		loop.Poll(time.Second)
	}
	s.Abort()
	s.Abort()
	finish(t, loop, p)
	if p.err != ErrStopped {
		t.Error(p.err)
	}
	p.err, p.bad = nil, true
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	finish(t, loop, p)
	if p.err == nil || p.err.Error() != "no state" {
		t.Error(p.err)
	}
	_, p, s = newProgram(t, "works", Options{MaxStateBytes: 1000})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	finish(t, s.loop, p)
	if p.err != errTooMuch {
		t.Error(p.err)
	}
	_, p, s = newProgram(t, "works", Options{Path: t.TempDir() + "/none"})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	finish(t, s.loop, p)
	if !errors.Is(p.err, syscall.ENOENT) {
		t.Error(p.err)
	}
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("process %d is left: %v", pid, err)
	}
}

// A marker that does not come from the parent is refused, and taken out of the environment all the same.
func TestPredecessorRefused(t *testing.T) {
	for _, text := range []string{"", "1", "1 3", "1 3 ", "x 3 ", "1 x ", "1 4 ", "1 3 a", "-1 3 ", "1 3  ",
		"99999999999 3 "} {
		t.Setenv(marker, text)
		if taker, err := Predecessor(); err == nil || taker != nil {
			t.Errorf("%q was believed", text)
		}
		if _, found := os.LookupEnv(marker); found {
			t.Errorf("%q stays", text)
		}
	}
	_, _, names, err := parseMarker("12 5 app:metrics")
	if err != nil || !reflect.DeepEqual(names, []string{"app", "metrics"}) {
		t.Error(names, err)
	}
}

func FuzzCutMessage(f *testing.F) {
	f.Add([]byte("T\x00\x00\x00\x00X\x00\x00\x00\x02no"))
	f.Add([]byte("X\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			k, p, n, err := cutMessage(b)
			if err != nil || n == 0 {
				return
			}
			if string(appendMessage(nil, k, p)) != string(b[:n]) {
				t.Fatalf("%q", b[:n])
			}
			b = b[n:]
		}
	})
}
