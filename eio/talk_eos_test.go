package eio

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// questioner is a Verifier that knows tokens by their text; what it is asked
// about "slow" waits for the test.
type questioner struct {
	asked int
	slow  []func(*eos.Info, error)
}

func (v *questioner) Verify(c *eos.Claim, done func(*eos.Info, error)) {
	v.asked++
	switch name, known := strings.CutPrefix(c.Token, "user-"); {
	case c.Token == "":
		done(nil, nil)
	case c.Token == "slow":
		v.slow = append(v.slow, done)
	case known && c.Srand != "":
		done(&eos.Info{User: &eos.User{Acoid: name}, Token: c.Token, Channel: eos.Cloud}, nil)
	case known:
		done(nil, &eos.VerifyError{Reason: eos.ReasonStale})
	default:
		done(nil, &eos.VerifyError{Reason: eos.ReasonForged})
	}
}

func eosRig(t *testing.T, o Options, e webapp.EOSOptions) (*talker, *questioner) {
	v := &questioner{}
	if e.Verifier == nil {
		e.Verifier = v
	}
	r := newWebRig(t, 1, quietly, o, webapp.Options{EOS: &e})
	t.Cleanup(r.finish)
	return &talker{rig: r, wires: map[string]*wire{}}, v
}

// play plays lines, in the language of the conversations.
func (k *talker) play(lines string) {
	k.Helper()
	for line := range strings.SplitSeq(lines, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if got, want := k.line(line); got != want {
			k.Fatalf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

const forgedJSON = `401 {content-type: application/json} {www-authenticate: EdgerOS} ` +
	`"{\"code\":4,\"message\":\"Not verified: forged\"}"`

func TestIdentityOfHandshakes(t *testing.T) {
	allowed := 0
	r, v := eosRig(t, Options{AllowRequest: func(req *webapp.Request, decide func(error)) {
		allowed++
		if req.EOS().Acoid() == "evil" {
			decide(errors.New("not you"))
			return
		}
		decide(nil)
	}}, webapp.EOSOptions{})
	r.play(`
		get 4&edger-token=bad -> ` + forgedJSON + `
		get 4 {Edger-Token: bad} -> ` + forgedJSON + `
		get 3&edger-token=bad -> ` + forgedJSON + `
		get 4&edger-token=user-ann -> 401 {content-type: application/json} {www-authenticate: EdgerOS} ` +
		`"{\"code\":4,\"message\":\"Not verified: stale srand\"}"
		w: ws 4&edger-token=bad -> 401 {content-type: text/html} {www-authenticate: EdgerOS} ` +
		`"Not verified: forged"
		w -> end
		get 4&edger-token=user-evil&edger-srand=1 -> 403 {content-type: application/json} ` +
		`"{\"code\":4,\"message\":\"not you\"}"
		get ?EIO=4&transport=abc&edger-token=bad -> code 0
		POST 4&edger-token=bad -> code 2`)
	if allowed != 1 || v.asked != 6 || r.engine.ClientsCount() != 0 || r.engine.Stats().Handshakes != 0 {
		t.Fatalf("%d allowed, %d asked, %+v", allowed, v.asked, r.engine.Stats())
	}
}

// A session's own requests are not asked again, and its user is the one of its first.
func TestIdentityOfSessions(t *testing.T) {
	r, v := eosRig(t, Options{}, webapp.EOSOptions{})
	r.play(`
		get 4&edger-token=user-ann&edger-srand=1 -> open
		post sid&edger-token=bad "4a" -> ok
		get sid&edger-token=user-bob&edger-srand=1 -> payload "4a"
		w: ws sid&edger-token=bad -> switch
		w: text "2probe" -> text "3probe"
		w: text "5"
		w: text "4b" -> text "4b"`)
	if v.asked != 1 || r.last.EOS().Acoid() != "ann" || r.last.EOS().Channel != eos.Cloud {
		t.Errorf("asked %d times, %+v", v.asked, r.last.EOS())
	}
	r.play(`
		get 4 -> open`)
	if r.last.EOS() != nil {
		t.Error(r.last.EOS())
	}
	r.play(`
		v: ws 4&edger-token=user-eve&edger-srand=1 -> switch
		v -> greeting`)
	if r.last.EOS().Acoid() != "eve" {
		t.Error(r.last.EOS())
	}
}

// Where the guard covers the engine's path nobody opens a session, but those that exist go on.
func TestGuardedEngine(t *testing.T) {
	r, _ := eosRig(t, Options{}, webapp.EOSOptions{Guard: []string{"/engine.io/"}})
	r.play(`
		get 4 -> 401 {content-type: application/json} {www-authenticate: EdgerOS} ` +
		`"{\"code\":4,\"message\":\"Not verified: none\"}"
		w: ws 4 -> 401 {content-type: text/html} {www-authenticate: EdgerOS} "Not verified: none"
		w -> end
		get 4&edger-token=user-ann&edger-srand=1 -> open
		post sid "4a" -> ok
		get sid -> payload "4a"`)
}

func TestIdentityHeadersOfStrangers(t *testing.T) {
	proxy := &eos.TrustedProxy{Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	r, _ := eosRig(t, Options{}, webapp.EOSOptions{Verifier: proxy})
	r.play(`
		get 4 {edger-acoid: A1} -> 401 {content-type: application/json} {www-authenticate: EdgerOS} ` +
		`"{\"code\":4,\"message\":\"Not verified: untrusted address\"}"
		w: ws 4 {Edger-Acoid: A1} -> 401 {content-type: text/html} ` +
		`{www-authenticate: EdgerOS} "Not verified: untrusted address"
		w -> end`)
	proxy.Ignore = true
	r.play(`
		get 4 {edger-acoid: A1} {x-other: 1} -> open`)
	h := r.last.Handshake()
	if r.last.EOS() != nil || h.Header("edger-acoid") != "" || h.Header("x-other") != "1" {
		t.Errorf("%v %q", r.last.EOS(), h.Header("edger-acoid"))
	}
}

func TestVerifierOfHandshakesTakesItsTime(t *testing.T) {
	r, v := eosRig(t, Options{}, webapp.EOSOptions{Timeout: 3 * time.Second})
	ann := &eos.Info{User: &eos.User{Acoid: "ann"}}
	r.play(`p: get 4&edger-token=slow`)
	r.play(`w: ws 4&edger-token=slow`)
	r.play(`w: text "4early"`) // comes before the switch
	r.play(`late: get 4&edger-token=slow`)
	r.play(`gone: ws 4&edger-token=slow`)
	r.play(`gone: reset`)
	if len(v.slow) != 4 || r.engine.ClientsCount() != 0 {
		t.Fatalf("%d questions, %d sessions", len(v.slow), r.engine.ClientsCount())
	}
	v.slow[0](ann, nil)
	v.slow[1](ann, nil)
	v.slow[3](ann, nil)
	r.play(`p -> open`)
	r.play(`w -> switch`)
	r.play(`w -> greeting`)
	r.play(`w -> text "4early"`)
	if r.engine.ClientsCount() != 2 || r.last.EOS() != ann {
		t.Errorf("%d sessions, %v", r.engine.ClientsCount(), r.last.EOS())
	}
	r.play(`wait 4s`)
	r.play(`late -> 503 {content-type: application/json} ` +
		`"{\"code\":4,\"message\":\"Not verified: verification took too long\"}"`)
	v.slow[2](ann, nil)

	r.play(`q: get 4&edger-token=slow`)
	r.engine.Close()
	v.slow[4](ann, nil)
	r.play(`q -> 503 {retry-after: 3}`)
}
