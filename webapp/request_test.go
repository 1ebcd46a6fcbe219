package webapp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func TestRequest(t *testing.T) {
	ran := false
	r := newRig(t, Options{Secure: true}, func(app *App) {
		app.Get("/a", func(req *Request, res *Response) {
			ran = true
			for _, v := range []struct{ what, got, want string }{
				{"Target", req.Target(), "/%61?x=1&y=a+b%2B&x=2&%7A=3&empty&=k"},
				{"Path", req.Path(), "/a"},
				{"RawQuery", string(req.RawQuery()), "x=1&y=a+b%2B&x=2&%7A=3&empty&=k"},
				{"Query x", req.Query("x"), "1"},
				{"Query y", req.Query("y"), "a b+"},
				{"Query z", req.Query("z"), "3"},
				{"Query none", req.Query("none"), ""},
				{"QueryAll", strings.Join(req.QueryAll("x"), ","), "1,2"},
				{"Header", req.Header("x-y"), "v"},
				{"Header none", req.Header("none"), ""},
				{"Host", req.Host(), "a"},
				{"Cookie", req.Cookie("b"), "2=3"},
				{"Cookie quoted", req.Cookie("q"), "w x"},
				{"Cookie in another line", req.Cookie("d"), "4"},
				{"Cookie none", req.Cookie("__proto__"), ""},
				{"IP", req.IP().String(), "127.0.0.1"}, // H32: X-Forwarded-For is not trusted
			} {
				if v.got != v.want {
					t.Errorf("%s: %q, want %q", v.what, v.got, v.want)
				}
			}
			if !req.Secure() || req.Upgrade() || !req.KeepAlive() || req.HasBody() || req.Minor() != 1 {
				t.Error("properties")
			}
			if _, ok := req.QueryLookup("empty"); !ok {
				t.Error("empty is not there")
			}
			var pairs []string
			req.EachQuery(func(k, v []byte) bool {
				pairs = append(pairs, string(k)+":"+string(v))
				return len(pairs) < 4
			})
			if got := strings.Join(pairs, " "); got != "x:1 y:a b+ x:2 z:3" {
				t.Error(got)
			}
			n := 0
			req.EachHeader(func(k, v []byte) bool { n++; return true })
			if n != 5 {
				t.Errorf("%d headers", n)
			}
			req.SetValue("k", 1)
			req.SetValue("k", 2)
			if req.Value("k") != 2 || req.Value("none") != nil {
				t.Error("values")
			}
			res.End("")
		})
	})
	r.once(get("/%61?x=1&y=a+b%2B&x=2&%7A=3&empty&=k", "X-Y: v", "Cookie: a=1; b=2=3 ;q=\"w x\"", "Cookie: c; d=4",
		"X-Forwarded-For: 6.6.6.6"))
	if !ran {
		t.Error("the handler was not called")
	}
}

// TestStaleRequest: what was released is empty, not another's.
func TestStaleRequest(t *testing.T) {
	var kept *Request
	var res0 *Response
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/stale", func(req *Request, res *Response) { kept, res0 = req, res; res.End("") })
	})
	r.once(get("/stale?a=b", "X: y"))
	if kept.Header("X")+kept.Path()+kept.Query("a")+kept.Method() != "" || kept.IP().IsValid() {
		t.Error("a request outlived its handler")
	}
	if c, _ := kept.Switch(); c != nil {
		t.Error("switched")
	}
	kept.Keep()
	called := false
	kept.Body(1, func(_ []byte, err error) { called = err == ErrAborted })
	if !called {
		t.Error("the body's receiver was not told")
	}
	res0.Set("a", "b").Status(7).End("x")
	res0.Write([]byte("x"))
	res0.Drop()
	res0.SendFile("x")
	res0.SendCompressed(nil)
	res0.Cookie(Cookie{})
	res0.Fail(ErrAborted)
	res0.JSON(1)
}

func TestAppendCookie(t *testing.T) {
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, v := range []struct {
		c    Cookie
		want string
	}{
		{Cookie{Name: "io", Value: "sid", HTTPOnly: true, SameSite: SameSiteLax},
			"io=sid; Path=/; HttpOnly; SameSite=Lax"},
		{Cookie{Name: "a", Path: "/x", Domain: "b.c", MaxAge: time.Hour, Expires: at, Secure: true,
			SameSite: SameSiteNone},
			"a=; Max-Age=3600; Domain=b.c; Path=/x; Expires=Thu, 02 Jan 2020 03:04:05 GMT; Secure; SameSite=None"},
		{Cookie{Name: "a", MaxAge: -1}, "a=; Max-Age=0; Path=/"},
		{Cookie{Name: "", Value: "x"}, ""},
		{Cookie{Name: "a=b"}, ""},
		{Cookie{Name: "a", Value: "b c"}, ""},
		{Cookie{Name: "a", Value: "b;c"}, ""},
		{Cookie{Name: "a", Value: "b\"c"}, ""},
		{Cookie{Name: "a", Value: "b,c"}, ""},
		{Cookie{Name: "a", Value: "b\\c"}, ""},
		{Cookie{Name: "a", Value: "b\r\nc"}, ""},
		{Cookie{Name: "a", Path: "/\r\n"}, ""},
		{Cookie{Name: "a", Domain: "x;y"}, ""},
		{Cookie{Name: "a", SameSite: "x;y"}, ""},
		{Cookie{Name: "a", SameSite: SameSiteNone}, ""},
	} {
		got, err := AppendCookie([]byte("+"), &v.c)
		if string(got) != "+"+v.want || (err == nil) != (v.want != "") {
			t.Errorf("%+v: %q, %v", v.c, got, err)
		}
	}
}
