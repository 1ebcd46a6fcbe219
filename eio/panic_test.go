package eio

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// grenade is a handler that panics where it is told to.
type grenade struct {
	fixture
	at string
}

func (g grenade) OnMessage(s *Session, data []byte, binary bool) {
	if g.at == "OnMessage" && string(data) == "bang" {
		panic("boom")
	}
	g.fixture.OnMessage(s, data, binary)
}

func (g grenade) OnClose(s *Session, reason Reason, desc error) {
	g.fixture.OnClose(s, reason, desc)
	if g.at == "OnClose" {
		panic("boom")
	}
}

// Each place panics for one session, over polling and over a WebSocket: it ends, OnClose is called once, another
// session is served, the report has the place and the stack, and nothing is left.
func TestPanicsOfASession(t *testing.T) {
	hook := func(set func(h *Hooks)) func(s *Session) { return func(s *Session) { set(s.Hooks()) } }
	last := (*Session)(nil)
	bang := func(s *Session) {
		if s != last { // once: the end of a session flushes, too
			last = s
			panic("boom")
		}
	}
	for _, x := range []struct {
		where string
		open  func(s *Session) // within OnConnection
		ended Reason           // "" where the session goes on
	}{
		{"OnConnection", bang, TransportError},
		{"OnMessage", nil, TransportError},
		{"OnClose", nil, TransportClose},
		{"Hooks.Packet",
			hook(func(h *Hooks) { h.Packet = func(*Session, byte, []byte, bool) { panic("boom") } }), TransportError},
		{"Hooks.PacketCreate",
			hook(func(h *Hooks) { h.PacketCreate = func(*Session, byte, []byte, bool) { panic("boom") } }), TransportError},
		{"Hooks.Flush", hook(func(h *Hooks) { h.Flush = bang }), TransportError},
		{"Hooks.Heartbeat", hook(func(h *Hooks) { h.Heartbeat = bang }), TransportError},
		{"Hooks.Close", hook(func(h *Hooks) { h.Close = func(*Session, Reason, error) { panic("boom") } }), TransportClose},
	} {
		for _, transport := range []string{"websocket", "polling"} {
			t.Run(x.where+" over "+transport, func(t *testing.T) {
				var told []error
				note := func(err error) { told = append(told, err) }
				r := newPanicRig(t, func(p *poll.PanicError) { note(p) })
				r.engine.OnError(func(_ *Session, err error) { note(err); panic("so does OnError") })
				other, _ := r.openWS("EIO=4")
				r.handler = grenade{fixture{r}, x.where}
				if x.open != nil {
					armed := true
					r.engine.OnConnection(func(s *Session) {
						if armed {
							armed = false
							x.open(s)
						}
					})
				}
				request(r.dial(), "GET", "/engine.io/?EIO=4&transport="+transport, nil,
					map[string][]string{"websocket": upgradeLines}[transport]...)
				r.settle()
				s, p := r.last, r.peers[len(r.peers)-1]
				p.Read()
				for _, m := range []string{"4bang", "3", "1"} { // a message, a pong, the end
					if !s.Open() {
						break
					}
					if transport == "websocket" {
						p.Write(text(m))
					} else {
						get(p, s)
						post(r.dial(), s, []byte(m))
					}
					r.settle()
				}
				if s.Open() || r.ends[s.ID()] != 1 || r.reasons[s.ID()] != x.ended {
					t.Errorf("%s, told %d times, %q", s.ReadyState(), r.ends[s.ID()], r.reasons[s.ID()])
				}
				if len(told) != 1 || !strings.Contains(told[0].Error(), "boom") || !panicStack(told[0]) {
					t.Errorf("reported: %v", told)
				}
				if n := r.engine.Stats().Panics + r.loop.Stats().Panics; n != 1 {
					t.Errorf("%d panics are counted", n)
				}
				other.Write(text("4hello"))
				r.settle()
				if got := string(other.Read()); !strings.HasSuffix(got, "4hello") {
					t.Errorf("the other session gets %q", got)
				}
				r.finish()
			})
		}
	}
}

// newPanicRig is newRig on a loop that tells of panics.
func newPanicRig(t *testing.T, tell func(*poll.PanicError)) *rig {
	r := newRig(t, 1, quietly, Options{})
	r.k = polltest.New(1, quietly)
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k, OnPanic: tell}); err != nil {
		t.Fatal(err)
	}
	r.web = webapp.NewServer(r.loop, webapp.Options{OnError: func(err error) { t.Errorf("OnError: %v", err) }})
	if _, err = r.loop.Listen(poll.ListenOptions{Address: site, Accept: r.web.Accept}); err != nil {
		t.Fatal(err)
	}
	if r.engine, err = Attach(r.loop, r.web, Options{}); err != nil {
		t.Fatal(err)
	}
	r.engine.OnConnection(func(s *Session) {
		r.last = s
		s.SetHandler(r.handler)
	})
	return r
}

// panicStack tells whether a panic is reported with the stack that led to it.
func panicStack(err error) bool {
	var e *PanicError
	var p *poll.PanicError
	switch {
	case errors.As(err, &e):
		return strings.Contains(string(e.Stack), "panic_test.go")
	case errors.As(err, &p):
		return strings.Contains(string(p.Stack), "panic_test.go")
	}
	return false
}

// A request that is let in in a later turn and then panics gets 500, and leaves no session.
func TestPanicAfterALateDecision(t *testing.T) {
	var later func(error)
	r := newRig(t, 1, quietly, Options{AllowRequest: func(_ *webapp.Request, decide func(error)) { later = decide }})
	var told []error
	r.engine.OnError(func(_ *Session, err error) { told = append(told, err) })
	r.engine.GenerateID(func(*webapp.Request) string { panic("boom") })
	p := r.dial()
	request(p, "GET", "/engine.io/?EIO=4&transport=polling", nil)
	r.settle()
	r.loop.After(time.Second, func() { later(nil) })
	r.sleep(2 * time.Second)
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 500 ") || len(told) != 1 || !panicStack(told[0]) {
		t.Errorf("answer %.40q, reported %v", got, told)
	}
	r.finish()
}
