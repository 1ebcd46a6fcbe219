// Package templates renders the views of a webapp.App with html/template. It
// stands apart because that package is large: only programs that import this one
// link it.
//
//	app.Set("view engine", "html").Engine("html", templates.New(templates.Options{FS: views}))
//	app.Get("/", func(_ *webapp.Request, res *webapp.Response) { res.Render("index", map[string]any{"tank": 7}) })
package templates

import (
	"errors"
	"html/template"
	"io"
	"io/fs"
)

// Options describe an engine. The zero value is ready to use with the app's
// setting "views".
type Options struct {
	// FS holds the views. Default: the setting "views" of the app.
	FS fs.FS
	// Shared are patterns of path.Match for the files that every view may use by
	// {{template "path/of/file"}}: layouts and parts.
	Shared []string
	// Funcs are functions for the views, beside those of html/template.
	Funcs template.FuncMap
	// Reload reads and parses a view at each Render, for development. Without it
	// that happens once, and an edited file is seen after a restart.
	Reload bool
}

// An Engine makes pages of html/template's views and keeps what it has parsed:
// as many as there are files. Loop's goroutine only.
type Engine struct {
	options Options
	parsed  map[string]*template.Template
}

// New makes an engine.
func New(o Options) *Engine {
	return &Engine{options: o, parsed: make(map[string]*template.Template)}
}

// SetViews is what the app's setting "views" calls. Options.FS goes first.
func (e *Engine) SetViews(views fs.FS) {
	if e.options.FS == nil {
		e.options.FS = views
	}
}

// Render writes the view of that name, a path below Options.FS, to w. The caller
// drops what was written if there is an error.
func (e *Engine) Render(w io.Writer, name string, data any) error {
	view := e.parsed[name]
	if view == nil || e.options.Reload {
		var err error
		if view, err = e.parse(name); err != nil {
			return err
		}
		e.parsed[name] = view
	}
	return view.ExecuteTemplate(w, name, data)
}

// parse reads a view and what it shares with others.
func (e *Engine) parse(name string) (*template.Template, error) {
	if e.options.FS == nil {
		return nil, errors.New("templates: no Options.FS and no setting \"views\"")
	}
	set := template.New("").Funcs(e.options.Funcs)
	names := []string{name}
	for _, pattern := range e.options.Shared {
		files, err := fs.Glob(e.options.FS, pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, files...)
	}
	for i, n := range names {
		if i > 0 && n == name {
			continue
		}
		text, err := fs.ReadFile(e.options.FS, n)
		if err != nil {
			return nil, err
		}
		if _, err := set.New(n).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	return set, nil
}
