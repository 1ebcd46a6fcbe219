package webapp

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// rig is an app on the kernel in memory.
type rig struct {
	t    *testing.T
	k    *polltest.Kernel
	loop *poll.Loop
	app  *App
	log  bytes.Buffer
	errs []error // what OnError was told
}

// newRig starts an app that setup has prepared. When the test ends nothing may
// be left open.
func newRig(t *testing.T, o Options, setup func(app *App)) *rig {
	t.Helper()
	return newFaultyRig(t, 1, polltest.Faults{}, o, setup)
}

func newFaultyRig(t *testing.T, seed uint64, f polltest.Faults, o Options, setup func(app *App)) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(seed, f)}
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	o.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	if r.app, err = CreateWith(r.loop, "test", Addr{Host: "127.0.0.1", Port: 80}, o); err != nil {
		t.Fatal(err)
	}
	r.app.OnError(func(err error) { r.errs = append(r.errs, err) })
	setup(r.app)
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.loop.Close()
		if s := r.server().Stats(); s.Conns != 0 || s.UploadBytes != 0 || r.server().conns != nil {
			t.Errorf("left: %+v", s)
		}
		if n := r.loop.Stats().Timers; n > 1 { // the loop's own
			t.Errorf("%d timers are left", n)
		}
		if n := r.loop.Budget().Used(); n != 0 {
			t.Errorf("%d bytes of the budget are left", n)
		}
		if err := r.k.Check(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) server() *Server { return r.app.Server() }

// run turns the loop until ok.
func (r *rig) run(what string, ok func() bool) {
	r.t.Helper()
	if !r.k.Run(r.loop, ok, 5*time.Minute) {
		r.t.Fatalf("never came true: %s", what)
	}
}

// settle lets everything happen that needs no time.
func (r *rig) settle() { r.k.Sleep(r.loop, time.Millisecond) }

// client is a peer and what it received.
type client struct {
	*polltest.Peer
	r   *rig
	got []byte
}

func (r *rig) dial() *client { return &client{Peer: r.k.Dial("127.0.0.1:80"), r: r} }

// send writes s.
func (c *client) send(s string) *client { c.WriteString(s); return c }

// sendSplit writes s in pieces of n bytes, a turn for each.
func (c *client) sendSplit(s string, n int) *client {
	for len(s) > 0 {
		n = min(n, len(s))
		c.WriteString(s[:n])
		s = s[n:]
		c.r.settle()
	}
	return c
}

// reply is a response with its body.
type reply struct {
	*http.Response
	body string
}

// next waits for one response to a request of that method.
func (c *client) next(method string) (res reply) {
	c.r.t.Helper()
	c.r.run("a response to "+method, func() bool {
		end := c.EOF()
		c.got = append(c.got, c.Read()...)
		in := bufio.NewReader(bytes.NewReader(c.got))
		h, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			if end {
				c.r.t.Fatalf("got %q and the end, want a response", c.got)
			}
			return false
		}
		if h.ContentLength < 0 && len(h.TransferEncoding) == 0 && !end {
			return false
		}
		b, err := io.ReadAll(h.Body)
		if err != nil {
			return false
		}
		rest, _ := io.ReadAll(in)
		c.got = rest
		res = reply{h, string(b)}
		return true
	})
	return res
}

// want waits for one response and compares status and body.
func (c *client) want(status int, body string) reply {
	c.r.t.Helper()
	res := c.next("GET")
	if res.StatusCode != status || res.body != body {
		c.r.t.Fatalf("got %d %q, want %d %q", res.StatusCode, res.body, status, body)
	}
	return res
}

// closed wants nothing more but the end.
func (c *client) closed() {
	c.r.t.Helper()
	c.r.run("the end", func() bool { return c.Ended() })
	c.got = append(c.got, c.Read()...)
	if len(c.got) > 0 {
		c.r.t.Fatalf("got %q, want the end", c.got)
	}
	c.Close()
}

// open wants nothing, not even the end.
func (c *client) open() {
	c.r.t.Helper()
	c.r.settle()
	c.got = append(c.got, c.Read()...)
	if len(c.got) > 0 || c.Ended() {
		c.r.t.Fatalf("got %q, ended %v, want silence", c.got, c.Ended())
	}
}

// once makes one request on a connection of its own.
func (r *rig) once(request string) reply {
	r.t.Helper()
	c := r.dial().send(request)
	method, _, _ := strings.Cut(request, " ")
	defer c.Close()
	return c.next(method)
}

// get is a GET request.
func get(path string, headers ...string) string { return request("GET", path, "", headers...) }

// request is any request; a body gets its Content-Length.
func request(method, path, body string, headers ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + path + " HTTP/1.1\r\nHost: a\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.String()
}
