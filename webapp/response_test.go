package webapp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/edgesio/edgesio/poll"
)

var responders = map[string]Handler{
	"/end":      func(_ *Request, res *Response) { res.End("a") },
	"/send":     func(_ *Request, res *Response) { res.Send("<a>") },
	"/bytes":    func(_ *Request, res *Response) { res.SendBytes([]byte{1, 2}) },
	"/json":     func(_ *Request, res *Response) { res.Status(201).JSON(map[string]int{"a": 1}) },
	"/type":     func(_ *Request, res *Response) { res.Type("svg").End("x") },
	"/mime":     func(_ *Request, res *Response) { res.Type("text/x").End("x") },
	"/status":   func(_ *Request, res *Response) { res.SendStatus(404) },
	"/bad":      func(_ *Request, res *Response) { res.Status(99).End("") },
	"/empty":    func(_ *Request, res *Response) { res.Status(204).End("no body here") },
	"/redirect": func(_ *Request, res *Response) { res.Redirect("/a b?\r\nX: y\u20ac%20") },
	"/301":      func(_ *Request, res *Response) { res.Status(301).Redirect("/x") },
	"/chunks": func(_ *Request, res *Response) {
		res.Write([]byte("a"))
		res.Write(nil)
		res.Set("X", "too late")
		res.Write([]byte("b"))
		res.End("c")
	},
	"/set": func(_ *Request, res *Response) {
		res.Set("X-A", "1").Set("x-a", "2").Append("X-A", "3").Set("X-B", "1").Remove("x-b")
		res.Set("Content-Length", "99").Set("Transfer-Encoding", "x").Set("Connection", "close")
		res.End(res.Get("X-a") + res.Get("X-B"))
	},
	"/fields": func(_ *Request, res *Response) {
		res.Set("X-B", "1").Set("x-a", "1").SetFields(ready).SetFields(ready)
		res.End(string(res.AppendFields(nil)))
		res.SetFields(ready)
	},
	"/split": func(req *Request, res *Response) {
		res.Set("X", "a\r\nY: b").Set("X\r\nY", "b").Set("", "x").Append("X", "\x00")
		res.Cookie(Cookie{Name: "a", Value: "b\r\nY: z"})
		res.Cookie(Cookie{Name: "a", Path: "/;x"}).Cookie(Cookie{Name: "a b"})
		res.End("")
	},
}

var ready = MakeFields("X-A", "2", "Content-Type", "text/x")

const escaped = "/a%20b?%0D%0AX:%20y%E2%82%AC%20"

var responseVectors = []struct {
	path   string
	status int
	body   string
	header string
}{
	{"/end", 200, "a", "Content-Type: text/plain; charset=utf-8"},
	{"/fields", 200, "X-B: 1\r\nX-A: 2\r\nContent-Type: text/x\r\n", "Content-Type: text/x"},
	{"/send", 200, "<a>", "Content-Type: text/html; charset=utf-8"},
	{"/bytes", 200, "\x01\x02", "Content-Type: application/octet-stream"},
	{"/json", 201, `{"a":1}`, "Content-Type: application/json; charset=utf-8"},
	{"/type", 200, "x", "Content-Type: image/svg+xml"},
	{"/mime", 200, "x", "Content-Type: text/x"},
	{"/status", 404, "Not Found", ""},
	{"/bad", 500, "", ""},
	{"/empty", 204, "", "Content-Length: "},
	{"/redirect", 302, "Found. Redirecting to " + escaped, "Location: " + escaped},
	{"/301", 301, "Moved Permanently. Redirecting to /x", "Location: /x"},
	{"/chunks", 200, "abc", "X: "},
	{"/set", 200, "2", "X-B: "},
	{"/split", 200, "", "Y: "},
}

func TestResponses(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		for path, h := range responders {
			app.All(path, h)
		}
	})
	for _, v := range responseVectors {
		res := r.once(get(v.path))
		if res.StatusCode != v.status || res.body != v.body {
			t.Errorf("%s: %d %q, want %d %q", v.path, res.StatusCode, res.body, v.status, v.body)
		}
		if name, value, ok := strings.Cut(v.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%s: %v", v.path, res.Header)
		}
		if _, err := time.Parse(httpDate, res.Header.Get("Date")); err != nil {
			t.Errorf("%s: %v", v.path, err)
		}
		if head := r.once(request("HEAD", v.path, "")); head.StatusCode != v.status || head.body != "" {
			t.Errorf("HEAD %s: %d %q", v.path, head.StatusCode, head.body)
		}
	}
	if res := r.once(get("/set")); !res.Close || res.Header["X-A"][1] != "3" || res.Header.Get("Content-Length") != "1" {
		t.Error(res.Header)
	}
	if len(r.errs) != 2*7 {
		t.Errorf("%d reports: %v", len(r.errs), r.errs)
	}
	c := r.dial().send("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	if res := c.want(200, "abc"); res.Header.Get("Transfer-Encoding") != "" || len(res.TransferEncoding) > 0 {
		t.Error(res.Header)
	}
	c.closed()
}

// TestHeadKeepsFraming: the body that HEAD leaves out does not become the next
// response.
func TestHeadKeepsFraming(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.Write([]byte("a")); res.End("b") })
	})
	c := r.dial().send(request("HEAD", "/", "") + get("/"))
	if res := c.next("HEAD"); res.body != "" {
		t.Error(res.body)
	}
	c.want(200, "ab")
}

func TestCompressed(t *testing.T) {
	text := strings.Repeat("hello ", 1000)
	p := &parker{}
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/now", func(_ *Request, res *Response) { res.SendCompressed([]byte(text)) })
		app.Get("/later", p.handle)
	})
	for _, v := range []struct{ accept, want string }{
		{"gzip, deflate", "gzip"}, {"deflate", "deflate"}, {"br", ""}, {"", ""}, {"*", "gzip"}, {"*;q=0", ""},
		{"gzip;q=0, deflate", "deflate"}, {"gzip;q=0.0", ""}, {"GZIP;q=0.5", "gzip"}, {"x-gzip", ""},
		{"gzip;q=0, *", "deflate"},
	} {
		for _, path := range []string{"/now", "/later"} {
			c := r.dial().send(get(path, "Accept-Encoding: "+v.accept))
			if path == "/later" {
				c.open()
				p.res[len(p.res)-1].SendCompressed([]byte(text))
			}
			res := c.next("GET")
			if got := res.Header.Get("Content-Encoding"); got != v.want {
				t.Errorf("%s: %q, want %q", v.accept, got, v.want)
			}
			var in io.Reader = strings.NewReader(res.body)
			switch v.want {
			case "gzip":
				in = must(gzip.NewReader(in))
			case "deflate":
				in = must(zlib.NewReader(in))
			}
			if b, err := io.ReadAll(in); err != nil || string(b) != text {
				t.Errorf("%s: %v", v.accept, err)
			}
			c.Close()
		}
	}
}

var changed = time.Date(2020, 1, 2, 3, 4, 5, 600, time.UTC)
var big = strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
var files = fstest.MapFS{
	"index.html":     {Data: []byte("<root>"), ModTime: changed},
	"a/index.html":   {Data: []byte("<a>"), ModTime: changed},
	"a/b.js":         {Data: []byte("b()"), ModTime: changed},
	"a/ä b.txt":      {Data: []byte("umlaut"), ModTime: changed},
	"big.bin":        {Data: []byte(big)},
	".secret":        {Data: []byte("secret")},
	"a/.git/config":  {Data: []byte("secret")},
	"none/other.txt": {Data: []byte("x")},
}

// newFileRig serves files in two ways.
func newFileRig(t *testing.T) *rig {
	return newRig(t, Options{Root: files}, func(app *App) {
		app.Get("/index.:ext", func(_ *Request, res *Response) { res.SendFile("index.html") })
		app.Get("/missing", func(_ *Request, res *Response) { res.SendFile("missing.html") })
		app.Get("/escape", func(_ *Request, res *Response) { res.SendFile("../etc/passwd") })
		app.Use("/files", Static(files, StaticOptions{}))
		app.Use("/only", Static(files, StaticOptions{NoFallthrough: true, MaxAge: -1}))
	})
}

var fileVectors = []struct {
	path, status, body, header string
}{
	{"/index.html", "200", "<root>", "Content-Type: text/html; charset=utf-8"},
	{"/index.htm", "200", "<root>", "Last-Modified: Thu, 02 Jan 2020 03:04:05 GMT"},
	{"/missing", "404", "Not Found", ""},
	{"/escape", "404", "Not Found", ""},
	{"/files/", "200", "<root>", "Cache-Control: public, max-age=2592000"},
	{"/files", "200", "<root>", ""},
	{"/files/a", "301", "Moved Permanently. Redirecting to /files/a/", "Location: /files/a/"},
	{"/files/a?x=y", "301", "Moved Permanently. Redirecting to /files/a/?x=y", "Location: /files/a/?x=y"},
	{"/files/a/", "200", "<a>", ""},
	{"/files/a/b.js", "200", "b()", "Content-Type: text/javascript; charset=utf-8"},
	{"/files/a/%C3%A4%20b.txt", "200", "umlaut", "Content-Type: text/plain; charset=utf-8"},
	{"/files/a//b.js", "404", "Cannot GET /files/a//b.js", ""},
	{"/files/a/b.js/", "404", "Cannot GET /files/a/b.js/", ""},
	{"/files/none", "404", "Cannot GET /files/none", ""},
	{"/files/.secret", "404", "Cannot GET /files/.secret", ""},
	{"/files/a/.git/config", "404", "Cannot GET /files/a/.git/config", ""},
	{"/files/nothing", "404", "Cannot GET /files/nothing", ""},
	{"/only/nothing", "404", "Not Found", ""},
	{"/only/a/b.js", "200", "b()", "Cache-Control: public, max-age=0"},
	{"/files/big.bin", "200", big, "Content-Type: application/octet-stream"},
}

func TestFiles(t *testing.T) {
	r := newFileRig(t)
	for _, v := range fileVectors {
		res := r.once(get(v.path))
		if itoa(res.StatusCode) != v.status || res.body != v.body {
			t.Errorf("%s: %d %.60q, want %s %.60q", v.path, res.StatusCode, res.body, v.status, v.body)
		}
		if name, value, ok := strings.Cut(v.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%s: %v", v.path, res.Header)
		}
	}
	if res := r.once(request("POST", "/only/a", "")); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Error(res.StatusCode, res.Header)
	}
	if res := r.once(request("POST", "/files/a", "")); res.StatusCode != 404 {
		t.Error(res.StatusCode)
	}
	head := r.once(request("HEAD", "/files/big.bin", ""))
	if head.ContentLength != 1<<20 || head.body != "" {
		t.Error(head.ContentLength)
	}
}

func TestConditional(t *testing.T) {
	r := newFileRig(t)
	tag := r.once(get("/files/")).Header.Get("ETag")
	for _, v := range []struct {
		header string
		status int
	}{
		{"If-None-Match: " + tag, 304},
		{"If-None-Match: \"x\", " + strings.TrimPrefix(tag, "W/"), 304},
		{"If-None-Match: *", 304},
		{"If-None-Match: \"x\"", 200},
		{"If-Modified-Since: Thu, 02 Jan 2020 03:04:05 GMT", 304},
		{"If-Modified-Since: Thu, 02 Jan 2020 03:04:04 GMT", 200},
		{"If-Modified-Since: yesterday", 200},
	} {
		res := r.once(get("/files/", v.header))
		if res.StatusCode != v.status || res.StatusCode == 304 && res.body != "" {
			t.Errorf("%s: %d", v.header, res.StatusCode)
		}
	}
}

// The one flate writer may be lent between responses.
func TestFlateIsShared(t *testing.T) {
	text := []byte(strings.Repeat("hello ", 1000))
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.SendCompressed(text) })
	})
	for i := range 3 {
		var b bytes.Buffer
		w := r.server().Flate(&b)
		if w != r.server().Flate(&b) {
			t.Error("there are two")
		}
		w.Write(text)
		w.Close()
		if got, err := io.ReadAll(flate.NewReader(&b)); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d: %d bytes: %v", i, len(got), err)
		}
		z := must(gzip.NewReader(strings.NewReader(r.once(get("/", "Accept-Encoding: gzip")).body)))
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d: %d bytes: %v", i, len(got), err)
		}
	}
}

// TestSlowReader holds up neither others nor much memory, and may go away.
func TestSlowReader(t *testing.T) {
	r := newFileRig(t)
	slow := r.dial()
	slow.Stall()
	slow.send(get("/files/big.bin"))
	r.settle()
	if n := r.loop.Stats().OutBytes; n > 600<<10 {
		t.Errorf("%d bytes wait", n)
	}
	if res := r.once(get("/files/a/b.js")); res.body != "b()" {
		t.Error(res.body)
	}
	slow.Resume()
	slow.want(200, big)
	slow.send(get("/files/big.bin"))
	slow.Stall()
	r.settle()
	slow.Reset()
	r.settle()
}

// TestRealDirectory serves below a directory of the system, and nothing else.
func TestRealDirectory(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/secret.txt", "secret")
	writeFile(t, dir+"/public/a.txt", "a")
	symlink(t, "../secret.txt", dir+"/public/out.txt")
	root, err := Dir(dir + "/public")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Options{}, func(app *App) { app.Use("/", Static(root, StaticOptions{})) })
	if res := r.once(get("/a.txt")); res.body != "a" {
		t.Error(res.StatusCode, res.body)
	}
	if res := r.once(get("/out.txt")); res.StatusCode != 404 {
		t.Error(res.StatusCode, res.body)
	}
}

// streamer writes as long as the peer reads.
type streamer struct {
	left    int
	aborted bool
}

func (s *streamer) OnAbort(*Response) { s.aborted = true }

func (s *streamer) OnDrain(res *Response) {
	for part := bytes.Repeat([]byte("x"), 10<<10); s.left > 0; {
		s.left--
		if res.Write(part) != poll.OK {
			return
		}
	}
	res.End("")
}

func TestStreaming(t *testing.T) {
	s := &streamer{left: 200}
	r := newRig(t, Options{}, func(app *App) {
		app.Get("/", func(_ *Request, res *Response) { res.OnAbort(s); s.OnDrain(res) })
	})
	c := r.dial()
	c.Stall()
	c.send(get("/") + get("/"))
	r.settle()
	if s.left < 100 {
		t.Errorf("%d parts are left", s.left)
	}
	c.Resume()
	c.want(200, strings.Repeat("x", 2000<<10))
	c.want(200, "")
}

func TestLogLimiter(t *testing.T) {
	r := newRig(t, Options{}, func(*App) {})
	l := r.server().Log()
	for i := range 100 {
		if i == 50 {
			r.k.Sleep(r.loop, 6*time.Second)
		}
		l.Warn("a", "message", r.dial().Addr(), []byte("x\r\n\x00\xff"+strings.Repeat("y", 1000)))
	}
	got := r.log.String()
	if strings.Count(got, "\n") != 2 || !strings.Contains(got, "unreported=49") || len(got) > 600 ||
		!strings.Contains(got, `bytes=x\r\n\x00\xffyyy`) {
		t.Error(got)
	}
}

func TestMakeFieldsRefuses(t *testing.T) {
	for _, pair := range [][]string{{"X Y", "a"}, {"X", "a\r\nY: b"}, {"content-length", "1"}, {"Transfer-Encoding", "x"},
		{"connection", "close"}, {"", "x"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is made", pair)
				}
			}()
			MakeFields(pair...)
		}()
	}
}
