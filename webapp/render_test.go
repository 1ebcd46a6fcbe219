package webapp

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// plainEngine writes what it was given.
type plainEngine struct{ views fs.FS }

func (e *plainEngine) SetViews(views fs.FS) { e.views = views }

func (e *plainEngine) Render(w io.Writer, name string, data any) error {
	if strings.HasPrefix(name, "bad") {
		io.WriteString(w, "half a page")
		return errors.New("bad view")
	}
	_, err := fmt.Fprint(w, name, " ", data)
	return err
}

func TestRender(t *testing.T) {
	e := &plainEngine{}
	r := newRig(t, Options{}, func(app *App) {
		views := fstest.MapFS{"x": {}}
		app.Set("views", views).Engine(".txt", e).Set("view engine", ".txt")
		if e.views == nil {
			t.Error("the engine has no views")
		}
		e.views = nil
		app.Set("views", views)
		app.Get("/render/:name", func(req *Request, res *Response) {
			var data any
			switch req.Query("data") {
			case "map":
				data = map[string]any{"b": 3}
			case "own":
				data = 7
			}
			res.Type(req.Query("type")).Remove("Content-Type")
			res.Render(req.Param("name"), data)
		})
	})
	if e.views == nil {
		t.Error("the engine was not told of new views")
	}
	for _, v := range []struct {
		path   string
		status int
		body   string
	}{
		{"/render/page.txt", 200, "page.txt <nil>"},
		{"/render/page", 200, "page.txt <nil>"},
		{"/render/page?data=own", 200, "page.txt 7"},
		{"/render/page.none", 500, "Internal Server Error"},
		{"/render/bad", 500, "Internal Server Error"},
	} {
		res := r.once(get(v.path))
		if res.StatusCode != v.status || res.body != v.body {
			t.Errorf("%s: %d %q", v.path, res.StatusCode, res.body)
		}
		if v.status == 200 && res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Error(res.Header)
		}
	}
	if len(r.errs) != 2 {
		t.Error(r.errs)
	}
	r.app.Locals()["a"], r.app.Locals()["b"] = 1, 2
	for path, want := range map[string]string{
		"/render/page": "page.txt map[a:1 b:2]", "/render/page?data=map": "page.txt map[a:1 b:3]",
		"/render/page?data=own": "page.txt 7",
	} {
		if res := r.once(get(path)); res.body != want {
			t.Errorf("%s: %s", path, res.body)
		}
	}
	if r.app.Locals()["b"] != 2 {
		t.Error("a view's data got into the locals")
	}
}
