package middleware

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// rig is an app on the kernel in memory.
type rig struct {
	t    *testing.T
	k    *polltest.Kernel
	loop *poll.Loop
	app  *webapp.App
	errs []error
}

func newRig(t *testing.T, o webapp.Options, setup func(app *webapp.App)) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	o.Logger = slog.New(slog.DiscardHandler)
	if r.app, err = webapp.CreateWith(r.loop, "test", webapp.Addr{Port: 80}, o); err != nil {
		t.Fatal(err)
	}
	r.app.OnError(func(err error) { r.errs = append(r.errs, err) })
	setup(r.app)
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.loop.Close()
		if s := r.app.Server().Stats(); s.Conns != 0 || s.UploadBytes != 0 {
			t.Errorf("left: %+v", s)
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

// reply is a response with its body.
type reply struct {
	*http.Response
	body string
}

// read waits for a response on p.
func (r *rig) read(p *polltest.Peer, method string) (res reply) {
	r.t.Helper()
	var got []byte
	ok := r.k.Run(r.loop, func() bool {
		got = append(got, p.Read()...)
		h, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), &http.Request{Method: method})
		if err != nil {
			return p.Ended()
		}
		b, err := io.ReadAll(h.Body)
		res = reply{h, string(b)}
		return err == nil
	}, 5*time.Minute)
	if !ok || res.Response == nil {
		r.t.Fatalf("no response, got %q", got)
	}
	return res
}

// from makes a request from an address on a connection of its own.
func (r *rig) from(addr, request string) reply {
	r.t.Helper()
	at := netip.AddrPortFrom(netip.MustParseAddr(addr), 5000)
	to := "127.0.0.1:80"
	if at.Addr().Is6() {
		to = "[::1]:80"
	}
	p := r.k.DialFrom(at, to)
	p.WriteString(request)
	method, _, _ := strings.Cut(request, " ")
	defer p.Close()
	return r.read(p, method)
}

func (r *rig) once(request string) reply { r.t.Helper(); return r.from("192.0.2.1", request) }

// want makes a request and compares status and body.
func (r *rig) want(request string, status int, body string) reply {
	r.t.Helper()
	res := r.once(request)
	if res.StatusCode != status || res.body != body {
		r.t.Fatalf("%.200q: got %d %q, want %d %q", request, res.StatusCode, res.body, status, body)
	}
	return res
}

func get(path string, headers ...string) string { return request("GET", path, "", headers...) }

func request(method, path, body string, headers ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + path + " HTTP/1.1\r\nHost: a\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.String()
}

// post is a POST to / of a body of that type.
func post(kind, body string) string { return request("POST", "/", body, "Content-Type: "+kind) }
