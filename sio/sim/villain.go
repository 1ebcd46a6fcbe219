package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// villain is a client that means no good: it speaks no HTTP, or wrong HTTP,
// frames, packets or payloads, two requests where one is allowed, or nothing at
// all. What the server answers has to be well-formed all the same, and nothing
// may be left of it in the end.
type villain struct {
	w      *World
	name   string
	rnd    *rand.Rand
	engine *engine
	lines  []*line
	over   bool
}

func newVillain(w *World, name string, n uint64) *villain {
	return &villain{w: w, name: name, rnd: rand.New(rand.NewPCG(w.Seed, 1000+n))}
}

// strike does one evil thing, and another one later.
func (v *villain) strike() {
	if v.over {
		return
	}
	v.w.figures.Villains++
	if v.rnd.IntN(3) == 0 {
		v.shout()
	} else {
		v.visit()
	}
	v.w.kernel.After(time.Duration(500+v.rnd.IntN(6000))*time.Millisecond, func() {
		v.retreat()
		v.strike()
	})
}

// retreat ends what the villain has open, in any way.
func (v *villain) retreat() {
	if v.engine != nil {
		v.engine.leave(farewell(v.rnd.IntN(int(farewells))))
		v.engine = nil
	}
	for _, l := range v.lines {
		switch v.rnd.IntN(3) {
		case 0:
			l.reset()
		case 1:
			l.vanish()
		default:
			l.drop()
		}
	}
	v.lines = nil
}

func (v *villain) stop() {
	v.retreat()
	v.over = true
}

// raw opens a connection whose answers only have to be HTTP.
func (v *villain) raw(b []byte) *line {
	l := v.w.dial(v.name, v.rnd, habits{oneWay: time.Duration(v.rnd.IntN(30)) * time.Millisecond, dribble: 0.3})
	var in []byte
	l.onData = func(b []byte) {
		in = append(in, b...)
		for len(in) > 0 {
			r, n, wrong := parseReply(in)
			if wrong != "" {
				v.w.fail("%s: %s: %.80q", v.name, wrong, in)
				return
			}
			if r == nil || r.status == 101 {
				return
			}
			in = in[n:]
		}
	}
	l.onEnd = func(bool) {}
	l.send(b)
	v.lines = append(v.lines, l)
	return l
}

// heads are requests that are wrong, or that go on for ever.
var heads = []string{
	"GET", "GET / HTTP/1.1\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost : a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\nHost: a\n\n",
	"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\npart of it",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=carrier HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=polling&sid=aaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
	"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n" +
		"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n",
	"OPTIONS /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET /socket.io/socket.io.js HTTP/1.1\r\nHost: a\r\n\r\n",
}

// shout sends nonsense on a connection of its own.
func (v *villain) shout() {
	switch v.rnd.IntN(4) {
	case 0:
		v.raw(blob(v.rnd, 2000>>(v.rnd.IntN(2)*10))) // or nothing at all
	case 1:
		l := v.raw([]byte("GET / HTTP/1.1\r\nHost: a\r\n"))
		for i := range 60 { // more than fits, in pieces
			v.w.kernel.After(time.Duration(i)*20*time.Millisecond, func() {
				l.send(fmt.Appendf(nil, "X-%d: %s\r\n", i, strings.Repeat("x", 400)))
			})
		}
	default:
		head := []byte(heads[v.rnd.IntN(len(heads))])
		if v.rnd.IntN(4) == 0 {
			head = v.spoil(head)
		}
		l := v.raw(head)
		if v.rnd.IntN(4) == 0 {
			l.finish()
		}
	}
}

// spoil changes a byte, cuts, or doubles.
func (v *villain) spoil(b []byte) []byte {
	b = bytes.Clone(b)
	at := v.rnd.IntN(len(b))
	switch v.rnd.IntN(4) {
	case 0:
		return b[:at]
	case 1:
		return append(b, b[at:]...)
	default:
		b[at] = byte(v.rnd.Uint32())
		return b
	}
}

// visit opens a session and breaks its rules.
func (v *villain) visit() {
	s := v.w.style(v.rnd)
	s.upgrade = false
	e := &engine{w: v.w, who: v.name, rnd: v.rnd, style: s}
	e.onMessage = func([]byte, bool) {}
	e.onClose = func(string) {}
	e.onFate = func(how farewell) { e.leave(how) }
	e.onOpen = func() {
		delay := time.Duration(v.rnd.IntN(1500)) * time.Millisecond
		if v.rnd.IntN(5) > 0 && s.protocol == 4 { // a guest at first
			e.send(epacket{kind: '4', data: []byte("40")})
		}
		for range 1 + v.rnd.IntN(3) {
			v.w.kernel.After(delay, func() {
				if v.engine == e && e.state == engineOpen {
					v.offend(e)
				}
			})
			delay += time.Duration(v.rnd.IntN(300)) * time.Millisecond
		}
	}
	v.engine = e
	e.start()
}

// offend breaks a rule of the session's.
func (v *villain) offend(e *engine) {
	switch n := v.rnd.IntN(10); {
	case n < 5:
		v.misspeak(e)
	case n == 5: // asks for much and reads nothing
		for range 40 {
			e.outbox = append(e.outbox, epacket{kind: '4', data: []byte(`42["burst",19]`)})
		}
		e.turn()
		for _, c := range e.conns {
			c.line.peer.Stall()
		}
		if e.ws != nil {
			e.ws.line.peer.Stall()
		}
	case e.ws != nil:
		v.misframe(e)
	case n == 6:
		v.raw(request("GET", e.target("polling"), "", "", nil))
	case n == 7:
		v.raw(request("POST", e.target("polling"), "text/plain", "", []byte("2")))
		v.raw(request("POST", e.target("polling"), "application/octet-stream", "", blob(v.rnd, 100)))
	case n == 8:
		body := bytes.Repeat([]byte{'4'}, v.rnd.IntN(300_000))
		v.raw(request("POST", e.target("polling"), "text/plain", "Expect: 100-continue\r\n", body))
	default:
		v.misprobe(e)
	}
}

// packets of Engine.IO's or Socket.IO's that are wrong, or wrong here.
var nonsense = []string{
	"", "7", "0", "3", "2", "2probe", "5", "6", "1", "4", "47", "4x", "bAAA", "b!", "b4AAAA", "44", "44/x,{}",
	"40", "40/chat,",
	"40/chat,[1]", `40{"deny":1`, "40/nowhere,", "41", "41/chat,", "42", "42[]", "42{}", `42["disconnect"]`, `42["echo"`,
	`42[1,2]`, `42["echo",1,2,3]`, `42["bye",3]`, `42["boom",1]`, `42["say",5]`, `42["room",2]`, "43[]",
	"430[1]", "431[1]",
	"4399999999999999999999[1]", "42/chat,0[\"echo\",7]", `45["x"]`, `450-["x"]`, `451-["x"]`, `4599-["x"]`,
	`451-["echo",{"_placeholder":true,"num":0}]`, `451-["echo",{"_placeholder":true,"num":7}]`,
	`461-0[{"_placeholder":true,"num":0}]`,
	`42["` + "\xff\xfe" + `"]`, `42["\ud800"]`, "42" + strings.Repeat("[", 5000), `420["later",900]`, `421["later",900]`,
	`42["echo",` + strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900) + "]",
}

// misspeak sends packets that are wrong over the session's own transport.
func (v *villain) misspeak(e *engine) {
	for range 1 + v.rnd.IntN(4) {
		text := []byte(nonsense[v.rnd.IntN(len(nonsense))])
		if len(text) > 0 && v.rnd.IntN(4) == 0 {
			text = v.spoil(text)
		}
		switch {
		case e.ws != nil && v.rnd.IntN(5) == 0:
			e.ws.send(opBinary, blob(v.rnd, 40))
		case e.ws != nil:
			e.ws.send(opText, text)
		case len(text) > 0:
			e.outbox = append(e.outbox, epacket{kind: text[0], data: text[1:]})
		}
	}
	e.turn()
}

// misframe sends frames that break RFC 6455.
func (v *villain) misframe(e *engine) {
	frames := [][]byte{
		{0x81, 0x01, 'x'},                    // not masked
		{0xc1, 0x81, 0, 0, 0, 0, '2'},        // RSV1
		{0x83, 0x80, 0, 0, 0, 0},             // reserved opcode
		{0x09, 0x80, 0, 0, 0, 0},             // control, fragmented
		{0x80, 0x80, 0, 0, 0, 0},             // nothing to continue
		{0x88, 0x81, 0, 0, 0, 0, 1},          // half a status code
		{0x88, 0x82, 0, 0, 0, 0, 3, 0xed},    // 1005, never to be sent
		{0x81, 0xfe, 0, 5, 0, 0, 0, 0},       // not the shortest length
		{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0}, // 2^63
		{0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 4}, // 2^32+4
		{0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28}, // no UTF-8
		bytes.Repeat([]byte{0x01, 0x80, 0, 0, 0, 0}, 3),
		append([]byte{0x01, 0x80, 0, 0, 0, 0}, bytes.Repeat([]byte{0x00, 0x80, 0, 0, 0, 0}, 2000)...),
		append([]byte{0x82, 0xff, 0, 0, 0, 0, 0, 4, 0, 0}, blob(v.rnd, 3000)...), // over the limit
	}
	frame := frames[v.rnd.IntN(len(frames))]
	if v.rnd.IntN(3) == 0 {
		frame = v.spoil(appendMasked(nil, opText, true, []byte(nonsense[v.rnd.IntN(len(nonsense))]), v.rnd))
	}
	if len(frame) > 0 {
		e.ws.line.send(frame)
	}
}

// misprobe disturbs the session with WebSockets.
func (v *villain) misprobe(e *engine) {
	for range 1 + v.rnd.IntN(2) {
		c := &wsConn{line: v.w.dial(v.name, v.rnd, habits{}), onWrong: e.wrong}
		c.line.onData, c.line.onEnd = c.onData, c.lost
		c.onEnd = func(string) {}
		c.onMessage = func(byte, []byte) {}
		c.onOpen = func() {
			for range v.rnd.IntN(4) {
				c.send(opText, []byte([]string{"2probe", "5", "2probe", "4x", "2", ""}[v.rnd.IntN(6)]))
			}
			if v.rnd.IntN(4) == 0 {
				c.line.reset()
			}
		}
		c.hello(e.target("websocket"), "")
		v.lines = append(v.lines, c.line)
	}
}
