package middleware

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

func TestRateLimit(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", RateLimit(RateLimitOptions{Requests: 3, Window: 30 * time.Second, MaxAddresses: 4,
			Skip: func(req *webapp.Request) bool { return req.Path() == "/free" }}))
		app.Get("*", func(_ *webapp.Request, res *webapp.Response) { res.End("ok") })
	})
	ask := func(addr string, status int, remaining, reset, retry string) {
		t.Helper()
		res := r.from(addr, get("/"))
		h := res.Header
		if res.StatusCode != status || h.Get("RateLimit-Limit") != "3" || h.Get("RateLimit-Remaining") != remaining ||
			h.Get("RateLimit-Reset") != reset || h.Get("Retry-After") != retry {
			t.Fatalf("%s: %d %v", addr, res.StatusCode, h)
		}
	}
	ask("192.0.2.1", 200, "2", "10", "")
	ask("192.0.2.1", 200, "1", "20", "")
	ask("192.0.2.1", 200, "0", "30", "")
	ask("192.0.2.1", 429, "0", "30", "10")
	r.want(get("/free"), 200, "ok")
	ask("192.0.2.2", 200, "2", "10", "") // another address
	r.k.Sleep(r.loop, 10*time.Second)
	ask("192.0.2.1", 200, "0", "30", "")
	ask("192.0.2.1", 429, "0", "30", "10")
	r.k.Sleep(r.loop, time.Hour)
	ask("192.0.2.1", 200, "2", "10", "")
	// A subscriber has a /64 of IPv6.
	ask("2001:db8::1", 200, "2", "10", "")
	ask("2001:db8::2:1", 200, "1", "20", "")
	ask("2001:db8:0:1::1", 200, "2", "10", "")
	// The table is bounded: the oldest is forgotten.
	for i := range 100 {
		r.from(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}).String(), get("/"))
	}
	ask("2001:db8::1", 200, "2", "10", "")
}

// TestRateLimitAddress lets the app say who asks.
func TestRateLimitAddress(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", RateLimit(RateLimitOptions{Requests: 1, Address: func(req *webapp.Request) netip.Addr {
			a, _ := netip.ParseAddr(req.Header("X-Real-IP"))
			return a
		}}))
		app.Get("*", func(_ *webapp.Request, res *webapp.Response) { res.End("ok") })
	})
	for _, c := range []struct {
		addr   string
		status int
	}{{"192.0.2.1", 200}, {"::ffff:192.0.2.1", 429}, {"192.0.2.2", 200}, {"", 200}, {"", 429}} {
		if res := r.once(get("/", "X-Real-IP: "+c.addr)); res.StatusCode != c.status {
			t.Errorf("%s: %d", c.addr, res.StatusCode)
		}
	}
}

// TestHistory rewrites what a browser asks for as a page.
func TestHistory(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", History(HistoryOptions{Rewrites: []HistoryRewrite{
			{From: regexp.MustCompile(`^/old/(\w+)$`), To: "/page/$1"},
			{From: regexp.MustCompile(`^/up/(.*)$`), To: "/$1/../x"},
		}}))
		files := fstest.MapFS{"index.html": {Data: []byte("index")}, "a.js": {Data: []byte("js")}}
		app.Use("/", Static(files, webapp.StaticOptions{}))
		app.Use("/", func(req *webapp.Request, _ *webapp.Response, next webapp.Next) { req.Keep(); next(nil) })
		app.Get("/page/:name", func(req *webapp.Request, res *webapp.Response) {
			res.End(req.Param("name") + " " + req.Path() + " " + req.Target())
		})
		app.Get("/api/x", func(_ *webapp.Request, res *webapp.Response) { res.End("api") })
	})
	const html = "Accept: text/html,application/xhtml+xml;q=0.9"
	r.want(get("/", html), 200, "index")
	r.want(get("/some/where?x=1", html), 200, "index")
	r.want(get("/some/where", "Accept: image/png, */*;q=0.8"), 200, "index")
	r.want(get("/a.js", html), 200, "js")
	r.want(get("/old/news?x=1", html), 200, "news /page/news /old/news?x=1") // kept behind the rewrite
	r.want(get("/up/y", html), 400, "path is not clean")
	for _, req := range []string{
		get("/some/where.png", html), get("/some/where"), get("/some/where", "Accept: application/json, text/html"),
		get("/some/where", "Accept: image/png"), request("POST", "/some/where", "", html),
	} {
		if res := r.once(req); res.StatusCode != 404 {
			t.Errorf("%q: %d %q", req, res.StatusCode, res.body)
		}
	}
	r.want(get("/api/x", "Accept: application/json"), 200, "api")
}

func TestCors(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Cors(webapp.Cors{Origins: []string{"https://a.example"}}))
		app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.End("ok") })
	})
	if res := r.want(get("/", "Origin: https://b.example"), 200, "ok"); res.Header.Get("Access-Control-Allow-Origin") !=
		"https://a.example" {
		t.Error(res.Header)
	}
}

// TestAccessLog compares the lines of each format.
func TestAccessLog(t *testing.T) {
	long := strings.Repeat("x", 600)
	for format, want := range map[string]string{
		"common": `192.0.2.1 - ada [01/Jan/2026:00:00:00 +0000] "GET /a?b=%22 HTTP/1.1" 200 5`,
		"combined": `192.0.2.1 - ada [01/Jan/2026:00:00:00 +0000] "GET /a?b=%22 HTTP/1.1" 200 5 "-" ` +
			`"\x1b]0;\x22evil\x5c\xc3\xbc"`,
		"dev":   `GET /a?b=%22 200 0 ms - 5`,
		"short": `192.0.2.1 ada GET /a?b=%22 HTTP/1.1 200 5 - 0 ms`,
		"tiny":  `GET /a?b=%22 200 5 - 0 ms`,
		":own :req[X-Long] :res[content-type]: x:": `own\x0a ` + long[:512] + `... text/plain; charset=utf-8: x:`,
		":date[iso] :date[web]":                    "2026-01-01T00:00:00.000Z Thu, 01 Jan 2026 00:00:00 GMT",
	} {
		var out bytes.Buffer
		var l *AccessLogger
		r := newRig(t, webapp.Options{}, func(app *webapp.App) {
			l = NewAccessLogger(AccessLogOptions{Format: format, Output: &out,
				Tokens: map[string]func(*webapp.Request, *webapp.Response) string{
					"own": func(*webapp.Request, *webapp.Response) string { return "own\n" },
				},
				Skip: func(req *webapp.Request, _ *webapp.Response) bool { return req.Path() == "/skip" }})
			app.Use("/", l.Middleware())
			app.Use("/", BasicAuth("x", nil))
			app.Get("*", func(_ *webapp.Request, res *webapp.Response) { res.End("hello") })
		})
		r.once(get("/skip"))
		r.once(get("/a?b=%22", "Authorization: Basic YWRhOng=", "User-Agent: \x80]0;\"evil\\ü", "X-Long: "+long))
		r.k.Sleep(r.loop, time.Second)
		if !r.k.Await(r.loop, func() bool { return !l.writing }) {
			t.Fatal("nothing was logged")
		}
		want = strings.Replace(want, `\x1b]`, `\x80]`, 1) + "\n"
		if out.String() != want {
			t.Errorf("%s: %q, want %q", format, out.String(), want)
		}
	}
}

// stuck is an output that nobody reads for a while.
type stuck struct {
	free chan struct{}
	bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) { <-s.free; return s.Buffer.Write(p) }

// TestAccessLogStuck: R14, a pipe that is blocked stops the log and no request.
func TestAccessLogStuck(t *testing.T) {
	out := &stuck{free: make(chan struct{})}
	l := NewAccessLogger(AccessLogOptions{Format: "tiny", Output: out, MaxBufferBytes: 100})
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", l.Middleware())
		app.Get("*", func(_ *webapp.Request, res *webapp.Response) { res.End("hello") })
		app.Get("/x", func(_ *webapp.Request, res *webapp.Response) {})
	})
	r.want(get("/first"), 200, "hello")
	r.k.Sleep(r.loop, time.Second) // it is being written
	for i := range 10 {
		r.want(get(fmt.Sprint("/", i)), 200, "hello")
		r.k.Sleep(r.loop, time.Second)
	}
	close(out.free)
	if !r.k.Await(r.loop, func() bool { return !l.writing }) {
		t.Fatal("the log does not go on")
	}
	r.want(get("/last"), 200, "hello")
	l.Flush()
	want := "GET /first 200 5 - 0 ms\nGET /0 200 5 - 0 ms\nGET /1 200 5 - 0 ms\nGET /2 200 5 - 0 ms\n" +
		"GET /3 200 5 - 0 ms\nGET /4 200 5 - 0 ms\n... 5 lines were dropped: the output is slow\nGET /last 200 5 - 0 ms\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
	if cap(l.buf) > 64<<10 {
		t.Error(cap(l.buf))
	}
}

// TestAccessLogEnds: an aborted request has a line, too, and slog gets lines.
func TestAccessLogEnds(t *testing.T) {
	var out bytes.Buffer
	l := NewAccessLogger(AccessLogOptions{Format: ":method :url :status",
		Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))})
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", l.Middleware())
		app.Get("/park", func(*webapp.Request, *webapp.Response) {})
	})
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(get("/park"))
	r.k.Sleep(r.loop, time.Second)
	p.Reset()
	r.once(get("/none"))
	r.k.Sleep(r.loop, 100*time.Millisecond)
	l.Flush()
	const want = "level=INFO msg=\"GET /park -\"\nlevel=INFO msg=\"GET /none 404\"\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
	for _, format := range []string{":nonsense", ":status :x"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error(format, "is taken")
				}
			}()
			NewAccessLogger(AccessLogOptions{Format: format, Output: io.Discard})
		}()
	}
}

// FuzzQuoted: no line of the log has a byte that a peer could do something with.
func FuzzQuoted(f *testing.F) {
	f.Add("a\nb\x1b[2J\"\\ü")
	f.Fuzz(func(t *testing.T, s string) {
		b := appendQuoted(nil, s)
		if len(b) > 4*maxQuotedBytes+3 || len(b) == 0 {
			t.Fatal(len(b))
		}
		for _, c := range b {
			if c < ' ' || c >= 0x7f || c == '"' {
				t.Fatalf("%q", b)
			}
		}
	})
}

// What proves a user does not get into the access log.
func TestAccessLogSecrets(t *testing.T) {
	var out bytes.Buffer
	var l *AccessLogger
	r := newRig(t, webapp.Options{EOS: &webapp.EOSOptions{Token: "key"}}, func(app *webapp.App) {
		l = NewAccessLogger(AccessLogOptions{Format: ":url :referrer :req[key]", Output: &out})
		app.Use("/", l.Middleware())
		app.Get("*", func(_ *webapp.Request, res *webapp.Response) { res.End("hello") })
	})
	r.once(get("/a?key=s3cret&edger-srand=s3cret&b=1", "Referer: http://a/?key=s3cret", "Key: s3cret"))
	r.k.Sleep(r.loop, time.Second)
	if !r.k.Await(r.loop, func() bool { return !l.writing }) {
		t.Fatal("nothing was logged")
	}
	if want := "/a?key=***&edger-srand=***&b=1 http://a/?key=*** ***\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
