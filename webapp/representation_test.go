package webapp

import (
	"strings"
	"testing"
)

func TestRepresentation(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/vary", func(_ *Request, res *Response) { res.Vary("A").Vary("b").Vary("a").End("") })
		app.Get("/star", func(_ *Request, res *Response) { res.Vary("*").Vary("b").End("") })
		app.Get("/loc", func(_ *Request, res *Response) { res.Location("/a b").Status(201).End("") })
		app.Get("/links", func(_ *Request, res *Response) {
			res.Links("next", "/p?2>", "last", "/p?9").Links("odd").Links("x\r\nY: z", "/").End("")
		})
		app.Get("/none", func(_ *Request, res *Response) { res.Attachment("").End("x") })
		app.Get("/file", func(_ *Request, res *Response) { res.Attachment(`../dir\log.csv`).End("x") })
		app.Get("/umlaut", func(_ *Request, res *Response) { res.Attachment("Tür \"1\".txt").End("x") })
		app.Get("/head", func(_ *Request, res *Response) {
			res.WriteHead(202, "X-A", "1", "X-B", "2", "odd")
			res.End(res.Get("x-a") + itoa(res.StatusCode()))
		})
	})
	for _, v := range []struct{ path, header, want string }{
		{"/vary", "Vary", "A, b"},
		{"/star", "Vary", "*"},
		{"/loc", "Location", "/a%20b"},
		{"/links", "Link", `</p?2%3E>; rel="next"|</p?9>; rel="last"`},
		{"/links", "Y", ""},
		{"/none", "Content-Disposition", "attachment"},
		{"/file", "Content-Disposition", `attachment; filename="log.csv"`},
		{"/file", "Content-Type", "text/csv; charset=utf-8"},
		{"/umlaut", "Content-Disposition", `attachment; filename="T??r ?1?.txt"; filename*=UTF-8''T%C3%BCr%20%221%22.txt`},
		{"/head", "X-B", "2"},
	} {
		res := r.once(get(v.path))
		if got := strings.Join(res.Header[v.header], "|"); got != v.want {
			t.Errorf("%s: %s is %s, want %s", v.path, v.header, got, v.want)
		}
	}
	if res := r.once(get("/head")); res.StatusCode != 202 || res.body != "1202" {
		t.Error(res.StatusCode, res.body)
	}
}

// TestRequestNames are those of the platform's request.
func TestRequestNames(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		sub := NewRouter(RouterOptions{MergeParams: true})
		sub.Get("/:b/*", func(req *Request, res *Response) {
			var all []string
			req.EachParam(func(name string, value []byte) bool {
				all = append(all, name+"="+string(value))
				return len(all) < 3
			})
			req.EachCookie(func(name, value []byte) bool {
				all = append(all, string(name)+":"+string(value))
				return len(all) < 6
			})
			all = append(all, req.BaseURL(), req.Origin(), req.HTTPVersion())
			if req.App() != app || !req.XHR() {
				t.Error("App or XHR")
			}
			res.End(strings.Join(all, " "))
		})
		app.Mount("/m/:a", sub)
		app.Get("/old", func(req *Request, res *Response) {
			if req.BaseURL() != "" || req.XHR() || req.Origin() != "" {
				t.Error("of a plain request")
			}
			res.End(req.HTTPVersion())
		})
	})
	res := r.once(get("/m/1/2/3", "Cookie: x=1; y=\"2\"; z", "Cookie: z=3; w=4", "Origin: http://o",
		"X-Requested-With: xmlhttprequest"))
	if want := "a=1 b=2 0=3 x:1 y:2 z:3 /m/1 http://o 1.1"; res.body != want {
		t.Errorf("%s, want %s", res.body, want)
	}
	if res := r.once("GET /old HTTP/1.0\r\n\r\n"); res.body != "1.0" {
		t.Error(res.body)
	}
	var stale Request
	if stale.App() != nil || stale.Subdomains() != nil || stale.Protocol() != "http" || stale.Hostname() != "" {
		t.Error("a request that is over")
	}
	stale.EachParam(func(string, []byte) bool { t.Error("a param"); return true })
	stale.OnClose(func(error) { t.Error("closed") })
}

// TestResponseNames are those of the platform's response that no other test has.
func TestResponseNames(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/sent", func(_ *Request, res *Response) {
			before := res.HeadersSent()
			res.Write([]byte("a"))
			if before || !res.HeadersSent() {
				t.Error("HeadersSent")
			}
			res.End("b")
		})
		app.Get("/cookies", func(_ *Request, res *Response) {
			res.Cookie(Cookie{Name: "a", Value: "1", Path: "/x", HTTPOnly: true})
			res.ClearCookie(Cookie{Name: "b", Value: "old", Path: "/x", MaxAge: 7}).End("")
		})
	})
	if res := r.once(get("/sent")); res.body != "ab" {
		t.Error(res.body)
	}
	const want = "a=1; Path=/x; HttpOnly|b=; Max-Age=0; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	if got := strings.Join(r.once(get("/cookies")).Header["Set-Cookie"], "|"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
