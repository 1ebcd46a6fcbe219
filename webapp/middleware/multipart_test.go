package middleware

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

const formType = "multipart/form-data; boundary=b"

// formPart is a part with its Content-Disposition.
func formPart(disposition, body string, headers ...string) string {
	return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n" + strings.Join(append(headers, ""), "\r\n") +
		"\r\n" + body + "\r\n"
}

// formTrace writes down what the parser finds, data joined.
type formTrace struct {
	strings.Builder
	inData bool
}

func (f *formTrace) note(s string) error { f.inData = false; f.WriteString(s); return nil }

func (f *formTrace) partBegin() error                { return f.note("(") }
func (f *formTrace) partHeader(name, v []byte) error { return f.note(fmt.Sprintf("%q:%q ", name, v)) }
func (f *formTrace) partReady() error                { return f.note("|") }
func (f *formTrace) partEnd() error                  { return f.note(")") }
func (f *formTrace) partData(p []byte) error         { f.Write(p); return nil }

// trace parses b in pieces.
func trace(b []byte, cuts ...int) string {
	f := &formTrace{}
	p, err := newPartParser("b", 100, f)
	if err != nil {
		return err.Error()
	}
	at := 0
	for _, cut := range append(cuts, len(b)) {
		piece := bytes.Clone(b[at:max(at, min(cut, len(b)))])
		if err := p.feed(piece); err != nil {
			return f.String() + " " + err.Error()
		}
		for i := range piece {
			piece[i] = 0xaa // it was a view
		}
		at = max(at, min(cut, len(b)))
	}
	if err := p.end(); err != nil {
		return f.String() + " " + err.Error()
	}
	return f.String()
}

var partVectors = []struct{ name, wire, want string }{
	{"one", "--b\r\na: 1\r\n\r\nhello\r\n--b--\r\n", `("a":"1" |hello)`},
	{"two", "--b\r\na: 1\r\n\r\nhello\r\n--b \t\r\n\r\n\r\n--b--", `("a":"1" |hello)(|)`},
	{"none", "--b--", ""},
	{"around", "\r\npreamble\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue", "(|x)"},
	{"nearly", "--b\r\n\r\n\r\n-\r\n--\r\r\n--a\r\n\r\n--b--", "(|\r\n-\r\n--\r\r\n--a\r\n)"},
	{"prefix", "--b\r\n\r\n\r\n--bc\r\n--b--", "(|) " + errEdge.Error()},
	{"truncated", "--b\r\n\r\nx\r\n--b-", "(|x) " + errTruncated.Error()},
	{"no end", "--b\r\n\r\nx", "(|x " + errTruncated.Error()},
	{"bare lf", "--b\r\na: 1\n\r\nx\r\n--b--", "( " + errPartHead.Error()},
	{"no colon", "--b\r\na\r\n\r\nx\r\n--b--", "( " + errPartHead.Error()},
	{"folded", "--b\r\na: 1\r\n b\r\n\r\nx\r\n--b--", `("a":"1"  ` + errPartHead.Error()},
	{"control", "--b\r\na: \x00\r\n\r\nx\r\n--b--", "( " + errPartHead.Error()},
	{"long line", "--b\r\na: " + strings.Repeat("x", 200), "( " + errPartHeader.Error()},
	{"long head", "--b\r\n" + strings.Repeat("a: 1\r\n", 40), strings.Repeat("", 1)},
	{"preamble", strings.Repeat("x", 2000), " " + errAround.Error()},
	{"epilogue", "--b--" + strings.Repeat("x", 2000), " " + errAround.Error()},
	{"edge", "--b-x", " " + errEdge.Error()},
}

// TestParts cuts each vector at every byte and into single bytes.
func TestParts(t *testing.T) {
	for _, v := range partVectors {
		b := []byte(v.wire)
		got := trace(b)
		if v.want != "" && got != v.want {
			t.Errorf("%s: %q, want %q", v.name, got, v.want)
		}
		if v.name == "long head" && !strings.HasSuffix(got, errPartHeader.Error()) {
			t.Errorf("%s: %q", v.name, got)
		}
		every := make([]int, len(b))
		for cut := range b {
			every[cut] = cut
			if split := trace(b, cut); split != got {
				t.Fatalf("%s cut at %d: %q, whole %q", v.name, cut, split, got)
			}
		}
		if split := trace(b, every...); split != got {
			t.Errorf("%s in single bytes: %q", v.name, split)
		}
	}
}

// FuzzParts: any split gives the same, and what Go's writer writes is read.
func FuzzParts(f *testing.F) {
	for _, v := range partVectors {
		f.Add([]byte(v.wire), 3, 9)
	}
	f.Fuzz(func(t *testing.T, b []byte, i, j int) {
		whole := trace(b)
		if got := trace(b, i, j); got != whole {
			t.Fatalf("cut at %d and %d: %q, whole %q", i, j, got, whole)
		}
		var wire bytes.Buffer
		w := multipart.NewWriter(&wire)
		_ = w.SetBoundary("b")
		part, _ := w.CreatePart(textproto.MIMEHeader{"A": {"1"}})
		part.Write(b)
		w.Close()
		if bytes.Contains(b, []byte("\r\n--b")) || bytes.HasPrefix(b, []byte("--b")) {
			return
		}
		if got, want := trace(wire.Bytes(), i, j), `("A":"1" |`+string(b)+")"; got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// show answers with a form.
func show(req *webapp.Request, res *webapp.Response) {
	f := FormOf(req)
	var b strings.Builder
	f.Each(func(name, value string) bool { fmt.Fprintf(&b, "%s=%s;", name, value); return true })
	for _, file := range f.Files() {
		fmt.Fprintf(&b, "%s=%s(%s,%d,%s);", file.Field, file.FileName, file.Type, file.Size, file.Data)
	}
	res.End(b.String())
}

func TestMultipart(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Multipart(MultipartOptions{MaxParts: 4, MaxFiles: 2, MaxFieldBytes: 20, MaxFileBytes: 30, Limit: 2000}))
		app.All("/", show)
	})
	const end = "--b--\r\n"
	png := "Content-Type: image/png"
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"fields", formPart(`name="a"`, "1") + formPart(`name=b`, "ü\r\n") + end, 200, "a=1;b=ü\r\n;"},
		{"file", formPart(`name="f"; filename="C:\dir\x.png"`, "data", png) + end, 200, "f=x.png(image/png,4,data);"},
		{"path", formPart(`name="f"; filename="../../etc/passwd"`, "x") + end, 200, "f=passwd(,1,x);"},
		{"dots", formPart(`name="f"; filename=".."`, "x") + end, 200, "f=file(,1,x);"},
		{"extended", formPart(`name="f"; filename*=UTF-8''%c3%bc%2f+.txt`, "x") + end, 200, "f=+.txt(,1,x);"},
		{"quotes", formPart(`name="a\"b"; filename="q\".txt"`, "x") + end, 200, "a\"b=q_.txt(,1,x);"},
		{"no file", formPart(`name="f"; filename=""`, "", png) + end, 200, ""},
		{"empty file", formPart(`name="f"; filename="e"`, "", png) + end, 200, "f=e(image/png,0,);"},
		{"nothing", end, 200, ""},
		{"no name", formPart(`filename="e"`, "") + end, 400, errDisposition.Message},
		{"no disposition", "--b\r\n\r\nx\r\n" + end, 400, errDisposition.Message},
		{"twice", formPart(`name=a`, "x", `Content-Disposition: form-data; name=b`) + end, 400, errDisposition.Message},
		{"attachment", "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n" + end, 400, errDisposition.Message},
		{"open quote", formPart(`name="a`, "x") + end, 400, errDisposition.Message},
		{"base64", formPart(`name=a`, "eA==", "Content-Transfer-Encoding: base64") + end, 415, errTransfer.Message},
		{"charset", formPart(`name=a`, "x", "Content-Type: text/plain; charset=koi8-r") + end, 415,
			"charset koi8-r is not supported"},
		{"latin", formPart(`name=a`, "\xfc") + end, 400, errPartText.Message},
		{"long name", formPart(`name="`+strings.Repeat("n", 101)+`"`, "") + end, 400, errPartName.Message},
		{"field", formPart(`name=a`, strings.Repeat("x", 21)) + end, 413, errField.Message},
		{"large file", formPart(`name=a; filename=f`, strings.Repeat("x", 31)) + end, 413, errFile.Message},
		{"parts", strings.Repeat(formPart(`name=a`, ""), 5) + end, 413, errParts.Message},
		{"files", strings.Repeat(formPart(`name=a; filename=f`, ""), 3) + end, 413, errFiles.Message},
		{"truncated", formPart(`name=a`, "x"), 400, errTruncated.Message},
		{"total", formPart(`name=a`, strings.Repeat("x", 2000)) + end, 413, webapp.ErrBodyTooLarge.Message},
		{"header", formPart(`name=a`, "", "X: "+strings.Repeat("x", 1900)) + end, 200, "a=;"},
	} {
		t.Run(c.name, func(t *testing.T) { r.want(post(formType, c.body), c.status, c.want) })
	}
	r.want(post("multipart/form-data", end), 400, errBoundary.Message)
	r.want(post("multipart/form-data; boundary="+strings.Repeat("x", 71), end), 400, errBoundary.Message)
	r.want(post("multipart/mixed; boundary=b", end), 200, "")
	r.want(get("/"), 200, "")
	if len(r.errs) > 0 {
		t.Error(r.errs)
	}
}

// TestMultipartFlood: H30, 10^5 parts end at the bound, with little held.
func TestMultipartFlood(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Multipart(MultipartOptions{}))
		app.All("/", show)
	})
	r.want(post(formType, strings.Repeat(formPart("name=a", ""), 1e5)), 413, errParts.Message)
	r.want(post(formType, strings.Repeat("--b\r\n\r\n\r\n", 1e5)), 400, errDisposition.Message)
}

// memorySink is a slow device: it pauses the body with each piece.
type memorySink struct {
	bytes.Buffer
	r         *rig
	req       *webapp.Request
	ended     bool
	discarded int
	fails     error
}

func (s *memorySink) Data(p []byte) error {
	s.Write(p)
	s.req.PauseBody()
	s.r.loop.After(time.Second, s.req.ResumeBody)
	return s.fails
}
func (s *memorySink) End() error { s.ended = true; return nil }
func (s *memorySink) Discard()   { s.discarded++ }

// TestMultipartSink streams files to where the app wants them, and tells when it
// was in vain.
func TestMultipartSink(t *testing.T) {
	var r *rig
	var sinks []*memorySink
	var fails error
	r = newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Multipart(MultipartOptions{MaxParts: 3, Store: func(req *webapp.Request, f *File) (Sink, error) {
			if f.Field == "memory" {
				return nil, nil
			}
			if f.Field == "none" {
				return nil, &webapp.Error{Status: 403, Message: "not here"}
			}
			sinks = append(sinks, &memorySink{r: r, req: req, fails: fails})
			return sinks[len(sinks)-1], nil
		}}))
		app.All("/", show)
	})
	data := strings.Repeat("0123456789", 50000)
	file := formPart(`name="f"; filename="f"`, data)
	r.want(post(formType, file+formPart(`name=memory; filename=m`, "x")+"--b--"), 200, "f=f(,500000,);memory=m(,1,x);")
	if s := sinks[0]; s.String() != data || !s.ended || s.discarded != 0 {
		t.Error(s.Len(), s.ended, s.discarded)
	}
	for i, body := range []string{
		file + "--b-?", // broken behind a whole file
		file[:1000],    // truncated within one
		file + strings.Repeat(formPart("name=a", ""), 3), // too many parts
	} {
		sinks = nil
		if res := r.once(post(formType, body)); res.StatusCode < 400 || len(sinks) != 1 || sinks[0].discarded != 1 {
			t.Errorf("%d: %d, %+v", i, res.StatusCode, sinks)
		}
	}
	// The peer goes away.
	sinks = nil
	p := r.k.Dial("127.0.0.1:80")
	p.WriteString(post(formType, file)[:3000])
	r.k.Sleep(r.loop, 2*time.Second)
	p.Reset()
	r.k.Sleep(r.loop, 2*time.Second)
	if len(sinks) != 1 || sinks[0].discarded != 1 {
		t.Errorf("%+v", sinks)
	}
	r.want(post(formType, formPart(`name=none; filename=f`, "x")+"--b--"), 403, "not here")
	fails = errors.New("disk is full")
	r.want(post(formType, file+"--b--"), 500, "Internal Server Error")
	if len(r.errs) != 1 || r.errs[0] != fails {
		t.Error(r.errs)
	}
}

// TestMultipartMemory: uploads share one bound, and give back what they held.
func TestMultipartMemory(t *testing.T) {
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		app.Use("/", Multipart(MultipartOptions{MaxMemoryBytes: 100 << 10}))
		app.All("/", func(_ *webapp.Request, res *webapp.Response) { res.End("ok") })
	})
	small := post(formType, formPart(`name=f; filename=f`, strings.Repeat("x", 60<<10))+"--b--")
	for range 10 {
		r.want(small, 200, "ok")
	}
	r.want(post(formType, formPart(`name=f; filename=f`, strings.Repeat("x", 200<<10))+"--b--"), 503,
		webapp.ErrBodyBudget.Message)
	r.want(small, 200, "ok")
}

func TestCleanFileName(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "a.txt", "/etc/passwd": "passwd", `..\..\boot.ini`: "boot.ini", "..": "", ".": "", "": "", "a/": "",
		".htaccess": "htaccess", "a. . ": "a", "a\x00\r\nb": "ab", "a:b*c?.txt": "a_b_c_.txt", "\u202egnp.exe": "gnp.exe",
		"\xff.txt": "_.txt", "ümläut": "ümläut",
		strings.Repeat("ü", 200) + ".jpeg": strings.Repeat("ü", 125) + ".jpeg",
	} {
		if got := CleanFileName(name); got != want || len(got) > maxFileNameBytes {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
