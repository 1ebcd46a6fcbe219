package webapp

import (
	"errors"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	dashes := "/" + strings.Repeat("-", 2000)
	for _, v := range []struct {
		pattern, path string
		o             RouterOptions
		want          string // "no", or the names' values
	}{
		{"/", "/", RouterOptions{}, ""},
		{"/a", "/a", RouterOptions{}, ""},
		{"/a", "/A", RouterOptions{}, ""},
		{"/a", "/A", RouterOptions{CaseSensitive: true}, "no"},
		{"/a", "/a/", RouterOptions{}, ""},
		{"/a", "/a/", RouterOptions{Strict: true}, "no"},
		{"/a/", "/a", RouterOptions{}, ""},
		{"/a/", "/a", RouterOptions{Strict: true}, "no"},
		{"/a", "/ab", RouterOptions{}, "no"},
		{"/a", "/a/b", RouterOptions{}, "no"},
		{"/index.:ext", "/index.html", RouterOptions{}, "ext=html"},
		{"/index.:ext", "/index.", RouterOptions{}, "no"},
		{"/index.:ext", "/indexahtml", RouterOptions{}, "no"},
		{"/:id", "/7", RouterOptions{}, "id=7"},
		{"/:id", "/", RouterOptions{}, "no"},
		{"/:id", "/a/b", RouterOptions{}, "no"},
		{"/:a/x/:b", "/1/x/2", RouterOptions{}, "a=1 b=2"},
		{"/:from-:to", "/ber-muc", RouterOptions{}, "from=ber to=muc"},
		{"/:from-:to", "/a--b", RouterOptions{}, "from=a to=-b"},
		{"/:file.json", "/a.b.json", RouterOptions{}, "file=a.b"},
		{"*", "/any/thing", RouterOptions{}, "0=/any/thing"},
		{"/files/*", "/files/a/b", RouterOptions{}, "0=a/b"},
		{"/files/*", "/files/", RouterOptions{}, "0="},
		{"/a/*/z", "/a/b/c/z", RouterOptions{}, "0=b/c"},
		{"/a/*/z", "/a/b/c", RouterOptions{}, "no"},
		{"/:a-:b-:c-:d-:e", dashes, RouterOptions{}, "a=- b=- c=- d=- e=" + dashes[9:]},
		{"/:a-:b-:c-:d-:e/x", dashes, RouterOptions{}, "no"}, // bounded work
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
		if got != v.want {
			t.Errorf("%s on %.40s: %.80s, want %.80s", v.pattern, v.path, got, v.want)
		}
	}
	for _, bad := range []string{"a", "/a?", "/(x)", "/:", "/[a]", "/a+"} {
		func() {
			defer func() { recover() }()
			compile(bad, RouterOptions{}, false)
			t.Errorf("%s was compiled", bad)
		}()
	}
}

func say(s string) Handler { return func(_ *Request, res *Response) { res.End(s) } }

func routeApp(app *App) {
	app.Get("/only-get", say("got"))
	app.Post("/two", say("posted"))
	app.Put("/two", say("put"))
	app.Delete("/two", say("deleted"))
	app.Patch("/two", say("patched"))
	app.Method("PROPFIND", "/dav", say("found"))
	app.Head("/head", func(_ *Request, res *Response) { res.Set("X-Is", "head").End("") })
	app.Get("/head", say("get"))
	app.Options("/mine", say("my own"))
	app.Get("/user/:id", func(req *Request, res *Response) { res.End(req.Param("id") + req.Param("none")) })
	app.All("/all", func(req *Request, res *Response) { res.End(req.Method()) })
	routeMounts(app)
	routeErrors(app)
}

func routeMounts(app *App) {
	sub := NewRouter(RouterOptions{MergeParams: true})
	sub.Get("/", func(req *Request, res *Response) { res.End("root of " + req.Param("x")) })
	sub.Get("/leaf/:y", func(req *Request, res *Response) {
		res.End(req.Param("x") + " " + req.Param("y") + " " + req.SubPath() + " " + req.Path())
	})
	app.Mount("/tree/:x", sub)
	alone := NewRouter(RouterOptions{})
	alone.Use("/", func(req *Request, res *Response, next Next) {
		if req.Query("leave") != "" {
			next(NextRouter)
			return
		}
		next(nil)
	})
	alone.Get("/:y", func(req *Request, res *Response) { res.End(req.Param("x") + req.Param("y")) })
	app.Mount("/alone/:x", alone)
	app.Get("/alone/*", say("behind"))
}

func routeErrors(app *App) {
	app.Use("/fail", func(req *Request, _ *Response, next Next) {
		if req.Query("how") == "own" {
			next(&Error{403, "not you"})
		} else {
			next(errors.New("a secret"))
		}
	})
	app.Get("/fail", say("never"))
	app.UseErrorAt("/fail/below", func(err error, _ *Request, res *Response, _ Next) { res.Status(409).End("below") })
	app.UseError(func(err error, req *Request, res *Response, next Next) {
		if req.Query("caught") != "" {
			res.Status(418).End("caught: " + err.Error())
			return
		}
		next(err)
	})
}

var routeVectors = []struct {
	method, path string
	status       int
	body, header string
}{
	{"GET", "/only-get", 200, "got", ""},
	{"HEAD", "/only-get", 200, "", "Content-Length: 3"},
	{"POST", "/only-get", 405, "Method Not Allowed", "Allow: GET, HEAD"},
	{"OPTIONS", "/only-get", 204, "", "Allow: GET, HEAD"},
	{"OPTIONS", "/mine", 200, "my own", ""},
	{"OPTIONS", "*", 204, "", ""},
	{"POST", "/two", 200, "posted", ""},
	{"PUT", "/two", 200, "put", ""},
	{"DELETE", "/two/", 200, "deleted", ""},
	{"PATCH", "/TWO", 200, "patched", ""},
	{"GET", "/two", 405, "Method Not Allowed", "Allow: POST, PUT, DELETE, PATCH"},
	{"PROPFIND", "/dav", 200, "found", ""},
	{"HEAD", "/head", 200, "", "X-Is: head"},
	{"GET", "/head", 200, "get", ""},
	{"GET", "/user/J%C3%BCrgen%20K", 200, "Jürgen K", ""},
	{"REPORT", "/all", 200, "REPORT", ""},
	{"GET", "/tree/oak", 200, "root of oak", ""},
	{"GET", "/tree/oak/leaf/3", 200, "oak 3 /leaf/3 /tree/oak/leaf/3", ""},
	{"GET", "/treehouse/oak", 404, "Cannot GET /treehouse/oak", ""},
	{"GET", "/alone/a/b", 200, "b", ""},
	{"GET", "/alone/a/b?leave=1", 200, "behind", ""},
	{"GET", "/nowhere%3Cscript%3E?q", 404, "Cannot GET /nowhere%3Cscript%3E", "X-Content-Type-Options: nosniff"},
	{"GET", "/fail?how=own", 403, "not you", ""},
	{"GET", "/fail", 500, "Internal Server Error", ""},
	{"GET", "/fail?caught=1", 418, "caught: a secret", ""},
	{"GET", "/fail/below/x?how=own", 409, "below", ""},
	{"LINK", "/raw/x", 200, "raw LINK", ""},
	{"GET", "/raw/deep/x", 200, "deep", ""},
	{"GET", "/raw", 404, "Cannot GET /raw", ""},
}

func TestRouter(t *testing.T) {
	r := newRig(t, Options{}, routeApp)
	r.server().Handle("/raw/", func(req *Request, res *Response) { res.End("raw " + req.Method()) })
	r.server().Handle("/raw/deep/", say("deep"))
	for _, v := range routeVectors {
		res := r.once(request(v.method, v.path, ""))
		if res.StatusCode != v.status || res.body != v.body {
			t.Errorf("%s %s: %d %q, want %d %q", v.method, v.path, res.StatusCode, res.body, v.status, v.body)
		}
		if name, value, ok := strings.Cut(v.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%s %s: %v", v.method, v.path, res.Header)
		}
	}
	if len(r.errs) != 1 || r.errs[0].Error() != "a secret" {
		t.Errorf("OnError was told %v", r.errs)
	}
}

// TestNextLater calls next in a later turn: the request is as it was. Calls that
// are too many do nothing.
func TestNextLater(t *testing.T) {
	var next Next
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", func(req *Request, _ *Response, n Next) { req.SetValue("who", "me"); next = n })
		app.Get("/a/:b", func(req *Request, res *Response) {
			res.End(req.Path() + req.Query("q") + req.Header("X") + req.Param("b") + req.Value("who").(string))
		})
		app.Get("/park", p.handle)
		app.Get("/panic", func(*Request, *Response) { panic("late") })
	})
	c := r.dial().send(get("/a/b?q=%41", "X: y"))
	c.open()
	next(nil)
	c.want(200, "/a/bAybme")
	first := next
	first(nil)
	c.send(get("/park"))
	c.open()
	next(nil)
	next(nil)
	first(errors.New("too late"))
	c.open()
	p.res[0].End("done")
	c.want(200, "done")
	c.send(get("/panic"))
	c.open()
	next(nil)
	c.want(500, "Internal Server Error")
	if len(r.errs) != 1 {
		t.Error(r.errs)
	}

	c.send(get("/a/b"))
	c.open()
	c.Close()
	r.run("the abort", func() bool { return r.server().Stats().Aborted == 1 })
	next(nil)
}

func TestPanics(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/before", func(*Request, *Response) { panic("oh") })
		app.Get("/during", func(_ *Request, res *Response) { res.Write([]byte("part")); panic(errors.New("oh")) })
		app.Get("/after", func(_ *Request, res *Response) { res.End("all"); panic(7) })
		app.Post("/body", func(req *Request, _ *Response) { req.Body(10, func([]byte, error) { panic("body") }) })
		app.Get("/", func(_ *Request, res *Response) { res.End("hello") })
	})
	c := r.dial().send(get("/before") + get("/after") + get("/"))
	c.want(500, "Internal Server Error")
	c.want(200, "all")
	c.want(200, "hello")
	c.sendSplit(request("POST", "/body", "x"), 1).want(500, "Internal Server Error")
	c.send(get("/during"))
	r.run("the end", func() bool { return c.Ended() })
	if len(r.errs) != 4 {
		t.Fatal(r.errs)
	}
	p := r.errs[0].(*PanicError)
	if p.Value != "oh" || p.Path != "/before" || !strings.Contains(string(p.Stack), "TestPanics") {
		t.Errorf("%v\n%s", p, p.Stack)
	}
}

// A path that takes too many tries passes no middleware by: it is refused.
func TestLongPathsPassNoMiddleware(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/*/private/*", func(_ *Request, res *Response, _ Next) { res.Status(403).End("no") })
		app.Get("*", func(_ *Request, res *Response) { res.End("secret") })
	})
	if got := r.once(get("/a/private/b")); got.StatusCode != 403 {
		t.Fatal(got.StatusCode, got.body)
	}
	long := "/a/private/"
	long += strings.Repeat("b", 8<<10-len(long))
	if got := r.once(get(long)); got.StatusCode < 400 || got.body == "secret" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}
