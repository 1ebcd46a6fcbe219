package handover

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/handover"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// program is an app with a server on the kernel in memory.
func program(t *testing.T) (*polltest.Kernel, *App) {
	t.Helper()
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	check(t, err)
	app, err := webapp.Create(loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80})
	check(t, err)
	server, err := sio.New(app, sio.Options{ConnectionStateRecovery: &sio.ConnectionStateRecovery{}})
	check(t, err)
	check(t, app.Start())
	t.Cleanup(func() {
		check(t, loop.Close())
		check(t, k.Check())
	})
	return k, &App{App: app, IO: server}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A hand-over that fails after Freeze: clients were let go, and the program serves again.
func TestFailedAfterFreeze(t *testing.T) {
	k, a := program(t)
	var failed error
	a.OnFailed = func(err error) { failed = err }
	loop := a.App.Loop()
	answer := func() string {
		p := k.Dial("127.0.0.1:80")
		p.Printf("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n")
		k.Sleep(loop, 100*time.Millisecond)
		head, _, _ := strings.Cut(string(p.Read()), "\r\n")
		return head
	}
	a.Failed(io.EOF) // before Freeze: nothing to do
	if got := answer(); got != "HTTP/1.1 200 OK" || failed != io.EOF {
		t.Fatal(got, failed)
	}
	a.Freeze()
	if got := answer(); got != "" || !a.IO.Draining() || a.IO.Engine().ClientsCount() != 0 {
		t.Fatalf("frozen, and %q", got)
	}
	a.Failed(io.EOF)
	if got := answer(); got != "HTTP/1.1 200 OK" || a.IO.Draining() || a.IO.Engine().ClientsCount() != 2 {
		t.Errorf("%q; the one who waited is served, too: %d", got, a.IO.Engine().ClientsCount())
	}
}

// The program's own state follows the sockets' in each part, and the last part has only what is new.
func TestState(t *testing.T) {
	_, from := program(t)
	_, to := program(t)
	var parts []handover.Part
	from.Save = func(part handover.Part, w io.Writer) error {
		parts = append(parts, part)
		_, err := io.WriteString(w, strings.Repeat("own", 5000))
		return err
	}
	from.IO.Emit("before")
	for part := handover.Rehearsal; part <= handover.Rest; part++ {
		var b bytes.Buffer
		check(t, from.State(part, &b))
		check(t, to.IO.ImportRecovery(&b))
		if part != handover.Rest && b.Len() > 15_000 {
			t.Errorf("part %d: %d bytes are left for Load", part, b.Len())
		}
	}
	if len(parts) != 3 {
		t.Error(parts)
	}
	from.Save = func(handover.Part, io.Writer) error { return os.ErrInvalid }
	if err := from.State(handover.Frozen, io.Discard); !errors.Is(err, os.ErrInvalid) {
		t.Error(err)
	}
}

// A program that nobody started to take over, with listeners and keys of its own.
func TestByHand(t *testing.T) {
	_, a := program(t)
	check(t, a.Take(nil))
	a.Serving()
	a.Done(1)
	if a.Secrets() != nil || len(a.Listeners()) != 1 || a.Listeners()[0].Name != Name {
		t.Error(a.Secrets(), a.Listeners())
	}
	a.Keys = func() []byte { return []byte("key") }
	a.More = func() []poll.Inherited { return []poll.Inherited{{FD: 9, Name: "metrics"}} }
	pid := 0
	a.OnDone = func(n int) { pid = n }
	a.Done(7)
	if string(a.Secrets()) != "key" || len(a.Listeners()) != 2 || pid != 7 {
		t.Error(a.Secrets(), a.Listeners(), pid)
	}
}
