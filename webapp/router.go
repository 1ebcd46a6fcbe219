package webapp

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
// has the request.
type Router struct {
	options RouterOptions
	layers  []layer
}

// layer is one entry: exactly one of the four functions is set.
type layer struct {
	pattern pattern
	method  string // of a route; "" for all
	handler Handler
	middle  Middleware
	failed  ErrorHandler
	router  *Router
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
	if methods[method] == "" {
		panic("webapp: unknown method " + method)
	}
	r.route(method, path, h)
}

func (r *Router) route(method, path string, h Handler) {
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, false), method: method, handler: h})
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
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, true), middle: m})
}

// UseError adds a handler of errors.
func (r *Router) UseError(h ErrorHandler) {
	r.layers = append(r.layers, layer{pattern: compile("/", r.options, true), failed: h})
}

// Mount hands requests at and below path to another router, whose routes are
// relative to it.
func (r *Router) Mount(path string, other *Router) {
	r.layers = append(r.layers, layer{pattern: compile(path, r.options, true), router: other})
}

// takes tells whether a route serves the method.
func (l *layer) takes(method string) bool {
	return l.method == "" || l.method == method || l.method == "GET" && method == "HEAD"
}
