//go:build !race

package eio

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// turns lets what was written come in, be answered, and go out.
func (r *rig) turns() {
	for range 3 {
		if err := r.loop.Poll(0); err != nil {
			r.Fatal(err)
		}
	}
}

// nothing wants fn to allocate nothing.
func nothing(t *testing.T, what string, fn func()) {
	t.Helper()
	for range 3 {
		fn() // buffers grow to their size
	}
	if n := testing.AllocsPerRun(200, fn); n != 0 {
		t.Errorf("%s: %v allocations", what, n)
	}
}

// TestNoAllocations: a message in and its answer out, a broadcast, a heartbeat.
func TestNoAllocations(t *testing.T) {
	for _, query := range wireForms {
		r := newRig(t, 1, quietly, Options{})
		r.handler = echo{}
		p, s := r.openWS(query)
		exchange := func(frame []byte) func() {
			return func() {
				p.Write(frame)
				r.turns()
				if len(p.Read()) < 2 {
					t.Fatal("no answer")
				}
			}
		}
		nothing(t, query+": text", exchange(text("4hello")))
		nothing(t, query+": 16 in a segment", exchange(repeat(text("4hello"), 16)))
		if s.protocol == 3 {
			nothing(t, query+": binary", exchange(masked(2, "\x04hello")))
			nothing(t, query+": ping", exchange(text("2")))
		} else {
			nothing(t, query+": binary", exchange(masked(2, "hello")))
			nothing(t, query+": base64", exchange(text("bAQIDBA==")))
			pong := text("3")
			nothing(t, query+": ping", func() {
				r.k.Sleep(r.loop, r.engine.Options().PingInterval+1e9)
				if len(p.Read()) < 3 {
					t.Fatal("no ping")
				}
				p.Write(pong)
				r.turns()
			})
		}
		if !s.Open() {
			t.Fatalf("%s: closed", query)
		}
	}
}

// TestDenseAllocatesNothing: the same where messages are compressed both ways.
func TestDenseAllocatesNothing(t *testing.T) {
	r := newRig(t, 1, quietly, dense)
	r.handler = echo{}
	p, s := r.openWS("EIO=4", offer)
	var m Message
	for _, size := range []int{5, 1500, 20_000} {
		var b bytes.Buffer
		for i := 0; b.Len() < size; i++ { // as telemetry is: in codes of its own, of more than nine bits
			fmt.Fprintf(&b, `{"id":%d,"name":"sensor-%d","value":%d.%d},`, i, i%9, i*i%97, i*7919%1000)
		}
		data := b.Bytes()[:size]
		frame := squeeze(ws.OpText, "4"+string(data))
		nothing(t, fmt.Sprint(size, " bytes, compressed"), func() {
			p.Write(frame)
			r.turns()
			if n := len(p.Read()); n < 5 || size > 1000 && n > size/2 {
				t.Fatal("answer of", n)
			}
		})
		if size > 10_000 {
			continue // a large frame is kept by the connections, so a broadcast makes a new one
		}
		nothing(t, fmt.Sprint(size, " bytes, broadcast"), func() {
			m.Reset(data, true)
			s.SendMessage(&m)
			r.turns()
			if n := len(p.Read()); n < 5 || size > 1000 && n > size/2 {
				t.Fatal("message of", n)
			}
		})
	}
	if !s.Open() {
		t.Fatal("closed")
	}
}

func repeat(b []byte, n int) (out []byte) {
	for range n {
		out = append(out, b...)
	}
	return out
}

// echo is the shortest handler.
type echo struct{}

func (echo) OnMessage(s *Session, data []byte, binary bool) { s.Send(data, binary) }
func (echo) OnDrain(*Session)                               {}
func (echo) OnClose(*Session, Reason, error)                {}

func TestBroadcastAllocatesNothing(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	var peers []*polltest.Peer
	var sessions []*Session
	for i := range 100 {
		p, s := r.openWS(wireForms[i%len(wireForms)])
		peers, sessions = append(peers, p), append(sessions, s)
	}
	var m Message
	for _, size := range []int{10, 1000} {
		data := fill(size, 'x')
		for _, binary := range []bool{false, true} {
			nothing(t, fmt.Sprintf("%d bytes, binary %v", size, binary), func() {
				m.Reset(data, binary)
				for _, s := range sessions {
					s.SendMessage(&m)
				}
				r.turns()
				for _, p := range peers {
					if len(p.Read()) < size {
						t.Fatal("not delivered")
					}
				}
			})
		}
	}
}

// TestPollingAllocations is a ceiling for one round of polling: a poll that
// stands, a POST, the echo. A parked exchange has a record of its own on the
// heap, and nothing else has.
func TestPollingAllocations(t *testing.T) {
	r := newRig(t, 1, quietly, Options{})
	r.handler = echo{}
	s := r.openPoll("EIO=4")
	g, p := r.dial(), r.dial()
	n := testing.AllocsPerRun(200, r.pollRound(g, p, s))
	t.Logf("%v allocations a round", n)
	if n > pollingAllocations {
		t.Errorf("%v allocations a round, want at most %v", n, pollingAllocations)
	}
}

const pollingAllocations = 1

// pollRound is one round of polling on two connections.
func (r *rig) pollRound(g, p *polltest.Peer, s *Session) func() {
	poll := []byte("GET " + target(s) + " HTTP/1.1\r\nHost: a\r\n\r\n")
	body := []byte("POST " + target(s) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4hello")
	return func() {
		g.Write(poll)
		r.turns()
		p.Write(body)
		r.turns()
		if len(g.Read()) < 100 || len(p.Read()) < 100 {
			r.Fatal("no answers")
		}
	}
}

func BenchmarkPollingRound(b *testing.B) {
	r := newRig(b, 1, quietly, Options{})
	r.handler = echo{}
	s := r.openPoll("EIO=4")
	round := r.pollRound(r.dial(), r.dial(), s)
	b.ReportAllocs()
	for b.Loop() {
		round()
	}
}

func BenchmarkEcho(b *testing.B) {
	r := newRig(b, 1, quietly, Options{})
	r.handler = echo{}
	p, _ := r.openWS("EIO=4")
	frame := text("4hello")
	b.ReportAllocs()
	for b.Loop() {
		p.Write(frame)
		r.loop.Poll(0)
		r.loop.Poll(0)
		if len(p.Read()) == 0 {
			b.Fatal("no echo")
		}
	}
}
