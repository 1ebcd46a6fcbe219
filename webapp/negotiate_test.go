package webapp

import (
	"strings"
	"testing"
)

func accepts(req *Request, header string, offers []string) string {
	switch header {
	case "Accept":
		return req.Accepts(offers...)
	case "Accept-Encoding":
		return req.AcceptsEncodings(offers...)
	case "Accept-Language":
		return req.AcceptsLanguages(offers...)
	}
	return req.AcceptsCharsets(offers...)
}

var acceptVectors = []struct{ header, value, offers, want string }{
	{"Accept", "", "json html", "json"},
	{"Accept", "text/html", "json html", "html"},
	{"Accept", "text/html", "application/json", ""},
	{"Accept", "text/*, application/json", "json html", "json"},
	{"Accept", "text/*;q=.5, application/json", "html", ""}, // no qvalue
	{"Accept", "text/*;q=0.5, application/json", "html json", "json"},
	{"Accept", "text/*;q=0.5, application/json;q=0.4", "json text/html", "text/html"},
	{"Accept", "*/*", "json html", "json"},
	{"Accept", "*/*;q=0.1, text/html;q=0.2", "json html", "html"},
	{"Accept", "text/html;q=0, */*", "html json", "json"},
	{"Accept", "TEXT/HTML ; Q=1.000", "html", "html"},
	{"Accept", "text/html;level=1", "html", ""},
	{"Accept", "text/html;q=1.001, text/html;q=2", "html", ""},
	{"Accept", "text/html;q=0.5;x=y, application/json;q=0.6", "html json", "json"},
	{"Accept", "*", "html", ""},
	{"Accept", "application/json, text/html", "html json", "json"},
	{"Accept", "x/y;q, /, ;, ,", "html", ""},
	{"Accept", "text/html", "", ""},
	{"Accept-Encoding", "gzip, deflate;q=0.5", "deflate gzip identity", "gzip"},
	{"Accept-Encoding", "br", "gzip identity", "identity"},
	{"Accept-Encoding", "identity;q=0, gzip;q=0.1", "identity gzip", "gzip"},
	{"Accept-Encoding", "*;q=0", "identity gzip", ""},
	{"Accept-Encoding", "*", "br", "br"},
	{"Accept-Charset", "utf-8, iso-8859-1;q=0.5", "ISO-8859-1 UTF-8", "UTF-8"},
	{"Accept-Charset", "latin1", "utf-8", ""},
	{"Accept-Language", "de-CH, en;q=0.5", "en de", "de"},
	{"Accept-Language", "de, en;q=0.9", "en de-AT", "de-AT"},
	{"Accept-Language", "de-CH;q=0, de", "de-CH de", "de"},
	{"Accept-Language", "*;q=0.1, fr", "it fr-FR", "fr-FR"},
	{"Accept-Language", "den", "de", ""},
}

func TestAccepts(t *testing.T) {
	var header string
	var offers []string
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(req *Request, res *Response) { res.End(accepts(req, header, offers)) })
	})
	for _, v := range acceptVectors {
		header, offers = v.header, strings.Fields(v.offers)
		var head []string
		if v.value != "" {
			head = []string{v.header + ": " + v.value}
		}
		if res := r.once(get("/", head...)); res.body != v.want {
			t.Errorf("%s: %s, offered %s: %q, want %q", v.header, v.value, v.offers, res.body, v.want)
		}
	}
	header, offers = "Accept", []string{"json", "html"}
	if res := r.once(get("/", "Accept: x/y", "Accept: text/html")); res.body != "html" { // two lines are one list
		t.Error(res.body)
	}
}

func TestIs(t *testing.T) {
	var types []string
	r := newRig(t, Options{}, func(app *App) {
		app.Post("/", func(req *Request, res *Response) { res.End(req.Is(types...)) })
	})
	for _, v := range []struct{ kind, types, want string }{
		{"application/json; charset=utf-8", "html json", "json"},
		{"application/json", "application/*", "application/*"},
		{"Application/JSON", "application/json", "application/json"},
		{"text/plain", "json */*", "*/*"},
		{"application/vnd.x+json", "json +json", "+json"},
		{"text/plain", "json html +plain", ""},
		{"+json", "+json", ""},
		{"text", "text/*", ""},
		{"application/octet-stream", "bin", "bin"},
	} {
		types = strings.Fields(v.types)
		if res := r.once(request("POST", "/", "x", "Content-Type: "+v.kind)); res.body != v.want {
			t.Errorf("%s is one of %s: %q, want %q", v.kind, v.types, res.body, v.want)
		}
	}
	if res := r.once(request("POST", "/", "", "Content-Type: text/plain")); res.body != "" {
		t.Error("nothing is", res.body)
	}
}

func TestFormat(t *testing.T) {
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/two", func(_ *Request, res *Response) {
			res.Format(Offer{"html", func() { res.Send("<p>") }}, Offer{"json", func() { res.JSON(1) }})
		})
		app.Get("/default", func(_ *Request, res *Response) {
			res.Format(Offer{"text", func() { res.End("t") }}, Offer{"default", func() { res.Status(202).End("d") }})
		})
		app.Get("/park", p.handle)
	})
	for _, v := range []struct {
		path, accept string
		status       int
		body, kind   string
	}{
		{"/two", "application/json", 200, "1", "application/json; charset=utf-8"},
		{"/two", "*/*", 200, "<p>", "text/html; charset=utf-8"},
		{"/two", "image/png", 406, "Not Acceptable", "text/plain; charset=utf-8"},
		{"/default", "image/png", 202, "d", "text/plain; charset=utf-8"},
		{"/default", "text/plain", 200, "t", "text/plain; charset=utf-8"},
	} {
		res := r.once(get(v.path, "Accept: "+v.accept))
		if res.StatusCode != v.status || res.body != v.body || res.Header.Get("Content-Type") != v.kind ||
			res.Header.Get("Vary") != "Accept" {
			t.Errorf("%s for %s: %d %q %v", v.path, v.accept, res.StatusCode, res.body, res.Header)
		}
	}
	c := r.dial().send(get("/park", "Accept: image/png"))
	c.open()
	res := p.res[0]
	res.Format(Offer{"text", func() { res.End("first") }})
	c.want(200, "first")
	res.Format(Offer{"text", func() { t.Error("called after the end") }})
}

// FuzzPeerChoices: what peers say about themselves is one of the offers, and an
// address that proxies of ours did not write is never the peer's.
func FuzzPeerChoices(f *testing.F) {
	for _, v := range acceptVectors {
		f.Add(v.value, v.offers)
	}
	for _, v := range proxyVectors {
		f.Add(strings.ReplaceAll(v.head, "X-Forwarded-For: ", ""), v.want)
	}
	f.Fuzz(func(t *testing.T, value, offered string) {
		wire := []byte("GET / HTTP/1.1\r\nHost: a\r\nAccept: " + value + "\r\nX-Forwarded-For: " + value +
			"\r\nContent-Type: " + value + "\r\nContent-Length: 1\r\n\r\n")
		req := &Request{c: &conn{srv: &Server{set: settings{proxies: parseProxies("loopback,10.0.0.0/8")}}}}
		n, e := req.head.parse(wire, &scan{}, &headLimits{uri: 1 << 12, bytes: 1 << 15, fields: 10})
		if e != nil || n != len(wire) {
			return
		}
		req.raw = wire
		offers := strings.Fields(offered)
		got := req.Accepts(offers...)
		ok := got == ""
		for _, o := range offers {
			ok = ok || o == got
		}
		if is := req.Is(offers...); !ok || is != "" && !strings.Contains(offered, is) {
			t.Errorf("%q, %q of %q", got, is, offers)
		}
		for _, item := range strings.Split(value, ",") {
			if _, weight, ok := cutWeight([]byte(item)); ok && (weight < 0 || weight > 1000) {
				t.Errorf("weight %d", weight)
			}
		}
		if a, ok := parseForwarded(value); ok && (!a.IsValid() || a.Zone() != "" || a.Is4In6()) {
			t.Errorf("address %v", a)
		}
	})
}
