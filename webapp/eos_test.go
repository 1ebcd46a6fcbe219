package webapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// verdicts is a Verifier that knows tokens by their text, and answers "slow" only when the test says so.
type verdicts struct {
	asked int
	slow  []func(*eos.Info, error)
}

func (v *verdicts) Verify(c *eos.Claim, done func(*eos.Info, error)) {
	v.asked++
	switch c.Token {
	case "":
		done(nil, nil)
	case "good":
		done(&eos.Info{User: &eos.User{Acoid: "A1", Nickname: "ann"}, Token: c.Token, Channel: eos.Local}, nil)
		done(nil, errors.New("a second answer is none"))
	case "nobody":
		done(&eos.Info{Token: c.Token}, nil)
	case "slow":
		v.slow = append(v.slow, done)
	case "broken":
		done(nil, errors.New("the database is away"))
	default:
		done(nil, &eos.VerifyError{Reason: eos.ReasonForged})
	}
}

var verified = &eos.Info{User: &eos.User{Acoid: "A1"}}

// guardedRig has one handler for everything, which tells who came.
func guardedRig(t *testing.T, o EOSOptions) (*rig, *verdicts, *int) {
	v, called := &verdicts{}, new(int)
	if o.Verifier == nil {
		o.Verifier = v
	}
	r := newRig(t, Options{EOS: &o}, func(app *App) {
		app.All("*", func(req *Request, res *Response) {
			*called++
			res.End(req.EOS().Acoid() + "|" + req.Header("edger-acoid"))
		})
	})
	return r, v, called
}

// refused demands the guard's answer.
func refused(t *testing.T, res reply, status int, reason string) {
	t.Helper()
	var got struct {
		Status        int
		Error, Reason string
	}
	if err := json.Unmarshal([]byte(res.body), &got); err != nil {
		t.Fatalf("%d %q: %v", res.StatusCode, res.body, err)
	}
	if res.StatusCode != status || got.Status != status || got.Reason != reason || got.Error != StatusText(status) ||
		!strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") ||
		status == 401 && res.Header.Get("WWW-Authenticate") == "" {
		t.Fatalf("got %d %q %v, want %d %q", res.StatusCode, res.body, res.Header, status, reason)
	}
}

func TestGuardRefuses(t *testing.T) {
	r, v, called := guardedRig(t, EOSOptions{})
	for _, path := range []string{"/api/x", "/API/x", "/api/", "/api", "/%61pi/x", "/api/x?edger-token="} {
		refused(t, r.once(get(path)), 401, "none")
	}
	refused(t, r.once(get("/api/x?edger-token=nobody")), 401, "none")
	refused(t, r.once(get("/api/x?edger-token=bad")), 401, "forged")
	refused(t, r.once(get("/api/x", "Edger-Token: bad", "Edger-Srand: 1")), 401, "forged")
	refused(t, r.once(get("/api/x?edger-token=good", "Edger-Token: bad")), 401, "forged") // a header counts first
	refused(t, r.once(get("/api/x?edger-token=broken")), 401, "not verified")
	refused(t, r.once("OPTIONS /api/x HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n"), 401, "none")
	if *called != 0 {
		t.Fatalf("%d handlers ran", *called)
	}
	if !strings.Contains(r.log.String(), "the database is away") {
		t.Error("the fault of the verifier is not told")
	}
	for _, ok := range []string{get("/api/x?edger-token=good"), get("/api/x", "EDGER-TOKEN: good")} {
		if got := r.once(ok); got.StatusCode != 200 || got.body != "A1|" {
			t.Errorf("%d %q", got.StatusCode, got.body)
		}
	}
	asked := v.asked
	if got := r.once(get("/open?edger-token=bad")); got.body != "|" || v.asked != asked {
		t.Errorf("%q, asked %d times", got.body, v.asked-asked)
	}
}

func TestGuardRefusesBeforeTheBody(t *testing.T) {
	r, _, called := guardedRig(t, EOSOptions{})
	c := r.dial().send("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	refused(t, c.next("POST"), 401, "none")
	c.Close()
	if held := r.server().Stats().UploadBytes; held != 0 || *called != 0 {
		t.Errorf("%d bytes held, %d handlers", held, *called)
	}
}

func TestGuardOptions(t *testing.T) {
	r, _, _ := guardedRig(t, EOSOptions{Guard: []string{"/admin"}, Token: "tok", Srand: "s",
		Cors: &Cors{Origins: []string{"http://b"}}})
	refused(t, r.once(get("/admin-page")), 401, "none")
	if got := r.once(get("/api/x")); got.StatusCode != 200 {
		t.Error(got.StatusCode)
	}
	if got := r.once(get("/admin?tok=good")); got.body != "A1|" {
		t.Error(got.body)
	}
	got := r.once("OPTIONS /admin HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: GET\r\n\r\n")
	if got.StatusCode != 204 || got.Header.Get("Access-Control-Allow-Origin") != "http://b" {
		t.Error(got.StatusCode, got.Header)
	}
	got = r.once(get("/admin", "Origin: http://b"))
	refused(t, got, 401, "none")
	if got.Header.Get("Access-Control-Allow-Origin") != "http://b" {
		t.Error(got.Header)
	}
}

func TestVerifierTakesItsTime(t *testing.T) {
	r, v, called := guardedRig(t, EOSOptions{})
	c := r.dial().send(request("POST", "/api/x?edger-token=slow", "body") + get("/open"))
	r.run("the question", func() bool { return len(v.slow) == 1 })
	c.open()
	v.slow[0](verified, nil)
	v.slow[0](nil, errors.New("twice"))
	c.want(200, "A1|")
	c.want(200, "|") // what came behind it
	c.Close()

	late := r.dial().send(get("/api/x?edger-token=slow"))
	refused(t, late.next("GET"), 503, "verification took too long")
	late.Close()
	v.slow[1](verified, nil) // nobody waits any more

	gone := r.dial().send(get("/api/x?edger-token=slow"))
	r.run("the question", func() bool { return len(v.slow) == 3 })
	gone.Reset()
	r.settle()
	if n := r.loop.Stats().Timers; n > 1 {
		t.Errorf("%d timers wait for who is gone", n)
	}
	v.slow[2](verified, nil)
	r.settle()
	if *called != 2 {
		t.Errorf("%d handlers ran", *called)
	}
}

func TestIdentifyOnce(t *testing.T) {
	v := &verdicts{}
	r := newRig(t, Options{EOS: &EOSOptions{Verifier: v, Accounts: eos.AccountTable{"A1": eos.Admin}}}, func(app *App) {
		app.Use("/", EOSMiddleware())
		app.Use("/admin", RequireGroup(eos.Admin, eos.Member))
		app.Use("/own", func(req *Request, _ *Response, next Next) {
			req.SetEOS(&eos.Info{User: &eos.User{Acoid: "own"}})
			next(nil)
		})
		app.Get("*", func(req *Request, res *Response) {
			n := 0
			req.Identify(func(*eos.Info, error) { n++ })
			req.Identify(func(info *eos.Info, err error) {
				res.End(strings.Repeat("!", n) + info.Acoid() + " " + string(req.Group()))
			})
		})
	})
	for path, want := range map[string]string{
		"/x": "! guest", "/x?edger-token=good": "!A1 admin", "/admin?edger-token=good": "!A1 admin",
		"/api/x?edger-token=good": "!A1 admin", "/own?edger-token=nobody": "!own guest",
	} {
		before := v.asked
		if got := r.once(get(path)); got.body != want || v.asked != before+1 {
			t.Errorf("%s: %q, asked %d times", path, got.body, v.asked-before)
		}
	}
	refused(t, r.once(get("/x?edger-token=bad")), 401, "forged")
	refused(t, r.once(get("/admin")), 401, "none")
	slow := r.dial().send(get("/api/x?edger-token=slow"))
	r.run("the question", func() bool { return len(v.slow) == 1 })
	v.slow[0](&eos.Info{User: &eos.User{Acoid: "B"}}, nil)
	slow.want(200, "!B guest")
	slow.send(get("/admin?edger-token=slow"))
	r.run("the question", func() bool { return len(v.slow) == 2 })
	v.slow[1](&eos.Info{User: &eos.User{Acoid: "B"}}, nil)
	refused(t, slow.next("GET"), 403, "group guest")
	slow.Close()
}

func TestVerifierPanics(t *testing.T) {
	r, _, _ := guardedRig(t, EOSOptions{Verifier: eos.VerifierFunc(func(*eos.Claim, func(*eos.Info, error)) {
		panic("no")
	})})
	if got := r.once(get("/api/x")); got.StatusCode != 500 || len(r.errs) != 1 {
		t.Error(got.StatusCode, r.errs)
	}
}

func TestProxyHeaders(t *testing.T) {
	proxy := &eos.TrustedProxy{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	seen := ""
	r := newRig(t, Options{EOS: &EOSOptions{Verifier: proxy}}, func(app *App) {
		app.Get("*", func(req *Request, res *Response) {
			req.EachHeader(func(name, value []byte) bool { seen += string(name) + "=" + string(value) + " "; return true })
			res.End(req.EOS().Acoid() + "|" + req.Header("Edger-Acoid"))
		})
	})
	lines := []string{"A: 1", "edger-acoid: A9", "B: 2", "Edger-Nickname: x", "edger-acoid: A8", "C: 3"}
	refused(t, r.once(get("/api/x", lines...)), 401, "untrusted address")
	if got := r.once(get("/open", lines...)); got.body != "|" || seen != "Host=a A=1 B=2 C=3 " {
		t.Errorf("%q, seen %q", got.body, seen)
	}
	here, _ := netip.AddrFromSlice(r.peerAddr().AsSlice())
	proxy.Addresses = append(proxy.Addresses, netip.PrefixFrom(here, here.BitLen()))
	refused(t, r.once(get("/api/x", lines...)), 401, "malformed") // which line is the proxy's?
	if got := r.once(get("/api/x", lines[:4]...)); got.body != "A9|A9" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}

// peerAddr is the address that the rig's clients have.
func (r *rig) peerAddr() (addr netip.Addr) {
	r.server().Handle("/addr", func(req *Request, res *Response) { addr = req.IP(); res.End("") })
	r.once(get("/addr"))
	return addr
}

func TestSecretsInLogs(t *testing.T) {
	r, _, _ := guardedRig(t, EOSOptions{Token: "tok"})
	c := r.dial().send("GET /?tok=XXXX&edger-token=YYYY HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
	c.next("GET")
	c.Close()
	log := r.log.String()
	if strings.Contains(log, "XXXX") || strings.Contains(log, "YYYY") || !strings.Contains(log, "tok=***") {
		t.Error(log)
	}
	r.server().Handle("/t", func(req *Request, res *Response) { res.End(req.LogTarget()) })
	if got := r.once(get("/t?a=1&Edger-Srand=XXXX&tok=YY&b=tok")); got.body != "/t?a=1&Edger-Srand=***&tok=***&b=tok" {
		t.Error(got.body)
	}
	for in, want := range map[string]string{
		"Edger-Token: XX\r\nA: b":          "Edger-Token: ***\r\nA: b",
		`{"edger-token":"XX","a":1}`:       `{"edger-token":"***","a":1}`,
		"edger-token=***x":                 "edger-token=***",
		"edger-tokens":                     "edger-tokens",
		"edger-token":                      "edger-token",
		"edger-token=":                     "edger-token=***",
		"edger-token=a&edger-token=b;x":    "edger-token=***&edger-token=***;x",
		"/nsp?edger-srand=1 edger-srand=2": "/nsp?edger-srand=*** edger-srand=***",
	} {
		if got := string(redact([]byte(in), nil)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if in := []byte("nothing to hide"); &redact(in, nil)[0] != &in[0] {
		t.Error("copied for nothing")
	}
}

// Nothing that stands where a value stands is left, and what is masked stays as it is.
func FuzzRedact(f *testing.F) {
	f.Add([]byte("GET /?edger-token=a&b=c HTTP/1.1\r\nEdger-Srand: d\r\n"))
	f.Add([]byte(`{"edger-token" : "x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		once := redact(b, []string{"tok"})
		if !bytes.Equal(in, b) {
			t.Fatal("the input was changed")
		}
		if twice := redact(once, []string{"tok"}); !bytes.Equal(once, twice) {
			t.Fatalf("%q, then %q", once, twice)
		}
		if m := leak.FindSubmatch(once); m != nil {
			t.Fatalf("%q leaks %q", once, m[1])
		}
	})
}

var leak = regexp.MustCompile(`(?i)edger-(?:token|srand)=([0-9A-Za-z]+)`)

func TestVerifierTimeoutOption(t *testing.T) {
	r, v, _ := guardedRig(t, EOSOptions{Timeout: time.Minute})
	c := r.dial().send(get("/api/x?edger-token=slow"))
	r.run("the question", func() bool { return len(v.slow) == 1 })
	r.k.Sleep(r.loop, 59*time.Second)
	c.open()
	r.k.Sleep(r.loop, 2*time.Second)
	refused(t, c.next("GET"), 503, "verification took too long")
	c.Close()
}

// No rewriting leads around the guard.
func TestRewriteKeepsTheGuard(t *testing.T) {
	r := newRig(t, Options{EOS: &EOSOptions{Verifier: &verdicts{}}}, func(app *App) {
		app.Use("/", func(req *Request, res *Response, next Next) {
			to, ok := strings.CutPrefix(req.Path(), "/v1")
			if ok && !req.Rewrite(to) {
				res.Status(400).End("no")
				return
			}
			next(nil)
		})
		app.Get("*", func(req *Request, res *Response) { res.End(req.Path() + "|" + req.EOS().Acoid()) })
	})
	for _, path := range []string{"/v1/api/x", "/v1/API/x", "/v1/api", "/v1/api/x?edger-token=good"} {
		if got := r.once(get(path)); got.StatusCode != 400 {
			t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
		}
	}
	if got := r.once(get("/v1/open")); got.body != "/open|" {
		t.Error(got.body)
	}
}
