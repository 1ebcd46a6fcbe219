package admin

import (
	"encoding/binary"
	"encoding/json"
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

// rig is the production stack on the kernel in memory, with the namespace /admin.
type rig struct {
	t    testing.TB
	k    *polltest.Kernel
	loop *poll.Loop
	io   *sio.Server
	a    *Admin
}

func newRig(t testing.TB, s sio.Options, o Options) *rig {
	t.Helper()
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	check(t, err)
	app, err := webapp.CreateWith(loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80},
		webapp.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Rate: -1, MaxConnsPerAddress: -1})
	check(t, err)
	s.HandshakeRate, s.HandshakesPerAddress = -1, -1 // crowds come from one address
	server, err := sio.New(app, s)
	check(t, err)
	server.OnError(func(_ *sio.Socket, err error) { t.Errorf("reported: %v", err) })
	if o.Auth == nil {
		o.Auth = func(c Credentials, decide func(bool)) { decide(c.User == "ada" && c.Password == "tulip") }
	}
	a, err := New(server, o)
	check(t, err)
	check(t, app.Start())
	t.Cleanup(func() {
		check(t, loop.Close())
		check(t, k.Check())
	})
	return &rig{t, k, loop, server, a}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client is one over WebSocket, in one namespace.
type client struct {
	r   *rig
	p   *polltest.Peer
	nsp string // as packets have it: "/admin,"
	in  []byte
	got []event
	err string // CONNECT_ERROR's payload
	id  string
}

type event struct {
	name string
	args []json.RawMessage
}

// connect opens a session and joins a namespace; auth is JSON.
func (r *rig) connect(nsp, auth string) *client {
	r.t.Helper()
	if nsp != "" {
		nsp += ","
	}
	c := &client{r: r, p: r.k.Dial("127.0.0.1:80"), nsp: nsp}
	c.p.WriteString("GET /socket.io/?EIO=4&transport=websocket&token=secret&color=red HTTP/1.1\r\nHost: a\r\n" +
		"Connection: Upgrade\r\nCookie: sid=secret\r\nX-Key: secret\r\nUser-Agent: test\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	c.send("40" + nsp + auth)
	r.settle()
	c.read()
	return c
}

// admin signs in.
func (r *rig) admin() *client {
	r.t.Helper()
	c := r.connect("/admin", `{"username":"ada","password":"tulip"}`)
	if c.err != "" || c.id == "" {
		r.t.Fatalf("refused: %s", c.err)
	}
	return c
}

func (r *rig) settle() { r.k.Sleep(r.loop, 50*time.Millisecond) }

func (r *rig) wait(d time.Duration) { r.k.Sleep(r.loop, d) }

// send writes a text frame of less than 64 KiB with a mask of zeros.
func (c *client) send(text string) {
	head := []byte{0x81, 0x80 | byte(min(len(text), 126))}
	if len(text) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
	}
	c.p.Write(append(append(head, 0, 0, 0, 0), text...))
}

// read takes the frames that came.
func (c *client) read() {
	c.in = append(c.in, c.p.Read()...)
	if _, rest, ok := strings.Cut(string(c.in), "\r\n\r\n"); ok && c.id == "" && c.err == "" {
		c.in = []byte(rest)
	}
	for len(c.in) > 1 {
		n, at := int(c.in[1]), 2
		switch {
		case n == 126 && len(c.in) > 4:
			n, at = int(binary.BigEndian.Uint16(c.in[2:])), 4
		case n == 127 && len(c.in) > 10:
			n, at = int(binary.BigEndian.Uint64(c.in[2:])), 10
		}
		if len(c.in) < at+n {
			return
		}
		c.take(string(c.in[at : at+n]))
		c.in = c.in[at+n:]
	}
}

func (c *client) take(text string) {
	switch {
	case strings.HasPrefix(text, "40"+c.nsp+`{"sid":"`):
		c.id = strings.Split(text, `"`)[3]
	case strings.HasPrefix(text, "44"+c.nsp):
		c.err = text[len("44"+c.nsp):]
	case strings.HasPrefix(text, "42"+c.nsp+"["):
		var e event
		check(c.r.t, json.Unmarshal([]byte(text[len("42"+c.nsp):]), &e.args))
		check(c.r.t, json.Unmarshal(e.args[0], &e.name))
		e.args = e.args[1:]
		c.got = append(c.got, e)
	case text == "2":
		c.send("3")
	}
}

// told returns what came of an event, as text, and forgets it.
func (c *client) told(name string) (list []string) {
	c.read()
	rest := c.got[:0]
	for _, e := range c.got {
		if e.name != name {
			rest = append(rest, e)
			continue
		}
		text := make([]string, len(e.args))
		for i, a := range e.args {
			text[i] = string(a)
		}
		list = append(list, strings.Join(text, " "))
	}
	c.got = rest
	return list
}
