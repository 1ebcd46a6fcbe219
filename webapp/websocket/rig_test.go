package websocket

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// rig is an app with a server on /chat on the kernel in memory. Its channels echo and write down what they are told.
type rig struct {
	testing.TB
	k     *polltest.Kernel
	loop  *poll.Loop
	app   *webapp.App
	chat  *Server
	last  *Channel // that opened last
	told  []string // by the last channel, see journal
	logs  bytes.Buffer
	peers []*polltest.Peer
}

const site = "127.0.0.1:80"

func newRig(t testing.TB, o Options) *rig {
	return newFaultyRig(t, 1, polltest.Faults{}, o)
}

func newFaultyRig(t testing.TB, seed uint64, f polltest.Faults, o Options) *rig {
	t.Helper()
	return newEOSRig(t, seed, f, o, nil)
}

func newEOSRig(t testing.TB, seed uint64, f polltest.Faults, o Options, users *webapp.EOSOptions) *rig {
	t.Helper()
	r := &rig{TB: t, k: polltest.New(seed, f)}
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(&r.logs, nil))
	listen := poll.ListenOptions{Limits: poll.Limits{SoftBytes: 4 << 10, HardBytes: 1 << 20}}
	r.app, err = webapp.CreateWith(r.loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80},
		webapp.Options{Logger: quiet, Listen: listen, EOS: users})
	if err != nil {
		t.Fatal(err)
	}
	if r.chat, err = NewServer(r.app, "/chat", o); err != nil {
		t.Fatal(err)
	}
	r.chat.OnConnection(func(ch *Channel, _ *webapp.Request) {
		r.last, r.told = ch, nil
		ch.SetHandler(journal{r})
	})
	r.app.Get("/chat", func(_ *webapp.Request, res *webapp.Response) { res.End("page") })
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// journal is a handler that writes down and echoes.
type journal struct{ r *rig }

func (j journal) tell(ch *Channel, format string, args ...any) {
	if ch == j.r.last {
		j.r.told = append(j.r.told, fmt.Sprintf(format, args...))
	}
}

func (j journal) OnMessage(ch *Channel, data []byte, binary bool) {
	kind := "text"
	if binary {
		kind = "binary"
	}
	if len(data) > 40 {
		j.tell(ch, "%s %d bytes", kind, len(data))
	} else {
		j.tell(ch, "%s %q", kind, data)
	}
	if string(data) == "panic" {
		panic("told to")
	}
	ch.SendData(data, binary)
}

func (j journal) OnDrain(ch *Channel) { j.tell(ch, "drain") }

func (j journal) OnClose(ch *Channel, code Code, reason string) {
	j.tell(ch, "close %d %q", code, reason)
	if ch.Open() || ch.Send("late") != poll.Dropped || ch.Writable() {
		j.r.Error("a channel is not closed in OnClose")
	}
	ch.Close(1000, "again") // must do nothing
	ch.Abort()
}

// settle lets everything happen that needs no time.
func (r *rig) settle() { r.k.Sleep(r.loop, time.Millisecond) }

func (r *rig) dial() *polltest.Peer {
	p := r.k.Dial(site)
	r.peers = append(r.peers, p)
	return p
}

// handshake is a request for a WebSocket. A line replaces the usual one of its name; "Name:" alone leaves it out.
func handshake(target string, lines ...string) string {
	b := "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n"
	for _, line := range []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="} {
		name, _, _ := strings.Cut(line, ":")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") }) {
			b += line + "\r\n"
		}
	}
	for _, line := range lines {
		if !strings.HasSuffix(line, ":") {
			b += line + "\r\n"
		}
	}
	return b + "\r\n"
}

// open opens a channel and reads its 101.
func (r *rig) open(target string, lines ...string) (*polltest.Peer, *Channel) {
	r.Helper()
	p := r.dial()
	p.WriteString(handshake(target, lines...))
	r.settle()
	got := string(p.Read())
	if !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.Contains(got, "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") ||
		!strings.HasSuffix(got, "\r\n\r\n") {
		r.Fatalf("handshake: %q", got)
	}
	return p, r.last
}

// finish hangs up all peers and wants nothing to be left.
func (r *rig) finish() {
	r.Helper()
	for _, p := range r.peers {
		p.Reset()
	}
	r.k.Sleep(r.loop, 3*time.Minute)
	s, l, h := r.chat.Stats(), r.loop.Stats(), r.app.Server().Stats()
	if s.Channels != 0 || s.Opened != s.Closed || len(r.chat.channels) != 0 || r.chat.holes != 0 {
		r.Errorf("left in the server: %+v, %d", s, len(r.chat.channels))
	}
	if l.Conns != 0 || r.loop.Budget().Used() != 0 || l.Timers > 1 || h.Conns != 0 || h.UploadBytes != 0 {
		r.Errorf("left: %+v, %+v", l, h)
	}
	r.loop.Close()
	if err := r.k.Check(); err != nil {
		r.Error(err)
	}
}

// Frames as a client sends them.
func masked(op ws.OpCode, payload string) string {
	return string(ws.AppendMaskedFrame(nil, op, [4]byte{1, 2, 3, 4}, []byte(payload)))
}

func text(payload string) string { return masked(ws.OpText, payload) }

// raw is a masked frame with a first byte of any kind.
func raw(first byte, payload string) string {
	b := []byte(masked(ws.OpBinary, payload))
	b[0] = first
	return string(b)
}

func closing(code int, reason string) string {
	return masked(ws.OpClose, string([]byte{byte(code >> 8), byte(code)})+reason)
}

// transcript is what a server's bytes say: frames, one line each.
func transcript(b []byte) (lines []string) {
	for len(b) > 0 {
		h, n, err := ws.ParseHeader(b)
		if err != nil || int64(len(b)-n) < h.Length {
			return append(lines, fmt.Sprintf("rest %q", b))
		}
		payload := b[n : n+int(h.Length)]
		b = b[n+int(h.Length):]
		switch {
		case h.OpCode == ws.OpClose:
			code, reason, err := ws.ParseClose(payload)
			lines = append(lines, fmt.Sprintf("close %d %q %v", code, reason, err))
		case len(payload) > 40:
			lines = append(lines, fmt.Sprintf("op %d rsv %d %d bytes", h.OpCode, h.Rsv, len(payload)))
		default:
			lines = append(lines, fmt.Sprintf("op %d rsv %d %q", h.OpCode, h.Rsv, payload))
		}
	}
	return lines
}
