package v06

import (
	"strings"
	"testing"
)

func TestOrigins(t *testing.T) {
	for _, c := range []struct{ patterns, yes, no string }{
		{"*:*", "http://a null file:// x", ""},
		{"a.example:80", "http://a.example http://a.example:80 https://a.example:80",
			"https://a.example http://a.example:81 http://b.a.example http://a.example.evil http://A.example null " +
				"a.example:80 http://a.example:080 http://a.example:80/ http://u@a.example:80 file:// http://*:80"},
		{"a:*", "http://a https://a http://a:9", "http://b http://a.b http://a:* http://a:0 http://a:65536 ftp://a"},
		{"*:8000", "http://x:8000 http://[::1]:8000", "http://x http://x:80000 null"},
		{"[::1]:80 b:443", "http://[::1] https://b", "http://b http://[::2] http://[] http://::1"},
	} {
		o, err := parseOrigins(strings.Fields(c.patterns))
		if err != nil {
			t.Fatal(err)
		}
		for _, origin := range strings.Fields(c.yes) {
			if !o.allows(origin) {
				t.Errorf("%s does not allow %s", c.patterns, origin)
			}
		}
		for _, origin := range strings.Fields(c.no) {
			if o.allows(origin) {
				t.Errorf("%s allows %s", c.patterns, origin)
			}
		}
	}
	for _, bad := range []string{"", "*", "a", "a:", ":80", "a:0", "a:65536", "a:x", "http://a:80", "A:80", "a/b:80",
		`a"/>:80`, "*.a:80", "[]:80", "[::1:80", "a:080"} {
		if _, err := parseOrigins([]string{bad}); err == nil {
			t.Errorf("origin %q was taken", bad)
		}
	}
}

// TestOriginsOfRequests: one decision for every transport, and who may read.
func TestOriginsOfRequests(t *testing.T) {
	r := newRig(t, Options{Origins: []string{"a.example:80"}})
	defer r.finish()
	const good, bad = "Origin: http://a.example", "Origin: http://a.example.evil"
	get := func(path string, lines ...string) (status int, allowed string) {
		status, head, body := r.once("GET", "/socket.io/"+path, "", lines...)
		if status == 401 && body != "unauthorized" {
			t.Errorf("401 says %q", body)
		}
		return status, head.Get("Access-Control-Allow-Origin")
	}
	for _, c := range []struct {
		path    string
		lines   []string
		status  int
		allowed string
	}{
		{"xhr-polling//1", []string{good}, 200, "http://a.example"},
		{"xhr-polling//1", []string{bad}, 401, ""},
		{"xhr-polling//1", []string{"Origin: null"}, 401, ""},
		{"xhr-polling//1", nil, 200, ""},
		{"xhr-multipart/", []string{bad}, 401, ""},
		{"htmlfile//1", []string{bad}, 401, ""},
		{"jsonp-polling//1/0", nil, 401, ""},
		{"jsonp-polling//1/0", []string{"Referer: http://a.example/page?x"}, 200, ""},
		{"jsonp-polling//1/0", []string{"Referer: http://evil/http://a.example/"}, 401, ""},
		{"jsonp-polling//1/0", []string{"Referer: http://a.example/", bad}, 401, ""},
		{"websocket", append(rfcLines[:4:4], good), 101, ""},
		{"websocket", append(rfcLines[:4:4], bad), 401, ""},
		{"websocket", rfcLines[:4], 401, ""},
		{"websocket", append(hixie75Lines[:2:2], bad), 401, ""},
		{"flashsocket", append(hixie75Lines[:2:2], good), 101, ""},
	} {
		if status, allowed := get(c.path, c.lines...); status != c.status || allowed != c.allowed {
			t.Errorf("%s %v: got %d %q, want %d %q", c.path, c.lines, status, allowed, c.status, c.allowed)
		}
	}
	c := r.openPoll()
	path := "/socket.io/xhr-polling/" + c.SessionID() + "/send"
	if status, head, _ := r.once("POST", path, form("x"), good); status != 200 ||
		head.Get("Access-Control-Allow-Credentials") != "true" || head.Get("Vary") != "Origin" {
		t.Errorf("POST: %d %v", status, head)
	}
	if status, _, _ := r.once("POST", path, form("forged"), bad); status != 401 || len(r.seen) != 1 {
		t.Errorf("a POST of another origin: %d, seen %q", status, r.seen)
	}
	status, head, body := r.once("OPTIONS", path, "", good, "Access-Control-Request-Method: POST")
	if status != 200 || body != "ok" || head.Get("Access-Control-Allow-Methods") != "GET, POST" ||
		head.Get("Access-Control-Allow-Origin") != "http://a.example" {
		t.Errorf("preflight: %d %v %q", status, head, body)
	}
	if status, _, _ := r.once("OPTIONS", path, "", bad, "Access-Control-Request-Method: POST"); status != 401 {
		t.Errorf("preflight of another origin: %d", status)
	}
}

// TestEveryOrigin: whoever may read takes no cookies along.
func TestEveryOrigin(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	_, head, _ := r.once("GET", "/socket.io/xhr-polling//1", "", "Origin: http://evil", "Cookie: a=b")
	if head.Get("Access-Control-Allow-Origin") != "*" || head.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("got %v", head)
	}
}
