package webapp

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	good  = "http://good.example"
	fixed = "vary=Origin; allow-origin=http://good.example; allow-credentials=true"
	other = "https://b.example:8443"
)

var corsVectors = []struct {
	method, path, origin string
	allowed              bool
	headers              string
}{
	{"OPTIONS", "/one", good, true, fixed + "; allow-methods=GET,POST; allow-headers=x-foo"},
	{"GET", "/one", good, true, fixed},
	{"GET", "/one", "http://bad.example", false, fixed},
	{"GET", "/one", "null", false, fixed},
	{"GET", "/one", "", true, fixed},
	{"GET", "/one", good + ".evil.com", false, fixed},
	{"GET", "/one", "https://good.example", false, fixed},
	{"GET", "/one", good + ":8080", false, fixed},
	{"GET", "/many", good, true, fixed + "; expose-headers=X-A,X-B"},
	{"GET", "/many", other, true,
		"vary=Origin; allow-origin=" + other + "; allow-credentials=true; expose-headers=X-A,X-B"},
	{"GET", "/many", "null", true,
		"vary=Origin; allow-origin=null; allow-credentials=true; expose-headers=X-A,X-B"},
	{"GET", "/many", "https://b.example", false, "vary=Origin; expose-headers=X-A,X-B"},
	{"GET", "/many", "", true, "vary=Origin; expose-headers=X-A,X-B"},
	{"OPTIONS", "/many", good, true, "vary=Origin, Access-Control-Request-Headers; allow-origin=http://good.example; " +
		"allow-credentials=true; allow-methods=GET,HEAD,PUT,PATCH,POST,DELETE; allow-headers=x-asked; max-age=60; " +
		"expose-headers=X-A,X-B"},
	{"GET", "/any", "http://bad.example", true, "allow-origin=*"},
	{"GET", "/any", "", true, "allow-origin=*"},
	{"GET", "/asked", "http://x.example", true, "vary=Origin; allow-origin=http://x.example"},
	{"GET", "/asked", "http://x.com", false, "vary=Origin"},
	{"GET", "/nil", "http://x.com", true, ""},
}

// TestCors compares what an app answers with what the reference's recording
// holds (conformance eio-cors), and with what follows from it.
func TestCors(t *testing.T) {
	one := &Cors{Origins: []string{good}, Credentials: true,
		Methods: []string{"GET", "POST"}, AllowedHeaders: []string{"x-foo"}}
	many := &Cors{Origins: []string{good, other, "null"}, Credentials: true,
		MaxAge: time.Minute, ExposedHeaders: []string{"X-A", "X-B"}}
	anyone := &Cors{}
	asked := &Cors{OriginFunc: func(o string, _ *Request) bool { return strings.HasSuffix(o, ".example") }}
	all := map[string]*Cors{"/one": one, "/many": many, "/any": anyone, "/asked": asked, "/nil": nil}
	allowed := false
	r := newRig(t, Options{}, func(app *App) {
		for path, c := range all {
			app.All(path, func(req *Request, res *Response) {
				allowed = c.Allows(req)
				if !c.Apply(req, res) {
					res.End("ok")
				}
			})
		}
	})
	for _, v := range corsVectors {
		headers := []string{"Access-Control-Request-Headers: x-asked"}
		if v.origin != "" {
			headers = append(headers, "Origin: "+v.origin)
		}
		res := r.once(request(v.method, v.path, "", headers...))
		var got []string
		for _, name := range []string{"vary", "allow-origin", "allow-credentials", "allow-methods", "allow-headers",
			"max-age", "expose-headers"} {
			full := name
			if name != "vary" {
				full = "access-control-" + name
			}
			if value := res.Header.Values(full); len(value) > 0 {
				got = append(got, name+"="+strings.Join(value, " AND "))
			}
		}
		if s := strings.Join(got, "; "); s != v.headers || allowed != v.allowed {
			t.Errorf("%s %s from %q: %v %s\nwant %v %s", v.method, v.path, v.origin, allowed, s, v.allowed, v.headers)
		}
		if v.method == "OPTIONS" && (res.StatusCode != 204 || res.body != "") {
			t.Errorf("%s: %d %q", v.path, res.StatusCode, res.body)
		}
	}
}

func TestCorsCheck(t *testing.T) {
	for _, v := range []struct {
		c  Cors
		ok bool
	}{
		{Cors{}, true},
		{Cors{Origins: []string{"*"}}, true},
		{Cors{Origins: []string{"http://a", "https://b:8080", "http://[::1]:3000"}, Credentials: true}, true},
		{Cors{Origins: []string{"null", "capacitor://localhost"}}, true},
		{Cors{OriginFunc: func(string, *Request) bool { return true }, Credentials: true}, true},
		{Cors{Credentials: true}, false},
		{Cors{Origins: []string{"*"}, Credentials: true}, false},
		{Cors{Origins: []string{"http://a", "*"}}, false},
		{Cors{Origins: []string{"http://a/"}}, false},
		{Cors{Origins: []string{"http://A"}}, false},
		{Cors{Origins: []string{"http://a:80"}}, false},
		{Cors{Origins: []string{"https://a:443"}}, false},
		{Cors{Origins: []string{"a"}}, false},
		{Cors{Origins: []string{"http://a\r\nX: y"}}, false},
		{Cors{Methods: []string{"GET, POST"}}, false},
		{Cors{AllowedHeaders: []string{"x\r\ny"}}, false},
		{Cors{OptionsStatus: 404}, false},
	} {
		if err := v.c.Check(); (err == nil) != v.ok {
			t.Errorf("%+v: %v", v.c, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a middleware of settings that are wrong")
		}
	}()
	(&Cors{Credentials: true}).Middleware()
}

func TestCorsMiddleware(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", (&Cors{}).Middleware())
		app.Use("/x", (&Cors{PreflightContinue: true}).Middleware())
		app.Get("/", func(_ *Request, res *Response) { res.End("ok") })
	})
	res := r.once(get("/", "Origin: http://a"))
	if res.body != "ok" || !slices.Equal(res.Header.Values("Access-Control-Allow-Origin"), []string{"*"}) {
		t.Error(res.Header)
	}
	if res := r.once(request("OPTIONS", "/", "")); res.StatusCode != 204 {
		t.Error(res.StatusCode)
	}
}
