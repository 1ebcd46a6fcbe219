package middleware

import (
	"strings"
	"testing"

	"github.com/edgesio/edgesio/webapp"
)

// TestBodies sends each parser what it takes and what it does not.
func TestBodies(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", JSON(JSONOptions{MaxDepth: 4, MaxElements: 50}))
		app.Use("/", URLEncoded(URLEncodedOptions{}))
		app.Use("/", Raw(RawOptions{Types: []string{"application/octet-stream", "image/*"}}))
		app.Use("/", Text(TextOptions{}))
		app.All("/", func(req *webapp.Request, res *webapp.Response) {
			switch v := req.Parsed().(type) {
			case *JSONBody:
				res.End("json " + string(v.Raw()))
			case *Form:
				var b strings.Builder
				v.Each(func(name, value string) bool { b.WriteString(name + "=" + value + ";"); return true })
				res.End("form " + b.String())
			case []byte:
				res.End("raw " + string(v))
			case string:
				res.End("text " + v)
			default:
				res.End("none")
			}
		})
	})
	deep := strings.Repeat("[", 5) + strings.Repeat("]", 5)
	many := "[" + strings.Repeat("0,", 50) + "0]"
	const large = 100<<10 + 1
	for _, c := range []struct {
		kind, body string
		status     int
		want       string
	}{
		{"application/json", `{"a":[1,"]}{[,:\""]}`, 200, `json {"a":[1,"]}{[,:\""]}`},
		{"application/problem+json", ` [] `, 200, `json  [] `},
		{"Application/JSON ; charset=UTF-8", `{}`, 200, `json {}`},
		{"application/json; charset=utf-16", `{}`, 415, `charset utf-16 is not supported`},
		{"application/json", `1`, 400, `JSON body is neither an object nor an array`},
		{"application/json", `{"a":}`, 400, `JSON body is malformed`},
		{"application/json", `{"a":1}{`, 400, `JSON body is malformed`},
		{"application/json", `]]]]`, 400, `JSON body is malformed`},
		{"application/json", deep, 400, `JSON body is nested too deeply`},
		{"application/json", many, 400, `JSON body has too many elements`},
		{"application/json", strings.Repeat(" ", large), 413, webapp.ErrBodyTooLarge.Message},
		{"application/x-www-form-urlencoded", "a=1&b=%C3%A4+%2B&&a[b]=2&c", 200, "form a=1;b=ä +;a[b]=2;c=;"},
		{"application/x-www-form-urlencoded", "a=%zz", 400, "malformed escape in form"},
		{"application/x-www-form-urlencoded", "a=%4", 400, "malformed escape in form"},
		{"application/x-www-form-urlencoded", "a=%ff", 400, "form is not UTF-8"},
		{"application/x-www-form-urlencoded; charset=koi8-r", "a", 415, "charset koi8-r is not supported"},
		{"application/x-www-form-urlencoded", strings.Repeat("a&", 1001), 413, "too many form parameters"},
		{"application/x-www-form-urlencoded", strings.Repeat("a", large), 413, webapp.ErrBodyTooLarge.Message},
		{"image/png", "\x89PNG", 200, "raw \x89PNG"},
		{"application/octet-stream", strings.Repeat("a", large), 413, webapp.ErrBodyTooLarge.Message},
		{"text/plain", "grüß dich", 200, "text grüß dich"},
		{"text/plain; charset=\"iso-8859-1\"", "gr\xfc\xdf", 200, "text grüß"},
		{"text/plain", "gr\xfc\xdf", 400, "text body is not UTF-8"},
		{"text/plain; charset=x\x1b", "a", 400, "malformed header value"},
		{"text/html", "<p>", 200, "none"},
		{"nonsense", "<p>", 200, "none"},
	} {
		r.want(post(c.kind, c.body), c.status, c.want)
	}
	r.want(get("/"), 200, "none")
	// H30: nothing is inflated, so no bomb is.
	r.want(request("POST", "/", "\x1f\x8b\x08", "Content-Type: application/json", "Content-Encoding: gzip"), 415,
		webapp.ErrBodyEncoding.Message)
	if len(r.errs) > 0 {
		t.Error(r.errs)
	}
}

func TestDecode(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", JSON(JSONOptions{AnyValue: true}))
		app.Post("/", func(req *webapp.Request, res *webapp.Response) {
			var v struct {
				Name string
				Age  int8
			}
			if err := Decode(req, &v); err != nil {
				res.Fail(err)
				return
			}
			res.JSON(v)
		})
		app.Post("/wrong", func(req *webapp.Request, res *webapp.Response) { res.Fail(Decode(req, 1)) })
	})
	const kind = "application/json"
	r.want(post(kind, `{"name":"x","age":3}`), 200, `{"Name":"x","Age":3}`)
	r.want(post(kind, `{"age":"3"}`), 400, "JSON body: Age is a string")
	r.want(post(kind, `{"age":300}`), 400, "JSON body: Age is a number 300")
	r.want(post(kind, `"a"`), 400, "JSON body is a string")
	r.want(post("text/plain", `{}`), 415, "request body is not JSON")
	r.want(request("POST", "/", ""), 400, "request has no body")
	r.want(request("POST", "/wrong", "{}", "Content-Type: "+kind), 500, "Internal Server Error")
}

// TestQuery: H25, the bound of the parameters and that of the target.
func TestQuery(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Query(QueryOptions{MaxParameters: 3}))
		app.Get("/", func(req *webapp.Request, res *webapp.Response) {
			q := QueryOf(req)
			res.End(q.Get("a") + "," + strings.Join(q.All("b[c]"), "|") + "," + q.Get("__proto__"))
		})
	})
	r.want(get("/?a=1+2&b[c]=3&b%5Bc%5D=4"), 200, "1 2,3|4,")
	r.want(get("/"), 200, ",,")
	r.want(get("/?__proto__=x"), 200, ",,x")
	r.want(get("/?a&a&a&a"), 400, "too many query parameters")
	r.want(get("/?a=%ff"), 400, "malformed query")
	if res := r.once(get("/?" + strings.Repeat("a&", 1e5))); res.StatusCode != 414 {
		t.Error(res.StatusCode)
	}
	var nobody *Form
	if nobody.Get("a") != "" || nobody.Len() != 0 || nobody.File("a") != nil {
		t.Error("a nil form is not empty")
	}
}

// FuzzForm: what is parsed can be written and parsed again, and keeps the bound.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"a=1&b=2", "a=%41+%2b", "&&=&", "%", "a=%zz", strings.Repeat("a&", 20)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 10
		form, err := parseForm(b, most)
		if err != nil {
			return
		}
		if form.Len() > most {
			t.Fatalf("%d parameters", form.Len())
		}
		var again strings.Builder
		form.Each(func(name, value string) bool {
			again.WriteString(escape(name) + "=" + escape(value) + "&")
			return true
		})
		back, err := parseForm([]byte(again.String()), most)
		if err != nil || back.Len() != form.Len() {
			t.Fatalf("%q: %v", again.String(), err)
		}
		for i := range form.fields {
			if form.fields[i] != back.fields[i] {
				t.Fatalf("%q became %q", form.fields[i], back.fields[i])
			}
		}
	})
}

// escape writes every byte as an escape.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(string([]byte{'%', digits[s[i]>>4], digits[s[i]&15]}))
	}
	return b.String()
}
