package webapp

import (
	"slices"

	"github.com/edgesio/edgesio/eos"
)

// Next hands the request on: to the next middleware or route, or with an error
// to the next ErrorHandler. It may be called in a later turn; the request is
// kept until then.
type Next func(err error)

// Middleware sees requests before routes do. It answers, or calls next.
type Middleware func(req *Request, res *Response, next Next)

// ErrorHandler sees errors that were given to next. It answers, or hands on.
type ErrorHandler func(err error, req *Request, res *Response, next Next)

// RouterOptions say how paths are compared.
type RouterOptions struct {
	CaseSensitive bool // "/a" is not "/A"
	Strict        bool // "/a" is not "/a/"
	MergeParams   bool // names of the path that the router is mounted at are seen
}

// A Router is an ordered list of middleware and routes: the first that matches
// has the request. A path is text with names: ":id" is one or more characters but
// slashes, "*" is anything and named "0", "1" and so on. ":id?" may be missing,
// with the slash or dot before it. A name may be bound by words, ":state(on|off)",
// or by one set of bytes and its count: ":id(\d+)", ":key([0-9a-f]{4,8})",
// ":name([^.]+)". A path that does not follow this panics. RouteExp has the rest.
type Router struct {
	options RouterOptions
	layers  []layer
	named   []namedParam
	isRoute bool // the inside of a Route
	app     *App // whose own router it is
}

// layer is one entry: exactly one of the four functions is set.
type layer struct {
	pattern pattern
	exp     Expression // instead of the pattern
	path    string     // as it was written
	method  string     // of a route; "" for all
	handler Handler
	middle  Middleware
	failed  ErrorHandler
	router  *Router
}

// A ParamHandler is called before the routes whose path has a name, with what
// the name stands for in the request. It answers, or calls next.
type ParamHandler func(req *Request, res *Response, next Next, value string)

type namedParam struct {
	name string
	call ParamHandler
}

// param is a named part of the path: path[at:end].
type param struct {
	name    string
	at, end uint16
}

// NewRouter makes a router to be mounted.
func NewRouter(o RouterOptions) *Router { return &Router{options: o} }

// Method adds a route for any of the known methods.
func (r *Router) Method(method, path string, h Handler) {
	checkMethod(method)
	r.route(method, path, h)
}

func (r *Router) route(method, path string, h Handler) {
	api := eos.AppMethod
	if method == "" {
		api = eos.AppAll
	}
	if !r.may(api) {
		return
	}
	p := compile(path, r.options, r.isRoute)
	r.layers = append(r.layers, layer{pattern: p, path: path, method: method, handler: h})
}

// Get adds a route for GET, and for HEAD unless a route before takes it: the
// response's body is left out then.
func (r *Router) Get(path string, h Handler) { r.route("GET", path, h) }

// Post adds a route for POST.
func (r *Router) Post(path string, h Handler) { r.route("POST", path, h) }

// Put adds a route for PUT.
func (r *Router) Put(path string, h Handler) { r.route("PUT", path, h) }

// Delete adds a route for DELETE.
func (r *Router) Delete(path string, h Handler) { r.route("DELETE", path, h) }

// Head adds a route for HEAD.
func (r *Router) Head(path string, h Handler) { r.route("HEAD", path, h) }

// Options adds a route for OPTIONS.
func (r *Router) Options(path string, h Handler) { r.route("OPTIONS", path, h) }

// Patch adds a route for PATCH.
func (r *Router) Patch(path string, h Handler) { r.route("PATCH", path, h) }

// All adds a route for every method.
func (r *Router) All(path string, h Handler) { r.route("", path, h) }

// Use adds a middleware for all paths that are path or go on below it; "/" is
// every path.
func (r *Router) Use(path string, m Middleware) {
	if !r.may(eos.AppUse) {
		return
	}
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, true), path: path, middle: m})
}

// UseError adds a handler of errors.
func (r *Router) UseError(h ErrorHandler) { r.UseErrorAt("/", h) }

// UseErrorAt adds a handler of errors for path and what goes on below it.
func (r *Router) UseErrorAt(path string, h ErrorHandler) {
	if !r.may(eos.AppUse) {
		return
	}
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, true), path: path, failed: h})
}

// Mount hands requests at and below path to another router, whose routes are
// relative to it.
func (r *Router) Mount(path string, other *Router) {
	if !r.may(eos.AppUse) || !r.may(eos.RouterCreate) {
		return
	}
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, true), path: path, router: other})
}

// Param calls h once in a request for each value that the name has in the paths
// of this router's routes, before the first of them that has it. Those of routers
// above and below are not meant. next(NextRoute) passes the route over.
func (r *Router) Param(name string, h ParamHandler) {
	r.named = append(r.named, namedParam{name, h})
}

// Unhandle takes back what Use, Mount and the routes have put at path, which is
// compared as it was written, and tells how many functions that were: with
// methods only their routes, where "" is that of All. Requests that are under
// way go on as they began. It is for parts of a program that come and go; what
// RouteExp, UseError and UseErrorAt added stays.
func (r *Router) Unhandle(path string, methods ...string) (removed int) {
	if !r.may(eos.AppUnhandle) {
		return 0
	}
	kept := make([]layer, 0, len(r.layers)) // a copy: chains may be within the old one
	for _, l := range r.layers {
		isRoute := l.handler != nil || l.router != nil && l.router.isRoute
		switch {
		case l.path != path || l.failed != nil || l.exp != nil:
		case len(methods) == 0, isRoute && l.router == nil && slices.Contains(methods, l.method):
			removed++
			continue
		case isRoute && l.router != nil:
			removed += l.router.Unhandle("/", methods...)
		}
		kept = append(kept, l)
	}
	r.layers = kept
	return removed
}

// takes tells whether a route serves the method.
func (l *layer) takes(method string) bool {
	return l.method == "" || l.method == method || l.method == "GET" && method == "HEAD"
}

// match is pattern.match, or that of the expression.
func (l *layer) match(path []byte, base int, params []param) (n int, _ []param, ok bool) {
	if l.exp != nil {
		return matchExpression(l.exp, path, base, params)
	}
	return l.pattern.match(path, base, params)
}
