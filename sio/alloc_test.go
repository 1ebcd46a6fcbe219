//go:build !race

package sio

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The way from the readable socket to the handler, the ack and the wire makes no allocation, nor does a broadcast.
// This runs on the operating system's kernel, over loopback.

type wire struct {
	loop *poll.Loop
	io   *Server
	app  *webapp.App
}

func newWire(t testing.TB) *wire {
	loop, err := poll.New(poll.Options{})
	check(t, err)
	app, err := webapp.CreateWith(loop, "alloc", webapp.Addr{Host: "127.0.0.1"},
		webapp.Options{Rate: 1e6, Burst: 1e6, MaxConnsPerAddress: 1e6})
	check(t, err)
	io, err := New(app, Options{EventRate: 6e4, EventBurst: 1e6, ByteRate: 1 << 29, ByteBurst: 1 << 30,
		HandshakeRate: 1e5, HandshakeBurst: 1e5, HandshakesPerAddress: 1e6})
	check(t, err)
	check(t, app.Start())
	t.Cleanup(func() { loop.Close() })
	return &wire{loop, io, app}
}

// dial opens a WebSocket session and joins the main namespace.
func (w *wire) dial(t testing.TB) net.Conn {
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(w.app.Port()))
	check(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = c.Write([]byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"))
	check(t, err)
	r := bufio.NewReaderSize(c, 1)
	head := ""
	w.until(t, c, func() bool { line, err := r.ReadString('\n'); head += line; return err == nil && line == "\r\n" })
	if !strings.Contains(head, " 101 ") {
		t.Fatal(head)
	}
	_, err = c.Write(masked("40"))
	check(t, err)
	before := w.io.Len()
	for w.io.Len() == before {
		check(t, w.loop.Poll(10*time.Millisecond))
	}
	check(t, w.loop.Poll(10*time.Millisecond))
	check(t, c.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, _ = io.Copy(io.Discard, c) // the open packet and the CONNECT answer
	check(t, c.SetReadDeadline(time.Time{}))
	return c
}

func (w *wire) until(t testing.TB, c net.Conn, done func() bool) {
	for range 100 {
		check(t, w.loop.Poll(10*time.Millisecond))
		check(t, c.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
		for range 20 {
			if done() {
				return
			}
		}
	}
	t.Fatal("no answer")
}

func masked(text string) []byte {
	return ws.AppendMaskedFrame(nil, ws.OpText, [4]byte{1, 2, 3, 4}, []byte(text))
}

// round sends frames on the first connection and reads n bytes from each of the connections.
func (w *wire) round(t testing.TB, frames []byte, n int, conns ...net.Conn) func() {
	buf := make([]byte, n)
	return func() {
		if _, err := conns[0].Write(frames); err != nil {
			t.Fatal(err)
		}
		if err := w.loop.Poll(time.Second); err != nil {
			t.Fatal(err)
		}
		for _, c := range conns {
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func serverFrames(frames ...string) string {
	var b []byte
	for _, f := range frames {
		if text, ok := strings.CutPrefix(f, "bin "); ok {
			b = ws.AppendFrame(b, ws.OpBinary, []byte(text))
		} else {
			b = ws.AppendFrame(b, ws.OpText, []byte(f))
		}
	}
	return string(b)
}

func TestAllocations(t *testing.T) {
	w := newWire(t)
	payload, blob := strings.Repeat("x", 300), []byte("0123456789")
	w.io.On("text", func(e *Event) { e.AckString(payload[:len(e.Text(0))]) })
	w.io.On("echo", func(e *Event) { e.Ack(e.Arg(0)) })
	w.io.On("all", func(e *Event) { e.Ack(e.Args()...) })
	w.io.On("numbers", func(e *Event) { e.Ack(e.Int(0) == 7 && e.Float(1) == 1.5 && e.Bool(2), "constant", nil) })
	w.io.On("emit", func(e *Event) { e.Socket().EmitString("news", payload) })
	w.io.On("emit bytes", func(e *Event) { e.Socket().Volatile().EmitBytes("news", blob) })
	w.io.On("ack bytes", func(e *Event) { e.AckBytes(e.Bytes(0)) })
	w.io.On("reply", func(e *Event) { e.Socket().Emit("news", "constant", &payload, e.Arg(0)) })
	a := w.dial(t)
	s := w.io.Sockets()[0]
	s.Use(func(e *Event, next func(error)) { next(nil) })
	s.On("own", func(e *Event) { e.Ack(e.Arg(0)) })
	bin := string(ws.AppendMaskedFrame(nil, ws.OpBinary, [4]byte{4, 3, 2, 1}, blob))
	header := func(name string) string {
		return string(masked(`451-9["` + name + `",{"_placeholder":true,"num":0}]`))
	}
	mark := `{"_placeholder":true,"num":0}`
	for name, c := range map[string]struct{ in, out string }{
		"text":    {string(masked(`421["text","abc\n"]`)), serverFrames(`431["xxxx"]`)},
		"echo":    {string(masked(`421["echo",{"a":[1,2]}]`)), serverFrames(`431[{"a":[1,2]}]`)},
		"all":     {string(masked(`421["all",1,"2",null]`)), serverFrames(`431[1,"2",null]`)},
		"numbers": {string(masked(`421["numbers",7,1.5,true]`)), serverFrames(`431[true,"constant",null]`)},
		"own":     {string(masked(`421["own","z"]`)), serverFrames(`431["z"]`)},
		"emit":    {string(masked(`42["emit"]`)), serverFrames(`42["news","` + payload + `"]`)},
		"reply":   {string(masked(`42["reply",5]`)), serverFrames(`42["news","constant","` + payload + `",5]`)},
		"emit bytes": {string(masked(`42["emit bytes"]`)),
			serverFrames(`451-["news",`+mark+`]`, "bin "+string(blob))},
		"binary ack":  {header("ack bytes") + bin, serverFrames(`461-9[`+mark+`]`, "bin "+string(blob))},
		"binary echo": {header("echo") + bin, serverFrames(`461-9[`+mark+`]`, "bin "+string(blob))},
		"pipelined": {strings.Repeat(string(masked(`421["own","z"]`)), 20),
			strings.Repeat(serverFrames(`431["z"]`), 20)},
	} {
		run := w.round(t, []byte(c.in), len(c.out), a)
		for range 3 {
			run()
		}
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestAllocationsOfBroadcast(t *testing.T) {
	w := newWire(t)
	var conns []net.Conn
	for range 8 {
		conns = append(conns, w.dial(t))
	}
	for i, s := range w.io.Sockets() {
		check(t, s.Join("everybody", "room "+strconv.Itoa(i)))
	}
	text, large, blob := "some text", strings.Repeat("y", 1000), []byte("0123456789")
	w.io.On("all", func(e *Event) { w.io.EmitString("m", text) })
	w.io.On("large", func(e *Event) { w.io.EmitString("m", large) })
	w.io.On("constant", func(e *Event) { w.io.To("everybody").Emit("m", "constant", e.Arg(0)) })
	w.io.On("bytes", func(e *Event) { w.io.In("everybody", "room 3").Except("nobody").EmitBytes("m", blob) })
	for name, out := range map[string]string{
		"all":      serverFrames(`42["m","` + text + `"]`),
		"large":    serverFrames(`42["m","` + large + `"]`),
		"constant": serverFrames(`42["m","constant",1]`),
		"bytes":    serverFrames(`451-["m",{"_placeholder":true,"num":0}]`, "bin "+string(blob)),
	} {
		run := w.round(t, masked(`42["`+name+`",1]`), len(out), conns...)
		for range 3 {
			run()
		}
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkAck(b *testing.B) {
	w := newWire(b)
	w.io.On("echo", func(e *Event) { e.Ack(e.Arg(0)) })
	const batch = 16
	run := w.round(b, []byte(strings.Repeat(string(masked(`421["echo","hello world"]`)), batch)),
		batch*len(serverFrames(`431["hello world"]`)), w.dial(b))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "acks/s")
}
