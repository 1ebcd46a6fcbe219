package webapp

import (
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
)

func TestSettings(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/Loose", say("loose"))
		app.Enable("case sensitive routing").Enable("strict routing")
		app.Get("/Exact", say("exact"))
		app.Set("title", "tank").Set("zero", 0).Set("empty", "").Disable("off")
		app.Locals()["app"] = 1
	})
	for path, status := range map[string]int{"/loose/": 200, "/Exact": 200, "/exact": 404, "/Exact/": 404} {
		if res := r.once(get(path)); res.StatusCode != status {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	a := r.app
	if a.Setting("title") != "tank" || a.Setting("none") != nil || a.Setting("subdomain offset") != 2 {
		t.Error("Setting")
	}
	for name, want := range map[string]bool{"title": true, "zero": false, "empty": false, "off": false, "none": false,
		"strict routing": true, "x-powered-by": false} {
		if a.Enabled(name) != want || a.Disabled(name) == want {
			t.Errorf("%s is not %v", name, want)
		}
	}
	for name, bad := range map[string]any{"trust proxy": true, "etag": 7, "json spaces": "x", "subdomain offset": -1,
		"views": 1, "view engine": 2} {
		func() {
			defer func() { recover() }()
			a.Set(name, bad)
			t.Errorf("%s took %v", name, bad)
		}()
	}
	for _, bad := range []any{"nowhere", []string{"1.2.3.4/99"}, 1} {
		func() {
			defer func() { recover() }()
			a.Set("trust proxy", bad)
			t.Errorf("trust proxy took %v", bad)
		}()
	}
	a.Set("views", t.TempDir()).Set("views", fstest.MapFS{}).Set("etag", nil).Set("json spaces", nil)
}

var proxyVectors = []struct {
	trust any
	head  string // headers, separated by "; "
	want  string // IP Protocol Host Hostname
}{
	{nil, "X-Forwarded-For: 9.9.9.9; X-Forwarded-Proto: https; X-Forwarded-Host: x", "127.0.0.1 http a a"},
	{"10.0.0.0/8", "X-Forwarded-For: 9.9.9.9; X-Forwarded-Proto: https; X-Forwarded-Host: x", "127.0.0.1 http a a"},
	{"loopback", "", "127.0.0.1 http a a"},
	{"loopback", "X-Forwarded-For: 9.9.9.9; X-Forwarded-Proto: https; X-Forwarded-Host: x.y:81",
		"9.9.9.9 https x.y:81 x.y"},
	{"loopback", "X-Forwarded-For: 1.1.1.1, 9.9.9.9", "9.9.9.9 http a a"},
	{"loopback, 9.9.9.0/24", "X-Forwarded-For: 1.1.1.1, 9.9.9.9", "1.1.1.1 http a a"},
	{"loopback, 9.9.9.9", "X-Forwarded-For: 2.2.2.2, 1.1.1.1; X-Forwarded-For: 9.9.9.9", "1.1.1.1 http a a"},
	{[]string{"loopback", "9.9.9.9"}, "X-Forwarded-For: nonsense, 9.9.9.9", "9.9.9.9 http a a"},
	{"loopback,uniquelocal", "X-Forwarded-For: 10.0.0.1", "10.0.0.1 http a a"},
	{"loopback", "X-Forwarded-For: ::ffff:9.9.9.9", "9.9.9.9 http a a"},
	{"loopback", "X-Forwarded-For: 9.9.9.9:4711; X-Forwarded-Proto: HTTP", "9.9.9.9 http a a"},
	{"loopback", "X-Forwarded-For: [fd00::1]:4711; X-Forwarded-Host: [fd00::2]:80", "fd00::1 http [fd00::2]:80 [fd00::2]"},
	{"loopback", "X-Forwarded-For: fe80::1%eth0; X-Forwarded-Host: a/b", "127.0.0.1 http a a"},
	{"loopback", "X-Forwarded-For: ,; X-Forwarded-Proto: gopher", "127.0.0.1 http a a"},
	{"loopback", "X-Forwarded-Proto: http, https", "127.0.0.1 https a a"},
	{[]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "X-Forwarded-For: 8.8.8.8", "8.8.8.8 http a a"},
}

// TestTrustProxy: forwarding headers count only where a proxy that was named sent
// them.
func TestTrustProxy(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(req *Request, res *Response) {
			if req.Secure() != (req.Protocol() == "https") || req.RemoteAddr().Addr().String() != "127.0.0.1" {
				t.Error("Secure or RemoteAddr")
			}
			res.End(strings.Join([]string{req.IP().String(), req.Protocol(), req.Host(), req.Hostname()}, " "))
		})
	})
	for _, v := range proxyVectors {
		r.app.Set("trust proxy", v.trust)
		var head []string
		if v.head != "" {
			head = strings.Split(v.head, "; ")
		}
		if res := r.once(get("/", head...)); res.body != v.want {
			t.Errorf("%v, %s: %s, want %s", v.trust, v.head, res.body, v.want)
		}
	}
}

func TestSubdomains(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(req *Request, res *Response) { res.End(strings.Join(req.Subdomains(), " ")) })
	})
	ask := func(host, want string) {
		t.Helper()
		if res := r.once("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); res.body != want {
			t.Errorf("%s: %q, want %q", host, res.body, want)
		}
	}
	ask("north.tank.example.com:80", "tank north")
	ask("example.com", "")
	ask("a", "")
	ask("10.0.0.1", "")
	ask("[::1]:80", "")
	r.app.Set("subdomain offset", 3)
	ask("north.tank.example.com", "north")
}

// TestETagSetting: answers of Send, SendBytes and JSON carry a tag of their body,
// and a peer that has it gets 304.
func TestETagSetting(t *testing.T) {
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/send", func(_ *Request, res *Response) { res.Send("text") })
		app.Post("/send", func(_ *Request, res *Response) { res.Send("text") })
		app.Get("/json", func(_ *Request, res *Response) { res.JSON(map[string]int{"a": 1}) })
		app.Get("/end", func(_ *Request, res *Response) { res.End("text") })
		app.Get("/secret", func(_ *Request, res *Response) { res.Set("Cache-Control", "no-store").Send("text") })
		app.Get("/own", func(_ *Request, res *Response) { res.Set("ETag", `"mine"`).Send("text") })
		app.Get("/201", func(_ *Request, res *Response) { res.Status(201).Send("text") })
		app.Get("/park", p.handle)
	})
	if res := r.once(get("/send")); res.Header.Get("ETag") != "" {
		t.Error("a tag that nobody asked for")
	}
	r.app.Enable("etag").Set("json spaces", 2)
	tag := r.once(get("/send")).Header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"4-`) || r.once(get("/send")).Header.Get("ETag") != tag {
		t.Error(tag)
	}
	for _, v := range []struct {
		method, path, has string
		status            int
		body              string
	}{
		{"GET", "/send", tag, 304, ""},
		{"HEAD", "/send", tag, 304, ""},
		{"GET", "/send", `"other", ` + tag, 304, ""},
		{"GET", "/send", `"other"`, 200, "text"},
		{"POST", "/send", tag, 200, "text"},
		{"GET", "/end", tag, 200, "text"},
		{"GET", "/secret", tag, 200, "text"},
		{"GET", "/own", `"mine"`, 304, ""},
		{"GET", "/201", tag, 201, "text"},
		{"GET", "/json", "x", 200, "{\n  \"a\": 1\n}"},
	} {
		res := r.once(request(v.method, v.path, "", "If-None-Match: "+v.has))
		if res.StatusCode != v.status || res.body != v.body {
			t.Errorf("%s %s: %d %q", v.method, v.path, res.StatusCode, res.body)
		}
	}
	r.app.Set("etag", "strong").Set("json spaces", "\t")
	if res := r.once(get("/json")); !strings.HasPrefix(res.Header.Get("ETag"), `"b-`) || res.body != "{\n\t\"a\": 1\n}" {
		t.Error(res.Header, res.body)
	}
	c := r.dial().send(get("/park", "If-None-Match: *"))
	c.open()
	p.res[0].Send("text") // its request was not kept
	c.want(200, "text")
}
