package sio

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// named is a Verifier that takes the token for the acoid; "until-5s" ends in so long.
func named(c *eos.Claim, done func(*eos.Info, error)) {
	name, life, limited := strings.Cut(c.Token, "-")
	switch {
	case c.Token == "":
		done(nil, nil)
		return
	case name == "forged":
		done(nil, &eos.VerifyError{Reason: eos.ReasonForged})
		return
	}
	info := &eos.Info{User: &eos.User{Acoid: name}, Token: c.Token, Channel: eos.Local}
	if d, err := time.ParseDuration(life); limited && err == nil {
		info.Expires = c.Now.Add(d)
	}
	done(info, nil)
}

// newEOSRig is newRig with users.
func newEOSRig(t testing.TB, o Options) *rig {
	t.Helper()
	accounts := eos.AccountTable{"ada": eos.Admin, "bob": eos.Member}
	users := &webapp.EOSOptions{Verifier: eos.VerifierFunc(named), Accounts: accounts}
	r := newWebRig(t, o, io.Discard, webapp.Options{EOS: users})
	r.io.OnError(func(_ *Socket, err error) { t.Errorf("reported: %v", err) })
	return r
}

// user opens a session as a user and joins namespaces.
func (r *rig) user(token string, nsps ...string) *wsClient {
	r.t.Helper()
	c := r.ws(4, "&edger-token="+token)
	for _, nsp := range nsps {
		if nsp == "/" {
			nsp = ""
		} else {
			nsp += ","
		}
		c.send("40" + nsp)
		if got := c.recv(); !strings.HasPrefix(got, "40"+nsp+`{"sid":"`) {
			r.t.Fatalf("CONNECT answered with %q", got)
		}
	}
	return c
}

func TestExpiry(t *testing.T) {
	r := newEOSRig(t, Options{DisconnectExpired: true})
	r.io.Of("/x")
	var reasons []Reason
	r.io.OnDisconnect(func(_ *Socket, reason Reason) { reasons = append(reasons, reason) })
	timers := r.loop.Stats().Timers
	ever, anonymous := r.user("ada", "/"), r.connect("")
	if r.io.expiries.timer.Armed() {
		t.Error("a timer for nobody")
	}
	two, soon, waiting := r.user("bob-30s", "/", "/x"), r.user("ada-5s", "/"), r.user("cid-5s")
	gone := r.user("dan-6s", "/")
	gone.p.Reset()
	r.settle()
	if n := len(r.io.expiries.clients); n != 3 {
		t.Fatalf("%d clients", n)
	}
	r.k.Sleep(r.loop, 4900*time.Millisecond)
	soon.expect("nothing")
	r.k.Sleep(r.loop, 1100*time.Millisecond)
	soon.expect(`42["eos_expired",{"reason":"expired"}]`, "41", "close")
	waiting.expect("close")
	two.expect("nothing")
	r.k.Sleep(r.loop, 25*time.Second)
	two.expect("2", `42["eos_expired",{"reason":"expired"}]`,
		`42/x,["eos_expired",{"reason":"expired"}]`, "41", "41/x,", "close")
	for _, c := range []*wsClient{ever, anonymous} {
		for f := c.recv(); f != "nothing"; f = c.recv() {
			if f != "2" {
				t.Errorf("got %q", f)
			}
		}
	}
	if len(r.io.expiries.clients) != 0 || r.io.expiries.timer.Armed() || r.loop.Stats().Timers < timers {
		t.Errorf("%d clients are watched", len(r.io.expiries.clients))
	}
	if got := strings.Join([]string{string(reasons[0]), string(reasons[1]), string(reasons[2])}, ","); got !=
		"transport close,server namespace disconnect,server namespace disconnect" {
		t.Error(got)
	}
}

// The wall clock is looked at every minute, and not later than the end.
func TestExpiryLongWait(t *testing.T) {
	r := newEOSRig(t, Options{DisconnectExpired: true, PingInterval: time.Hour})
	r.user("ada-200s", "/")
	r.k.Sleep(r.loop, 199*time.Second)
	if r.io.Len() != 1 {
		t.Fatal("too early")
	}
	r.k.Sleep(r.loop, 2*time.Second)
	if r.io.Len() != 0 {
		t.Error("the token has ended, the socket has not")
	}
}

func TestIdentityOfSockets(t *testing.T) {
	r := newEOSRig(t, Options{})
	for token, want := range map[string]struct {
		acoid string
		group eos.Group
	}{"ada": {"ada", eos.Admin}, "bob": {"bob", eos.Member}, "cid": {"cid", eos.Guest}, "": {"", eos.Guest}} {
		c := r.user(token, "/")
		s := r.only("/")
		if s.EOS().Acoid() != want.acoid || s.Group() != want.group || s.Handshake().EOS() != s.EOS() {
			t.Errorf("%q: %v %s", token, s.EOS(), s.Group())
		}
		c.p.Reset()
		r.settle()
	}
}

func TestRecoveryIsForTheSameUser(t *testing.T) {
	r := newEOSRig(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{}})
	r.io.OnConnection(func(s *Socket) { check(r.t, s.Join("room")) })
	a := &ghost{}
	query := "&edger-token=ada"
	id := a.joinAs(r, query)
	a.die()
	r.io.To("room").Emit("secret")
	thief := *a
	if got := thief.joinAs(r, "&edger-token=bob"); got == id || len(thief.missed) != 0 {
		t.Errorf("another user is %q, and got %q", got, thief.missed)
	}
	thief = *a
	if got := thief.joinAs(r, ""); got == id || len(thief.missed) != 0 {
		t.Errorf("nobody is %q, and got %q", got, thief.missed)
	}
	if got := a.joinAs(r, query); got != id || len(a.missed) != 1 {
		t.Errorf("the user is %q and got %q", got, a.missed)
	}
	// While the socket is connected it is not taken over either.
	thief = *a
	if got := thief.joinAs(r, "&edger-token=bob"); got == id || r.io.Socket(id) == nil {
		t.Errorf("another user is %q", got)
	}
	again := *a
	if got := again.joinAs(r, query); got != id {
		t.Errorf("the user is %q", got)
	}
}
