package templates_test

import (
	"html/template"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/templates"
)

func views() fstest.MapFS {
	return fstest.MapFS{
		"index.html":      {Data: []byte(`<p>{{shout .who}}{{template "parts/foot.html" .}}`)},
		"parts/foot.html": {Data: []byte(`<i>{{.app}}</i>`)},
		"broken.html":     {Data: []byte(`{{`)},
		"fails.html":      {Data: []byte(`part {{template "none"}}`)},
	}
}

func render(t *testing.T, e *templates.Engine, name string, data any) string {
	t.Helper()
	var b strings.Builder
	if err := e.Render(&b, name, data); err != nil {
		return "error: " + err.Error()
	}
	return b.String()
}

// Views are parsed once, or each time; data is escaped for its place.
func TestTemplates(t *testing.T) {
	for _, reload := range []bool{false, true} {
		fsys := views()
		e := templates.New(templates.Options{FS: fsys, Shared: []string{"parts/*"}, Reload: reload,
			Funcs: template.FuncMap{"shout": strings.ToUpper}})
		data := map[string]any{"who": "<b>", "app": "a&b"}
		if got := render(t, e, "index.html", data); got != "<p>&lt;B&gt;<i>a&amp;b</i>" {
			t.Error(got)
		}
		fsys["index.html"] = &fstest.MapFile{Data: []byte("new")}
		if got := render(t, e, "index.html", data); (got == "new") != reload {
			t.Errorf("reload %v: %s", reload, got)
		}
		for _, name := range []string{"none.html", "broken.html", "fails.html", "../index.html"} {
			if got := render(t, e, name, nil); !strings.HasPrefix(got, "error: ") {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if got := render(t, templates.New(templates.Options{}), "x.html", nil); !strings.Contains(got, "no Options.FS") {
		t.Error(got)
	}
}

// The whole way: settings, locals, an answer.
func TestEngineOfAnApp(t *testing.T) {
	k := polltest.New(1, polltest.Faults{})
	loop, err := poll.New(poll.Options{Kernel: k})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	app, err := webapp.Create(loop, "test", webapp.Addr{Host: "127.0.0.1", Port: 80})
	if err != nil {
		t.Fatal(err)
	}
	app.Engine(".html", templates.New(templates.Options{Shared: []string{"parts/*"},
		Funcs: template.FuncMap{"shout": strings.ToUpper}}))
	app.Set("views", views()).Set("view engine", "html")
	app.Locals()["app"] = "gateway"
	app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.Render("index", map[string]any{"who": "me"}) })
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	peer := k.Dial("127.0.0.1:80")
	peer.WriteString("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	k.Run(loop, peer.EOF, 1e9)
	got := string(peer.Read())
	if !strings.HasSuffix(got, "\r\n\r\n<p>ME<i>gateway</i>") ||
		!strings.Contains(got, "Content-Type: text/html; charset=utf-8") {
		t.Errorf("%q", got)
	}
}
