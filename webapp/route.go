package webapp

import (
	"strconv"

	"github.com/edgesio/edgesio/eos"
)

// A Route is one path whose functions stand together: middleware of its own, and
// a handler for each method. next(NextRoute) in its middleware leaves it.
//
//	app.Route("/valve/:id").Use(load).Get(show).UseFor("PUT", check).Put(turn)
type Route struct{ inner *Router }

// Route adds a path and returns it to be filled.
func (r *Router) Route(path string) *Route {
	rt := &Route{inner: &Router{options: r.options, isRoute: true}}
	if !r.may(eos.AppRoute) {
		return rt
	}
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, false), path: path, router: rt.inner})
	return rt
}

// An Expression is a regular expression, as *regexp.Regexp is one: its time is
// bounded by the length of the path. It is asked for here as an interface so that
// package regexp is linked only into programs that route by one.
type Expression interface {
	FindSubmatchIndex(b []byte) []int
	SubexpNames() []string
}

// RouteExp is Route for the paths that e matches, anywhere unless it is anchored:
// the part of the path that is the router's own. Groups are names: by their own,
// or "0", "1" and so on, from left to right.
func (r *Router) RouteExp(e Expression) *Route {
	rt := &Route{inner: &Router{options: r.options, isRoute: true}}
	if !r.may(eos.AppRoute) {
		return rt
	}
	r.layers = append(r.layers, layer{exp: e, router: rt.inner})
	return rt
}

// matchExpression is pattern.match for an expression. It allocates.
func matchExpression(e Expression, path []byte, base int, params []param) (n int, _ []param, ok bool) {
	rest := path[base:]
	if len(rest) == 0 {
		rest = []byte{'/'} // a mounted router's own root
	}
	at := e.FindSubmatchIndex(rest)
	if at == nil {
		return 0, params, false
	}
	for i, name := range e.SubexpNames() {
		if i == 0 || at[2*i] < 0 {
			continue
		}
		if name == "" {
			name = strconv.Itoa(i - 1)
		}
		from, end := min(base+at[2*i], len(path)), min(base+at[2*i+1], len(path))
		params = append(params, param{name, uint16(from), uint16(end)})
	}
	return len(path), params, true
}

// Use adds a middleware for all methods.
func (rt *Route) Use(m Middleware) *Route { rt.inner.Use("/", m); return rt }

// UseFor adds a middleware for one method.
func (rt *Route) UseFor(method string, m Middleware) *Route {
	checkMethod(method)
	rt.inner.layers = append(rt.inner.layers, layer{pattern: pattern{prefix: true}, path: "/", method: method, middle: m})
	return rt
}

// Method adds a handler for any of the known methods.
func (rt *Route) Method(method string, h Handler) *Route { rt.inner.Method(method, "/", h); return rt }

// Get adds a handler for GET, and for HEAD unless one before takes it.
func (rt *Route) Get(h Handler) *Route { rt.inner.Get("/", h); return rt }

// Post adds a handler for POST.
func (rt *Route) Post(h Handler) *Route { rt.inner.Post("/", h); return rt }

// Put adds a handler for PUT.
func (rt *Route) Put(h Handler) *Route { rt.inner.Put("/", h); return rt }

// Delete adds a handler for DELETE.
func (rt *Route) Delete(h Handler) *Route { rt.inner.Delete("/", h); return rt }

// Head adds a handler for HEAD.
func (rt *Route) Head(h Handler) *Route { rt.inner.Head("/", h); return rt }

// Options adds a handler for OPTIONS.
func (rt *Route) Options(h Handler) *Route { rt.inner.Options("/", h); return rt }

// Patch adds a handler for PATCH.
func (rt *Route) Patch(h Handler) *Route { rt.inner.Patch("/", h); return rt }

// All adds a handler for every method.
func (rt *Route) All(h Handler) *Route { rt.inner.All("/", h); return rt }
