package middleware

import (
	"errors"
	"io"
	"testing"
	"testing/fstest"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// parts are the rows of the platform's middleware module with all that is behind them.
var parts = []struct {
	api  eos.API
	make func() webapp.Middleware
}{
	{eos.MiddlewareCookieParser, func() webapp.Middleware { return Cookies(CookieOptions{}) }},
	{eos.MiddlewareQueryParser, func() webapp.Middleware { return Query(QueryOptions{}) }},
	{eos.MiddlewareAuthParser, func() webapp.Middleware { return BasicAuth("r", nil) }},
	{eos.MiddlewareServeStatic, func() webapp.Middleware { return Static(fstest.MapFS{}, webapp.StaticOptions{}) }},
	{eos.MiddlewareBodyParser, func() webapp.Middleware { return JSON(JSONOptions{}) }},
	{eos.MiddlewareBodyParser, func() webapp.Middleware { return URLEncoded(URLEncodedOptions{}) }},
	{eos.MiddlewareBodyParser, func() webapp.Middleware { return Raw(RawOptions{}) }},
	{eos.MiddlewareBodyParser, func() webapp.Middleware { return Text(TextOptions{}) }},
	{eos.MiddlewareMulter, func() webapp.Middleware { return Multipart(MultipartOptions{}) }},
	{eos.MiddlewareSession, func() webapp.Middleware { return Session(SessionOptions{}) }},
	{eos.MiddlewareMorgan, func() webapp.Middleware { return AccessLog(AccessLogOptions{Output: io.Discard}) }},
	{eos.MiddlewareHistory, func() webapp.Middleware { return History(HistoryOptions{}) }},
	{eos.MiddlewareEOS, EOS},
}

// A denied part lets nobody pass: it may be what keeps others out.
func TestPermissionRows(t *testing.T) {
	tested := map[eos.API]bool{eos.MiddlewareJWT: true} // in its own module
	for _, part := range parts {
		tested[part.api] = true
		behind := 0
		r := newRig(t, webapp.Options{}, func(app *webapp.App) {
			app.Use("/", part.make())
			app.All("*", func(_ *webapp.Request, res *webapp.Response) { behind++; res.End("x") })
		})
		r.want(get("/x"), 200, "x")
		set := eos.DefaultMatrix().Allowed(eos.UserMode)
		set.Remove(part.api)
		guard := r.app.Guard()
		guard.Narrow(set)
		r.want(get("/x"), 500, "Internal Server Error")
		var p *eos.PermissionError
		if len(r.errs) != 1 || !errors.As(r.errs[0], &p) || "middleware."+p.API != part.api.String() {
			t.Errorf("%v: reported %v", part.api, r.errs)
		}
		if behind != 1 || guard.Denied(part.api) != 1 || guard.Denials() != 1 {
			t.Errorf("%v: %d passed, counted %d of %d", part.api, behind, guard.Denied(part.api), guard.Denials())
		}
	}
	for _, row := range eos.DefaultMatrix().Rows() {
		if row.Module == "middleware" && row.Counterpart && !tested[row.API] {
			t.Errorf("%v is not tested", row.API)
		}
	}
}

// A part is one row: it works where the program may not call what it is made of.
func TestPermissionOfParts(t *testing.T) {
	got := ""
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", JSON(JSONOptions{}))
		app.Use("/", Query(QueryOptions{}))
		app.All("*", func(req *webapp.Request, res *webapp.Response) {
			got = QueryOf(req).Get("q") + req.Query("q") + req.Header("Content-Type")
			res.End("x")
		})
	})
	set := eos.DefaultMatrix().Allowed(eos.UserMode)
	for api := eos.RequestApp; api <= eos.RequestEOS; api++ {
		set.Remove(api)
	}
	r.app.Guard().Narrow(set)
	r.want(request("POST", "/?q=1", "[1]", "Content-Type: application/json"), 200, "x")
	r.want(request("POST", "/", "[", "Content-Type: application/json"), 400, "JSON body is malformed")
	if r.want(get("/?q=1"), 200, "x"); got != "1" {
		t.Errorf("%q", got)
	}
}

func TestEOSAndAccessLog(t *testing.T) {
	var lines lineWriter
	logger := NewAccessLogger(AccessLogOptions{Format: ":method :url :status", Output: &lines})
	r := newRig(t, webapp.Options{EOS: &webapp.EOSOptions{
		Verifier: eos.Table{"one": {User: &eos.User{Acoid: "A1"}}}, Token: "tok",
	}}, func(app *webapp.App) {
		app.Use("/", logger.Middleware())
		app.Use("/", EOS())
		app.All("*", func(req *webapp.Request, res *webapp.Response) { res.End(req.EOS().Acoid()) })
	})
	r.want(get("/a?tok=one&edger-srand=SECRET&x=1"), 200, "A1")
	r.want(get("/b", "tok: one"), 200, "A1")
	r.want(get("/c"), 200, "")
	if res := r.once(get("/d?tok=two")); res.StatusCode != 401 {
		t.Error(res.StatusCode)
	}
	logger.Flush()
	want := "GET /a?tok=***&edger-srand=***&x=1 200\nGET /b 200\nGET /c 200\nGET /d?tok=*** 401\n"
	if string(lines) != want {
		t.Errorf("got %q, want %q", lines, want)
	}
}

type lineWriter []byte

func (w *lineWriter) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }
