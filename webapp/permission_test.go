package webapp

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/eos"
)

// plain is an engine.
type plain struct{}

func (plain) Render(w io.Writer, name string, _ any) error {
	_, err := io.WriteString(w, name)
	return err
}

// appRows is the table of permission.go as calls; E stands for the row's PermissionError.
var appRows = []struct {
	api             eos.API
	allowed, denied string
	call            func(r *rig) string
}{
	{eos.WebAppCreate, "<nil>", "E", func(r *rig) string {
		m := eos.DefaultMatrix()
		if r.app.server.permits.Check(eos.WebAppCreate) != nil {
			check(r.t, m.Narrow(strings.NewReader("webapp.WebApp.create user deny\n")))
		}
		_, err := CreateWith(r.loop, "other", Addr{Port: 81}, Options{Matrix: m})
		return fmt.Sprint(err)
	}},
	{eos.WebAppCreateApp, "<nil>", "E", func(r *rig) string {
		m := eos.DefaultMatrix()
		if r.app.server.permits.Check(eos.WebAppCreateApp) != nil {
			check(r.t, m.Narrow(strings.NewReader("webapp.WebApp.createApp user deny\n")))
		}
		_, err := Create(r.loop, "other", Addr{Port: 81})
		check(r.t, err)
		_, err = CreateWith(r.loop, "other", Addr{Port: 81}, Options{Matrix: m})
		return fmt.Sprint(err)
	}},
	{eos.RouterCreate, "1", "0", func(r *rig) string {
		r.app.Mount("/", NewRouter(RouterOptions{}))
		return layers(r)
	}},
	{eos.AppServer, "1", "0", func(r *rig) string {
		r.app.Server().Handle("/x", nothing)
		return fmt.Sprint(len(r.app.server.mounts))
	}},
	{eos.AppAddCert, ErrNoTLS.Error(), "E", func(r *rig) string { return fmt.Sprint(r.app.AddCert(Cert{})) }},
	{eos.AppStart, "<nil>", "E", func(r *rig) string {
		r.app.listener.Close()
		r.app.listener = nil
		return fmt.Sprint(r.app.Start())
	}},
	{eos.AppStop, "false", "true", func(r *rig) string { r.app.Stop(); return fmt.Sprint(r.app.listener != nil) }},
	{eos.AppPort, "80", "0", func(r *rig) string { return fmt.Sprint(r.app.Port()) }},
	{eos.AppLocals, "map[a:1]", "map[]", func(r *rig) string {
		r.app.Locals()["a"] = 1
		return fmt.Sprint(r.app.locals)
	}},
	{eos.AppAll, "1", "0", func(r *rig) string { r.app.All("/", nothing); return layers(r) }},
	{eos.AppMethod, "2", "0", func(r *rig) string {
		r.app.Get("/", nothing)
		r.app.Method("LOCK", "/", nothing)
		return layers(r)
	}},
	{eos.AppRoute, "2", "0", func(r *rig) string {
		r.app.Route("/").Get(nothing)
		r.app.RouteExp(regexp.MustCompile("a")).Get(nothing)
		return layers(r)
	}},
	{eos.AppUse, "3", "0", func(r *rig) string {
		r.app.Use("/", EOSMiddleware())
		r.app.UseError(func(error, *Request, *Response, Next) {})
		r.app.Mount("/", NewRouter(RouterOptions{}))
		return layers(r)
	}},
	{eos.AppUnhandle, "0", "1", func(r *rig) string {
		r.app.Get("/", nothing)
		r.app.Unhandle("/")
		return layers(r)
	}},
	{eos.AppSet, "1", "<nil>", func(r *rig) string { r.app.Set("x", 1); return fmt.Sprint(r.app.settings["x"]) }},
	{eos.AppEnable, "true", "<nil>", func(r *rig) string { r.app.Enable("x"); return fmt.Sprint(r.app.settings["x"]) }},
	{eos.AppDisable, "false", "<nil>", func(r *rig) string { r.app.Disable("x"); return fmt.Sprint(r.app.settings["x"]) }},
	{eos.AppGet, "1", "<nil>", func(r *rig) string { r.app.settings["x"] = 1; return fmt.Sprint(r.app.Setting("x")) }},
	{eos.AppEnabled, "true", "false", func(r *rig) string {
		r.app.settings["x"] = true
		return fmt.Sprint(r.app.Enabled("x"))
	}},
	{eos.AppDisabled, "true", "false", func(r *rig) string { return fmt.Sprint(r.app.Disabled("x")) }},
	{eos.AppEngine, "1", "0", func(r *rig) string { r.app.Engine("txt", plain{}); return fmt.Sprint(len(r.app.engines)) }},
	{eos.AppRender, "<nil> a.txt", "E ", func(r *rig) string {
		r.app.engines = map[string]Engine{"txt": plain{}}
		var b strings.Builder
		err := r.app.Render(&b, "a.txt", nil)
		return fmt.Sprint(err, " ", b.String())
	}},
}

func nothing(*Request, *Response) {}

func layers(r *rig) string { return fmt.Sprint(len(r.app.layers)) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPermissionRows(t *testing.T) {
	for _, row := range appRows {
		for _, denied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v denied %v", row.api, denied), func(t *testing.T) {
				r := newRig(t, Options{}, func(*App) {})
				guard, want := r.server().Guard(), row.allowed
				if denied {
					set := eos.DefaultMatrix().Allowed(eos.UserMode)
					set.Remove(row.api)
					guard.Narrow(set)
					want = row.denied
				}
				got := row.call(r)
				told := len(r.errs)
				var p *eos.PermissionError
				if errors.As(guard.Check(row.api), &p) != denied {
					t.Fatal("the guard lets it pass")
				}
				if denied {
					told += strings.Count(got, p.Error())
					got = strings.ReplaceAll(got, p.Error(), "E")
				}
				if got != want || (told > 0) != denied {
					t.Errorf("got %q, want %q; told %d times", got, want, told)
				}
				for _, err := range r.errs {
					if !denied || err.Error() != p.Error() {
						t.Errorf("reported: %v", err)
					}
				}
			})
		}
	}
}
