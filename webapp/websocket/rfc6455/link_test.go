package rfc6455

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
)

// The largest message is 16 MB, the longest 65,536 fragments; what a client has not read yet waits.
const (
	maxMessageBytes = 16<<20 + 1<<10
	maxFragments    = 70_000
)

// host has both echo servers on one app. Those of one kernel serve all cases, each on a connection of its own.
type host struct {
	loop *poll.Loop
	app  *webapp.App
	chat *websocket.Server
	io   *eio.Server
	mem  *polltest.Kernel // nil on real sockets
}

func newHost(t testing.TB, mem *polltest.Kernel) *host {
	t.Helper()
	h, port := &host{mem: mem}, 0
	var o poll.Options
	if mem != nil {
		o.Kernel, port = mem, 80
	}
	h.loop = must(poll.New(o))
	h.app = must(webapp.CreateWith(h.loop, "rfc6455", webapp.Addr{Host: "127.0.0.1", Port: port}, webapp.Options{
		Logger: slog.New(slog.DiscardHandler),
		Listen: poll.ListenOptions{Limits: poll.Limits{SoftBytes: 64 << 20, HardBytes: 64 << 20}},
	}))
	h.chat = must(websocket.NewServer(h.app, "/echo", websocket.Options{
		MaxMessageBytes: maxMessageBytes, MaxFragments: maxFragments,
		PerMessageDeflate: &websocket.Deflate{Threshold: 1},
	}))
	h.chat.OnConnection(func(ch *websocket.Channel, _ *webapp.Request) {
		ch.OnMessage(func(data []byte, binary bool) { ch.SendData(data, binary) })
	})
	h.io = must(eio.Attach(h.loop, h.app.Server(), eio.Options{
		MaxHTTPBufferSize: maxMessageBytes, MaxFragments: maxFragments, MaxQueuedBytes: 64 << 20,
	}))
	h.io.OnConnection(func(s *eio.Session) { s.SetHandler(echo{}) })
	if err := h.app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.finish(t) })
	if mem == nil {
		done := make(chan error, 1)
		go func() { done <- h.loop.Run(context.Background()) }()
		t.Cleanup(func() {
			h.loop.Stop()
			<-done
		})
	}
	return h
}

// finish wants nothing to be left of any case. It runs when nothing turns the loop any more.
func (h *host) finish(t testing.TB) {
	for range 100 {
		if h.mem != nil {
			h.mem.Sleep(h.loop, time.Second)
		} else if err := h.loop.Poll(10 * time.Millisecond); err != nil {
			t.Error(err)
		}
		if h.loop.Stats().Conns == 0 && h.io.Stats().Sessions == 0 {
			break
		}
	}
	c, s, l := h.chat.Stats(), h.io.Stats(), h.loop.Stats()
	if c.Channels != 0 || c.Opened != c.Closed || s.Sessions != 0 || s.Handshakes != s.Ends || l.Conns != 0 ||
		l.OutBytes != 0 {
		t.Errorf("left: %+v, %+v, %+v", c, s, l)
	}
	h.app.Stop()
	h.loop.Close()
	if h.mem != nil {
		if err := h.mem.Check(); err != nil {
			t.Error(err)
		}
	}
}

// echo is the handler of an Engine.IO session.
type echo struct{}

func (echo) OnMessage(s *eio.Session, data []byte, binary bool) { s.Send(data, binary) }
func (echo) OnDrain(*eio.Session)                               {}
func (echo) OnClose(*eio.Session, eio.Reason, error)            {}

// link is a connection to a host: a real one or one in memory.
type link interface {
	send(piece string)
	// recv returns the next octets, or how the connection ended; "silence" after a while without either.
	recv() (b []byte, end string)
	// quiet returns what comes in a second of virtual time; on a real kernel it does nothing.
	quiet() []byte
	hangUp()
}

type socket struct {
	net.Conn
	buf []byte
}

func (s *socket) send(piece string) { io.WriteString(s, piece) } // recv tells how it ended

func (s *socket) recv() ([]byte, string) {
	n, err := s.Read(s.buf)
	switch {
	case n > 0:
		return s.buf[:n], ""
	case err == io.EOF:
		return nil, "FIN"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, "silence"
	}
	return nil, "RST"
}

func (s *socket) quiet() []byte { return nil }
func (s *socket) hangUp()       { s.Close() }

type memory struct {
	h   *host
	p   *polltest.Peer
	in  []byte
	end string
}

func (m *memory) send(piece string) {
	m.p.WriteString(piece)
	m.turn()
}

// turn lets the server see what was sent as a piece of its own.
func (m *memory) turn() {
	m.h.loop.Poll(0)
	m.h.loop.Poll(0)
}

func (m *memory) recv() ([]byte, string) {
	m.h.mem.Run(m.h.loop, func() bool { return len(m.in) > 0 || m.end != "" }, 5*time.Second)
	if b := m.in; len(b) > 0 {
		m.in = nil
		return b, ""
	}
	if m.end == "" {
		return nil, "silence"
	}
	return nil, m.end
}

func (m *memory) quiet() []byte {
	m.h.mem.Sleep(m.h.loop, time.Second)
	return m.in
}

func (m *memory) hangUp() {
	m.p.Close()
	m.turn()
}

func (h *host) dial(t testing.TB) link {
	t.Helper()
	if h.mem != nil {
		m := &memory{h: h, p: h.mem.Dial("127.0.0.1:80")}
		m.p.OnData = func(b []byte) { m.in = append(m.in, b...) }
		m.p.OnEnd = func(reset bool) {
			if m.end = "FIN"; reset {
				m.end = "RST"
			}
		}
		return m
	}
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(h.app.Port()))
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	return &socket{c, make([]byte, 64<<10)}
}

// open shakes hands with the server of a dialect and returns what it says about extensions, and the octets that came
// behind the 101.
func open(t testing.TB, l link, d dialect, offer string) (answer string, rest []byte) {
	t.Helper()
	request := "GET " + d.target + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if offer != "" {
		request += "Sec-WebSocket-Extensions: " + offer + "\r\n"
	}
	l.send(request + "\r\n")
	var got []byte
	for {
		head, rest, ok := bytes.Cut(got, []byte("\r\n\r\n"))
		if ok {
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) ||
				!bytes.Contains(head, []byte("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
				t.Fatalf("handshake: %q", head)
			}
			for line := range strings.SplitSeq(string(head), "\r\n") {
				if value, is := strings.CutPrefix(line, "Sec-WebSocket-Extensions: "); is {
					answer = value
				}
			}
			return answer, rest
		}
		b, end := l.recv()
		if end != "" {
			t.Fatalf("handshake: %s after %q", end, got)
		}
		got = append(got, b...)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
