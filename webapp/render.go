package webapp

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"strings"

	"github.com/edgesio/edgesio/eos"
)

// An Engine makes pages of views. name is the view's, with its extension. The
// package webapp/templates has one for html/template; an engine with a method
// SetViews(fs.FS) gets the setting "views". An engine runs on the loop: what
// takes long belongs into loop.Go.
type Engine interface {
	Render(w io.Writer, name string, data any) error
}

// Engine uses e for views with that extension, with or without its dot.
func (a *App) Engine(ext string, e Engine) *App {
	if !a.may(eos.AppEngine) {
		return a
	}
	if a.engines == nil {
		a.engines = make(map[string]Engine)
	}
	a.engines[strings.TrimPrefix(ext, ".")] = e
	if views, ok := a.settings["views"].(fs.FS); ok {
		setViews(e, views)
	}
	return a
}

func setViews(e Engine, views fs.FS) {
	if v, ok := e.(interface{ SetViews(fs.FS) }); ok {
		v.SetViews(views)
	}
}

// Render writes a view to w. A name without an extension has that of the setting
// "view engine". data that is nil or a map[string]any has the app's locals
// beside its own names, which win; other data is the engine's alone.
func (a *App) Render(w io.Writer, name string, data any) error {
	if err := a.server.permits.Check(eos.AppRender); err != nil {
		return err
	}
	ext := name[strings.LastIndexByte(name, '/')+1:]
	if i := strings.LastIndexByte(ext, '.'); i >= 0 {
		ext = ext[i+1:]
	} else {
		ext, _ = a.settings["view engine"].(string)
		ext = strings.TrimPrefix(ext, ".")
		name += "." + ext
	}
	e := a.engines[ext]
	if e == nil {
		return errors.New("webapp: there is no engine for the view " + name)
	}
	if own, ok := data.(map[string]any); len(a.locals) > 0 && (ok || data == nil) {
		all := maps.Clone(a.locals)
		maps.Copy(all, own)
		data = all
	}
	return e.Render(w, name, data)
}

// Render completes the response with a view of the app's, as App.Render makes
// it, as text/html if no type is set. An error of the engine is reported to
// OnError, and the answer is 500.
func (r *Response) Render(name string, data any) {
	if !r.mayEnd(eos.ResponseRender) {
		return
	}
	if r.Ended() {
		return
	}
	err := errors.New("webapp: the server has no app to render " + name)
	var page bytes.Buffer
	if app := r.c.srv.app; app != nil {
		err = app.Render(&page, name, data)
	}
	if err != nil {
		r.c.srv.report(err)
		r.Fail(err)
		return
	}
	r.defaultType("text/html; charset=utf-8")
	r.sendBytes(page.Bytes())
}
