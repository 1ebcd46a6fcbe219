package sio

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"time"
)

// fixture registers the handlers that the recorded conversations talk to (the reference's fixture in Go), and returns
// the reasons of the sockets that were disconnected.
func (r *rig) fixture() map[string]Reason {
	reasons := make(map[string]Reason)
	handle := func(s *Socket) { fixtureSocket(s, reasons) }
	r.io.OnConnection(handle)
	r.io.Of("/custom").OnConnection(handle)
	r.io.Of("/no").Use(func(_ *Socket, next func(error)) { next(errors.New("nope")) })
	r.io.Of("/no-data").Use(func(_ *Socket, next func(error)) {
		next(&Error{Message: "nope", Data: map[string]any{"code": "E1"}})
	})
	slow := r.io.Of("/async")
	slow.Use(func(_ *Socket, next func(error)) {
		r.loop.After(120*time.Millisecond, func() { next(nil) })
	})
	slow.OnConnection(handle)
	r.io.OfRegexp(regexp.MustCompile(`^/dyn-\d+$`)).OnConnection(handle)
	return reasons
}

type stringer struct{}

func (stringer) MarshalJSON() ([]byte, error) { return []byte(`"J"`), nil }

func fixtureSocket(s *Socket, reasons map[string]Reason) {
	s.OnDisconnect(func(reason Reason) { reasons[s.ID()] = reason })
	s.Use(func(e *Event, next func(error)) {
		if e.Name() == "forbidden" {
			next(Error{Message: "not allowed"})
			return
		}
		next(nil)
	})
	s.On("message", func(e *Event) { s.Emit("message-back", e.Args()...) })
	s.On("message-with-ack", func(e *Event) { e.Ack(e.Args()...) })
	s.On("emit-with-ack", func(e *Event) {
		s.EmitWithAck("emit-with-ack", func(err error, answer *Event) {
			if err == nil {
				s.Emit("ack-result", answer.Args()...)
			}
		}, e.Args()...)
	})
	s.On("bin", func(*Event) {
		type reply struct {
			A []byte   `json:"a"`
			B []Binary `json:"b"`
			C string   `json:"c"`
		}
		s.Emit("bin-back", reply{[]byte{1, 2}, []Binary{{3}}, "x"}, []byte{4})
	})
	s.On("emptybin", func(*Event) { s.Emit("emptybin", []byte{}) })
	s.On("ackbin", func(e *Event) { e.Ack([]byte{9, 8}, "t") })
	s.On("double-ack", func(e *Event) { e.Ack(1); e.Ack(2) })
	s.On("disconnect-me", func(*Event) { s.Disconnect(false) })
	s.On("disconnect-close", func(*Event) { s.Disconnect(true) })
	s.On("two-then-disconnect", func(*Event) { s.Emit("a"); s.Emit("b", 1); s.Disconnect(true) })
	s.On("join", func(e *Event) { _ = s.Join(e.String(0)) })
	s.On("room", func(e *Event) { s.Namespace().To(e.String(0)).Emit("room-msg", e.Arg(1)) })
	s.On("bcast", func(e *Event) { s.Broadcast().Emit("bcast-msg", e.Arg(0)) })
	s.On("all", func(e *Event) { s.Namespace().Emit("all-msg", e.Arg(0)) })
	s.On("types", func(*Event) {
		type last struct {
			N any      `json:"n"`
			J stringer `json:"j"`
		}
		s.Emit("types", time.Unix(0, 0), nil, math.NaN(), 1e21, 1.0, math.Copysign(0, -1), "é<>&\u2028", last{})
	})
	s.On("handshake", func(e *Event) {
		h := s.Handshake()
		e.Ack(h.Auth(), h.Query().Get("token"), h.Query().Get("q"), h.URL(), h.XDomain(), h.Secure(),
			s.ID() == s.Conn().ID(), strings.HasSuffix(s.ID(), "#"+s.Conn().ID()))
	})
	s.On("5", func(*Event) { s.Emit("five") })
}
