//go:build !race

package websocket

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// idleBytes is what an idle channel may hold of the heap, with its connection and its share of tables and timers, on a
// 64-bit machine.
const (
	idleBytes    = 304
	idleChannels = 2000
)

// bare answers the handshake and holds nothing.
type bare struct{ answer []byte }

func (b *bare) OnData(c *poll.Conn, _ []byte) { c.Write(b.answer) }
func (b *bare) OnDrain(*poll.Conn)            {}
func (b *bare) OnClose(_ *poll.Conn, _ error) {}

// TestIdleBytes measures channels against connections that exchange the same bytes with a handler that holds nothing:
// what the peers in memory need is in both.
func TestIdleBytes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the ceiling is that of a 64-bit machine")
	}
	const bareSite = "127.0.0.1:81"
	heap := func(site string) (int, *rig) {
		r := newRig(t, Options{})
		h := &bare{ws.AppendSwitch(nil, "dGhlIHNhbXBsZSBub25jZQ==", "", nil)}
		_, err := r.loop.Listen(poll.ListenOptions{Address: bareSite, Accept: func(*poll.Conn) poll.Handler { return h }})
		if err != nil {
			t.Fatal(err)
		}
		r.peers = make([]*polltest.Peer, 0, idleChannels+1)
		open := func(i int) {
			p := r.k.Dial(site)
			r.peers = append(r.peers, p)
			p.WriteString(handshake("/chat?t="+strconv.Itoa(1000000+i), "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
				"Origin: http://gateway.example"))
			r.settle()
			if n := len(p.Read()); n != len(h.answer) {
				t.Fatalf("answer of %d bytes", n)
			}
		}
		open(0)
		before := heapBytes()
		for i := range idleChannels {
			open(1 + i)
		}
		r.last, r.told = nil, nil
		return (heapBytes() - before) / idleChannels, r
	}
	with, r := heap(site)
	if r.chat.Len() != idleChannels+1 {
		t.Fatalf("%d channels", r.chat.Len())
	}
	without, twin := heap(bareSite)
	n := with - without + int(unsafe.Sizeof(poll.Conn{}))
	t.Logf("%d bytes per idle channel, of them %d of poll.Conn and %d of Channel", n,
		unsafe.Sizeof(poll.Conn{}), unsafe.Sizeof(Channel{}))
	if n > idleBytes {
		t.Errorf("%d bytes per idle channel, want at most %d", n, idleBytes)
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(twin)
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// echo is the shortest handler.
type echo struct{}

func (echo) OnMessage(ch *Channel, data []byte, binary bool) { ch.SendData(data, binary) }
func (echo) OnDrain(*Channel)                                {}
func (echo) OnClose(*Channel, Code, string)                  {}

// nothing wants an exchange to allocate nothing.
func (r *rig) nothing(what string, p *polltest.Peer, wire []byte, act func(), least int) {
	r.Helper()
	exchange := func() {
		p.Write(wire)
		act()
		for range 3 {
			if err := r.loop.Poll(0); err != nil {
				r.Fatal(err)
			}
		}
		if n := len(p.Read()); n < least {
			r.Fatalf("%s: %d bytes came back", what, n)
		}
	}
	for range 3 {
		exchange() // buffers grow to their size
	}
	if n := testing.AllocsPerRun(200, exchange); n != 0 {
		r.Errorf("%s: %v allocations", what, n)
	}
}

// TestNoAllocations: a message in and its answer out, a broadcast, a ping, with compression and without.
func TestNoAllocations(t *testing.T) {
	r := newRig(t, Options{PerMessageDeflate: &Deflate{Threshold: 100}})
	idle := func() {}
	for _, line := range []string{"X-None: ", "Sec-WebSocket-Extensions: permessage-deflate"} {
		p, ch := r.open("/chat", line)
		ch.SetHandler(echo{})
		r.nothing("text", p, []byte(text("hello")), idle, 7)
		r.nothing("binary", p, []byte(masked(ws.OpBinary, "hello")), idle, 7)
		r.nothing("ping", p, []byte(masked(ws.OpPing, "hello")), idle, 7)
		r.nothing("16 in a segment", p, bytes.Repeat([]byte(text("hello")), 16), idle, 16*7)
		var b bytes.Buffer
		for i := range 40 {
			fmt.Fprintf(&b, `{"id":%d,"value":%d},`, i, i*7919%1000)
		}
		large := b.Bytes()
		r.nothing("large", p, []byte(text(b.String())), idle, 100)
		r.nothing("broadcast", p, nil, func() { r.chat.Broadcast(large, false) }, 100)
		r.nothing("Send", p, nil, func() { ch.Send("hello") }, 7)
	}
	for _, p := range r.peers {
		if p.Ended() {
			t.Fatal("closed")
		}
	}
	r.finish()
}

func BenchmarkEcho(b *testing.B) {
	r := newRig(b, Options{})
	p, ch := r.open("/chat")
	ch.SetHandler(echo{})
	frame := []byte(text("hello"))
	b.ReportAllocs()
	for b.Loop() {
		p.Write(frame)
		r.loop.Poll(0)
		r.loop.Poll(0)
		if len(p.Read()) == 0 {
			b.Fatal("no echo")
		}
	}
}
