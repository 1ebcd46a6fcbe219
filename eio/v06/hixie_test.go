package v06

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// hixieVectors are streams and what a reader with a limit of 8 bytes finds.
var hixieVectors = []struct{ wire, want string }{
	{"", "between"},
	{"\x00hello\xff", "hello between"},
	{"\x00\xff\x00a\xff\x00b", "~ a inside"},
	{"\x0012345678\xff", "12345678 between"},
	{"\x00123456789", "v06: frame is too large stopped"},
	{"\x00a\x00\x01\xc3\xa9\xff", "a\x00\x01é between"},
	{"\x00a\xff\xff\x00\x00late\xff", "a goodbye stopped"},
	{"\xff\x00", "goodbye stopped"},
	{"\xff", "goodbye"},
	{"\xff\x01a", "v06: frame is not text stopped"},
	{"\x80\x01a", "v06: frame is not text stopped"},
	{"\x01a\xff", "v06: frame is not text stopped"},
	{"a", "v06: frame is not text stopped"},
	{"\x00a\xffb", "a v06: frame is not text stopped"},
}

// found writes down what a reader finds.
type found struct{ log []string }

func (f *found) onFrame(payload []byte) {
	text := string(payload)
	if text == "" {
		text = "~"
	}
	f.log = append(f.log, text)
}

func (f *found) onGoodbye() { f.log = append(f.log, "goodbye") }

// outcome feeds the pieces to a new reader.
func outcome(t testing.TB, limit int, pieces ...string) string {
	var r hixieReader
	var f found
	for _, piece := range pieces {
		if err := r.feed([]byte(piece), limit, &f); err != nil {
			f.log = append(f.log, err.Error())
		}
		if len(r.spill) > limit || r.spill != nil && r.phase != insideFrame {
			t.Fatalf("%d bytes in the spill, %v", len(r.spill), r.phase)
		}
	}
	return strings.Join(append(f.log, r.phase.String()), " ")
}

func TestHixieReader(t *testing.T) {
	for _, v := range hixieVectors {
		if got := outcome(t, 8, v.wire); got != v.want {
			t.Errorf("%q: got %q, want %q", v.wire, got, v.want)
		}
		if got := outcome(t, 8, strings.Split(v.wire, "")...); got != v.want {
			t.Errorf("%q bytewise: got %q, want %q", v.wire, got, v.want)
		}
	}
	if got := string(appendHixie(nil, []byte("é"))); got != "\x00é\xff" {
		t.Errorf("got %q", got)
	}
}

// FuzzHixie: a stream comes to the same however it is cut.
func FuzzHixie(f *testing.F) {
	for i, v := range hixieVectors {
		f.Add([]byte(v.wire), uint64(i), uint8(8))
	}
	f.Fuzz(func(t *testing.T, wire []byte, seed uint64, limit uint8) {
		whole := outcome(t, int(limit), string(wire))
		random := rand.New(rand.NewPCG(seed, 0))
		for range 4 {
			var pieces []string
			for rest := string(wire); rest != ""; {
				n := min(1+random.IntN(1+random.IntN(20)), len(rest))
				pieces, rest = append(pieces, rest[:n]), rest[n:]
			}
			if got := outcome(t, int(limit), pieces...); got != whole {
				t.Fatalf("%q: got %q, whole %q", pieces, got, whole)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		key  string
		want uint32
		ok   bool
	}{ // the first three are the draft's
		{"4 @1  46546xW%0l 1 5", 829309203, true},
		{"12998 5 Y3 1  .P00", 259970620, true},
		{"3e6b263  4 17 80", 906585445, true},
		{"4294967295 ", 4294967295, true},
		{" 0", 0, true},
		{"4294967296 ", 0, false},
		{" 99999999999999999999999999999999", 0, false},
		{"12", 0, false},
		{"1 3 3", 0, false},
		{"", 0, false},
	} {
		if n, ok := keyNumber([]byte(c.key)); n != c.want || ok != c.ok {
			t.Errorf("%q: got %d %v, want %d %v", c.key, n, ok, c.want, c.ok)
		}
	}
	var nonce [nonceBytes]byte
	copy(nonce[:], draftNonce)
	if got := string(appendProof(nil, 829309203, 259970620, nonce)); got != draftProof {
		t.Errorf("proof %q, want %q", got, draftProof)
	}
}

// hixieTold takes the server's frames apart.
func (r *rig) hixieTold(b []byte) (payloads []string) {
	r.Helper()
	var f found
	var reader hixieReader
	if err := reader.feed(b, 1<<20, &f); err != nil || reader.phase == insideFrame {
		r.Fatalf("%q: %v, %v", b, err, reader.phase)
	}
	return f.log
}

func (r *rig) wantHixie(p *polltest.Peer, want ...string) {
	r.Helper()
	if got := r.hixieTold(p.Read()); !reflect.DeepEqual(got, want) {
		r.Fatalf("got %q, want %q", got, want)
	}
}

func TestHixie75(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	for _, name := range []string{"websocket", "flashsocket"} {
		p := r.dial()
		ask(p, "GET", "/socket.io/"+name, "", hixie75Lines...)
		p.WriteString("\x00" + batch("early") + "\xff")
		r.settle()
		head, rest, _ := strings.Cut(string(p.Read()), "\r\n\r\n")
		if want := "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
			"WebSocket-Origin: http://box\r\nWebSocket-Location: ws://box:80/socket.io/" + name; head != want {
			t.Fatalf("got %q, want %q", head, want)
		}
		c := r.last
		if got := r.hixieTold([]byte(rest)); !reflect.DeepEqual(got, []string{batch(c.SessionID()), batch("early")}) {
			t.Fatalf("got %q", got)
		}
		p.WriteString("\x00" + batch("a", "é😀") + "\xff")
		r.settle()
		r.wantHixie(p, batch("a"), batch("é😀"))
		r.sleep(10 * time.Second)
		r.wantHixie(p, batch("~h~1"))
		r.sleep(8 * time.Second)
		r.wantHixie(p, "goodbye")
		if c.Connected() || c.Transport() != name {
			t.Error("silence did not end the session")
		}
	}
}

// TestHixie76: the draft's own handshake, with the nonce in any pieces.
func TestHixie76(t *testing.T) {
	for n := 1; n <= 12; n++ {
		r := newRig(t, Options{})
		p := r.dial()
		ask(p, "GET", "/socket.io/websocket?x=y", "", append(hixie76Lines, "Sec-WebSocket-Protocol: sample")...)
		rest := draftNonce + "\x00" + batch("a") + "\xff"
		var got string
		for ; len(rest) > n; rest = rest[n:] {
			p.WriteString(rest[:n])
			r.settle()
			got += string(p.Read())
		}
		p.WriteString(rest)
		r.settle()
		got += string(p.Read())
		want := "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Origin: http://example.com\r\nSec-WebSocket-Location: ws://box:80/socket.io/websocket?x=y\r\n" +
			"Sec-WebSocket-Protocol: sample\r\n\r\n" + draftProof
		if !strings.HasPrefix(got, want) {
			t.Fatalf("in pieces of %d: got %q, want %q", n, got, want)
		}
		told := r.hixieTold([]byte(got[len(want):]))
		if !reflect.DeepEqual(told, []string{batch(r.last.SessionID()), batch("a")}) {
			t.Fatalf("in pieces of %d: got %q", n, told)
		}
		p.WriteString("\xff\x00")
		r.settle()
		r.wantHixie(p, "goodbye")
		if r.last.Connected() {
			t.Error("the goodbye did not end the session")
		}
		r.finish()
	}
}

// TestHixieLocation: what the client compares with its own idea of it.
func TestHixieLocation(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	for target, want := range map[string]string{
		"/socket.io/websocket/":               "ws://box:80/socket.io/websocket/",
		"http://box:80/socket.io/websocket":   "ws://box:80/socket.io/websocket",
		"/socket.io/flashsocket?%61%0d%0aX:y": "ws://box:80/socket.io/flashsocket?%61%0d%0aX:y",
	} {
		_, head, _ := r.once("GET", target, "", "Upgrade: WebSocket", "Connection: Upgrade")
		if head.Get("WebSocket-Location") != want || head.Get("WebSocket-Origin") != "null" || head.Get("X") != "" {
			t.Errorf("%s: got %v", target, head)
		}
	}
}

// TestNonce: one that does not come, and what happens meanwhile.
func TestNonce(t *testing.T) {
	r := newRig(t, Options{MaxClients: 1})
	open := func() *polltest.Peer {
		p := r.dial()
		ask(p, "GET", "/socket.io/websocket", "", hixie76Lines...)
		p.WriteString(draftNonce[:7])
		r.settle()
		p.Read()
		return p
	}
	p := open()
	r.sleep(nonceTimeout)
	if !p.Ended() || r.io.Count() != 0 {
		t.Error("a handshake without a nonce stands on")
	}
	open().Reset()
	p = open()
	r.openPoll()
	p.WriteString("U")
	r.settle()
	if got := p.Read(); !p.Ended() || len(got) > 0 {
		t.Errorf("one more than MaxClients got %q", got)
	}
	p = open()
	r.io.Close()
	p.WriteString("U")
	r.settle()
	if got := p.Read(); !p.Ended() || len(got) > 0 {
		t.Errorf("a listener that is closed answers %q", got)
	}
	r.finish()
}

// TestHixieFaults: each ends the session, and only that.
func TestHixieFaults(t *testing.T) {
	r := newRig(t, Options{MaxMessageBytes: 100})
	defer r.finish()
	for _, wire := range []string{"hello", "\x80\x01a", "\x00hello\xff", "\x00\xff", "\x00~m~1~m~\xfe\xff",
		"\x00~m~2~m~a\xff", "\x00" + strings.Repeat("x", 101), "\xff\x01", "\x00~m~4~m~~j~{\xff"} {
		p := r.dial()
		ask(p, "GET", "/socket.io/websocket", "", hixie75Lines...)
		r.settle()
		p.Read()
		c := r.last
		p.WriteString(wire + "\x00" + batch("late") + "\xff")
		r.settle()
		r.wantHixie(p, "goodbye")
		if c.Connected() || len(r.seen) > 0 {
			t.Errorf("%q: connected %v, seen %q", wire, c.Connected(), r.seen)
		}
	}
}

// hixieRun is all that a stream causes on a session of its own, in the given
// pieces.
func hixieRun(t testing.TB, pieces ...string) string {
	r := newRig(t, Options{MaxMessageBytes: 200})
	p := r.dial()
	ask(p, "GET", "/socket.io/websocket", "", hixie75Lines...)
	r.settle()
	p.Read()
	var out []byte
	for _, piece := range pieces {
		p.WriteString(piece)
		r.settle()
		out = append(out, p.Read()...)
	}
	state := r.last.state
	r.finish()
	return fmt.Sprintf("%v %q %q", state, r.seen, out)
}

func TestHixieSplits(t *testing.T) {
	for _, stream := range []string{
		"\x00" + batch("a", "é😀") + "\xff\x00" + batch("!three") + "\xff\xff\x00",
		"\x00" + batch("a") + "\xff\x00" + batch("!close") + "\xff\x00" + batch("late") + "\xff",
		"\x00" + batch("a") + "\xff\x00nonsense\xff\x00" + batch("late") + "\xff",
	} {
		whole := hixieRun(t, stream)
		for i := 1; i < len(stream); i++ {
			if got := hixieRun(t, stream[:i], stream[i:]); got != whole {
				t.Fatalf("cut at %d:\n got %s\nwant %s", i, got, whole)
			}
		}
	}
}
