package middleware

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

var (
	oldSecret = []byte("0123456789abcdef")
	newSecret = []byte("fedcba9876543210")
)

func TestCookies(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Cookies(CookieOptions{Secrets: [][]byte{newSecret, oldSecret}, MaxCookies: 3}))
		app.Get("/", func(req *webapp.Request, res *webapp.Response) {
			v, ok := SignedCookie(req, "a")
			SetSignedCookie(req, res, webapp.Cookie{Name: "a", Value: "x.y", HTTPOnly: true})
			if !ok {
				v = "none"
			}
			res.End(v)
		})
	})
	res := r.want(get("/"), 200, "none")
	c := res.Cookies()[0]
	if c.Name != "a" || !strings.HasPrefix(c.Value, "x.y.") || len(c.Value) != len("x.y.")+43 || !c.HttpOnly {
		t.Error(c)
	}
	r.want(get("/", "Cookie: b=c; a="+c.Value), 200, "x.y")
	r.want(get("/", "Cookie: a="+NewSigner(oldSecret).Sign("a", "old")), 200, "old") // rotated
	for _, forged := range []string{
		"x.y", "", ".", c.Value[:len(c.Value)-1], c.Value + "A", "X" + c.Value[1:], c.Value[4:],
		NewSigner(newSecret).Sign("b", "x.y"),                // another cookie's
		NewSigner([]byte("another secret!!")).Sign("a", "x"), // another secret's
	} {
		r.want(get("/", "Cookie: a="+forged), 200, "none")
	}
	// H24: 10^5 cookies are more than a head may have, four are more than we take.
	r.want(get("/", "Cookie: a=;b=;c=;d="), 400, "too many cookies")
	if res := r.once(get("/", "Cookie: "+strings.Repeat("a=;", 1e5))); res.StatusCode != 431 {
		t.Error(res.StatusCode)
	}
	for _, secrets := range [][][]byte{nil, {[]byte("short")}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q makes a signer", secrets)
				}
			}()
			NewSigner(secrets...)
		}()
	}
}

// FuzzSigner: nothing but what was signed is valid.
func FuzzSigner(f *testing.F) {
	s := NewSigner(newSecret, oldSecret)
	f.Add("a", "b", s.Sign("a", "b"))
	f.Add("a", "", ".")
	f.Add("", "x.y", "x.y.\x00")
	f.Fuzz(func(t *testing.T, name, value, other string) {
		signed := s.Sign(name, value)
		if got, ok := s.Verify(name, signed); !ok || got != value {
			t.Fatalf("%q: %q %v", signed, got, ok)
		}
		if v, ok := s.Verify(name, other); ok && other != s.Sign(name, v) && other != NewSigner(oldSecret).Sign(name, v) {
			t.Fatalf("%q is taken as %q", other, v)
		}
		if !strings.Contains(name, "\x00") {
			if _, ok := s.Verify(name+"x", signed); ok {
				t.Fatal("a signature holds for another cookie")
			}
		}
	})
}

func TestBasicAuth(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/in", BasicAuth("device", Users(map[string]string{"ada": "pass:word", "ümit": "ß"})))
		app.Use("/see", BasicAuth("device", nil))
		app.All("*", func(req *webapp.Request, res *webapp.Response) {
			c, ok := CredentialsOf(req)
			if !ok {
				c.User = "nobody"
			}
			res.End(c.User)
		})
	})
	auth := func(s string) string { return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	const refused = "user name and password are required"
	r.want(get("/in", auth("ada:pass:word")), 200, "ada")
	r.want(get("/in", strings.Replace(auth("ümit:ß"), "Basic", "bASIC ", 1)), 200, "ümit")
	for _, h := range []string{
		"X: y", auth("ada:pass"), auth("ada:"), auth("eve:"), auth("eve"),
		auth(":"), auth("ada\x00:pass:word"), auth("\xff:x"),
		"Authorization: Bearer x", "Authorization: Basic", "Authorization: Basic %%%", "Authorization: Basic YQ",
	} {
		res := r.want(get("/in", h), 401, refused)
		if got := res.Header.Get("WWW-Authenticate"); got != `Basic realm="device", charset="UTF-8"` {
			t.Error(got)
		}
	}
	r.want(get("/see", auth("eve:x")), 200, "eve")
	r.want(get("/see"), 200, "nobody")
}

// TestSession follows a session through its life.
func TestSession(t *testing.T) {
	var store *MemoryStore
	var r *rig
	setup := func(app *webapp.App) {
		store = NewMemoryStore(app.Loop(), 3)
		app.Use("/", Session(SessionOptions{Store: store, MaxAge: time.Hour}))
		app.Get("/", func(req *webapp.Request, res *webapp.Response) {
			v, _ := SessionOf(req).Get("n").(string)
			res.End(v)
		})
		app.Get("/set", func(req *webapp.Request, res *webapp.Response) {
			SessionOf(req).Set("n", req.Query("n"))
			res.End("set")
		})
		app.Get("/unset", func(req *webapp.Request, res *webapp.Response) {
			SessionOf(req).Unset("n")
			res.End("unset")
		})
		app.Get("/in", func(req *webapp.Request, res *webapp.Response) { SessionOf(req).Regenerate(); res.End("in") })
		app.Get("/out", func(req *webapp.Request, res *webapp.Response) { SessionOf(req).Destroy(); res.End("out") })
	}
	r = newRig(t, webapp.Options{}, setup)
	id := func(res reply) string {
		t.Helper()
		if len(res.Cookies()) != 1 {
			t.Fatalf("cookies %v", res.Cookies())
		}
		return "Cookie: sid=" + res.Cookies()[0].Value
	}
	// Nothing set: no cookie, nothing kept.
	if res := r.want(get("/"), 200, ""); len(res.Cookies()) != 0 || store.Len() != 0 {
		t.Error(res.Header, store.Len())
	}
	res := r.want(get("/set?n=1"), 200, "set")
	if h := res.Header.Get("Set-Cookie"); !strings.HasSuffix(h, "; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax") {
		t.Error(h)
	}
	a := id(res)
	if len(a) < len("Cookie: sid=")+22 { // 128 bits
		t.Error(a)
	}
	// Rolling: each request begins the hour again.
	for range 3 {
		r.k.Sleep(r.loop, 50*time.Minute)
		if got := id(r.want(get("/", a), 200, "1")); got != a {
			t.Error(got)
		}
	}
	// Another id when somebody signs in; the one from before is worth nothing.
	b := id(r.want(get("/in", a), 200, "in"))
	r.want(get("/", b), 200, "1")
	if b == a {
		t.Error("the id stays")
	}
	r.want(get("/", a), 200, "")
	// An id that nobody gave out is not taken.
	made := "Cookie: sid=" + strings.Repeat("A", 24)
	if got := id(r.want(get("/set?n=2", made), 200, "set")); got == made {
		t.Error("the peer chose its id")
	}
	r.want(get("/unset", b), 200, "unset")
	r.want(get("/", b), 200, "")
	res = r.want(get("/out", b), 200, "out")
	if h := res.Header.Get("Set-Cookie"); !strings.HasPrefix(h, "sid=; Max-Age=0") {
		t.Error(h)
	}
	r.want(get("/", b), 200, "")
	// Expiry, and the bound.
	c := id(r.want(get("/set?n=3"), 200, "set"))
	r.k.Sleep(r.loop, time.Hour)
	r.want(get("/", c), 200, "")
	first := id(r.want(get("/set?n=4"), 200, "set"))
	for range 3 {
		r.want(get("/set?n=5"), 200, "set")
	}
	if store.Len() != 3 {
		t.Error(store.Len())
	}
	r.want(get("/", first), 200, "")
	for _, junk := range []string{"sid=", "sid=../../../etc/passwd00", "sid=" + strings.Repeat("x", 1000)} {
		r.want(get("/", "Cookie: "+junk), 200, "")
	}
}

// slowStore answers in a later turn.
type slowStore struct {
	*MemoryStore
	err error
}

func (s *slowStore) Load(id string, done func(map[string]any, error)) {
	s.loop.After(time.Second, func() {
		if s.err != nil {
			done(nil, s.err)
			return
		}
		s.MemoryStore.Load(id, done)
	})
}

func TestSessionStore(t *testing.T) {
	var store *slowStore
	r := newRig(t, webapp.Options{Secure: true}, func(app *webapp.App) {
		store = &slowStore{MemoryStore: NewMemoryStore(app.Loop(), 10)}
		app.Use("/", Session(SessionOptions{Store: store, Fixed: true}))
		app.Get("/", func(req *webapp.Request, res *webapp.Response) {
			v, _ := SessionOf(req).Get("n").(int)
			SessionOf(req).Set("n", v+1)
			res.JSON(v)
		})
	})
	res := r.want(get("/"), 200, "0")
	c := res.Cookies()[0]
	if !c.Secure {
		t.Error("a cookie of TLS goes over plain connections")
	}
	for _, n := range []string{"1", "2"} {
		if res := r.want(get("/", "Cookie: sid="+c.Value), 200, n); len(res.Cookies()) != 0 {
			t.Error("a fixed session was prolonged")
		}
	}
	store.err = webapp.ErrBodyBudget
	r.want(get("/", "Cookie: sid="+c.Value), 503, webapp.ErrBodyBudget.Message)
}

// A request that takes its time does not bring a session back that ended meanwhile.
func TestSessionStaysEnded(t *testing.T) {
	var store *MemoryStore
	var slow []func()
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		store = NewMemoryStore(app.Loop(), 10)
		app.Use("/", Session(SessionOptions{Store: store}))
		app.Get("/set", func(req *webapp.Request, res *webapp.Response) { SessionOf(req).Set("n", "1"); res.End("") })
		app.Get("/in", func(req *webapp.Request, res *webapp.Response) {
			SessionOf(req).Set("user", "ada")
			SessionOf(req).Regenerate()
			res.End("in")
		})
		app.Get("/out", func(req *webapp.Request, res *webapp.Response) { SessionOf(req).Destroy(); res.End("out") })
		app.Get("/slow", func(req *webapp.Request, res *webapp.Response) {
			req.Keep()
			slow = append(slow, func() { SessionOf(req).Set("seen", "1"); res.End("slow") })
		})
	})
	cookie := func(res reply) string { return "Cookie: sid=" + res.Cookies()[0].Value }
	meanwhile := func(path, id string) {
		t.Helper()
		p := r.k.Dial("127.0.0.1:80")
		defer p.Close()
		p.WriteString(get("/slow", id))
		if !r.k.Run(r.loop, func() bool { return len(slow) == 1 }, time.Second) {
			t.Fatal("no request")
		}
		r.once(get(path, id))
		slow[0]()
		slow = nil
		if res := r.read(p, "GET"); res.body != "slow" {
			t.Error(res.body)
		}
		store.Load(id[len("Cookie: sid="):], func(values map[string]any, _ error) {
			if values != nil {
				t.Errorf("after %s the old id has %v", path, values)
			}
		})
	}
	meanwhile("/out", cookie(r.once(get("/set"))))
	meanwhile("/in", cookie(r.once(get("/set"))))
}
