package webapp

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

var site = fstest.MapFS{
	"about.html":      {Data: []byte("about"), ModTime: changed},
	"data.json":       {Data: []byte(strings.Repeat(`{"a":1},`, 1000)), ModTime: changed},
	"app.js":          {Data: []byte("plain"), ModTime: changed},
	"app.js.gz":       {Data: []byte("as gzip"), ModTime: changed},
	"app.js.br":       {Data: []byte("as brotli"), ModTime: changed},
	"style.css":       {Data: []byte("plain"), ModTime: changed},
	"style.css.gz":    {Data: []byte("as gzip"), ModTime: changed},
	"photo.png":       {Data: []byte("plain"), ModTime: changed},
	"photo.png.gz":    {Data: []byte("as gzip"), ModTime: changed},
	"sub/index.html":  {Data: []byte("sub"), ModTime: changed},
	".env":            {Data: []byte("secret"), ModTime: changed},
	".well/known.txt": {Data: []byte("known"), ModTime: changed},
	"empty.txt":       {Data: nil, ModTime: changed},
}

func TestStaticOptions(t *testing.T) {
	hook := func(res *Response, name string, info fs.FileInfo) {
		res.Set("X-File", name+" "+itoa(int(info.Size()))).Set("Cache-Control", "no-store")
	}
	r := newRig(t, Options{Root: site}, func(app *App) {
		app.Use("/plain", Static(site, StaticOptions{}))
		app.Use("/html", Static(site, StaticOptions{Extensions: []string{"htm", ".html"}, NoRedirect: true}))
		app.Use("/allow", Static(site, StaticOptions{Dotfiles: AllowDotfiles}))
		app.Use("/deny", Static(site, StaticOptions{Dotfiles: DenyDotfiles, Immutable: true, MaxAge: time.Hour}))
		app.Use("/hook", Static(site, StaticOptions{SetHeaders: hook}))
		app.Use("/bare", Static(site, StaticOptions{
			NoETag: true, NoLastModified: true, NoCacheControl: true, NoRanges: true, NoPrecompressed: true, Index: "-",
		}))
	})
	for _, v := range []struct {
		path   string
		status int
		body   string
		header string
	}{
		{"/plain/about", 404, "Cannot GET /plain/about", ""},
		{"/plain/about.html", 200, "about", "Cache-Control: public, max-age=2592000"},
		{"/plain/empty.txt", 200, "", "Content-Type: text/plain; charset=utf-8"},
		{"/html/about", 200, "about", "Content-Type: text/html; charset=utf-8"},
		{"/html/app.js.htm", 404, "Cannot GET /html/app.js.htm", ""},
		{"/html/sub", 404, "Cannot GET /html/sub", ""},
		{"/plain/sub", 301, "Moved Permanently. Redirecting to /plain/sub/", "Location: /plain/sub/"},
		{"/plain/.env", 404, "Cannot GET /plain/.env", ""},
		{"/allow/.env", 200, "secret", ""},
		{"/allow/.well/known.txt", 200, "known", ""},
		{"/deny/.env", 403, "Forbidden", "Cache-Control: "},
		{"/deny/.well/known.txt", 403, "Forbidden", ""},
		{"/deny/.none", 403, "Forbidden", ""},
		{"/deny/about.html", 200, "about", "Cache-Control: public, max-age=3600, immutable"},
		{"/hook/about.html", 200, "about", "X-File: about.html 5"},
		{"/hook/sub/", 200, "sub", "Cache-Control: no-store"},
		{"/bare/about.html", 200, "about", "ETag: "},
		{"/bare/about.html", 200, "about", "Last-Modified: "},
		{"/bare/about.html", 200, "about", "Cache-Control: "},
		{"/bare/about.html", 200, "about", "Accept-Ranges: "},
		{"/bare/about.html", 200, "about", "Vary: "},
		{"/bare/sub/", 404, "Cannot GET /bare/sub/", ""},
		{"/bare/sub", 404, "Cannot GET /bare/sub", ""},
	} {
		res := r.once(get(v.path))
		if res.StatusCode != v.status || res.body != v.body {
			t.Errorf("%s: %d %q, want %d %q", v.path, res.StatusCode, res.body, v.status, v.body)
		}
		if name, value, ok := strings.Cut(v.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%s: %v, want %s", v.path, res.Header, v.header)
		}
	}
}

func TestVariants(t *testing.T) {
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", Static(site, StaticOptions{GzipBytes: 64 << 10}))
	})
	tags := map[string]string{}
	for _, v := range []struct{ path, accept, coding, body, vary string }{
		{"/app.js", "gzip, br", "br", "as brotli", "Accept-Encoding"},
		{"/app.js", "gzip", "gzip", "as gzip", "Accept-Encoding"},
		{"/app.js", "br;q=0, gzip", "gzip", "as gzip", "Accept-Encoding"},
		{"/app.js", "identity", "", "plain", "Accept-Encoding"},
		{"/style.css", "br", "", "plain", "Accept-Encoding"},
		{"/style.css", "gzip, br", "gzip", "as gzip", "Accept-Encoding"},
		{"/photo.png", "gzip", "", "plain", ""},
		{"/app.js.gz", "gzip", "", "as gzip", ""},
		{"/about.html", "gzip", "", "about", "Accept-Encoding"}, // too short to gain
	} {
		res := r.once(get(v.path, "Accept-Encoding: "+v.accept))
		h := res.Header
		if res.body != v.body || h.Get("Content-Encoding") != v.coding || h.Get("Vary") != v.vary {
			t.Errorf("%s to %s: %q %v", v.path, v.accept, res.body, h)
		}
		key, tag := v.path+" "+v.coding, h.Get("ETag")
		if was, ok := tags[key]; ok && was != tag {
			t.Errorf("%s: %s and %s", key, was, tag)
		}
		tags[key] = tag
		if res := r.once(get(v.path, "Accept-Encoding: "+v.accept, "If-None-Match: "+tag)); res.StatusCode != 304 {
			t.Errorf("%s to %s: %d", v.path, v.accept, res.StatusCode)
		}
	}
	if a, b, c := tags["/app.js "], tags["/app.js gzip"], tags["/app.js br"]; a == b || b == c || a == c {
		t.Errorf("tags %s, %s, %s", a, b, c)
	}
	res := r.once(get("/app.js", "Accept-Encoding: gzip", "Range: bytes=1-2"))
	if res.StatusCode != 206 || res.body != "la" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("a range: %d %q", res.StatusCode, res.body)
	}
}

func TestGzipOfFiles(t *testing.T) {
	want := string(site["data.json"].Data)
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/on", Static(site, StaticOptions{GzipBytes: 64 << 10}))
		app.Use("/short", Static(site, StaticOptions{GzipBytes: 2000}))
		app.Use("/off", Static(site, StaticOptions{}))
	})
	for path, coding := range map[string]string{"/on/": "gzip", "/short/": "", "/off/": ""} {
		res := r.once(get(path+"data.json", "Accept-Encoding: gzip"))
		body := res.body
		if coding != "" {
			z, err := gzip.NewReader(bytes.NewReader([]byte(body)))
			if err != nil {
				t.Fatal(path, err)
			}
			body = string(must(io.ReadAll(z)))
		}
		if res.Header.Get("Content-Encoding") != coding || body != want || coding != "" && len(res.body) > len(want)/10 {
			t.Errorf("%s: %v, %d bytes", path, res.Header, len(res.body))
		}
		head := r.once(request("HEAD", path+"data.json", "", "Accept-Encoding: gzip"))
		if head.ContentLength != res.ContentLength || head.Header.Get("ETag") != res.Header.Get("ETag") {
			t.Errorf("HEAD %s: %v", path, head.Header)
		}
	}
}

// What is no regular file is not there, and nobody waits for it.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/secret.txt", "secret")
	writeFile(t, dir+"/public/in/a.txt", "a")
	symlink(t, "in", dir+"/public/link")
	symlink(t, "../secret.txt", dir+"/public/out")
	symlink(t, dir+"/secret.txt", dir+"/public/absolute")
	symlink(t, "..", dir+"/public/up")
	symlink(t, "loop", dir+"/public/loop")
	symlink(t, "/dev/zero", dir+"/public/zero")
	if out, err := exec.Command("mkfifo", dir+"/public/fifo").CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %s", out)
	}
	root, long := must(Dir(dir+"/public")), strings.Repeat("x", 300)
	r := newRig(t, Options{Root: root}, func(app *App) {
		app.Use("/s", Static(root, StaticOptions{}))
		app.Use("/f", func(req *Request, res *Response, _ Next) { res.SendFile(req.SubPath()) })
	})
	for path, status := range map[string]int{
		"/in/a.txt": 200, "/link/a.txt": 200, "/out": 404, "/absolute": 404, "/up/secret.txt": 404, "/in": 404,
		"/up/public/in/a.txt": 404, "/loop": 404, "/zero": 404, "/fifo": 404, "/in/a.txt/b": 404, "/" + long: 404,
	} {
		for _, base := range []string{"/s", "/f"} {
			if res := r.once(get(base + path)); res.StatusCode != status {
				t.Errorf("%s%s: %d, want %d", base, path, res.StatusCode, status)
			}
		}
	}
	if len(r.errs) > 0 {
		t.Error(r.errs)
	}
}

// full is a file system of a process whose descriptor table is full, or whose files
// count as they are closed.
type full struct{ closed *int }

func (f full) Open(name string) (fs.File, error) {
	if f.closed == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EMFILE}
	}
	file, err := site.Open(name)
	if err != nil {
		return nil, err
	}
	return closing{file, f.closed}, nil
}

type closing struct {
	fs.File
	closed *int
}

func (c closing) Close() error { *c.closed++; return c.File.Close() }

// What is the system's trouble is no 404, and a file is closed whatever its hook does.
func TestTroubleWithFiles(t *testing.T) {
	closed := 0
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/full", Static(full{}, StaticOptions{}))
		app.Get("/one", func(_ *Request, res *Response) { res.SendFileFS(full{}, "about.html") })
		app.Use("/panic", Static(full{&closed}, StaticOptions{
			SetHeaders: func(*Response, string, fs.FileInfo) { panic("hook") },
		}))
		app.Use("/end", Static(full{&closed}, StaticOptions{
			SetHeaders: func(res *Response, _ string, _ fs.FileInfo) { res.SendStatus(418) },
		}))
		app.Use("/send", Static(full{&closed}, StaticOptions{}))
	})
	for i, v := range []struct {
		path   string
		status int
	}{{"/full/about.html", 503}, {"/one", 503}, {"/panic/about.html", 500}, {"/end/about.html", 418},
		{"/send/about.html", 200}} {
		if res := r.once(get(v.path)); res.StatusCode != v.status || closed != max(0, i-1) {
			t.Errorf("%s: %d, %d files were closed", v.path, res.StatusCode, closed)
		}
	}
	if len(r.errs) != 3 {
		t.Errorf("%d reports: %v", len(r.errs), r.errs)
	}
}

func TestSendFileWith(t *testing.T) {
	r := newRig(t, Options{Root: site}, func(app *App) {
		app.Get("/age", func(_ *Request, res *Response) {
			res.SendFileWith("about.html", FileOptions{MaxAge: time.Minute, Headers: MakeFields("X-A", "1")})
		})
		app.Get("/dot", func(_ *Request, res *Response) { res.SendFile(".env") })
		app.Get("/denied", func(_ *Request, res *Response) {
			res.SendFileWith(".env", FileOptions{Dotfiles: DenyDotfiles})
		})
		app.Get("/allowed", func(_ *Request, res *Response) {
			res.SendFileWith(".env", FileOptions{Dotfiles: AllowDotfiles, Root: site, NoRanges: true, NoETag: true})
		})
		app.Get("/own", func(_ *Request, res *Response) { res.Download("sub/index.html", "") })
		app.Get("/as", func(_ *Request, res *Response) { res.Download("about.html", "a \"b\"\r\n ä%.html") })
		app.Get("/gone", func(_ *Request, res *Response) { res.Download("none.html", "") })
		app.Get("/created", func(_ *Request, res *Response) { res.Status(201).SendFile("about.html") })
		app.Post("/posted", func(_ *Request, res *Response) { res.SendFile("about.html") })
	})
	for _, v := range []struct {
		path   string
		status int
		header string
	}{
		{"/age", 200, "Cache-Control: public, max-age=60"},
		{"/age", 200, "X-A: 1"},
		{"/dot", 404, ""},
		{"/denied", 403, ""},
		{"/allowed", 200, "Accept-Ranges: "},
		{"/own", 200, `Content-Disposition: attachment; filename="index.html"`},
		{"/as", 200, `Content-Disposition: attachment; filename="a \"b\"__ ___.html"; ` +
			"filename*=UTF-8''a%20%22b%22%0D%0A%20%C3%A4%25.html"},
		{"/gone", 404, "Content-Disposition: "},
		{"/created", 201, ""},
	} {
		res := r.once(get(v.path, "If-None-Match: *", "Range: bytes=0-0")) // heeded by 200 only
		want := v.status
		if want == 200 {
			want = 304
		}
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", v.path, res.StatusCode, want)
		}
		res = r.once(get(v.path))
		if name, value, ok := strings.Cut(v.header, ": "); res.StatusCode != v.status || ok && res.Header.Get(name) != value {
			t.Errorf("%s: %d %v", v.path, res.StatusCode, res.Header)
		}
	}
	if res := r.once(request("POST", "/posted", "", "If-None-Match: *")); res.StatusCode != 200 || res.body != "about" {
		t.Error(res.StatusCode, res.body)
	}
}
