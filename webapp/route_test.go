package webapp

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// A name may be bound, and may be left out with the slash or dot before it.
func TestNamesInPaths(t *testing.T) {
	folded, exact := RouterOptions{}, RouterOptions{CaseSensitive: true, Strict: true}
	for _, v := range []struct {
		pattern, path string
		o             RouterOptions
		want          string // "no", or the names' values
	}{
		{`/:id(\d+)`, "/17", folded, "id=17"},
		{`/:id(\d+)`, "/17a", folded, "no"},
		{`/:id(\d)`, "/17", folded, "no"},
		{`/:id(\d{2,3})/x`, "/1/x", folded, "no"},
		{`/:id(\d{2,3})/x`, "/123/x", folded, "id=123"},
		{`/:id(\d{2,})`, "/12345", folded, "id=12345"},
		{`/:id(\d{2})`, "/123", folded, "no"},
		{`/:w(\w+)-:rest`, "/a_1-b-c", folded, "w=a_1 rest=b-c"},
		{`/:s(on|off)`, "/OFF", folded, "s=OFF"},
		{`/:s(on|off)`, "/OFF", exact, "no"},
		{`/:s(on|off)`, "/of", folded, "no"},
		{`/:h([0-9a-f]{4})`, "/BEEF", folded, "h=BEEF"},
		{`/:h([0-9a-f]{4})`, "/BEEF", exact, "no"},
		{`/:h([^.]*).:ext`, "/a.b.c", folded, "h=a ext=b.c"},
		{`/:h([\w.\-]+)`, "/a.b-c", folded, "h=a.b-c"},
		{`/:h([\w.\-]+)`, "/a~b", folded, "no"},
		{"/index.:ext?", "/index", folded, "ext= "},
		{"/index.:ext?", "/index.html", folded, "ext=html"},
		{"/index.:ext?", "/index.", folded, "no"},
		{"/a/:id?", "/a", folded, ""},
		{"/a/:id?", "/a/", folded, ""},
		{"/a/:id?", "/a/7", folded, "id=7"},
		{"/a/:id?", "/a/7/8", folded, "no"},
		{`/a/:id(\d+)?/b`, "/a/b", folded, ""},
		{`/a/:id(\d+)?/b`, "/a/12/b", folded, "id=12"},
		{`/a/:id(\d+)?/b`, "/a/x/b", folded, "no"},
		{"/:x.:ext?", "/name.txt", folded, "x=name ext=txt"},
		{"/:x.:ext?", "/name", folded, "x=name"},
		{"/:a?/:b?", "/1/2", folded, "a=1 b=2"},
		{"/:a?/:b?", "/1", folded, "a=1"},
		{"/v:n?", "/v", exact, ""},
		{"/v:n?", "/v2", exact, "n=2"},
	} {
		p := compile(v.pattern, v.o, false)
		got := "no"
		if _, params, ok := p.match([]byte(v.path), 0, nil); ok {
			var all []string
			for _, p := range params {
				all = append(all, p.name+"="+v.path[p.at:p.end])
			}
			got = strings.Join(all, " ")
		}
		if got != strings.TrimSuffix(v.want, "ext= ") {
			t.Errorf("%s on %s: %s, want %s", v.pattern, v.path, got, v.want)
		}
	}
	for _, bad := range []string{`/:a(`, `/:a()`, `/:a(b|)`, `/:a((b))`, `/:a([z-a])`, `/:a([])`, `/:a(\s+)`, `/:a(\d+x)`,
		`/:a(\d{3,2})`, `/:a(\d{0})`, `/:a([\s])`, `/:a([a\])`, `/:a+`, `/a?`, `/a:b(.*)`} {
		func() {
			defer func() { recover() }()
			compile(bad, RouterOptions{}, false)
			t.Errorf("%s was compiled", bad)
		}()
	}
}

// Many optional names are no lever for a peer.
func TestNamesAreBounded(t *testing.T) {
	p := compile("/:a?/:b?/:c?/:d?-:e?-:f?/x", RouterOptions{}, false)
	if _, _, ok := p.match([]byte("/"+strings.Repeat("-", 4000)), 0, nil); ok {
		t.Error("it matched")
	}
}

func pass(err error) Middleware { return func(_ *Request, _ *Response, next Next) { next(err) } }

func note(text string) Middleware {
	return func(_ *Request, res *Response, next Next) { res.Append("X-Way", text); next(nil) }
}

// TestRoute: a route's functions stand together, and next(NextRoute) leaves them.
func TestRoute(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Route("/valve/:id").Use(note("all")).UseFor("PUT", note("put")).
			Get(func(req *Request, res *Response) { res.End(req.Param("id") + req.SubPath() + req.BaseURL()) }).
			Put(say("turned")).Post(say("made")).Delete(say("gone")).Patch(say("changed")).
			Options(say("own")).Method("LOCK", say("locked"))
		app.Route("/leave").Use(pass(NextRoute)).All(say("never"))
		app.Get("/leave", say("next route"))
		app.Use("/leave", pass(NextRoute)) // outside of a route it is nil
		app.Post("/leave", say("posted"))
		inner := NewRouter(RouterOptions{})
		inner.Route("/out").Use(pass(NextRouter)).Head(say("")).All(say("never"))
		inner.All("/out", say("never"))
		app.Mount("/in", inner)
		app.All("/in/out", say("behind the router"))
		app.Route("/fails").Use(pass(errors.New("oh"))).All(say("never"))
		app.Get("/fails", say("never"))
		app.UseError(func(err error, _ *Request, res *Response, _ Next) { res.Status(500).End("caught " + err.Error()) })
	})
	for _, v := range []struct {
		method, path string
		status       int
		body, way    string
	}{
		{"GET", "/valve/7", 200, "7/valve/7", "all"},
		{"HEAD", "/valve/7", 200, "", "all"},
		{"PUT", "/valve/7/", 200, "turned", "all,put"},
		{"POST", "/VALVE/7", 200, "made", "all"},
		{"DELETE", "/valve/7", 200, "gone", "all"},
		{"PATCH", "/valve/7", 200, "changed", "all"},
		{"OPTIONS", "/valve/7", 200, "own", "all"},
		{"LOCK", "/valve/7", 200, "locked", "all"},
		{"REPORT", "/valve/7", 405, "Method Not Allowed", "all"},
		{"GET", "/valve/7/8", 404, "Cannot GET /valve/7/8", ""},
		{"GET", "/leave", 200, "next route", ""},
		{"POST", "/leave", 200, "posted", ""},
		{"GET", "/in/out", 200, "behind the router", ""},
		{"GET", "/fails", 500, "caught oh", ""},
	} {
		res := r.once(request(v.method, v.path, ""))
		way := strings.Join(res.Header["X-Way"], ",")
		if res.StatusCode != v.status || res.body != v.body || way != v.way {
			t.Errorf("%s %s: %d %q %s, want %d %q %s",
				v.method, v.path, res.StatusCode, res.body, way, v.status, v.body, v.way)
		}
	}
}

// TestRouteExp: groups are names, and a mounted router's expressions see its own
// part of the path.
func TestRouteExp(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.RouteExp(regexp.MustCompile(`^/(\d+)-(?P<to>\d+)(x)?$`)).Get(func(req *Request, res *Response) {
			res.End(req.Param("0") + " to " + req.Param("to") + req.Param("2"))
		})
		sub := NewRouter(RouterOptions{MergeParams: true})
		sub.RouteExp(regexp.MustCompile(`^/(a+)?$`)).All(func(req *Request, res *Response) {
			res.End(req.Param("0") + " of " + req.Param("x"))
		})
		app.Mount("/sub/:x", sub)
	})
	for path, want := range map[string]string{
		"/1-22": "1 to 22", "/1-22x": "1 to 22x", "/1-": "Cannot GET /1-", "/sub/k/aa": "aa of k", "/sub/k": " of k",
		"/sub/k/b": "Cannot GET /sub/k/b",
	} {
		if res := r.once(get(path)); res.body != want {
			t.Errorf("%s: %q, want %q", path, res.body, want)
		}
	}
}

// TestParam: a name's handler comes once for a value, before the routes that have
// it, and decides whether they are called.
func TestParam(t *testing.T) {
	var calls []string
	var later Next
	r := newRig(t, Options{}, func(app *App) {
		app.Param("id", func(req *Request, res *Response, next Next, value string) {
			calls = append(calls, value)
			switch value {
			case "route":
				next(NextRoute)
			case "bad":
				next(&Error{400, "no such valve"})
			case "later":
				later = next
			default:
				req.SetValue("id", value)
				next(nil)
			}
		})
		app.Param("id", func(_ *Request, _ *Response, next Next, value string) {
			calls = append(calls, value+"2")
			next(nil)
		})
		app.Put("/v/:id", say("put"))
		app.Use("/v/:id", note("used"))
		app.Get("/v/:id", func(req *Request, res *Response) { v, _ := req.Value("id").(string); res.End("v" + v) })
		app.Get("/v/*", say("other"))
		app.Route("/r/:id/:id2").Use(note("route")).Get(say("r"))
		sub := NewRouter(RouterOptions{MergeParams: true})
		sub.Get("/:id", say("not announced"))
		app.Mount("/sub", sub)
	})
	for _, v := range []struct{ path, body, calls string }{
		{"/v/7", "v7", "7 72"},
		{"/v/bad", "no such valve", "bad"},
		{"/v/route", "other", "route route"},
		{"/r/8/9", "r", "8 82"},
		{"/sub/7", "not announced", ""},
	} {
		calls = nil
		res := r.once(get(v.path))
		if got := strings.Join(calls, " "); res.body != v.body || got != v.calls {
			t.Errorf("%s: %q after %s, want %q after %s", v.path, res.body, got, v.body, v.calls)
		}
	}
	c := r.dial().send(get("/v/later"))
	c.open()
	later(nil)
	c.want(200, "v")
}

// TestUnhandle: what is taken back is gone for the next request, not for one that
// is under way.
func TestUnhandle(t *testing.T) {
	var next Next
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/wait", func(_ *Request, _ *Response, n Next) { next = n })
		app.Get("/wait", say("still here"))
		app.Get("/a", say("got"))
		app.Post("/a", say("posted"))
		app.Route("/b").Get(say("got")).Post(say("posted"))
		app.All("/c", say("all"))
	})
	c := r.dial().send(get("/wait"))
	c.open()
	if n := r.app.Unhandle("/wait"); n != 2 {
		t.Errorf("%d removed", n)
	}
	next(nil)
	c.want(200, "still here")
	c.send(get("/wait")).want(404, "Cannot GET /wait")
	if n := r.app.Unhandle("/a", "GET") + r.app.Unhandle("/b", "GET"); n != 2 {
		t.Errorf("%d removed", n)
	}
	for _, path := range []string{"/a", "/b"} {
		c.send(get(path)).want(405, "Method Not Allowed")
		c.send(request("POST", path, "")).want(200, "posted")
	}
	if r.app.Unhandle("/c", "GET") != 0 || r.app.Unhandle("/c", "") != 1 || r.app.Unhandle("/none") != 0 {
		t.Error("what was not asked for was removed")
	}
}

func TestMethods(t *testing.T) {
	list := Methods()
	if len(list) != 33 {
		t.Errorf("%d methods", len(list))
	}
	r := newRig(t, Options{}, func(app *App) {
		for _, m := range list {
			app.Method(m, "/"+m, func(req *Request, res *Response) { res.Set("X-Method", req.Method()).End("") })
		}
	})
	for _, m := range list {
		if res := r.once(request(m, "/"+m, "")); res.Header.Get("X-Method") != m {
			t.Errorf("%s: %d", m, res.StatusCode)
		}
	}
	if res := r.once("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"); res.StatusCode != 501 {
		t.Errorf("CONNECT: %d", res.StatusCode)
	}
	defer func() { recover() }()
	r.app.Method("BREW", "/", say(""))
	t.Error("BREW is a method")
}

// FuzzPatterns: what a name stands for is within its constraint, and without a
// slash.
func FuzzPatterns(f *testing.F) {
	routes := []string{`/:id(\d+)/:x?`,
		`/:h([^.]{2,4}).:ext?`, `/:s(on|off)-:rest`, `/:a?.:b?/*`, `/:a([\w-]+)-:b([a-f]+)?`}
	bounds := map[string]string{"id": `^\d+$`, "h": `^[^./]{1,4}$`, "s": `(?i)^(on|off)$`, "b": `^[^/]+$`}
	f.Add("/12/x")
	f.Add("/ab.c")
	f.Add("/on-x")
	f.Add("/a.b/c/d")
	f.Add("/a-b-c-abc")
	f.Fuzz(func(t *testing.T, path string) {
		if len(path) == 0 || path[0] != '/' || len(path) > 1000 {
			return
		}
		for _, route := range routes {
			p := compile(route, RouterOptions{}, false)
			n, params, ok := p.match([]byte(path), 0, nil)
			if ok && n > len(path) || !ok && len(params) > 0 {
				t.Fatalf("%s on %q: %d %v", route, path, n, params)
			}
			for _, v := range params {
				text := path[v.at:v.end]
				re, bound := bounds[v.name]
				if bound && !regexp.MustCompile(`(?s)`+re).MatchString(text) || v.name != "0" && strings.Contains(text, "/") {
					t.Errorf("%s on %q: %s is %q", route, path, v.name, text)
				}
			}
		}
	})
}
