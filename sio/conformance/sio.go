package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/msgpack"
)

// sio plays the Socket.IO server.
func (f *fixture) sio(variant string) error {
	o := sio.Options{ConnectTimeout: 500 * time.Millisecond}
	switch variant {
	case "msgpack":
		o.Parser = msgpack.New(msgpack.Options{})
	case "rec":
		o.ConnectionStateRecovery = &sio.ConnectionStateRecovery{}
	}
	io, err := sio.New(f.app, o)
	if err != nil {
		return err
	}
	io.OnConnection(f.connected)
	io.Of("/custom").OnConnection(f.connected)
	io.Of("/no").Use(func(_ *sio.Socket, next func(error)) { next(errors.New("nope")) })
	io.Of("/no-data").Use(func(_ *sio.Socket, next func(error)) {
		next(sio.Error{Message: "nope", Data: map[string]any{"code": "E1"}})
	})
	async := io.Of("/async")
	async.Use(func(_ *sio.Socket, next func(error)) {
		f.app.Loop().After(120*time.Millisecond, func() { next(nil) })
	})
	async.OnConnection(f.connected)
	io.OfRegexp(regexp.MustCompile(`^/dyn-\d+$`)).OnConnection(f.connected)
	return nil
}

// connected registers the handlers of the recordings on a socket.
func (f *fixture) connected(s *sio.Socket) {
	s.OnDisconnect(func(r sio.Reason) { f.reasons[s.ID()] = string(r) })
	s.Use(func(e *sio.Event, next func(error)) {
		if e.Name() == "forbidden" {
			next(sio.Error{Message: "not allowed", Data: map[string]any{"code": "E2"}})
			return
		}
		next(nil)
	})
	s.OnMessage(func(e *sio.Event) { s.Emit("message-back", e.Args()...) })
	s.On("message-with-ack", func(e *sio.Event) { e.Ack(e.Args()...) })
	s.On("emit-with-ack", func(e *sio.Event) {
		s.EmitWithAck("emit-with-ack", func(err error, a *sio.Event) {
			if err == nil {
				s.Emit("ack-result", a.Args()...)
			}
		}, e.Args()...)
	})
	s.On("double-ack", func(e *sio.Event) {
		e.Ack(1)
		e.Ack(2)
	})
	binaries(s)
	disconnects(s)
	rooms(s)
	s.On("handshake", func(e *sio.Event) { e.Ack(handshake(s)) })
	s.On("5", func(*sio.Event) { s.Emit("five") })
	s.On("types", func(*sio.Event) {
		s.Emit("types", time.Unix(0, 0).UTC(), nil, math.NaN(), 1e21, 1.0, math.Copysign(0, -1), "é<>&\u2028",
			struct {
				N any    `json:"n"`
				J string `json:"j"`
			}{nil, "J"})
	})
}

func binaries(s *sio.Socket) {
	s.On("bin", func(*sio.Event) {
		s.Emit("bin-back", struct {
			A []byte   `json:"a"`
			B [][]byte `json:"b"`
			C string   `json:"c"`
		}{[]byte{1, 2}, [][]byte{{3}}, "x"}, []byte{4})
	})
	s.On("emptybin", func(*sio.Event) { s.Emit("emptybin", []byte{}) })
	s.On("ackbin", func(e *sio.Event) { e.Ack([]byte{9, 8}, "t") })
}

func disconnects(s *sio.Socket) {
	s.On("disconnect-me", func(*sio.Event) { s.Disconnect(false) })
	s.On("disconnect-close", func(*sio.Event) { s.Disconnect(true) })
	s.On("two-then-disconnect", func(*sio.Event) {
		s.Emit("a")
		s.Emit("b", 1)
		s.Disconnect(true)
	})
}

func rooms(s *sio.Socket) {
	s.On("join", func(e *sio.Event) { check(s.Join(e.String(0))) })
	s.On("room", func(e *sio.Event) { s.Namespace().To(e.String(0)).Emit("room-msg", e.Arg(1)) })
	s.On("bcast", func(e *sio.Event) { s.Broadcast().Emit("bcast-msg", e.Arg(0)) })
	s.On("all", func(e *sio.Event) { s.Namespace().Emit("all-msg", e.Arg(0)) })
}

// handshake is what the recordings show of a handshake, with JavaScript's rule
// that an undefined value is left out.
func handshake(s *sio.Socket) any {
	h := s.Handshake()
	query := map[string]string{}
	for _, name := range []string{"token", "q"} {
		if v := h.Query(); v.Has(name) {
			query[name] = v.Get(name)
		}
	}
	return struct {
		Auth   sio.Raw `json:"auth"`
		Query  sio.Raw `json:"query"`
		URL    string  `json:"url"`
		Cross  bool    `json:"xdomain"`
		Secure bool    `json:"secure"`
		Same   bool    `json:"idIsEngineId"`
		Suffix bool    `json:"idSuffixIsEngineId"`
	}{sio.Raw(h.Auth()), ordered(query, "token", "q"), h.URL(), h.XDomain(), h.Secure(), s.ID() == s.Conn().ID(),
		strings.HasSuffix(s.ID(), "#"+s.Conn().ID())}
}

func ordered(m map[string]string, names ...string) sio.Raw {
	var fields []string
	for _, n := range names {
		if v, ok := m[n]; ok {
			fields = append(fields, fmt.Sprintf("%q:%q", n, v))
		}
	}
	return sio.Raw("{" + strings.Join(fields, ",") + "}")
}
