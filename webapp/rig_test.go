package webapp

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// rig is an app on a loop of the operating system, turned by a goroutine.
type rig struct {
	t    *testing.T
	loop *poll.Loop
	app  *App
}

// newRig starts an app that setup has prepared.
func newRig(t *testing.T, o Options, setup func(app *App)) *rig {
	t.Helper()
	loop, err := poll.New(poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := CreateWith(loop, "test", Addr{Host: "127.0.0.1"}, o)
	if err != nil {
		t.Fatal(err)
	}
	setup(app)
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		loop.Run(context.Background())
	}()
	t.Cleanup(func() {
		loop.Stop()
		<-done
		loop.Close()
	})
	return &rig{t: t, loop: loop, app: app}
}

// on runs fn on the loop and waits for it.
func (r *rig) on(fn func()) {
	r.t.Helper()
	done := make(chan struct{})
	r.loop.Post(func() { defer close(done); fn() })
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		r.t.Fatal("the loop does not turn")
	}
}

// eventually waits until ok says so, on the loop.
func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		var is bool
		r.on(func() { is = ok() })
		if is {
			return
		}
	}
	r.t.Fatalf("never came true: %s", what)
}

// client is a raw connection to the app.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (r *rig) dial() *client {
	r.t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(r.app.Port()))
	if err != nil {
		r.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	r.t.Cleanup(func() { c.Close() })
	return &client{c, r.t, bufio.NewReader(c)}
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatal(err)
	}
}

// reply is a response with its body.
type reply struct {
	*http.Response
	body string
}

// next reads one response to a request of that method.
func (c *client) next(method string) reply {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{res, string(b)}
}

// want reads one response and compares status and body.
func (c *client) want(status int, body string) reply {
	c.t.Helper()
	res := c.next("GET")
	if res.StatusCode != status || res.body != body {
		c.t.Fatalf("got %d %q, want %d %q", res.StatusCode, res.body, status, body)
	}
	return res
}

// closed wants nothing more but the end.
func (c *client) closed() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Fatalf("got %q and %v, want the end", b, err)
	}
}

// once makes one request on a connection of its own.
func (r *rig) once(request string) reply {
	r.t.Helper()
	c := r.dial()
	c.send(request)
	method, _, _ := strings.Cut(request, " ")
	return c.next(method)
}

func get(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}
