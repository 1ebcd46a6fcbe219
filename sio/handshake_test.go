package sio

import (
	"errors"
	"testing"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// The user is whom the program's own check of the request found; what a client claims is nothing.
func TestHandshakeEOS(t *testing.T) {
	var seen []*eos.Info
	known := &eos.Info{User: &eos.User{Acoid: "a1", Nickname: "Ann"}, Token: "good", Channel: eos.Local}
	r := newRig(t, Options{AllowRequest: func(req *webapp.Request, decide func(error)) {
		switch req.Query("edger-token") {
		case "good":
			req.SetEOS(known)
		case "bad":
			decide(errors.New("token is not valid"))
			return
		}
		decide(nil)
	}})
	r.io.OnConnection(func(s *Socket) { seen = append(seen, s.Handshake().EOS()) })
	for _, query := range []string{"&edger-token=good", "", "&eos=a1&acoid=a1"} {
		c := r.ws(4, query)
		c.send("40")
		c.recv()
	}
	if len(seen) != 3 || seen[0] != known || seen[1] != nil || seen[2] != nil {
		t.Errorf("got %v", seen)
	}
	status, answer := r.exchange("GET", "/socket.io/?EIO=4&transport=polling&edger-token=bad", "")
	if status != "403 Forbidden" || answer != `{"code":4,"message":"token is not valid"}` {
		t.Errorf("got %s %s", status, answer)
	}
}
