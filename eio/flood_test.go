package eio

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// dialFrom dials from a chosen address.
func (r *rig) dialFrom(addr string) *polltest.Peer {
	p := r.k.DialFrom(netip.AddrPortFrom(netip.MustParseAddr(addr), 1024+uint16(len(r.peers))), site)
	r.peers = append(r.peers, p)
	return p
}

// lines wants so many lines of a class in the log.
func (r *rig) lines(class string, n int) {
	r.Helper()
	if got := strings.Count(r.log.String(), `class="`+class+`"`); got != n {
		r.Errorf("%d lines of %s, want %d: %s", got, class, n, r.log.String())
	}
}

// echoes wants an echo on a WebSocket, at this time.
func (r *rig) echoes(p *polltest.Peer, what string) {
	r.Helper()
	p.Read()
	p.Write(text("4" + what))
	r.settle()
	if got := p.Read(); !bytes.Contains(got, []byte("4"+what)) {
		r.Errorf("a bystander got %q, want %q", got, what)
	}
}

// TestHandshakeStorm: beyond the burst both transports get 503 and a time to come
// back that differs, and nothing is made for them; those who are in are served.
func TestHandshakeStorm(t *testing.T) {
	r := newRig(t, 1, quietly, Options{HandshakeRate: 10, HandshakeBurst: 5, HandshakesPerAddress: -1})
	friend, _ := r.openWS("EIO=4")
	for range 4 {
		r.openPoll("EIO=4")
	}
	times := map[string]bool{}
	for i := range 200 {
		p := r.dial()
		if i%2 == 0 {
			request(p, "GET", "/engine.io/?transport=polling&EIO=4", nil)
		} else {
			request(p, "GET", "/engine.io/?transport=websocket&EIO=4", nil, upgradeLines...)
		}
		r.settle()
		status, lines, _, _, ok := cutAnswer(p.Read(), false)
		if !ok || status != "503" {
			t.Fatalf("handshake %d: %s %q", i, status, lines)
		}
		for _, line := range lines {
			if after, is := strings.CutPrefix(line, "Retry-After: "); is {
				times[after] = true
			}
		}
	}
	for after := range times {
		if n, err := strconv.Atoi(after); err != nil || n < 1 || n > 1+200/10 {
			t.Errorf("Retry-After: %q", after)
		}
	}
	if s := r.engine.Stats(); len(times) < 4 || s.Sessions != 5 || s.Handshakes != 5 || s.Throttled != 200 {
		t.Errorf("%d times, %+v", len(times), s)
	}
	r.lines("eio storm", 1)
	r.echoes(friend, "still here")
	r.sleep(time.Second)
	for range 5 {
		r.openPoll("EIO=4")
	}
	r.finish()
}

func TestHandshakesPerAddress(t *testing.T) {
	r := newRig(t, 1, quietly, Options{HandshakesPerAddress: 3})
	for i := range 5 {
		p := r.dialFrom("203.0.113.1")
		request(p, "GET", "/engine.io/?transport=polling&EIO=4", nil)
		r.settle()
		if status, _, _, _, _ := cutAnswer(p.Read(), false); status != pick(i < 3, "200", "429") {
			t.Errorf("handshake %d: %s", i, status)
		}
	}
	r.lines("eio address", 1)
	friend, _ := r.openWS("EIO=4") // from another address
	r.echoes(friend, "hello")
	if s := r.engine.Stats(); s.Throttled != 2 {
		t.Errorf("%+v", s)
	}
	r.finish()
}

// TestVersions: a version that is not served is named in the log, with the remedy.
func TestVersions(t *testing.T) {
	for _, c := range []struct{ version, says string }{
		{"5", "neither 3 nor 4"}, {"2", "neither 3 nor 4"}, {"3", "RefuseEIO3"},
	} {
		r := newRig(t, 1, quietly, Options{RefuseEIO3: true})
		for range 10 {
			p := r.dial()
			request(p, "GET", "/engine.io/?transport=polling&EIO="+c.version, nil)
			r.settle()
			const want = `{"code":5,"message":"Unsupported protocol version"}`
			if _, _, body, _, _ := cutAnswer(p.Read(), false); string(body) != want {
				t.Errorf("EIO=%s: %q", c.version, body)
			}
		}
		r.lines("eio version", 1)
		if log := r.log.String(); !strings.Contains(log, c.says) || !strings.Contains(log, "bytes="+c.version) {
			t.Errorf("EIO=%s: %s", c.version, log)
		}
		r.openWS("EIO=4")
		r.finish()
	}
}

// TestFloods: whatever a client sends too much of, it is held back, loses nothing,
// and is closed when it goes on; a bystander gets its answers meanwhile.
func TestFloods(t *testing.T) {
	for _, c := range []struct {
		name string
		unit []byte
	}{
		{"messages", text("4x")},
		{"empty messages", text("4")},
		{"pongs", text("3")},
		{"noops", text("6")},
		{"pings of the WebSocket", masked(ws.OpPing, "")},
		{"pongs of the WebSocket", masked(ws.OpPong, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 1, quietly, Options{EventRate: 100, EventBurst: 200})
			friend, _ := r.openWS("EIO=4")
			p, s := r.openWS("EIO=4")
			flood := bytes.Repeat(c.unit, 300)
			p.Write(flood) // handled whole: 100 more than there are tokens
			r.settle()
			p.Write(text("4last"))
			r.settle()
			if got := p.Read(); bytes.Contains(got, []byte("4last")) {
				t.Error("it is read on")
			}
			r.echoes(friend, "one")
			r.sleep(1100 * time.Millisecond)
			if got := p.Read(); !bytes.Contains(got, []byte("4last")) || !s.Open() {
				t.Errorf("it was not read on: %q", got)
			}
			begin := r.k.Monotonic()
			for s.Open() && r.k.Monotonic() < begin+5*time.Minute {
				if p.Unsent() < len(flood) {
					p.Write(flood)
				}
				r.sleep(time.Second)
				p.Read()
			}
			if took := r.k.Monotonic() - begin; took < 25*time.Second || took > time.Minute ||
				r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != ErrFlood {
				t.Errorf("closed after %v with %q %v", took, r.reasons[s.ID()], r.descs[s.ID()])
			}
			r.echoes(friend, "two")
			if n := r.engine.Stats().Throttled; n < 2 {
				t.Errorf("%d times", n)
			}
			r.finish()
			if r.engine.tolls.held != nil || r.engine.tolls.timer.Armed() {
				t.Error("a session is held for ever")
			}
		})
	}
}

// TestFastSender: who stays below the rate in the long run is never closed, and an
// upload beyond ByteRate takes its time.
func TestFastSender(t *testing.T) {
	r := newRig(t, 1, quietly, Options{ByteRate: 10000, ByteBurst: 20000, EventRate: 100, EventBurst: 100})
	p, s := r.openWS("EIO=4")
	for range 120 {
		p.Write(text("4" + strings.Repeat("x", 20000)))
		p.Write(bytes.Repeat(text("4y"), 120))
		r.sleep(3 * time.Second)
		p.Read()
	}
	if !s.Open() {
		t.Errorf("closed with %q %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	r.finish()
}

// TestPollingFlood: the answer to a POST waits until the session is even; polls go
// on meanwhile.
func TestPollingFlood(t *testing.T) {
	r := newRig(t, 1, quietly, Options{EventRate: 100, EventBurst: 100})
	s := r.openPoll("EIO=4")
	poster, poller := r.dial(), r.dial()
	post(poster, s, append(bytes.Repeat([]byte("4a\x1e"), 199), "4z"...))
	r.settle()
	if got := poster.Read(); len(got) > 0 {
		t.Errorf("answered at once: %q", got)
	}
	get(poller, s)
	r.settle()
	if _, _, body, _, _ := cutAnswer(poller.Read(), false); bytes.Count(body, []byte("4a")) != 199 {
		t.Errorf("the poll got %q", body)
	}
	r.sleep(1100 * time.Millisecond)
	if _, _, body, _, _ := cutAnswer(poster.Read(), false); string(body) != "ok" || !s.Open() {
		t.Errorf("the POST got %q", body)
	}
	post(poster, s, []byte("4b"))
	r.settle()
	if _, _, body, _, _ := cutAnswer(poster.Read(), false); string(body) != "ok" {
		t.Errorf("the next POST got %q", body)
	}

	// A second POST while the first one waits is what it always is.
	post(poster, s, bytes.Repeat([]byte("6\x1e"), 300)[:599])
	r.settle()
	post(r.dial(), s, []byte("4c"))
	r.settle()
	if r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != ErrOverlap {
		t.Errorf("closed with %q %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	r.finish()
}

// TestProbeFlood: a WebSocket that probes without end is dropped, the session goes on.
func TestProbeFlood(t *testing.T) {
	r := newRig(t, 1, quietly, Options{EventRate: 100, EventBurst: 100})
	s := r.openPoll("EIO=4")
	p := r.dial()
	request(p, "GET", "/engine.io/?transport=websocket&EIO=4&sid="+s.ID(), nil, upgradeLines...)
	r.settle()
	p.Write(bytes.Repeat(text("2probe"), 500))
	r.settle()
	if !p.Ended() || !s.Open() || s.probing() != nil {
		t.Errorf("the probe stands, session %s", s.ReadyState())
	}
	r.finish()
}

// TestEarly: an early session takes small messages only, over both transports.
func TestEarly(t *testing.T) {
	r := newRig(t, 1, quietly, Options{MaxEarlyBytes: 100})
	p, s := r.openWS("EIO=4")
	s.SetEarly(true)
	p.Write(text("4" + strings.Repeat("x", 99)))
	r.settle()
	s.SetEarly(false)
	p.Write(text("4" + strings.Repeat("x", 1000)))
	r.settle()
	if !s.Open() {
		t.Errorf("closed with %q %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	s.SetEarly(true)
	p.Write(text("4" + strings.Repeat("x", 100)))
	r.settle()
	if s.Open() || r.descs[s.ID()] != ws.ErrMessageTooBig {
		t.Errorf("closed with %q %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	s = r.openPoll("EIO=4")
	s.SetEarly(true)
	q := r.dial()
	post(q, s, bytes.Repeat([]byte("4"), 101))
	r.settle()
	if status, _, _, _, _ := cutAnswer(q.Read(), false); status != "413" || !s.Open() {
		t.Errorf("POST: %s", status)
	}
	r.finish()
}
