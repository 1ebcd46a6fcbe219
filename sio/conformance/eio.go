package main

import (
	"errors"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/webapp"
)

// eio plays the engine.
func (f *fixture) eio(variant string) error {
	o := eio.Options{}
	switch variant {
	case "main":
		o.UpgradeTimeout, o.MaxHTTPBufferSize = 500*time.Millisecond, 1000
		o.AllowRequest = func(req *webapp.Request, decide func(error)) {
			if req.Query("deny") == "1" {
				decide(errors.New("Thou shall not pass"))
			} else {
				decide(nil)
			}
		}
	case "noeio3":
		o.RefuseEIO3, o.RefuseUpgrades, o.PerMessageDeflate = true, true, &eio.Deflate{}
	case "hb":
		o.PingInterval, o.PingTimeout = 300*time.Millisecond, 200*time.Millisecond
	case "cors":
		o.RefuseEIO3 = true
		o.Cors = &webapp.Cors{Origins: []string{"http://good.example"}, Credentials: true, Methods: []string{"GET", "POST"},
			AllowedHeaders: []string{"x-foo"}}
		o.Cookie = &webapp.Cookie{Name: "io", Path: "/", HTTPOnly: true, SameSite: webapp.SameSiteLax}
	}
	engine, err := eio.Attach(f.app.Loop(), f.app.Server(), o)
	if err != nil {
		return err
	}
	engine.OnConnection(func(s *eio.Session) { s.SetHandler(echo{f}) })
	return nil
}

// echo answers the commands of the recordings and echoes everything else.
type echo struct{ f *fixture }

func (e echo) OnMessage(s *eio.Session, data []byte, binary bool) {
	send := func(texts ...string) {
		for _, t := range texts {
			s.Send([]byte(t), false)
		}
	}
	switch command := string(data); command {
	case "!close":
		s.Close(false)
	case "!discard":
		s.Close(true)
	case "!big":
		send(strings.Repeat("a", 2000))
	case "!burst":
		send("m1", "m2", "m3")
	case "!bin":
		s.Send([]byte{0, 1, 2, 255}, true)
	case "!mixed":
		send("t1")
		s.Send([]byte{1, 2, 3, 4}, true)
		send("€")
	case "!jsonp":
		send("a\u2028b\u2029c\"d\\e\nf</script>")
	case "!burst-close":
		send("m1", "m2")
		s.Close(false)
	default:
		s.Send(data, binary)
	}
}

func (echo) OnDrain(*eio.Session) {}

func (e echo) OnClose(s *eio.Session, reason eio.Reason, _ error) {
	e.f.reasons[s.ID()] = string(reason)
}
