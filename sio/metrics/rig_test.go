package metrics

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// rig is the production stack on the kernel in memory, with a collector at /metrics.
type rig struct {
	t    testing.TB
	k    *polltest.Kernel
	loop *poll.Loop
	app  *webapp.App
	io   *sio.Server
	c    *Collector
}

func newRig(t testing.TB, o sio.Options, m Options) *rig {
	t.Helper()
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	check(t, err)
	app, err := webapp.CreateWith(loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80},
		webapp.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	check(t, err)
	server, err := sio.New(app, o)
	check(t, err)
	c := New(server, app.Server(), m)
	app.Get("/metrics", c.Handle)
	check(t, app.Start())
	t.Cleanup(func() {
		check(t, loop.Close())
		check(t, k.Check())
	})
	return &rig{t, k, loop, app, server, c}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) settle() { r.k.Sleep(r.loop, 50*time.Millisecond) }

// families are those of the page, parsed.
func (r *rig) families() map[string]*family {
	r.t.Helper()
	all, err := parse(string(r.c.Append(nil)))
	check(r.t, err)
	return all
}

// scrape asks over HTTP.
func (r *rig) scrape(method string) (head, body string) {
	r.t.Helper()
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(method + " /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	var got []byte
	if !r.k.Await(r.loop, func() bool { got = append(got, p.Read()...); return p.EOF() }) {
		r.t.Fatalf("no end of %q", got)
	}
	p.Close()
	head, body, _ = strings.Cut(string(got), "\r\n\r\n")
	return head, body
}

// ws opens a session over WebSocket.
func (r *rig) ws(eio int) *polltest.Peer {
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(fmt.Sprintf("GET /socket.io/?EIO=%d&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", eio))
	return p
}

// polling opens a session and leaves a poll standing.
func (r *rig) polling(eio int) *polltest.Peer {
	r.t.Helper()
	p := r.k.Dial("127.0.0.1:80")
	target := fmt.Sprintf("/socket.io/?EIO=%d&transport=polling", eio)
	p.WriteString("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")
	var got []byte
	if !r.k.Run(r.loop, func() bool {
		got = append(got, p.Read()...)
		return strings.Contains(string(got), "maxPayload")
	}, time.Second) {
		r.t.Fatalf("no session: %q", got)
	}
	_, sid, _ := strings.Cut(string(got), `"sid":"`)
	sid, _, _ = strings.Cut(sid, `"`)
	if eio == 3 { // the CONNECT packet waits
		p.WriteString("GET " + target + "&sid=" + sid + " HTTP/1.1\r\nHost: a\r\n\r\n")
		r.settle()
	}
	p.WriteString("GET " + target + "&sid=" + sid + " HTTP/1.1\r\nHost: a\r\n\r\n")
	return p
}

// send writes a text frame, with a mask of zeros, of at most 125 bytes.
func send(p *polltest.Peer, text string) {
	p.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
}
