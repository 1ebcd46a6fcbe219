package webapp

import (
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	ready, calls := true, 0
	var h Health
	h.Add("drain", func() bool { return ready })
	h.Add("bad\r\nname", func() bool { return ready })
	h.Add("count", func() bool { calls++; return true })
	r := newRig(t, Options{}, func(app *App) {
		h.Mount(app)
		app.Get("/healthzoo", func(_ *Request, res *Response) { res.End("animals") })
	})
	for _, c := range []struct {
		request string
		ready   bool
		status  int
		body    string
	}{
		{"GET /healthz", true, 200, "ok\n"},
		{"GET /healthz?x=1", false, 200, "ok\n"},
		{"HEAD /healthz", true, 200, ""},
		{"GET /readyz", true, 200, "ok\n"},
		{"GET /readyz", false, 503, "not ready\ndrain\nbad??name\n"},
		{"HEAD /readyz", false, 503, ""},
		{"GET /readyz", true, 200, "ok\n"},
		{"POST /healthz", true, 405, "Method Not Allowed\n"},
		{"DELETE /readyz", false, 405, "Method Not Allowed\n"},
		{"GET /healthzoo", true, 200, "animals"},
		{"GET /healthz/", true, 404, "Cannot GET /healthz/"},
	} {
		ready = c.ready
		method, _, _ := strings.Cut(c.request, " ")
		res := r.dial().send(c.request + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").next(method)
		if res.StatusCode != c.status || res.body != c.body && c.status != 404 {
			t.Errorf("%s, ready %v: %d %q, want %d %q", c.request, c.ready, res.StatusCode, res.body, c.status, c.body)
		}
		if probe := c.status != 404 && c.body != "animals"; probe != (res.Header.Get("Cache-Control") == "no-store") {
			t.Errorf("%s: %v", c.request, res.Header)
		}
		if (c.status == 405) != (res.Header.Get("Allow") == "GET, HEAD") {
			t.Errorf("%s: %v", c.request, res.Header)
		}
	}
	if calls != 4 {
		t.Errorf("the checks were asked %d times, want once a probe of /readyz", calls)
	}
	s := r.server().Stats()
	if s.Responses[2] != 6 || s.Responses[4] != 3 || s.Responses[5] != 2 || s.Responses[3] != 0 {
		t.Errorf("responses by class: %v", s.Responses)
	}
}

// A probe cannot sign in: the guard of the whole app lets it pass. A check that panics is not ready.
func TestHealthBehindGuard(t *testing.T) {
	broken := false
	r := newRig(t, Options{EOS: &EOSOptions{Guard: []string{"/"}}}, func(app *App) {
		var h Health
		h.Add("broken", func() bool {
			if broken {
				panic("check")
			}
			return true
		})
		h.Mount(app)
	})
	get := func(path string) int {
		return r.dial().send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").next("GET").StatusCode
	}
	if got := get("/readyz"); got != 200 {
		t.Errorf("readyz: %d", got)
	}
	if got := get("/other"); got != 401 {
		t.Errorf("other: %d", got)
	}
	broken = true
	if got := get("/readyz"); got != 500 || len(r.errs) != 1 {
		t.Errorf("readyz: %d, %v", got, r.errs)
	}
}
