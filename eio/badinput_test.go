package eio

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// The cases of group U of the list of bad input: the WebSocket handshake through Engine.IO. After each case another
// client still gets its answer, and nothing is left. webapp/websocket has the same table for plain WebSockets.
//
// The answers are the reference's: what is not in order for Engine.IO is refused before the handshake is looked at, a
// WebSocket request with text and the end of the connection, another one with JSON on a connection that stays open.

// knock is a WebSocket request of Engine.IO. A line replaces the usual one of its name; "Name:" alone leaves it out.
func knock(query string, lines ...string) string {
	b := "GET /engine.io/?EIO=4&transport=websocket" + query + " HTTP/1.1\r\nHost: a.example\r\n"
	for _, l := range upgradeLines {
		name, _, _ := strings.Cut(l, ":")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") }) {
			b += l + "\r\n"
		}
	}
	for _, l := range lines {
		if !strings.HasSuffix(l, ":") {
			b += l + "\r\n"
		}
	}
	return b + "\r\n"
}

const ownOrigin = "Origin: http://good.example"

var badUpgrades = []struct{ name, wire, verdict string }{
	// Without Upgrade or Connection it is a plain GET, for which the transport is wrong.
	{"U1 no Upgrade", knock("", "Upgrade:"), "400 open"},
	{"U1 no Connection", knock("", "Connection:"), "400 open"},
	{"U1 other Connection", knock("", "Connection: keep-alive"), "400 open"},
	{"U1 other Upgrade", knock("", "Upgrade: websockets"), "400 close"},
	{"U1 no Version", knock("", "Sec-WebSocket-Version:"), "400 close"},
	{"U1 Version 12", knock("", "Sec-WebSocket-Version: 12"), "400 close"},
	{"U1 Version 14", knock("", "Sec-WebSocket-Version: 14"), "400 close"},
	{"U1 no Key", knock("", "Sec-WebSocket-Key:"), "400 close"},
	{"U1 Key of 23", knock("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="), "400 close"},
	{"U1 Key of 25", knock("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="), "400 close"},
	{"U1 Key not base64", knock("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-Q=="), "400 close"},
	{"U1 Key of 17 bytes", knock("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU="), "400 close"},
	{"U1 Key twice", knock("", upgradeLines[3], strings.ToLower(upgradeLines[3][:17])+upgradeLines[3][17:]), "400 close"},
	{"U2 POST", "POST" + knock("")[3:], "400 close"},
	{"U2 body", knock("", "Content-Length: 5") + "hello", "400 close"},
	{"U2 chunked body", knock("", "Transfer-Encoding: chunked") + "0\r\n\r\n", "400 close"},
	// RFC 6455, section 9.1: what the server does not know it passes over.
	{"U3 constructor", knock("", "Sec-WebSocket-Extensions: constructor"), "101 open"},
	{"U3 many times", knock("", "Sec-WebSocket-Extensions: "+strings.Repeat("permessage-deflate; ", 500)), "400 close"},
	{"U3 window of 7", knock("", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"), "101 open"},
	{"U3 window of 16", knock("", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16"), "101 open"},
	{"U3 window twice", knock("", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9; "+
		"server_max_window_bits=9"), "101 open"},
	{"U4 50 KB of spaces", knock("", "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 50<<10)+"b"), "431 close"},
	{"U4 8 KB of spaces", knock("", "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 8<<10)+"b"), "400 close"},
	{"U4 1000 tokens", knock("", "Sec-WebSocket-Protocol: a"+strings.Repeat(", b", 999)), "101 open"},
	// U5: the frames behind the request are answered.
	{"U5 frames behind the request", knock("") + string(text("4a")) + string(text("4b")), "101 open"},
	{"U5 a bad frame behind the request", knock("") + "\x83\x00", "101 close"},
	// The refusal of an origin is 403 to a script of HTTP; a WebSocket's client gets the reference's 400.
	{"U7 foreign", knock("", "Origin: http://evil.example"), "400 close"},
	{"U7 null", knock("", "Origin: null"), "400 close"},
	{"U7 other scheme", knock("", "Origin: https://good.example"), "400 close"},
	{"U7 other port", knock("", "Origin: http://good.example:81"), "400 close"},
	{"U7 suffix", knock("", "Origin: http://good.example.evil"), "400 close"},
	{"U7 none", knock(""), "101 open"},
	{"U7 good", knock("", ownOrigin), "101 open"},
	{"U8", knock("", slices.Repeat([]string{"X: y"}, 100)...), "431 close"},
	{"U9 unknown sid", knock("&sid=AAAAAAAAAAAAAAAAAAAA"), "400 close"},
	{"U9 __proto__", knock("&sid=__proto__"), "400 close"},
	{"U9 constructor", knock("&sid=constructor"), "400 close"},
	{"U9 sid of 8 KB", knock("&sid=" + strings.Repeat("A", 7<<10)), "400 close"},
	{"U9 other transport", strings.Replace(knock(""), "websocket", "__proto__", 1), "400 close"},
	{"U9 polling with an upgrade", strings.Replace(knock(""), "websocket", "polling", 1), "400 close"},
	// The first sid counts.
	{"U9 sid twice", knock("&sid=&sid=constructor"), "101 open"},
}

func TestBadUpgrades(t *testing.T) {
	for _, c := range badUpgrades {
		t.Run(c.name, func(t *testing.T) {
			sizes := []int{len(c.wire)}
			if len(c.wire) < 600 {
				sizes = append(sizes, 1, 7) // the same however it is cut
			}
			for _, n := range sizes {
				badOnce(t, func(r *rig) {
					p := r.dial()
					for wire := c.wire; len(wire) > 0 && !p.Ended(); wire = wire[min(n, len(wire)):] {
						p.WriteString(wire[:min(n, len(wire))])
						r.loop.Poll(0)
					}
					r.settle()
					if got := verdictOf(p); got != c.verdict {
						t.Errorf("in pieces of %d: %s, want %s", n, got, c.verdict)
					}
				})
			}
		})
	}
}

// verdictOf is the status of the first answer, and whether the connection is open.
func verdictOf(p *polltest.Peer) string {
	got := p.Read()
	verdict := "none "
	if len(got) > 13 {
		verdict = string(got[9:13])
	}
	if p.Ended() {
		return verdict + "close"
	}
	return verdict + "open"
}

// U5: frames in the segment of the request are neither lost nor taken for something else.
func TestFramesBehindTheUpgrade(t *testing.T) {
	badOnce(t, func(r *rig) {
		p := r.dial()
		p.WriteString(knock("") + string(text("4a")) + string(text("4b")))
		r.settle()
		_, frames, _ := bytes.Cut(p.Read(), []byte("\r\n\r\n"))
		var got []string
		for len(frames) > 0 {
			_, payload, rest, ok := cutFrame(frames)
			if !ok {
				t.Fatalf("rest %q", frames)
			}
			got, frames = append(got, string(payload)), rest
		}
		if len(got) != 3 || got[1] != "4a" || got[2] != "4b" {
			t.Errorf("%q", got)
		}
	})
}

// U6: the client is gone before the 101 is written; with a sid, too.
func TestResetAtTheUpgrade(t *testing.T) {
	type peer = *polltest.Peer
	for _, end := range []func(peer){peer.Reset, peer.Close, peer.CloseWrite} {
		badOnce(t, func(r *rig) {
			p := r.dial()
			p.WriteString(knock(""))
			end(p)
			r.settle()
			s := r.openPoll("EIO=4")
			p = r.dial()
			p.WriteString(knock("&sid=" + s.ID()))
			end(p)
			r.settle()
			if !s.Open() {
				t.Errorf("the session went with its probe: %s", r.reasons[s.ID()])
			}
		})
	}
}

// U9: a sid that is not free to be upgraded: that of a WebSocket session, and one that has a probe already. The second
// WebSocket is accepted and closed, as the reference does; the session does not notice.
func TestUpgradeOfATakenSession(t *testing.T) {
	badOnce(t, func(r *rig) {
		p, s := r.openWS("EIO=4")
		q := r.dial()
		q.WriteString(knock("&sid=" + s.ID()))
		r.settle()
		if got := verdictOf(q); got != "101 close" && got != "400 close" {
			t.Errorf("sid of a WebSocket session: %s", got)
		}
		p.Write(text("4mine"))
		r.settle()
		if _, payload, _, _ := cutFrame(p.Read()); string(payload) != "4mine" {
			t.Errorf("%q", payload)
		}
	})
	badOnce(t, func(r *rig) {
		s := r.openPoll("EIO=4")
		first, second := r.dial(), r.dial()
		first.WriteString(knock("&sid=" + s.ID()))
		r.settle()
		second.WriteString(knock("&sid=" + s.ID()))
		r.settle()
		if a, b := verdictOf(first), verdictOf(second); a != "101 open" || b != "101 close" {
			t.Errorf("two probes: %s, %s", a, b)
		}
		if !s.Open() || s.Transport() != "polling" {
			t.Error("the session went")
		}
	})
}

// badOnce runs a case beside another client, and wants nothing to be left.
func badOnce(t *testing.T, run func(r *rig)) {
	t.Helper()
	cors := &webapp.Cors{Origins: []string{"http://good.example", "http://better.example"}}
	r := newRig(t, 1, quietly, Options{Cors: cors, PerMessageDeflate: &Deflate{}, PingInterval: time.Hour})
	other, s := r.openWS("EIO=4")
	run(r)
	other.Write(text("4still here"))
	r.settle()
	if _, payload, _, _ := cutFrame(other.Read()); string(payload) != "4still here" || !s.Open() {
		t.Errorf("another client got %q", payload)
	}
	for i, p := range r.peers {
		if i > 0 {
			p.Reset()
		}
	}
	r.engine.sessions.all(func(s *Session) {
		if s.ws == nil { // it would wait for its client
			s.Close(true)
		}
	})
	r.sleep(2 * time.Minute)
	if st, l := r.engine.Stats(), r.loop.Stats(); st.Sessions != 1 || st.WebSockets != 1 || l.Conns != 1 ||
		r.web.Stats().UploadBytes != 0 {
		t.Errorf("left: %+v %+v", st, l)
	}
	if n := bytes.Count(r.log.Bytes(), []byte("\n")); n > 1 {
		t.Errorf("%d log lines: %s", n, r.log.String())
	}
	r.finish()
}
