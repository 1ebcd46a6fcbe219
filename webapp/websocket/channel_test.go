package websocket

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// says wants frames, one line each, and nothing else.
func (r *rig) says(p *polltest.Peer, want ...string) {
	r.Helper()
	r.settle()
	if got := transcript(p.Read()); !slices.Equal(got, want) {
		r.Errorf("client got %q, want %q", got, want)
	}
}

// wants compares what the last channel was told since.
func (r *rig) wants(want ...string) {
	r.Helper()
	if !slices.Equal(r.told, want) {
		r.Errorf("channel was told %q, want %q", r.told, want)
	}
	r.told = nil
}

func TestEcho(t *testing.T) {
	r := newRig(t, Options{})
	p, ch := r.open("/chat?a=b", "X-Test: 1", "x-test: 2")
	p.WriteString(text("hé") + masked(ws.OpBinary, "\x00\xff") + masked(ws.OpPing, "p") + masked(ws.OpPong, "") + text(""))
	r.says(p, `op 1 rsv 0 "hé"`, `op 2 rsv 0 "\x00\xff"`, `op 10 rsv 0 "p"`, `op 1 rsv 0 ""`)
	r.wants(`text "hé"`, `binary "\x00\xff"`, `text ""`)
	p.WriteString(raw(0x01, "a") + masked(ws.OpPing, "") + raw(0x00, "b") + raw(0x80, "c"))
	r.says(p, `op 10 rsv 0 ""`, `op 1 rsv 0 "abc"`)
	if ch.URL() != "/chat?a=b" || ch.Path() != "/chat" || ch.Header("X-Test") != "1" ||
		ch.Header("host") != "a.example" || ch.Header("Sec-WebSocket-Key") != "" || ch.RemoteAddr() != p.Addr() ||
		ch.Server() != r.chat || ch.Protocol() != "" {
		t.Errorf("record: %q %q %q %v", ch.URL(), ch.Path(), ch.Header("X-Test"), ch.RemoteAddr())
	}
	if !ch.Open() || !ch.Writable() || ch.Buffered() != 0 || ch.ReadyState() != "open" || ch.Err() != nil ||
		ch.EOS() != nil {
		t.Error("not open")
	}
	r.finish()
	if ch.ReadyState() != "closed" || !slices.Equal(r.told[1:], []string{`close 1006 ""`}) || ch.Err() == nil {
		t.Errorf("after a reset: %s %q %v", ch.ReadyState(), r.told, ch.Err())
	}
}

// The close handshake from either side, and where it breaks off.
func TestClose(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(ch *Channel) // closes
		client string            // then
		says   []string
		told   []string
		err    error
		end    bool // of the connection, without waiting
	}{
		{"by the client", nil, closing(1001, "bye") + text("late"), []string{`close 1001 "" <nil>`},
			[]string{`close 1001 "bye"`}, nil, true},
		{"by the client, no code", nil, masked(ws.OpClose, ""), []string{`close 1005 "" <nil>`},
			[]string{`close 1005 ""`}, nil, true},
		{"by the server", func(ch *Channel) { ch.Close(4000, "enough") }, text("dropped") + closing(4001, "ok"),
			[]string{`close 4000 "enough" <nil>`}, []string{`close 4001 "ok"`}, nil, true},
		{"by the server, no code", func(ch *Channel) { ch.Close(0, "") }, masked(ws.OpClose, ""),
			[]string{`close 1005 "" <nil>`}, []string{`close 1005 ""`}, nil, true},
		{"a code of no close frame", func(ch *Channel) { ch.Close(1006, "") }, masked(ws.OpClose, ""),
			[]string{`close 1011 "" <nil>`}, []string{`close 1005 ""`}, nil, true},
		{"not answered", func(ch *Channel) { ch.Close(1000, ""); ch.Close(1001, "") }, text("never mind"),
			[]string{`close 1000 "" <nil>`}, []string{`close 1006 ""`}, ErrUnanswered, false},
		{"a breach instead of an answer", func(ch *Channel) { ch.Close(1000, "") }, raw(0x83, ""),
			[]string{`close 1000 "" <nil>`}, []string{`close 1006 ""`}, ws.ErrReservedOpCode, true},
		{"abort", func(ch *Channel) { ch.Send("lost"); ch.Abort() }, "", nil, []string{`close 1006 ""`}, nil, true},
		{"panic", nil, text("panic") + text("more"), []string{`close 1011 "" <nil>`},
			[]string{`text "panic"`, `close 1006 ""`}, new(PanicError), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Options{OnError: func(error) {}})
			p, ch := r.open("/chat")
			if c.server != nil {
				c.server(ch)
			}
			r.settle()
			p.WriteString(c.client)
			r.settle()
			if ended := p.EOF() || p.WasReset(); ended != c.end {
				t.Errorf("the connection ended: %v", ended)
			}
			r.k.Sleep(r.loop, 6*time.Second)
			r.says(p, c.says...)
			r.wants(c.told...)
			if err := ch.Err(); reflect.TypeOf(err) != reflect.TypeOf(c.err) || err != c.err && c.name != "panic" {
				t.Errorf("Err is %v, want %v", err, c.err)
			}
			r.finish()
		})
	}
}

// The peer's end of the connection without a close frame.
func TestHangUp(t *testing.T) {
	r := newRig(t, Options{})
	p, ch := r.open("/chat")
	p.CloseWrite()
	r.settle()
	r.wants(`close 1006 ""`)
	if !errors.Is(ch.Err(), io.EOF) || r.chat.Len() != 0 {
		t.Errorf("%v, %d channels", ch.Err(), r.chat.Len())
	}
	r.finish()
}

func TestPing(t *testing.T) {
	r := newRig(t, Options{PingInterval: 10 * time.Second, PingTimeout: 4 * time.Second})
	p, ch := r.open("/chat")
	for range 3 { // each pong, or anything else, gives it another interval
		r.k.Sleep(r.loop, 11*time.Second)
		r.says(p, `op 9 rsv 0 ""`)
		p.WriteString(masked(ws.OpPong, ""))
	}
	r.k.Sleep(r.loop, 8*time.Second)
	p.WriteString(text("x"))
	r.k.Sleep(r.loop, 5*time.Second)
	r.says(p, `op 1 rsv 0 "x"`)
	r.k.Sleep(r.loop, 6*time.Second)
	r.says(p, `op 9 rsv 0 ""`)
	p.WriteString(text("yyy")[:5]) // half a frame is an answer, once
	r.k.Sleep(r.loop, 11*time.Second)
	r.says(p, `op 9 rsv 0 ""`)
	r.k.Sleep(r.loop, 5*time.Second)
	r.wants(`text "x"`, `close 1006 ""`)
	if ch.Err() != ErrSilent {
		t.Error(ch.Err())
	}
	r.finish()

	r = newRig(t, Options{PingInterval: -1})
	p, ch = r.open("/chat")
	r.k.Sleep(r.loop, time.Hour)
	r.says(p)
	if !ch.Open() {
		t.Error("closed without pings")
	}
	r.finish()
}

// Channels that opened at different times share their wake-ups.
func TestPingsAreGrouped(t *testing.T) {
	r := newRig(t, Options{})
	for range 50 {
		r.open("/chat")
		r.k.Sleep(r.loop, 15*time.Millisecond)
	}
	r.k.Sleep(r.loop, 20*time.Second)
	before := r.loop.Stats().Turns
	r.k.Sleep(r.loop, 10*time.Second)
	if n := r.loop.Stats().Turns - before; n > 15 {
		t.Errorf("%d turns for the pings of 50 channels", n)
	}
	for _, p := range r.peers {
		r.says(p, `op 9 rsv 0 ""`)
	}
	r.finish()
}

func TestBackPressure(t *testing.T) {
	r := newRig(t, Options{})
	p, ch := r.open("/chat")
	p.Stall()
	var st Status
	sent := 0
	for ; st == poll.OK && sent < 1e4; sent++ {
		st = ch.SendBytes(make([]byte, 1000))
		r.loop.Poll(0)
	}
	if st != poll.Pressure || ch.Writable() || ch.Buffered() < 4<<10 {
		t.Fatalf("%v after %d, %d bytes wait", st, sent, ch.Buffered())
	}
	p.Resume()
	got := 0
	if !r.k.Run(r.loop, func() bool { got += len(p.Read()); return slices.Contains(r.told, "drain") }, time.Minute) {
		t.Fatal("no drain")
	}
	r.settle()
	if got += len(p.Read()); got != sent*1004 || !ch.Writable() {
		t.Errorf("%d bytes arrived, want %d", got, sent*1004)
	}
	r.finish()

	r = newRig(t, Options{MaxQueuedBytes: 2000})
	p, ch = r.open("/chat")
	p.Stall()
	most := 0
	for st = poll.OK; st != poll.Dropped && sent < 1e5; sent++ {
		st = ch.SendBytes(make([]byte, 500))
		most = max(most, ch.Buffered())
		r.loop.Poll(0)
	}
	if most > 2000 || ch.Err() != poll.ErrOverflow {
		t.Errorf("%d bytes waited, %v", most, ch.Err())
	}
	r.wants(`close 1006 ""`)
	r.finish()
}

func TestBroadcast(t *testing.T) {
	for _, o := range []Options{{}, {PerMessageDeflate: &Deflate{Threshold: 100}}} {
		r := newRig(t, o)
		other, err := NewServer(r.app, "/other", Options{})
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := r.open("/chat")
		dense, _ := r.open("/chat", "Sec-WebSocket-Extensions: permessage-deflate")
		gone, ch := r.open("/chat")
		q := r.dial()
		q.WriteString(handshake("/other"))
		r.settle()
		if q.Read(); other.Len() != 1 {
			t.Fatal("two servers on one app")
		}
		ch.Close(1000, "")
		r.says(gone, `close 1000 "" <nil>`)
		big := bytes.Repeat([]byte("0123456789"), 1000)
		if n := r.chat.Broadcast([]byte("all"), false) + r.chat.Broadcast(big, true); n != 4 {
			t.Errorf("%d sends", n)
		}
		r.says(plain, `op 1 rsv 0 "all"`, "op 2 rsv 0 10000 bytes")
		r.settle()
		got := dense.Read()
		if small := len(got) < 200; small != (o.PerMessageDeflate != nil) {
			t.Errorf("%d bytes arrived", len(got))
		}
		r.says(gone)
		r.says(q)
		r.finish()
	}
}

// What handlers may do while Each is on its way.
func TestEach(t *testing.T) {
	r := newRig(t, Options{})
	var all []*Channel
	for range 10 {
		_, ch := r.open("/chat")
		all = append(all, ch)
	}
	seen := map[*Channel]int{}
	r.chat.Each(func(ch *Channel) bool {
		seen[ch]++
		if ch == all[3] {
			all[3].Abort()
			all[1].Abort()
			all[7].Abort()
			r.chat.Each(func(ch *Channel) bool { return ch != all[5] })
		}
		return ch != all[8]
	})
	if len(seen) != 8 || seen[all[7]] != 0 || seen[all[9]] != 0 || r.chat.Len() != 7 {
		t.Errorf("%d seen, %d left", len(seen), r.chat.Len())
	}
	for i, ch := range r.chat.channels {
		if ch == nil || int(ch.index) != i {
			t.Errorf("the table is broken at %d", i)
		}
	}
	r.chat.Close()
	r.settle()
	for i, p := range r.peers {
		if got := transcript(p.Read()); !all[i].Open() && len(got) == 0 {
			continue
		} else if !slices.Equal(got, []string{`close 1001 "" <nil>`}) {
			t.Errorf("channel %d: %q", i, got)
		}
	}
	p := r.dial()
	p.WriteString(handshake("/chat"))
	r.settle()
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 503 ") {
		t.Errorf("after Close: %q", got)
	}
	r.finish()
}

// A message is the same however the network cuts it, also right behind the handshake.
func TestAnySplit(t *testing.T) {
	polltest.Seeds(t, 50, func(t *testing.T, seed uint64) {
		f := polltest.Faults{ShortRead: 0.5, ShortWrite: 0.3, EAGAIN: 0.2, EINTR: 0.1}
		r := newFaultyRig(t, seed, f, Options{})
		wire := handshake("/chat") + text("one") + raw(0x01, "t") + masked(ws.OpPing, "p") + raw(0x80, "wo") +
			text(strings.Repeat("x", 3000)) + closing(1000, "end")
		p := r.dial()
		for len(wire) > 0 {
			n := min(1+r.k.IntN(40), len(wire))
			p.WriteString(wire[:n])
			wire = wire[n:]
			r.loop.Poll(0)
		}
		r.k.Sleep(r.loop, time.Second)
		_, got, _ := bytes.Cut(p.Read(), []byte("\r\n\r\n"))
		want := []string{`op 1 rsv 0 "one"`, `op 10 rsv 0 "p"`, `op 1 rsv 0 "two"`, "op 1 rsv 0 3000 bytes",
			`close 1000 "" <nil>`}
		if lines := transcript(got); !slices.Equal(lines, want) {
			t.Errorf("seed %d: %q", seed, lines)
		}
		r.wants(`text "one"`, `text "two"`, "text 3000 bytes", `close 1000 "end"`)
		r.finish()
	})
}

func TestAdmission(t *testing.T) {
	var decide func(error)
	info := &eos.Info{}
	r := newRig(t, Options{
		Protocols: []string{"v2", "v1"}, MaxChannels: 2,
		Verify: func(req *webapp.Request, d func(error)) {
			switch string(req.RawQuery()) {
			case "later":
				decide = d
			case "no":
				d(errors.New("not you"))
			case "teapot":
				d(&webapp.Error{Status: 418, Message: "tea"})
			default:
				req.SetEOS(info)
				d(nil)
				d(errors.New("too late"))
			}
		},
	})
	answer := func(wire string) string {
		p := r.dial()
		p.WriteString(wire)
		r.settle()
		defer p.Reset()
		return string(p.Read())
	}
	for _, c := range []struct{ wire, status, body string }{
		{handshake("/chat?no"), "403", "not you"},
		{handshake("/chat?teapot"), "418", "tea"},
		{handshake("/chat/deeper"), "404", ""},
		{handshake("/nowhere"), "404", ""},
		{"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n", "200", "page"},
		{"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "200", "page"},
	} {
		if got := answer(c.wire); !strings.HasPrefix(got, "HTTP/1.1 "+c.status) || !strings.HasSuffix(got, c.body) {
			t.Errorf("%.30q: %q", c.wire, got)
		}
	}
	p := r.dial()
	p.WriteString(handshake("/chat?later", "Sec-WebSocket-Protocol: v1, v2") + text("early"))
	r.settle()
	if got := p.Read(); len(got) > 0 || r.chat.Len() > 0 {
		t.Fatalf("before the decision: %q", got)
	}
	decide(nil)
	r.settle()
	head, frames, _ := bytes.Cut(p.Read(), []byte("\r\n\r\n"))
	if !bytes.Contains(head, []byte("\r\nSec-WebSocket-Protocol: v2")) || r.last.Protocol() != "v2" {
		t.Errorf("protocol: %q", head)
	}
	if got := transcript(frames); !slices.Equal(got, []string{`op 1 rsv 0 "early"`}) {
		t.Errorf("early frame: %q", got)
	}
	if _, ch := r.open("/chat", "Sec-WebSocket-Protocol: v3"); ch.Protocol() != "" || ch.EOS() != info {
		t.Error("no protocol is common")
	}
	if got := answer(handshake("/chat")); !strings.HasPrefix(got, "HTTP/1.1 503 ") {
		t.Errorf("one too many: %q", got)
	}
	q := r.dial() // hangs up while Verify makes up its mind
	q.WriteString(handshake("/chat?later"))
	r.settle()
	q.Reset()
	r.settle()
	decide(nil)
	decide(errors.New("twice"))
	if n := r.chat.Len(); n != 2 {
		t.Errorf("%d channels", n)
	}
	r.finish()
}

// A path of patterns, functions instead of a handler, and the options that are refused.
func TestPatternAndFunctions(t *testing.T) {
	r := newRig(t, Options{})
	rooms, err := NewServer(r.app, "/rooms/:room", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	rooms.OnConnection(func(ch *Channel, req *webapp.Request) {
		room := req.Param("room")
		ch.OnMessage(func(data []byte, _ bool) { told = append(told, room+": "+string(data)) })
		ch.OnDrain(func() {})
		ch.OnClose(func(code Code, _ string) { told = append(told, room+" ends") })
	})
	p := r.dial()
	p.WriteString(handshake("/rooms/kitchen") + text("hi") + closing(1000, ""))
	r.settle()
	if !slices.Equal(told, []string{"kitchen: hi", "kitchen ends"}) {
		t.Error(told)
	}
	for _, o := range []Options{{MaxChannels: -1}, {CloseTimeout: -1}, {PerMessageDeflate: &Deflate{Threshold: -1}},
		{Cors: &webapp.Cors{Origins: []string{"a.example"}}}} {
		if s, err := NewServer(r.app, "/x", o); err == nil || s != nil {
			t.Errorf("%+v is taken", o)
		}
	}
	r.finish()
}
