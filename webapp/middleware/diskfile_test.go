package middleware

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/webapp"
)

// TestDirectory stores files, and leaves none of an upload that failed.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	at := dir
	r := newRig(t, webapp.Options{}, func(app *webapp.App) {
		store := func(req *webapp.Request, f *File) (Sink, error) { return Directory(at)(req, f) }
		app.Use("/", Multipart(MultipartOptions{MaxParts: 3, Store: store}))
		app.Post("/", func(req *webapp.Request, res *webapp.Response) {
			var all []string
			for _, f := range FormOf(req).Files() {
				path := f.Sink.(*DiskFile).Path()
				b, err := os.ReadFile(path)
				if err != nil || filepath.Dir(path) != dir || f.Data != nil {
					t.Error(err, path)
				}
				os.Remove(path)
				all = append(all, f.FileName+"="+string(b))
			}
			res.End(strings.Join(all, ","))
		})
	})
	// ask sends a request and lets the workers work.
	ask := func(wire string, status int, want string) {
		t.Helper()
		p := r.k.Dial("127.0.0.1:80")
		p.WriteString(wire)
		var got []byte
		var res *http.Response
		var body []byte
		if !r.k.Await(r.loop, func() (ok bool) {
			got = append(got, p.Read()...)
			if res, _ = http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), nil); res != nil {
				var err error
				body, err = io.ReadAll(res.Body)
				ok = err == nil
			}
			return ok
		}) {
			t.Fatalf("no response: %.80q", got)
		}
		if res.StatusCode != status || string(body) != want {
			t.Errorf("%d %.80q, want %d", res.StatusCode, body, status)
		}
		p.Close()
		if !r.k.Await(r.loop, func() bool { left, _ := os.ReadDir(dir); return len(left) == 0 }) {
			t.Error("files are left")
		}
	}
	data := strings.Repeat("0123456789", 50000)
	one, two := formPart(`name=a; filename=one`, data), formPart(`name=b; filename=two`, "2")
	ask(post(formType, one+two+formPart(`name=c; filename=none`, "")+"--b--"), 200, "one="+data+",two=2,none=")
	ask(post(formType, one+two+"--b-?"), 400, errEdge.Message)
	ask(post(formType, two+two+two+two+"--b--"), 413, errParts.Message)
	at = filepath.Join(dir, "none")
	ask(post(formType, two+"--b--"), 500, "Internal Server Error")
	if len(r.errs) != 1 || !os.IsNotExist(r.errs[0]) {
		t.Error(r.errs)
	}
}
