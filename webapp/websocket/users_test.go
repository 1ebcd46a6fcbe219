package websocket

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// TestUsers opens channels as users: bad tokens are refused before the switch, and the verifier is asked once, also
// below the app's guard.
func TestUsers(t *testing.T) {
	issuer := eos.Issuer{Key: eos.Key{ID: "k", Secret: []byte("a key of this test, of more than 32 bytes")}}
	asked := 0
	proxy := &eos.TrustedProxy{
		Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.77/32")},
		Next:      &eos.SignedToken{Keys: []eos.Key{issuer.Key}},
	}
	users := &webapp.EOSOptions{Guard: []string{"/chat/only"}, Verifier: proxy}
	r := newEOSRig(t, 1, polltest.Faults{}, Options{}, users)
	now := r.loop.Time()
	token, srand, err := issuer.Sign(eos.User{Acoid: "A1"}, eos.Local, now)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := issuer.Renew(token, now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, ch := r.open("/chat"); ch.EOS() != nil {
		t.Errorf("somebody: %v", ch.EOS())
	}
	for _, target := range []string{"/chat?edger-token=" + token + "&edger-srand=" + srand} {
		if _, ch := r.open(target); ch.EOS().Acoid() != "A1" {
			t.Errorf("%v", ch.EOS())
		}
	}
	if _, ch := r.open("/chat", "edger-token: "+token, "edger-srand: "+srand); ch.EOS().Acoid() != "A1" {
		t.Errorf("%v", ch.EOS())
	}
	forged := token[:len(token)-2] + "AA"
	for _, lines := range [][]string{
		{"edger-token: " + forged, "edger-srand: " + srand},
		{"edger-token: " + token, "edger-srand: " + stale},
		{"edger-token: x", "edger-srand: " + srand},
		{"edger-acoid: A1"},
	} {
		p := r.dial()
		p.WriteString(handshake("/chat", lines...))
		r.settle()
		got := string(p.Read())
		if !strings.HasPrefix(got, "HTTP/1.1 401 ") || !strings.Contains(got, "\r\nWWW-Authenticate: EdgerOS\r\n") ||
			!strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("%q: %q", lines, got)
		}
	}
	if s := r.chat.Stats(); s.Refused != 4 || s.Opened != 3 {
		t.Errorf("%+v", s)
	}
	r.finish()

	var answer func(*eos.Info, error)
	verdict := eos.VerifierFunc(func(_ *eos.Claim, done func(*eos.Info, error)) { asked++; answer = done })
	for _, guard := range [][]string{{}, {"/chat"}} {
		asked = 0
		verified := ""
		o := Options{Verify: func(req *webapp.Request, decide func(error)) {
			verified = req.EOS().Acoid()
			decide(nil)
		}}
		r = newEOSRig(t, 1, polltest.Faults{}, o, &webapp.EOSOptions{Verifier: verdict, Guard: guard})
		p := r.dial()
		p.WriteString(handshake("/chat", "Sec-WebSocket-Protocol: v1"))
		r.settle()
		other := r.dial() // moves the bytes of the request that waits
		other.WriteString("GET /nowhere/nothing/at/all/that/is/there HTTP/1.1\r\nHost: elsewhere\r\n\r\n")
		done := answer
		if len(p.Read()) != 0 {
			t.Error("answered before the verdict")
		}
		done(&eos.Info{User: &eos.User{Acoid: "A2"}}, nil)
		r.settle()
		if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 101 ") ||
			!strings.Contains(got, "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") {
			t.Errorf("%q", got)
		}
		if asked != 1 || verified != "A2" || r.last.EOS().Acoid() != "A2" || r.last.Protocol() != "v1" {
			t.Errorf("asked %d times, Verify saw %q, %v", asked, verified, r.last.EOS())
		}
		r.finish()
	}
}
