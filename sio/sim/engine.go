package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// style is how a client's engine goes about its business.
type style struct {
	wire
	websocket bool // begin with a WebSocket
	upgrade   bool // from polling to WebSocket
	keepAlive bool // one connection carries many requests
	gzip      bool
	eager     bool    // "2probe" and "5" back to back
	badProbe  int     // 1: no probe but nonsense, 2: no "5" ever; once, then a good one
	hasty     bool    // the first frames go right behind the handshake
	offer     string  // of compression
	fragments float64 // chance that a message goes in fragments
	habits
}

type engineState uint8

const (
	engineOpening engineState = iota
	engineOpen
	engineClosed
)

// engine is one Engine.IO session of a client, from the client's side.
type engine struct {
	w     *World
	who   string
	rnd   *rand.Rand
	style style
	state engineState
	sid   string
	ping  time.Duration // interval
	pong  time.Duration // timeout
	limit int           // maxPayload

	conns     []*httpConn
	ws        *wsConn // the transport
	probe     *wsConn
	paused    bool // no poll and no POST any more, for the upgrade
	outbox    []epacket
	get, post *exchange
	index     int           // of JSONP
	heard     time.Duration // when a ping (protocol 4) or pong (3) came last
	pinged    time.Duration // protocol 3: when the ping without a pong was sent

	onOpen    func()
	onMessage func(data []byte, binary bool)
	onClose   func(why string) // once, unless the client itself closed
	fate      *fate
	onFate    func(how farewell)
}

func (e *engine) start() {
	if e.style.websocket {
		if e.ws = e.socket(""); e.style.hasty { // pings of RFC 6455 are allowed at any time
			e.ws.send(opPing, []byte("early"))
		}
		return
	}
	e.fetch("GET", nil, func(r *reply) {
		if e.state != engineClosed {
			e.polled(r)
		}
	})
}

// target is the request target for a transport.
func (e *engine) target(transport string) string {
	t := "/socket.io/?EIO=" + strconv.Itoa(e.style.protocol) + "&transport=" + transport + "&who=" + e.who
	if e.style.base64 {
		t += "&b64=1"
	}
	if e.style.jsonp && transport == "polling" {
		t += "&j=" + strconv.Itoa(e.index)
	}
	if e.sid != "" {
		t += "&sid=" + e.sid
	}
	return t
}

// fetch sends a request on an idle connection or on a new one.
func (e *engine) fetch(method string, list []epacket, done func(*reply)) *exchange {
	headers := ""
	if !e.style.keepAlive {
		headers = "Connection: close\r\n"
	}
	if e.style.gzip {
		headers += "Accept-Encoding: gzip\r\n"
	}
	var body []byte
	kind := ""
	if method == "POST" {
		body, kind = e.style.payload(list)
	}
	x := &exchange{request: request(method, e.target("polling"), kind, headers, body), done: done}
	e.w.figures.Requests++
	e.asks()
	for _, c := range e.conns {
		if c.cur == nil && !c.dead && !c.line.finished {
			c.start(x)
			return x
		}
	}
	e.conns = slices.DeleteFunc(e.conns, func(c *httpConn) bool { return c.dead && c.cur == nil })
	c := &httpConn{line: e.w.dial(e.who, e.rnd, e.style.habits), onWrong: e.wrong}
	c.line.onData, c.line.onEnd = c.onData, c.onEnd
	c.line.gate = func(b []byte) ([]byte, func()) { return e.gate(c.line, atHead, b) }
	e.conns = append(e.conns, c)
	c.start(x)
	return x
}

func (e *engine) wrong(what string, b []byte) {
	e.w.fail("%s: from the server: %s: %.80q", e.who, what, b)
}

// polled takes the answer to a GET.
func (e *engine) polled(r *reply) {
	switch {
	case r == nil:
		e.lost("get broke")
		return
	case r.status != 200:
		e.refused(r)
		return
	}
	list, ok := e.style.packets(r.body, r.header["content-type"], e.index)
	if !ok {
		e.wrong("malformed payload", r.body)
		return
	}
	for _, p := range list {
		e.packet(p)
	}
	e.turn()
}

// refused is an answer with an error status.
func (e *engine) refused(r *reply) {
	e.w.trace.note(e.who, "refused", int64(r.status), r.body)
	e.excuse(r)
	e.lost("status " + strconv.Itoa(r.status) + " " + string(r.body))
}

// packet handles a packet of the transport in use.
func (e *engine) packet(p epacket) {
	if e.state == engineClosed {
		return
	}
	if e.state == engineOpening && p.kind != '0' {
		e.wrong("no open packet", p.data)
		return
	}
	switch p.kind {
	case '0':
		e.opened(p.data)
	case '1':
		e.lost("close packet")
	case '2':
		if e.style.protocol == 3 {
			e.wrong("ping in protocol 3", p.data)
		}
		e.heard = e.w.now()
		e.send(epacket{kind: '3', data: p.data})
	case '3':
		if e.style.protocol == 4 {
			e.wrong("pong in protocol 4", p.data)
		}
		e.heard, e.pinged = e.w.now(), 0
	case '4':
		e.onMessage(p.data, p.binary)
	case '6':
	default:
		e.wrong("packet out of place", append([]byte{p.kind}, p.data...))
	}
}

// opened takes the open packet.
func (e *engine) opened(data []byte) {
	var open struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int      `json:"pingInterval"`
		PingTimeout  int      `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}
	if err := json.Unmarshal(data, &open); err != nil || open.SID == "" || e.state != engineOpening {
		e.wrong("open packet", data)
		return
	}
	e.state, e.sid, e.limit, e.heard = engineOpen, open.SID, open.MaxPayload, e.w.now()
	e.ping = time.Duration(open.PingInterval) * time.Millisecond
	e.pong = time.Duration(open.PingTimeout) * time.Millisecond
	e.w.figures.Sessions++
	if e.style.upgrade && slices.Contains(open.Upgrades, "websocket") {
		e.w.kernel.After(time.Duration(e.rnd.IntN(500))*time.Millisecond, e.beginProbe)
	}
	if e.style.protocol == 3 {
		e.w.kernel.After(e.ping, e.beat)
	} else {
		e.w.kernel.After(e.ping+e.pong, e.watch)
	}
	e.onOpen()
}

// beat is protocol 3's heartbeat: the client pings.
func (e *engine) beat() {
	switch {
	case e.state != engineOpen:
		return
	case e.pinged > 0 && e.w.now()-e.pinged > e.pong+e.style.slack():
		e.lost("ping timeout")
		return
	case e.pinged == 0:
		e.pinged = e.w.now()
		e.send(epacket{kind: '2'})
	}
	e.w.kernel.After(min(e.ping, e.pong), e.beat)
}

// watch is protocol 4's: the client waits for pings.
func (e *engine) watch() {
	if e.state != engineOpen {
		return
	}
	left := e.heard + e.ping + e.pong + e.style.slack() - e.w.now()
	if left <= 0 {
		e.lost("ping timeout")
		return
	}
	e.w.kernel.After(left, e.watch)
}

// slack is what the network may add to a heartbeat.
func (s *style) slack() time.Duration { return 2*time.Second + 8*(s.oneWay+s.jitter) }

// send sends a packet over whatever the transport is.
func (e *engine) send(p epacket) {
	e.outbox = append(e.outbox, p)
	e.turn()
}

// turn does what is to be done next: poll, post, write, upgrade.
func (e *engine) turn() {
	switch {
	case e.state != engineOpen:
	case e.ws != nil:
		out := e.outbox
		e.outbox = nil
		for _, p := range out {
			e.frame(e.ws, p)
		}
	case e.paused && e.probe == nil && e.get != nil: // what ends the poll may be an answer
		e.flush()
	case e.paused && e.get == nil && e.post == nil:
		e.complete()
	case e.paused:
	default:
		e.poll()
		e.flush()
	}
}

func (e *engine) poll() {
	if e.get != nil {
		return
	}
	e.get = e.fetch("GET", nil, func(r *reply) {
		if e.get = nil; e.state == engineOpen {
			e.polled(r)
		}
	})
	e.reach(atPoll)
}

// flush posts what fits into one payload.
func (e *engine) flush() {
	if e.post != nil || len(e.outbox) == 0 {
		return
	}
	n, size := 0, 0
	for n < len(e.outbox) && (n == 0 || size+2*len(e.outbox[n].data) < e.limit || e.limit == 0 && n < 20) {
		size += 2*len(e.outbox[n].data) + 12
		n++
	}
	batch := e.outbox[:n:n]
	e.outbox = e.outbox[n:]
	e.post = e.fetch("POST", batch, func(r *reply) {
		e.post = nil
		switch {
		case e.state != engineOpen:
		case r == nil:
			e.lost("post broke")
		case r.status != 200 || string(r.body) != "ok":
			e.refused(r)
		default:
			e.turn()
		}
	})
	e.reach(atPost)
}

// socket opens a WebSocket for the session, or for a new one.
func (e *engine) socket(as string) *wsConn {
	c := &wsConn{line: e.w.dial(e.who+as, e.rnd, e.style.habits), fragments: e.style.fragments, hasty: e.style.hasty,
		onWrong: e.wrong, offer: e.style.offer}
	c.line.onData, c.line.onEnd = c.onData, c.lost
	c.line.gate = func(b []byte) ([]byte, func()) {
		at := atFrame
		if !c.asked {
			at, c.asked = atHello, true
		}
		return e.gate(c.line, at, b)
	}
	c.onRefused = e.excuse
	c.onOpen = func() { e.reach(atSwitch) }
	c.onMessage = func(op byte, data []byte) {
		if p, ok := e.framed(op, data); ok {
			e.packet(p)
		}
	}
	c.onEnd = func(why string) {
		if e.ws == c {
			e.lost("websocket " + why)
		}
	}
	e.asks()
	c.hello(e.target("websocket"), "")
	return c
}

// frame sends a packet in a frame.
func (e *engine) frame(c *wsConn, p epacket) {
	switch {
	case !p.binary || e.style.base64:
		c.send(opText, e.style.text(p))
	case e.style.protocol == 3:
		c.send(opBinary, append([]byte{p.kind - '0'}, p.data...))
	default:
		c.send(opBinary, p.data)
	}
}

// framed reads a packet from a frame.
func (e *engine) framed(op byte, data []byte) (p epacket, ok bool) {
	switch {
	case op == opText:
		p, ok = e.style.fromText(data)
	case e.style.protocol == 4:
		p, ok = epacket{kind: '4', binary: true, data: data}, !e.style.base64
	case len(data) > 0:
		p, ok = epacket{kind: data[0] + '0', binary: true, data: data[1:]}, data[0] == 4 && !e.style.base64
	}
	if !ok {
		e.wrong("malformed packet in a frame", data)
	}
	return p, ok
}

// lost is the end from outside.
func (e *engine) lost(why string) {
	if e.state != engineClosed {
		e.w.trace.note(e.who, "lost", 0, []byte(why))
		e.state = engineClosed
		e.letGo()
		e.onClose(why)
	}
}

func (e *engine) String() string {
	transport := "polling"
	if e.ws != nil {
		transport = "websocket"
	}
	return strings.TrimSpace(fmt.Sprintf("%s sid=%s v%d %s", e.who, e.sid, e.style.protocol, transport))
}
