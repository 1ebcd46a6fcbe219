package webapp

import (
	"errors"
	"slices"
)

// What next may be given besides an error.
var (
	// NextRoute passes over what is left of a [Route], or of the route that a
	// ParamHandler was called for. Elsewhere it is nil.
	NextRoute = errors.New("webapp: next route")
	// NextRouter leaves the mounted router.
	NextRouter = errors.New("webapp: next router")
)

// chain is a request's way through the routers. Each call of next goes one layer
// on; the mounted routers that it is in are a stack.
type chain struct {
	stack []frame
	allow []string // methods of routes that match but for the method
	next  Next     // made once for a Request that is used again and again
	open  bool     // a middleware has the request and has not called next yet
	asked bool     // a ParamHandler has the request: its layer is still to be called
	known []known  // what ParamHandlers were called with
}

// known is a name's value that was announced.
type known struct {
	router *Router
	param
	handler int // index in the router's
}

// frame is one router on the way.
type frame struct {
	router  *Router
	layers  []layer // of the router, as they were when the request came to it
	at      int     // the next layer
	mounted int     // bytes of the path that lead to the router
	params  int     // names that belong to the way there
	floor   int     // the first name that is seen
}

// maxMounts bounds routers within routers: one that is mounted in itself would
// not end.
const maxMounts = 16

// serve is the server's root handler for a router.
func (r *Router) serve(req *Request, res *Response) {
	c := &req.chain
	c.stack = append(c.stack[:0], frame{router: r, layers: r.layers})
	c.allow, c.known, c.asked = c.allow[:0], c.known[:0], false
	if c.next == nil {
		c.next = req.proceed
	}
	req.walk(nil)
}

// errPathSteps is the end of a path that takes too many tries to match.
var errPathSteps = &Error{400, "path takes too long to match"}

// proceed is what next does.
func (r *Request) proceed(err error) {
	if r.c == nil || !r.chain.open || r.res.Ended() {
		return // called twice, or too late
	}
	r.chain.open = false
	r.c.srv.guard(r, r.res, func() { r.walk(err) })
}

// leave does what NextRoute and NextRouter ask for. An error for the handlers of
// errors comes back.
func (r *Request) leave(err error) error {
	c := &r.chain
	if c.asked {
		c.asked = false
		if err == nil {
			c.stack[len(c.stack)-1].at-- // the layer that the name belongs to
		} else if err == NextRoute {
			c.known = c.known[:len(c.known)-1] // the next route that has it asks again, as in Express
			return nil
		}
	}
	switch {
	case err == NextRoute:
		if n := len(c.stack) - 1; n >= 0 && c.stack[n].router.isRoute {
			c.stack = c.stack[:n]
		}
		return nil
	case err == NextRouter:
		for n := len(c.stack) - 1; n >= 0; n-- {
			c.stack = c.stack[:n+1]
			if !c.stack[n].router.isRoute {
				c.stack = c.stack[:n]
				break
			}
		}
		return nil
	}
	return err
}

// walk goes on to the next layer that takes the request, and calls it.
func (r *Request) walk(err error) {
	if err != nil || r.chain.asked {
		err = r.leave(err)
	}
	c := &r.chain
	for len(c.stack) > 0 {
		f := &c.stack[len(c.stack)-1]
		if f.at == len(f.layers) {
			c.stack = c.stack[:len(c.stack)-1]
			continue
		}
		l := &f.layers[f.at]
		f.at++
		if (err != nil) != (l.failed != nil) {
			continue
		}
		n, params, ok := l.match(r.head.path, f.mounted, r.params[:f.params])
		if n < 0 {
			c.stack, err = c.stack[:0], errPathSteps
			continue
		}
		if !ok {
			continue
		}
		r.params, r.mounted, r.floor = params, f.mounted, f.floor
		if l.pattern.prefix {
			r.mounted = n
		}
		if len(f.router.named) > 0 && r.announce(f, l) {
			return
		}
		if l.router != nil {
			r.enter(l.router, r.mounted)
			continue
		}
		if r.call(l, err) {
			return
		}
	}
	r.final(err)
}

// announce calls the ParamHandler of a name of the layer's path whose value it
// does not know yet; false if there is none.
func (r *Request) announce(f *frame, l *layer) bool {
	if l.failed != nil || !l.takes(r.head.method) {
		return false
	}
	c := &r.chain
	for _, p := range r.params[f.params:] {
		for i, named := range f.router.named {
			k := known{f.router, p, i}
			if named.name != p.name || slices.Contains(c.known, k) {
				continue
			}
			c.known = append(c.known, k)
			c.open, c.asked = true, true
			named.call(r, r.res, c.next, string(r.head.path[p.at:p.end]))
			return true
		}
	}
	return false
}

// enter goes into a mounted router.
func (r *Request) enter(router *Router, mounted int) {
	c := &r.chain
	if len(c.stack) == maxMounts {
		panic("webapp: routers are mounted too deep")
	}
	f := frame{router: router, layers: router.layers, mounted: mounted, params: len(r.params), floor: r.floor}
	if !router.isRoute && !router.options.MergeParams {
		f.floor = f.params
	}
	c.stack = append(c.stack, f)
}

// call calls a layer's function; false if the layer is a route for other methods.
func (r *Request) call(l *layer, err error) bool {
	switch {
	case l.handler != nil:
		if !l.takes(r.head.method) {
			if !slices.Contains(r.chain.allow, l.method) {
				r.chain.allow = append(r.chain.allow, l.method)
			}
			return false
		}
		r.c.srv.loop.Mark(l.path)
		l.handler(r, r.res)
	case l.failed != nil:
		r.chain.open = true
		l.failed(err, r, r.res, r.chain.next)
	case !l.takes(r.head.method):
		return false
	default:
		r.chain.open = true
		r.c.srv.loop.Mark(l.path)
		l.middle(r, r.res, r.chain.next)
	}
	return true
}

// final answers what nobody did: an error, the methods that are allowed, or 404.
func (r *Request) final(err error) {
	allow := r.chain.allow
	if slices.Contains(allow, "GET") && !slices.Contains(allow, "HEAD") {
		allow = append(allow, "HEAD")
	}
	switch _, meant := err.(*Error); {
	case err != nil:
		if !meant {
			r.c.srv.report(err)
		}
		r.res.Fail(err)
	case r.head.method == "OPTIONS" && (len(allow) > 0 || r.head.path[0] == '*'):
		r.res.allow(allow).setStatus(204).end("")
	case len(allow) > 0:
		r.res.allow(allow).Fail(&Error{405, StatusText(405)})
	default:
		r.res.notFound(r)
	}
}

// allow sets Allow to a list of methods.
func (r *Response) allow(methods []string) *Response {
	for i, m := range methods {
		if i == 0 {
			r.set("Allow", m)
		} else {
			r.fields = append(r.fields[:len(r.fields)-2], ", "+m+"\r\n"...)
		}
	}
	return r
}

func (r *Response) notFound(req *Request) {
	r.Fail(&Error{404, "Cannot " + req.head.method + " " + string(req.head.rawPath.of(req.raw))})
}
