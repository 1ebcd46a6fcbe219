//go:build !race

package eio

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// What an idle session may hold of the heap, with its connection and its share of
// tables and timers, on a 64-bit machine: the gateway's budget counts on it.
const (
	idleWebSocketBytes = 450
	idlePollingBytes   = 760 // with the poll that stands
	idleSessions       = 2000
)

// Lines that browsers send with every request: one block for all sessions.
var browserLines = []string{
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0",
	"Accept-Language: en-US,en;q=0.9", "Cache-Control: no-cache", "Origin: http://gateway.example",
}

// crowded lets all sessions in at once; everything else is switched on.
var (
	crowded      = Options{HandshakeRate: 1e6, HandshakeBurst: 1e6, HandshakesPerAddress: 1e6}
	crowdedDense = Options{HandshakeRate: 1e6, HandshakeBurst: 1e6, HandshakesPerAddress: 1e6,
		PerMessageDeflate: dense.PerMessageDeflate}
)

// TestIdleBytes measures sessions against connections that exchange the same
// bytes with a handler that holds nothing: what the peers in memory need is in
// both.
func TestIdleBytes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the ceilings are those of a 64-bit machine")
	}
	for _, c := range []struct {
		name    string
		ceiling int
		open    func(r *rig, i int, lines ...string) *polltest.Peer
	}{
		{"websocket", idleWebSocketBytes, openIdleWebSocket},
		{"polling", idlePollingBytes, openIdlePolling},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newWebRig(t, 1, quietly, crowded, webapp.Options{Rate: 1e6, Burst: 1e6})
			open := func(r *rig, i int) *polltest.Peer { return c.open(r, i) }
			with := heapOf(r, open)
			if n := r.engine.ClientsCount(); n != idleSessions+1 || r.loop.Stats().Conns != n {
				t.Fatalf("%d sessions", n)
			}
			bare := newWebRig(t, 1, quietly, crowded, webapp.Options{Rate: 1e6, Burst: 1e6})
			bare.listenBare()
			n := with - heapOf(bare, open) + int(unsafe.Sizeof(poll.Conn{}))
			t.Logf("%d bytes per idle session, of them %d of poll.Conn", n, unsafe.Sizeof(poll.Conn{}))
			if n > c.ceiling {
				t.Errorf("%d bytes per idle session, want at most %d", n, c.ceiling)
			}
			runtime.KeepAlive(r)
			runtime.KeepAlive(bare)
		})
	}
}

// TestIdleBytesOfCompression: a session whose messages were compressed both ways
// holds as much as one whose messages of the same length on the wire were not. A
// cookie makes up for the header line that agrees on compression.
func TestIdleBytesOfCompression(t *testing.T) {
	line := "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	head := "Set-Cookie: io=" + openSample[8:28] + "; Path="
	padded := Options{HandshakeRate: 1e6, HandshakeBurst: 1e6, HandshakesPerAddress: 1e6,
		Cookie: &webapp.Cookie{Name: "io", Path: "/" + strings.Repeat("x", len(line)-len(head)-1)}}
	message := fill(2000, 'x')
	in := squeeze(ws.OpText, "4"+string(message))
	var out int // bytes of the answer

	r := newRig(t, 1, quietly, crowdedDense)
	r.handler = echo{}
	with := heapOf(r, func(r *rig, i int) *polltest.Peer {
		p := openIdleWebSocket(r, i, offer)
		p.Write(in)
		r.settle()
		if out = len(p.Read()); out == 0 || out > 100 {
			t.Fatalf("%d bytes of answer", out)
		}
		return p
	})
	twin := newRig(t, 1, quietly, padded)
	twin.handler = echo{}
	without := heapOf(twin, func(r *rig, i int) *polltest.Peer {
		p := openIdleWebSocket(r, i, "X-"+offer)
		p.Write(text("4" + string(message[:out-3])))
		r.settle()
		if n := len(p.Read()); n != out {
			t.Fatalf("%d bytes of answer, %d when it is compressed", n, out)
		}
		return p
	})
	t.Logf("%d bytes per idle session and its peer, %d without compression", with, without)
	if with > without+8 { // what a size class may make of the shared state
		t.Errorf("%d bytes more per idle session", with-without)
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(twin)
}

// heapOf opens idle sessions and returns the heap's growth for each.
func heapOf(r *rig, open func(r *rig, i int) *polltest.Peer) int {
	open(r, 0)
	r.peers = make([]*polltest.Peer, 0, 2*idleSessions)
	before := heapBytes()
	for i := range idleSessions {
		open(r, 1+i)
	}
	r.last = nil
	r.settle()
	return (heapBytes() - before) / idleSessions
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

const (
	answerWS = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + acceptLine +
		"\r\n\r\n\x81\x6a" + openSample
	answerPoll = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain; " +
		"charset=UTF-8\r\nCache-Control: no-store\r\nContent-Length: 118\r\n\r\n" + openSample
	openSample = `0{"sid":"hq0F3Jh_gGIwoTygd5ba","upgrades":["websocket"],"pingInterval":25000,` +
		`"pingTimeout":20000,"maxPayload":1000000}`
)

// bareConn answers the first request, and holds nothing.
type bareConn struct{}

var bareAnswer string

func (bareConn) OnData(c *poll.Conn, _ []byte) {
	c.Write([]byte(bareAnswer))
	c.SetHandler(deaf{})
}
func (bareConn) OnDrain(*poll.Conn)        {}
func (bareConn) OnClose(*poll.Conn, error) {}

type deaf struct{ ignored }

// listenBare opens a second listener without HTTP or an engine behind it; the
// rig's dial goes there from then on.
func (r *rig) listenBare() {
	accept := func(*poll.Conn) poll.Handler { return bareConn{} }
	if _, err := r.loop.Listen(poll.ListenOptions{Address: idlePort, Accept: accept}); err != nil {
		r.Fatal(err)
	}
	r.bare = true
}

func openIdleWebSocket(r *rig, i int, lines ...string) *polltest.Peer {
	bareAnswer = answerWS
	p := r.dial()
	target := "/engine.io/?EIO=4&transport=websocket&t=" + strconv.Itoa(1000000+i)
	lines = append(lines, browserLines...)
	request(p, "GET", target, nil, append(lines, upgradeLines...)...)
	r.settle()
	p.Read()
	return p
}

func openIdlePolling(r *rig, i int, _ ...string) *polltest.Peer {
	bareAnswer = answerPoll
	p := r.dial()
	target := "/engine.io/?EIO=4&transport=polling&t=" + strconv.Itoa(1000000+i)
	request(p, "GET", target, nil, browserLines...)
	r.settle()
	p.Read()
	sid := "hq0F3Jh_gGIwoTygd5ba"
	if r.last != nil {
		sid = r.last.ID()
	}
	request(p, "GET", target+"&sid="+sid, nil, browserLines...)
	r.settle()
	p.Read()
	return p
}
