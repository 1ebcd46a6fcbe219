package eio

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// TestEndsOnce: whatever ends a session, in whatever order, in one turn or in
// several, it ends once, and nothing is left. (rig.finish looks.)
func TestEndsOnce(t *testing.T) {
	blows := []func(st *stage){
		func(st *stage) { st.hangUp() },
		func(st *stage) { st.giveUp(st.ws) },
		func(st *stage) { st.giveUp(st.poll) },
		func(st *stage) { st.stand() },
		func(st *stage) { st.halfPost() },
		func(st *stage) { st.packet("1") },
		func(st *stage) { st.packet("x") },
		func(st *stage) { st.packet("5") },
		func(st *stage) { st.s.Close(false) },
		func(st *stage) { st.s.Close(true) },
		func(st *stage) { st.s.CloseWith(ParseError, nil) },
		func(st *stage) { st.flood() },
		func(st *stage) { st.tryWS() },
		func(st *stage) { st.engine.Close() },
		func(st *stage) { st.sleep(time.Duration(st.k.IntN(60)) * time.Second) },
		func(st *stage) {
			if st.ws != nil && !st.ws.Ended() {
				st.ws.Write(masked(ws.OpClose, "\x03\xe8"))
			}
		},
	}
	polltest.Seeds(t, 300, func(t *testing.T, seed uint64) {
		for _, b := range stages {
			f := polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.1}
			st := &stage{rig: newRig(t, seed, f, Options{MaxQueuedPackets: 100})}
			st.s = st.openPoll("EIO=" + pick(seed%2 == 0, "3", "4"))
			b.build(st)
			st.k.Faults.Reset = 0.01
			for range 5 {
				blow := blows[st.k.IntN(len(blows))]
				if st.k.Coin(0.5) { // between two turns
					blow(st)
				} else { // within one
					st.loop.Post(func() { blows[8+st.k.IntN(4)](st) }) // those that do not turn the loop
				}
			}
			st.finish()
		}
	})
}

// flood sends until nothing is taken.
func (st *stage) flood() {
	for range 5000 {
		if st.s.Send(make([]byte, 1000), true) == poll.Dropped {
			return
		}
	}
	if st.s.ws == nil {
		st.Error("a session without a poll took 5 MB")
	}
}

// TestQueueOfPolling: half of a bound is Pressure, beyond it is the end; a poll
// takes all and tells.
func TestQueueOfPolling(t *testing.T) {
	const ok, pressure, dropped = poll.OK, poll.Pressure, poll.Dropped
	for _, c := range []struct {
		name string
		o    Options
		size int
		want []poll.Status
	}{
		{"packets", Options{MaxQueuedPackets: 4}, 1, []poll.Status{ok, ok, pressure, pressure, dropped, dropped}},
		{"bytes", Options{MaxQueuedBytes: 40}, 10 - recordHead, []poll.Status{ok, ok, pressure, pressure, dropped}},
		{"one too large", Options{MaxQueuedBytes: 40}, 41, []poll.Status{dropped}},
		{"one as large", Options{MaxQueuedBytes: 40}, 40 - recordHead, []poll.Status{pressure, dropped}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 1, quietly, c.o)
			s := r.openPoll("EIO=4")
			if s.Writable() {
				t.Error("writable without a poll")
			}
			var got []poll.Status
			for range c.want {
				got = append(got, s.Send(make([]byte, c.size), false))
			}
			if r.reasons[s.ID()] != "" {
				t.Error("OnClose was called within Send")
			}
			r.settle()
			if !slices.Equal(got, c.want) || r.descs[s.ID()] != ErrQueue || r.reasons[s.ID()] != TransportError {
				t.Errorf("got %v, want %v; closed with %q, %v", got, c.want, r.reasons[s.ID()], r.descs[s.ID()])
			}
			r.finish()
		})
	}
}

// TestDrain: after Pressure comes OnDrain, once, however the packets leave.
func TestDrain(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(st *stage)
	}{
		{"poll", func(st *stage) { get(st.dial(), st.s) }},
		{"upgrade", func(st *stage) { st.probe(); st.packet("5") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := &stage{rig: newRig(t, 1, quietly, Options{MaxQueuedPackets: 10})}
			st.s = st.openPoll("EIO=4")
			st.s.Send([]byte("x"), false)
			if len(st.answerOf(st.s)) == 0 || st.drains != 0 {
				t.Error("OnDrain without Pressure")
			}
			for i := range 6 {
				if got, want := st.s.Send([]byte("x"), false), pick(i < 5, "ok", "pressure"); got.String() != want {
					t.Fatalf("packet %d: %v", i+1, got)
				}
			}
			c.leave(st)
			st.settle()
			if st.drains != 1 || st.s.Buffered() != 0 {
				t.Errorf("OnDrain was called %d times, %d bytes are left", st.drains, st.s.Buffered())
			}
			st.finish()
		})
	}
}

// TestVolatile: Writable tells whether a message would go out now.
func TestVolatile(t *testing.T) {
	st := &stage{rig: newRig(t, 1, quietly, Options{})}
	st.s = st.openPoll("EIO=4")
	want := func(when string, writable bool) {
		t.Helper()
		if st.settle(); st.s.Writable() != writable {
			t.Errorf("%s: writable is %v", when, !writable)
		}
	}
	want("no poll", false)
	st.stand()
	want("a poll stands", true)
	st.s.Send([]byte("x"), false)
	if !st.s.Writable() {
		t.Error("what is sent in one turn goes together")
	}
	want("it was answered", false)
	st.probe()
	want("on trial", false)
	st.packet("5")
	want("upgraded", true)
	st.ws.Stall()
	st.s.Send(make([]byte, 200<<10), true)
	want("the client does not read", false)
	st.ws.Resume()
	for range 10 {
		st.ws.Read()
		st.settle()
	}
	want("it read", true)
	st.s.Close(false)
	want("closed", false)
	st.finish()
}

// TestSlowWebSocket: a client that does not read is felt as Pressure, then is
// closed, at once above the hard limit and after a while above the soft one.
func TestSlowWebSocket(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	p, s := r.openWS("EIO=4")
	p.Stall()
	first := s.Send(make([]byte, 300<<10), true) // 64 KiB are in the kernel
	second := s.Send(make([]byte, 100<<10), true)
	if first != poll.OK || second != poll.Pressure {
		t.Errorf("got %v and %v", first, second)
	}
	p.Resume()
	for range 20 {
		r.settle()
		p.Read()
	}
	if r.drains != 1 {
		t.Errorf("OnDrain was called %d times", r.drains)
	}
	p.Stall()
	for s.Send(make([]byte, 300<<10), true) != poll.Dropped {
	}
	r.settle()
	if r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != poll.ErrOverflow {
		t.Errorf("closed with %q, %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	p, s = r.openWS("EIO=4")
	p.Stall()
	s.Send(make([]byte, 500<<10), true)
	r.sleep(13 * time.Second)
	if r.reasons[s.ID()] != TransportError || r.descs[s.ID()] != poll.ErrSlow {
		t.Errorf("closed with %q, %v", r.reasons[s.ID()], r.descs[s.ID()])
	}
	r.finish()
}

// TestDescriptions: OnClose tells what is behind a reason.
func TestDescriptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(st *stage)
		reason Reason
		desc   error
	}{
		{"FIN", func(st *stage) { st.ws.CloseWrite() }, TransportClose, io.EOF},
		{"close frame", func(st *stage) { st.ws.Write(masked(ws.OpClose, "")) }, TransportClose, nil},
		{"packet", func(st *stage) { st.packet("x") }, ParseError, ErrPacket},
		{"breach", func(st *stage) { st.ws.Write([]byte{0xf1, 0}) }, TransportError, ws.ErrReservedBit},
		{"beat", func(st *stage) { st.packet("2") }, TransportError, ErrPingPacket},
		{"silence", func(st *stage) { st.sleep(time.Minute) }, PingTimeout, ErrSilent},
		{"above", func(st *stage) { st.s.CloseWith(ParseError, io.ErrNoProgress) }, ParseError, io.ErrNoProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := newStage(t, "4", "websocket")
			c.do(st)
			st.settle()
			if reason, desc := st.reasons[st.s.ID()], st.descs[st.s.ID()]; reason != c.reason || desc != c.desc {
				t.Errorf("got %q, %v; want %q, %v", reason, desc, c.reason, c.desc)
			}
			st.finish()
		})
	}
}

// guarded is a rig whose AllowRequest decides when the test says so.
func guarded(t *testing.T) *rig {
	var r *rig
	r = newRig(t, 1, quietly, Options{AllowRequest: func(_ *webapp.Request, decide func(error)) {
		r.later = append(r.later, decide)
	}})
	return r
}

// TestDecideLater: AllowRequest may take its time, and the world goes on.
func TestDecideLater(t *testing.T) {
	refused := errors.New("no")
	for _, c := range []struct {
		name     string
		kind     string // of request: get, ws, or up (an upgrade)
		meantime func(st *stage)
		err      error
		answer   string // the status, "" for none
		sessions int
	}{
		{"yes", "get", nil, nil, "200", 1},
		{"yes", "ws", nil, nil, "101", 1},
		{"yes", "up", nil, nil, "101", 1},
		{"no", "get", nil, refused, "403", 0},
		{"no", "ws", nil, refused, "400", 0},
		{"no", "up", nil, refused, "400", 1},
		{"session is gone", "up", func(st *stage) { st.s.Close(true) }, nil, "400", 0},
		{"engine is closed", "get", func(st *stage) { st.engine.Close() }, nil, "503", 0},
		{"engine is closed", "ws", func(st *stage) { st.engine.Close() }, nil, "503", 0},
		{"client is gone", "get", func(st *stage) { st.ws.Reset(); st.settle() }, nil, "", 0},
		{"client is gone", "ws", func(st *stage) { st.ws.Reset(); st.settle() }, nil, "", 0},
		{"client is gone", "up", func(st *stage) { st.ws.Reset(); st.settle() }, nil, "", 1},
		{"FIN in the turn", "ws", func(st *stage) { st.ws.CloseWrite() }, nil, "", 0},
		{"FIN in the turn", "up", func(st *stage) { st.ws.CloseWrite() }, nil, "", 1},
		{"FIN in the turn", "ws", func(st *stage) { st.ws.CloseWrite() }, refused, "", 0},
	} {
		t.Run(c.name+"/"+c.kind, func(t *testing.T) {
			st := &stage{rig: guarded(t)}
			st.ask(c.kind)
			if c.meantime != nil {
				c.meantime(st)
			}
			decide := st.later[len(st.later)-1]
			st.loop.Post(func() {
				decide(c.err)
				decide(refused) // only the first counts
			})
			st.settle()
			status, _, _, _, _ := cutAnswer(st.ws.Read(), false)
			if n := st.engine.ClientsCount(); status != c.answer || n != c.sessions {
				t.Errorf("answer %q, %d sessions; want %q, %d", status, n, c.answer, c.sessions)
			}
			st.finish()
		})
	}
}

// ask makes a request that waits for a decision, its client being st.ws.
func (st *stage) ask(kind string) {
	switch kind {
	case "get":
		st.ws = st.dial()
		request(st.ws, "GET", "/engine.io/?EIO=4&transport=polling", nil)
	case "ws":
		st.ws = st.dial()
		request(st.ws, "GET", "/engine.io/?EIO=4&transport=websocket", nil, upgradeLines...)
	case "up":
		st.ask("get")
		st.later[0](nil)
		st.settle()
		st.s = st.last
		st.ws = st.tryWS()
	}
	st.settle()
}

// TestServerClose: every session ends with the reason, standing polls are
// answered, nobody new comes in.
func TestServerClose(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	var names []string
	for range 100 {
		_, s := r.openWS("EIO=4")
		names = append(names, s.ID(), r.openPoll("EIO=3").ID())
	}
	st := &stage{rig: r, s: r.last}
	st.stand()
	r.engine.Close()
	r.settle()
	_, _, body, _, _ := cutAnswer(st.poll.Read(), false)
	for _, sid := range names {
		if r.reasons[sid] != ServerShutdown {
			t.Errorf("closed with %q", r.reasons[sid])
		}
	}
	p := r.dial()
	request(p, "GET", "/engine.io/?EIO=4&transport=polling", nil)
	r.settle()
	if got := p.Read(); !bytes.HasPrefix(got, []byte("HTTP/1.1 503 ")) || string(body) != "1:1" {
		t.Errorf("the poll was answered %q, a handshake %q", body, got)
	}
	r.finish()
}

// TestManyPackets: a body of nothing but packets is worked off, one that makes the
// session answer more than it may queue ends it, and the POST is answered.
func TestManyPackets(t *testing.T) {
	for _, c := range []struct {
		unit   string
		reason Reason
	}{
		{"3\x1e", ""}, {"6\x1e", ""}, {"4a\x1e", TransportError}, {"\x1e", ParseError}, {"b\x1e", TransportError},
	} {
		r := newRig(t, 1, quietly, Options{EventRate: -1})
		s := r.openPoll("EIO=4")
		p := r.dial()
		post(p, s, append(bytes.Repeat([]byte(c.unit), 100000), '6'))
		for range 20 {
			r.settle()
		}
		_, _, body, _, _ := cutAnswer(p.Read(), false)
		if string(body) != "ok" || r.reasons[s.ID()] != c.reason {
			t.Errorf("%q: answer %q, closed with %q, want %q", c.unit, body, r.reasons[s.ID()], c.reason)
		}
		r.finish()
	}
}

// TestGoneAtOnce: a client that resets behind its request leaves nothing.
func TestGoneAtOnce(t *testing.T) {
	for _, transport := range []string{"polling", "websocket"} {
		r := newRig(t, 1, quietly, Options{})
		p := r.dial()
		request(p, "GET", "/engine.io/?EIO=4&transport="+transport, nil, pick(transport == "polling", nil, upgradeLines)...)
		p.Reset()
		r.settle()
		if n := r.engine.Stats().WebSockets; n != 0 {
			t.Errorf("%s: %d WebSockets are left", transport, n)
		}
		r.finish()
	}
}
