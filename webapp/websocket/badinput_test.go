package websocket

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The cases of bad input of groups U (the handshake) and W (frames) that a plain WebSocket server meets. After each one
// another client still gets its answer, and nothing is left: see badOnce. Groups U and W are tested below this package,
// too: webapp/ws has the frames one by one.

var badOptions = Options{
	MaxMessageBytes: 1000, MaxFragments: 100, PerMessageDeflate: &Deflate{},
	Cors: &webapp.Cors{Origins: []string{"http://good.example", "https://good.example:8443"}},
}

const origin = "Origin: http://good.example"

// badHandshakes have the answer's status.
var badHandshakes = []struct{ name, wire, status string }{
	{"U1 no Upgrade", handshake("/chat", origin, "Upgrade:"), "400"},
	{"U1 other Upgrade", handshake("/chat", origin, "Upgrade: websockets"), "400"},
	{"U1 no Connection", handshake("/chat", origin, "Connection:"), "400"},
	{"U1 other Connection", handshake("/chat", origin, "Connection: keep-alive"), "400"},
	{"U1 no Version", handshake("/chat", origin, "Sec-WebSocket-Version:"), "400"},
	{"U1 Version 12", handshake("/chat", origin, "Sec-WebSocket-Version: 12"), "400"},
	{"U1 Version 14", handshake("/chat", origin, "Sec-WebSocket-Version: 14"), "400"},
	{"U1 Version twice", handshake("/chat", origin, "Sec-WebSocket-Version: 13", "sec-websocket-version: 13"), "400"},
	// Without a key nothing but Upgrade tells that a WebSocket is meant.
	{"U1 no Key", handshake("/chat", origin, "Sec-WebSocket-Key:"), "400"},
	{"U1 Key of 23", handshake("/chat", origin, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="), "400"},
	{"U1 Key of 25", handshake("/chat", origin, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="), "400"},
	{"U1 Key not base64", handshake("/chat", origin, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-Q=="), "400"},
	{"U1 Key of 17 bytes", handshake("/chat", origin, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU="), "400"},
	{"U1 Key twice", handshake("/chat", origin, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), "400"},
	{"U2 POST", "POST" + handshake("/chat", origin)[3:], "405"},
	{"U2 body", handshake("/chat", origin, "Content-Length: 5") + "hello", "400"},
	{"U2 chunked body", handshake("/chat", origin, "Transfer-Encoding: chunked") + "0\r\n\r\n", "400"},
	{"U2 HTTP/1.0", strings.Replace(handshake("/chat", origin), "HTTP/1.1", "HTTP/1.0", 1), "400"},
	// An extension that we do not know, and an offer that is not in order, are passed over, as RFC 6455, section 9.1
	// and RFC 7692, section 5.1 have it; what is no list of extensions refuses.
	{"U3 constructor", handshake("/chat", origin, "Sec-WebSocket-Extensions: constructor"), "101"},
	{"U3 1000 times", handshake("/chat", origin,
		"Sec-WebSocket-Extensions: "+strings.Repeat("permessage-deflate; ", 500)), "400"},
	{"U3 window of 7", handshake("/chat", origin,
		"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"), "101"},
	{"U3 window of 16", handshake("/chat", origin,
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16"), "101"},
	{"U3 window twice", handshake("/chat", origin, "Sec-WebSocket-Extensions: permessage-deflate; "+
		"server_max_window_bits=9; server_max_window_bits=9"), "101"},
	{"U3 no list", handshake("/chat", origin, "Sec-WebSocket-Extensions: a b"), "400"},
	{"U4 50 KB of spaces", handshake("/chat", origin, "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 50<<10)+"b"), "431"},
	{"U4 8 KB of spaces", handshake("/chat", origin, "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 8<<10)+"b"), "400"},
	{"U4 1000 tokens", handshake("/chat", origin, "Sec-WebSocket-Protocol: a"+strings.Repeat(", b", 999)), "101"},
	{"U4 empty token", handshake("/chat", origin, "Sec-WebSocket-Protocol: a,,b"), "400"},
	{"U7 foreign origin", handshake("/chat", "Origin: http://evil.example"), "403"},
	{"U7 null", handshake("/chat", "Origin: null"), "403"},
	{"U7 same host, other scheme", handshake("/chat", "Origin: https://good.example"), "403"},
	{"U7 same host, other port", handshake("/chat", "Origin: http://good.example:8080"), "403"},
	{"U7 suffix", handshake("/chat", "Origin: http://good.example.evil"), "403"},
	{"U7 two origins", handshake("/chat", "Origin: http://evil.example", origin), "403"},
	// No script of another site comes without an Origin.
	{"U7 none", handshake("/chat"), "101"},
	{"U8 Upgrade beyond the limit of headers", handshake("/chat",
		strings.Split(strings.Repeat("X: y\n", 99)+origin, "\n")...), "431"},
}

func TestBadHandshakes(t *testing.T) {
	for _, c := range badHandshakes {
		badOnce(t, c.name, func(r *rig) {
			p := r.dial()
			p.WriteString(c.wire)
			r.settle()
			got := string(p.Read())
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.status+" ") || p.EOF() != (c.status != "101") {
				t.Errorf("%s: %.200q, ended %v, want %s", c.name, got, p.EOF(), c.status)
			}
			if opened := r.chat.Stats().Opened > 1; opened != (c.status == "101") {
				t.Errorf("%s: a channel opened: %v", c.name, opened)
			}
		})
	}
}

// U6: the client is gone before the 101 is written.
func TestResetAtTheHandshake(t *testing.T) {
	type peer = *polltest.Peer
	for _, end := range []func(peer){peer.Reset, peer.Close, peer.CloseWrite} {
		badOnce(t, "U6", func(r *rig) {
			p := r.dial()
			p.WriteString(handshake("/chat", origin) + text("x"))
			end(p)
			r.settle()
		})
	}
}

// lengths is a header with an extended length.
func lengths(form byte, length uint64) string {
	b := []byte{0x82, 0x80 | form}
	for shift := map[byte]int{126: 8, 127: 56}[form]; shift >= 0; shift -= 8 {
		b = append(b, byte(length>>shift))
	}
	return string(b) + "\x01\x02\x03\x04"
}

// badFrames come behind a handshake; the code is that of our close frame, 0 where the channel stays open.
var badFrames = []struct {
	name, wire string
	code       ws.StatusCode
}{
	{"W1 RSV1 where compression is not agreed on", raw(0xc1, "a"), 1002},
	{"W1 RSV2", raw(0xa1, "a"), 1002},
	{"W1 RSV3", raw(0x91, "a"), 1002},
	{"W2 opcode 3", raw(0x83, ""), 1002},
	{"W2 opcode 7", raw(0x87, ""), 1002},
	{"W2 opcode B", raw(0x8b, ""), 1002},
	{"W2 opcode F", raw(0x8f, ""), 1002},
	{"W3 not masked", "\x81\x01a", 1002},
	{"W4 126 for 125", lengths(126, 125), 1002},
	{"W4 127 for 65535", lengths(127, 65535), 1002},
	{"W5 most significant bit", lengths(127, 1<<63), 1002},
	{"W5 2^63-1", lengths(127, 1<<63-1), 1009},
	{"W5 2^32+4", lengths(127, 1<<32+4), 1009},
	{"W5 2^31", lengths(127, 1<<31), 1009},
	{"W5 2^31-1", lengths(127, 1<<31-1), 1009},
	{"W5 max+1", lengths(126, 1001), 1009},
	{"W5 max", masked(ws.OpBinary, strings.Repeat("x", 1000)), 0},
	{"W6 control of 126", raw(0x89, strings.Repeat("x", 126)), 1002},
	{"W6 fragmented control", raw(0x09, "x"), 1002},
	{"W7 continuation of nothing", raw(0x80, "x"), 1002},
	{"W7 message inside a message", raw(0x01, "x") + text("y"), 1002},
	{"W8 one-byte fragments", raw(0x01, "x") + strings.Repeat(raw(0x00, "x"), 1e4), 1009},
	{"W8 empty fragments", raw(0x01, "") + strings.Repeat(raw(0x00, ""), 1e4), 1009},
	{"W8 never-ending message", raw(0x02, "x") + strings.Repeat(raw(0x00, strings.Repeat("x", 100)), 99), 1009},
	{"W9 overlong", text("\xc0\xaf"), 1007},
	{"W9 surrogate", text("\xed\xa0\x80"), 1007},
	{"W9 above 10FFFF", text("\xf4\x90\x80\x80"), 1007},
	{"W9 split across fragments", raw(0x01, "\xf4") + raw(0x80, "\x90\x80\x80"), 1007},
	{"W9 cut short", text("\xe2\x82"), 1007},
	{"W10 close of one byte", raw(0x88, "\x03"), 1002},
	{"W10 0", closing(0, ""), 1002},
	{"W10 999", closing(999, ""), 1002},
	{"W10 1004", closing(1004, ""), 1002},
	{"W10 1005", closing(1005, ""), 1002},
	{"W10 1006", closing(1006, ""), 1002},
	{"W10 1015", closing(1015, ""), 1002},
	{"W10 2999", closing(2999, ""), 1002},
	{"W10 5000", closing(5000, ""), 1002},
	{"W10 bad reason", closing(1000, "\xff"), 1007},
	{"W10 data and a second close behind it", closing(1000, "") + text("x") + closing(1001, ""), 1000},
	{"W11 pong flood", strings.Repeat(masked(ws.OpPong, "x"), 1e4), 0},
	{"W11 ping flood", strings.Repeat(masked(ws.OpPing, "x"), 1e3), 0},
	{"W13 64 in a segment", strings.Repeat(text("x"), 64), 0},
	{"W14 mask of zeros", "\x81\x85\x00\x00\x00\x00hello", 0},
	{"W15 half a frame", text("hello")[:8], 0},
	{"W15 half a header", text("hello")[:1], 0},
}

func TestBadFrames(t *testing.T) {
	for _, c := range badFrames {
		whole := badStream(t, c.name, c.wire, len(c.wire), c.code)
		if len(c.wire) < 500 { // W12: the same however it is cut
			for n := 1; n < len(c.wire); n++ {
				if split := badStream(t, c.name, c.wire, n, c.code); split != whole {
					t.Errorf("%s: %q in pieces of %d, %q whole", c.name, split, n, whole)
				}
			}
		}
	}
}

// badStream sends a wire in pieces and returns what came back.
func badStream(t *testing.T, name, wire string, size int, code ws.StatusCode) (came string) {
	t.Helper()
	badOnce(t, name, func(r *rig) {
		p, ch := r.open("/chat", origin)
		var got []byte
		for len(wire) > 0 {
			n := min(size, len(wire))
			p.WriteString(wire[:n])
			wire = wire[n:]
			r.loop.Poll(0)
			r.loop.Poll(0)
			got = append(got, p.Read()...)
		}
		r.settle()
		got = append(got, p.Read()...)
		lines := transcript(got)
		came = strings.Join(lines, "\n")
		closed := len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "close ")
		if code == 0 && (closed || !ch.Open() || p.Ended()) {
			t.Errorf("%s: closed: %q", name, came)
		}
		if code != 0 && (!bytes.HasSuffix(got, []byte{0x88, 2, byte(code >> 8), byte(code)}) || ch.Open() || !p.Ended()) {
			t.Errorf("%s: %.200q, want a close frame with %d and the end", name, came, code)
		}
		if breach := code != 0 && code != 1000; breach != (r.chat.Stats().Breaches == 1) || breach != (ch.Err() != nil) {
			t.Errorf("%s: %+v, %v", name, r.chat.Stats(), ch.Err())
		}
	})
	return came
}

// W16 where compression is agreed on.
func TestBadCompression(t *testing.T) {
	squeeze := func(payload string) []byte {
		var d ws.Deflater
		b := d.Compress(ws.AppendFrame(nil, ws.OpBinary, []byte(payload)), 0)
		_, n, _ := ws.ParseHeader(b)
		return b[n:]
	}
	bomb := string(squeeze(strings.Repeat("a", 1000*len(squeeze(strings.Repeat("a", 1000))))))
	for _, c := range []struct {
		name, wire string
		code       ws.StatusCode
	}{
		{"W16 bomb", raw(0xc2, bomb), 1009},
		{"W16 bad block", raw(0xc2, "\x07\xff\xff"), 1007},
		{"W16 RSV1 on a continuation", raw(0x42, bomb[:2]) + raw(0xc0, bomb[2:]), 1002},
		{"W16 RSV1 on a control frame", raw(0xc9, ""), 1002},
		{"W16 fine", raw(0xc2, string(squeeze(strings.Repeat("a", 900)))), 0},
	} {
		badOnce(t, c.name, func(r *rig) {
			p, ch := r.open("/chat", origin, "Sec-WebSocket-Extensions: permessage-deflate")
			p.WriteString(c.wire)
			r.settle()
			got := p.Read()
			if c.code == 0 != ch.Open() || c.code != 0 && !bytes.Equal(got, []byte{0x88, 2, byte(c.code >> 8), byte(c.code)}) {
				t.Errorf("%s: %q, want %d", c.name, got, c.code)
			}
		})
	}
}

// W11: a client that floods with pings and reads nothing is dropped with what was to answer it.
func TestPingFloodWithoutReading(t *testing.T) {
	badOnce(t, "W11", func(r *rig) {
		p, ch := r.open("/chat", origin)
		p.Stall()
		flood := []byte(strings.Repeat(masked(ws.OpPing, strings.Repeat("x", 125)), 100))
		most := 0
		for i := 0; ch.Open() && i < 1000; i++ {
			p.Write(flood)
			r.loop.Poll(0)
			most = max(most, ch.Buffered())
		}
		if ch.Open() || most > 1<<20+64<<10 {
			t.Errorf("open: %v, %d bytes were queued", ch.Open(), most)
		}
	})
}

// badOnce runs a case beside another client, which must not notice, and wants nothing to be left.
func badOnce(t *testing.T, name string, run func(r *rig)) {
	t.Helper()
	r := newRig(t, badOptions)
	bystander, _ := r.open("/chat", origin)
	run(r)
	bystander.WriteString(text("still here"))
	r.settle()
	if got := transcript(bystander.Read()); len(got) != 1 || got[0] != `op 1 rsv 0 "still here"` {
		t.Errorf("%s: another client got %q", name, got)
	}
	for i, p := range r.peers {
		if i > 0 {
			p.Reset()
		}
	}
	for range 9 { // longer than every timeout
		r.k.Sleep(r.loop, 20*time.Second)
		bystander.WriteString(masked(ws.OpPong, ""))
	}
	if s, l := r.chat.Stats(), r.loop.Stats(); s.Channels != 1 || l.Conns != 1 || l.Timers > 2 {
		t.Errorf("%s: left %+v %+v", name, s, l)
	}
	if n := bytes.Count(r.logs.Bytes(), []byte("\n")); n > 1 {
		t.Errorf("%s: %d log lines: %s", name, n, r.logs.String())
	}
	r.finish()
}
