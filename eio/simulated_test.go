package eio

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// simulated is a client as a browser has it: it polls, posts one body at a time,
// at some point probes a WebSocket, lets its requests finish, and upgrades.
type simulated struct {
	r        *rig
	sid      string
	protocol uint8
	polls    bool // a poll stands
	posts    bool // a POST is under way
	pausing  bool // the probe was answered: finish what is under way, then "5"
	upgraded bool // "5" is sent
	ws       *polltest.Peer
	queue    []string // packets to send
	got      []string // messages
	noops    int
	bye      bool // the server's close packet or frame
	sent     []string
	fault    string
}

func (c *simulated) fail(format string, args ...any) {
	if c.fault == "" {
		c.fault = fmt.Sprintf(format, args...)
	}
}

// exchange makes a request on a connection of its own and calls done with the
// answer.
func (c *simulated) exchange(method, target string, body []byte, done func(status string, body []byte)) {
	p := c.r.dial()
	var buf []byte
	p.OnData = func(b []byte) {
		buf = append(buf, b...)
		if status, _, answer, _, ok := cutAnswer(buf, false); ok {
			p.OnData = nil
			p.CloseWrite()
			done(status, answer)
		}
	}
	p.OnEnd = func(bool) {
		if p.OnData != nil {
			c.fail("%s %s ended without an answer", method, target)
		}
	}
	var lines []string
	if method == "POST" {
		lines = []string{fmt.Sprintf("Content-Length: %d", len(body))}
	}
	request(p, method, target, body, lines...)
}

func (c *simulated) target(transport string) string {
	t := fmt.Sprintf("/engine.io/?EIO=%d&transport=%s", c.protocol, transport)
	if c.sid != "" {
		t += "&sid=" + c.sid
	}
	return t
}

// soon calls fn after up to 20 ms.
func (c *simulated) soon(fn func()) {
	c.r.k.After(time.Duration(c.r.k.IntN(20))*time.Millisecond, fn)
}

func (c *simulated) poll() {
	if c.pausing || c.bye {
		c.paused()
		return
	}
	c.polls = true
	c.exchange("GET", c.target("polling"), nil, func(status string, body []byte) {
		c.polls = false
		if status != "200" {
			c.fail("poll: %s %s", status, body)
			return
		}
		list, ok := decode(body, c.protocol, c.protocol == 3 && len(body) > 0 && body[0] < ' ')
		if !ok {
			c.fail("payload: %q", body)
		}
		for _, p := range list {
			c.packet(p)
		}
		c.soon(c.poll)
	})
}

// packet takes what came over either transport.
func (c *simulated) packet(p packet) {
	switch p.kind {
	case packetOpen:
		c.sid = string(p.data[8:28])
	case packetMessage:
		c.got = append(c.got, fmt.Sprintf("%s/%v", p.data, p.binary))
	case packetPing:
		c.send("3")
	case packetNoop:
		c.noops++
	case packetClose:
		c.bye = true
	}
}

// send queues a packet; what waits goes in one body, or over the WebSocket.
func (c *simulated) send(packets ...string) {
	c.queue = append(c.queue, packets...)
	switch {
	case len(c.queue) == 0 || c.posts || c.bye:
	case c.upgraded:
		for _, p := range c.queue {
			c.ws.Write(text(p))
		}
		c.queue = nil
	case !c.pausing && c.sid != "":
		body := strings.Join(c.queue, "\x1e")
		if c.protocol == 3 {
			body = ""
			for _, p := range c.queue {
				body += fmt.Sprintf("%d:%s", len(p), p)
			}
		}
		c.queue, c.posts = nil, true
		c.exchange("POST", c.target("polling"), []byte(body), func(status string, body []byte) {
			if c.posts = false; status != "200" {
				c.fail("POST: %s %s", status, body)
			}
			c.paused()
			c.send()
		})
	}
}

// upgrade opens the WebSocket and probes.
func (c *simulated) upgrade() {
	c.ws = c.r.dial()
	var buf []byte
	switched := false
	c.ws.OnData = func(b []byte) {
		buf = append(buf, b...)
		if !switched {
			status, _, _, rest, ok := cutAnswer(buf, false)
			if !ok {
				return
			}
			if status != "101" {
				c.fail("upgrade: %s", status)
				return
			}
			switched, buf = true, rest
		}
		for {
			op, payload, rest, ok := cutFrame(buf)
			if !ok {
				return
			}
			buf = rest
			c.frame(byte(op), payload)
		}
	}
	request(c.ws, "GET", c.target("websocket"), nil, upgradeLines...)
	c.soon(func() { c.ws.Write(text("2probe")) })
}

func (c *simulated) frame(op byte, payload []byte) {
	var p packet
	ok := true
	switch op {
	case 1:
		p, ok = parseText(payload, c.protocol)
	case 2:
		p, ok = parseBinary(payload, c.protocol)
	case 8:
		c.bye = true
		return
	}
	if !ok {
		c.fail("frame: %q", payload)
	}
	if !c.upgraded && p.kind == packetPong {
		c.pausing = true
		c.soon(c.paused)
		return
	}
	c.packet(p)
}

// paused sends "5" once nothing is under way over HTTP.
func (c *simulated) paused() {
	if c.pausing && !c.upgraded && !c.polls && !c.posts && !c.bye {
		c.upgraded = true
		c.ws.Write(text("5"))
		c.soon(func() { c.send() })
	}
}

// script is the server's side: what it got.
type script struct {
	fixture
	got []string
}

func (h *script) OnMessage(_ *Session, data []byte, _ bool) { h.got = append(h.got, string(data)) }

// TestUpgradeOrder: what either side sends before, during and after an upgrade
// arrives once and in order, whenever it happens and however the network cuts.
func TestUpgradeOrder(t *testing.T) {
	polltest.Seeds(t, 200, func(t *testing.T, seed uint64) {
		for _, protocol := range []uint8{3, 4} {
			upgradeOnce(t, seed, protocol)
		}
	})
}

func upgradeOnce(t *testing.T, seed uint64, protocol uint8) {
	f := polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.1}
	r := newRig(t, seed, f, Options{PingInterval: 300 * time.Millisecond, PingTimeout: 300 * time.Millisecond})
	h := &script{fixture: fixture{r}}
	r.handler = h
	c := &simulated{r: r, protocol: protocol}
	c.poll()
	var down []string
	at := func(fn func()) { r.k.After(time.Duration(100+r.k.IntN(900))*time.Millisecond, fn) }
	at(c.upgrade)
	for range 40 {
		at(func() {
			text, binary := fmt.Sprint(len(down)), r.k.Coin(0.3)
			down = append(down, fmt.Sprintf("%s/%v", text, binary))
			r.last.Send([]byte(text), binary)
		})
		at(func() {
			c.sent = append(c.sent, fmt.Sprint(len(c.sent)))
			c.send("4" + c.sent[len(c.sent)-1])
		})
	}
	if protocol == 3 {
		for i := range 10 {
			r.k.After(time.Duration(i)*200*time.Millisecond, func() { c.send("2") })
		}
	}
	r.sleep(2 * time.Second)
	s := r.last
	if !s.Upgraded() || !slices.Equal(c.got, down) || !slices.Equal(h.got, c.sent) || c.fault != "" || c.noops > 2 {
		t.Errorf("protocol %d: upgraded %v, fault %q, %d noops\ndown %v\n got %v\n  up %v\n got %v",
			protocol, s.Upgraded(), c.fault, c.noops, down, c.got, c.sent, h.got)
	}
	if st := r.engine.Stats(); st.WebSockets != 1 || st.Upgrades != 1 || st.Sessions != 1 {
		t.Errorf("counters: %+v", st)
	}
	s.Close(false)
	r.settle()
	if !c.bye || r.reasons[s.ID()] != ForcedClose {
		t.Errorf("closed with %q, client knows: %v", r.reasons[s.ID()], c.bye)
	}
	r.finish()
}
