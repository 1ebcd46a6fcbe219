package jwt

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/golang-jwt/jwt/v5"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

// began is when the kernel in memory's clock starts.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type rig struct {
	t    *testing.T
	k    *polltest.Kernel
	loop *poll.Loop
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	app, err := webapp.CreateWith(r.loop, "test", webapp.Addr{Port: 80},
		webapp.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	app.Use("/", New(o))
	app.Get("/", func(req *webapp.Request, res *webapp.Response) {
		c, _ := ClaimsOf(req)
		sub, _ := c.GetSubject()
		res.End("hello " + sub)
	})
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.loop.Close()
		if err := r.k.Check(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// want makes a request and compares status, body and challenge.
func (r *rig) want(target, header string, status int, body, challenge string) {
	r.t.Helper()
	p := r.k.Dial("127.0.0.1:80")
	defer p.Close()
	p.WriteString("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + header + "Connection: close\r\n\r\n")
	r.k.Run(r.loop, p.Ended, time.Minute)
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p.Read())), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	got, _ := io.ReadAll(res.Body)
	if res.StatusCode != status || string(got) != body || res.Header.Get("WWW-Authenticate") != challenge {
		r.t.Errorf("%s %.100s: %d %q %q", target, header, res.StatusCode, got, res.Header.Get("WWW-Authenticate"))
	}
}

func sign(t *testing.T, m jwt.SigningMethod, key any, c Claims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(m, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const plain = `Bearer realm="gateway"`

func invalid(why string) string {
	return plain + `, error="invalid_token", error_description="` + why + `"`
}

func TestToken(t *testing.T) {
	r := newRig(t, Options{Methods: []string{"HS256"}, Key: secret, Issuer: "me", Audience: "you", Cookie: "t", Query: "t"})
	claims := func(change ...any) Claims {
		c := Claims{"sub": "ada", "iss": "me", "aud": "you", "exp": began.Add(time.Hour).Unix()}
		for i := 0; i < len(change); i += 2 {
			if c[change[i].(string)] = change[i+1]; change[i+1] == nil {
				delete(c, change[i].(string))
			}
		}
		return c
	}
	good := sign(t, jwt.SigningMethodHS256, secret, claims())
	bearer := func(token string) string { return "Authorization: Bearer " + token + "\r\n" }
	r.want("/", bearer(good), 200, "hello ada", "")
	r.want("/", "Cookie: t="+good+"\r\n", 200, "hello ada", "")
	r.want("/?t="+good, "", 200, "hello ada", "")
	r.want("/", "", 401, "a token is required", plain)
	r.want("/", "Authorization: Basic eA==\r\n", 401, "a token is required", plain)
	for _, c := range []struct{ token, why string }{
		{sign(t, jwt.SigningMethodHS256, secret, claims("exp", began.Add(-time.Second).Unix())), "token is expired"},
		{sign(t, jwt.SigningMethodHS256, secret, claims("exp", nil)), "token lacks a required claim"},
		{sign(t, jwt.SigningMethodHS256, secret, claims("nbf", began.Add(time.Minute).Unix())), "token is not valid yet"},
		{sign(t, jwt.SigningMethodHS256, secret, claims("aud", "other")), "token is for another audience"},
		{sign(t, jwt.SigningMethodHS256, secret, claims("iss", "other")), "token is of another issuer"},
		{sign(t, jwt.SigningMethodHS256, []byte("another"), claims()), "token is not valid"},
		{sign(t, jwt.SigningMethodHS384, secret, claims()), "token is not valid"}, // not our method
		{sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims()), "token is not valid"},
		{good[:strings.LastIndexByte(good, '.')+1], "token is not valid"},
		{good[:len(good)-1], "token is not valid"},
		{"a.b.c", "token is not valid"},
		{base64.RawURLEncoding.EncodeToString([]byte(`{"alg":1}`)) + "..", "token is not valid"},
		{strings.Repeat("x", 9000), "token is not valid"},
	} {
		r.want("/", bearer(c.token), 401, c.why, invalid(c.why))
	}
	r.k.Sleep(r.loop, time.Hour) // the loop's clock counts
	r.want("/", bearer(good), 401, "token is expired", invalid("token is expired"))
}

// TestKeys: keys by their ids, and a public key that a token would take for a
// secret.
func TestKeys(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Options{Methods: []string{"EdDSA"}, Keys: map[string]any{"1": public}, NoExpiry: true, Optional: true})
	for kid, want := range map[string]int{"1": 200, "2": 401} {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, Claims{"sub": "ada"})
		token.Header["kid"] = kid
		s, err := token.SignedString(private)
		if err != nil {
			t.Fatal(err)
		}
		if want == 200 {
			r.want("/", "Authorization: bearer "+s+"\r\n", 200, "hello ada", "")
		} else {
			r.want("/", "Authorization: bearer "+s+"\r\n", 401, "token is not valid", invalid("token is not valid"))
		}
	}
	forged := jwt.NewWithClaims(jwt.SigningMethodHS256, Claims{"sub": "ada"})
	forged.Header["kid"] = "1"
	s, err := forged.SignedString([]byte(public))
	if err != nil {
		t.Fatal(err)
	}
	r.want("/", "Authorization: Bearer "+s+"\r\n", 401, "token is not valid", invalid("token is not valid"))
	r.want("/", "", 200, "hello ", "")
}

func TestOptions(t *testing.T) {
	public, _, _ := ed25519.GenerateKey(nil)
	for name, o := range map[string]Options{
		"no methods": {Key: secret}, "none": {Methods: []string{"none"}, Key: jwt.UnsafeAllowNoneSignatureType},
		"no key": {Methods: []string{"HS256"}}, "short": {Methods: []string{"HS256"}, Key: []byte("short")},
		"mixed": {Methods: []string{"EdDSA", "HS256"}, Key: public}, "unknown": {Methods: []string{"X"}, Key: secret},
		"both": {Methods: []string{"HS256"}, Key: secret, Keys: map[string]any{"1": secret}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: is taken", name)
				}
			}()
			New(o)
		}()
	}
}
