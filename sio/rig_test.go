package sio

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The rig runs the production stack on the kernel in memory: loop, HTTP server, engine and Socket.IO server, with
// clients that write bytes.

type rig struct {
	t    testing.TB
	k    *polltest.Kernel
	loop *poll.Loop
	app  *webapp.App
	io   *Server
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	r := newLoggingRig(t, o, io.Discard)
	r.io.OnError(func(_ *Socket, err error) { t.Errorf("reported: %v", err) })
	return r
}

// newLoggingRig is newRig with the log, where faults of handlers go too.
func newLoggingRig(t testing.TB, o Options, log io.Writer) *rig {
	t.Helper()
	return newWebRig(t, o, log, webapp.Options{})
}

// newWebRig is newLoggingRig with options of the app.
func newWebRig(t testing.TB, o Options, log io.Writer, web webapp.Options) *rig {
	t.Helper()
	web.Logger = slog.New(slog.NewTextHandler(log, nil))
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	check(t, err)
	app, err := webapp.CreateWith(loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80}, web)
	check(t, err)
	server, err := New(app, o)
	check(t, err)
	check(t, app.Start())
	r := &rig{t, k, loop, app, server}
	t.Cleanup(r.close)
	return r
}

// close ends everything and demands that nothing is left.
func (r *rig) close() {
	r.io.Close()
	r.app.Stop()
	r.k.Sleep(r.loop, 10*time.Second)
	if st := r.io.Stats(); st.Clients+st.Sockets+st.Rooms+st.Acks+st.Bytes != 0 {
		r.t.Errorf("left over: %+v", st)
	}
	if n := r.io.engine.ClientsCount(); n != 0 {
		r.t.Errorf("%d sessions left", n)
	}
	check(r.t, r.loop.Close())
	check(r.t, r.k.Check())
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wsClient is a client over WebSocket that sees every frame.
type wsClient struct {
	r    *rig
	p    *polltest.Peer
	in   []byte
	open string // the open packet
	sid  string // of the first CONNECT answer
}

// ws opens a session; query is what follows EIO and transport, "" or "&a=b".
func (r *rig) ws(eio int, query string) *wsClient {
	r.t.Helper()
	c := &wsClient{r: r, p: r.k.Dial("127.0.0.1:80")}
	c.p.Printf("GET /socket.io/?EIO=%d&transport=websocket%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", eio, query)
	for !strings.Contains(string(c.in), "\r\n\r\n") {
		if !c.more(time.Second) {
			r.t.Fatalf("no switch: %q", c.in)
		}
	}
	head, rest, _ := strings.Cut(string(c.in), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		r.t.Fatalf("no switch: %q", head)
	}
	c.in = []byte(rest)
	c.open = c.recv()
	return c
}

// connect opens a session of protocol 5 and joins a namespace, "" for the main one.
func (r *rig) connect(nsp string) *wsClient {
	r.t.Helper()
	c := r.ws(4, "")
	if nsp != "" {
		nsp += ","
	}
	c.send("40" + nsp)
	answer := c.recv()
	if !strings.HasPrefix(answer, "40"+nsp+`{"sid":"`) {
		r.t.Fatalf("CONNECT answered with %q", answer)
	}
	c.sid = answer[len("40"+nsp+`{"sid":"`) : len(answer)-2]
	return c
}

func (c *wsClient) frame(op ws.OpCode, b []byte) {
	c.p.Write(ws.AppendMaskedFrame(nil, op, [4]byte{1, 2, 3, 4}, b))
}

func (c *wsClient) send(text string) { c.frame(1, []byte(text)) }
func (c *wsClient) bin(b ...byte)    { c.frame(2, b) }

// more turns the loop until the server wrote something; false is that it did not within d of virtual time.
func (c *wsClient) more(d time.Duration) bool {
	before := len(c.in)
	return c.r.k.Run(c.r.loop, func() bool {
		c.in = append(c.in, c.p.Read()...)
		return len(c.in) > before
	}, d)
}

// recv is the next frame: its text, "bin " and hexadecimal digits, "close", or "nothing".
func (c *wsClient) recv() string { return c.within(100 * time.Millisecond) }

func (c *wsClient) within(d time.Duration) string {
	for {
		if f, n := cutFrame(c.in); n > 0 {
			c.in = c.in[n:]
			return f
		}
		if !c.more(d) {
			return "nothing"
		}
	}
}

// cutFrame takes a server's frame off b.
func cutFrame(b []byte) (string, int) {
	if len(b) < 2 {
		return "", 0
	}
	n, at := int(b[1]&0x7f), 2
	switch n {
	case 126:
		if len(b) < 4 {
			return "", 0
		}
		n, at = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		if len(b) < 10 {
			return "", 0
		}
		n, at = int(binary.BigEndian.Uint64(b[2:])), 10
	}
	if len(b) < at+n {
		return "", 0
	}
	p := b[at : at+n]
	switch b[0] & 15 {
	case 1:
		return string(p), at + n
	case 2:
		return "bin " + hex.EncodeToString(p), at + n
	case 8:
		return "close", at + n
	}
	return fmt.Sprintf("op %d %x", b[0]&15, p), at + n
}

// expect demands the next frames.
func (c *wsClient) expect(frames ...string) {
	c.r.t.Helper()
	for _, want := range frames {
		if got := c.recv(); got != want {
			c.r.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// settle turns the loop until nothing happens any more.
func (r *rig) settle() { r.k.Sleep(r.loop, 50*time.Millisecond) }

// only returns the single socket of a namespace.
func (r *rig) only(nsp string) *Socket {
	r.t.Helper()
	all := r.io.Of(nsp).Sockets()
	if len(all) != 1 {
		r.t.Fatalf("%d sockets in %s", len(all), nsp)
	}
	return all[0]
}
