package v06

import (
	"strings"

	"github.com/edgesio/edgesio/webapp"
)

// route is a path of ours and who serves it.
type route struct {
	path   string
	handle webapp.Handler
}

// routes are the paths that the listener takes.
func (l *Listener) routes() (routes []route, err error) {
	base := "/" + l.options.Resource + "/"
	for _, name := range l.options.Transports {
		t, ok := transportOf(name)
		if !ok {
			return nil, errTransport(name)
		}
		path := base + name
		routes = append(routes, route{path, func(req *webapp.Request, res *webapp.Response) {
			tail := req.Path()[len(path):]
			if tail != "" && tail[0] != '/' {
				l.web.Pass(path, req, res)
				return
			}
			l.serve(t, tail, req, res)
		}})
	}
	files, err := l.fileRoutes(base)
	return append(routes, files...), err
}

// serve answers a request for a transport; tail is the path behind its name.
func (l *Listener) serve(t transport, tail string, req *webapp.Request, res *webapp.Response) {
	id, tail, _ := strings.Cut(strings.TrimPrefix(tail, "/"), "/")
	if l.closed {
		res.SendStatus(503)
		return
	}
	if !l.origins.admits(req, t) {
		l.unauthorized(req, res)
		return
	}
	if t.sockets() {
		l.serveSocket(t, id, req, res)
		return
	}
	l.origins.share(req, res)
	res.Set("Cache-Control", "no-store").Set("X-Content-Type-Options", "nosniff")
	switch req.Method() {
	case "OPTIONS":
		res.Set("Access-Control-Allow-Methods", "GET, POST").Set("Access-Control-Allow-Headers", "Content-Type")
		res.Type("text/plain").End("ok")
	case "GET":
		l.serveGet(t, id, tail, req, res)
	case "POST":
		if c := l.find(t, id); c != nil {
			req.ReadBody(l.options.MaxMessageBytes, c)
			return
		}
		unknown(res)
	default:
		res.Set("Allow", "GET, POST, OPTIONS").SendStatus(405)
	}
}

// serveGet opens a session, or gives one that is there its connection.
func (l *Listener) serveGet(t transport, id, tail string, req *webapp.Request, res *webapp.Response) {
	index, ok := "", true
	if t == jsonpPolling {
		index, ok = lastIndex(tail)
	}
	c := l.find(t, id)
	switch {
	case !ok:
		res.Status(400).End("index is missing")
		return
	case id != "" && c == nil:
		unknown(res)
		return
	case c == nil && l.refuses(req, res):
		return
	case c == nil:
		c = l.newClient(t, req.RemoteAddr())
	}
	c.index = index
	c.attach(res)
}

// find is the session of an id that uses the transport, or nil.
func (l *Listener) find(t transport, id string) *Client {
	if c := l.clients[id]; c != nil && c.transport == t {
		return c
	}
	return nil
}

// unknown tells a client to start anew: any status but 200 does.
func unknown(res *webapp.Response) { res.Status(400).End("unknown session id") }

// refuses answers a request for a new session that is not to be.
func (l *Listener) refuses(req *webapp.Request, res *webapp.Response) bool {
	switch {
	case l.full():
		res.Status(503).Set("Retry-After", "5").End("too many clients")
	case l.options.AllowRequest != nil && !l.options.AllowRequest(req):
		l.unauthorized(req, res)
	default:
		return false
	}
	return true
}

func (l *Listener) unauthorized(req *webapp.Request, res *webapp.Response) {
	origin, _ := req.HeaderLookup("Origin")
	l.web.Log().Warn("v06 origin", "v06: request is not allowed", req.RemoteAddr(), origin)
	res.Status(401).End("unauthorized")
}

// maxIndexDigits bounds what is echoed of a request into a script.
const maxIndexDigits = 9

// lastIndex is the last part of a path, which must be a number.
func lastIndex(tail string) (index string, ok bool) {
	tail = strings.TrimSuffix(tail, "/")
	index = tail[strings.LastIndexByte(tail, '/')+1:]
	if index == "" || len(index) > maxIndexDigits {
		return "", false
	}
	return index, strings.Trim(index, "0123456789") == ""
}

// attach gives the client a GET as its connection. One that it had before is
// dropped: the client would not have made another if it still read that.
func (c *Client) attach(res *webapp.Response) {
	former := c.res
	c.res = res
	res.OnAbort(c)
	if former != nil {
		former.Drop()
		c.setState(clientAway)
	}
	welcome := false
	defer func() {
		if !welcome { // a panic of the app's, which webapp answers
			c.res = nil
			c.end(0)
		}
	}()
	if !c.transport.polls() {
		c.beginStream()
	}
	c.opened()
	welcome = true
}

// OnAbort is told that the client's GET is gone.
func (c *Client) OnAbort(res *webapp.Response) {
	if res == c.res {
		c.res = nil
		c.lost()
	}
}

// dismiss ends the GET of a session that ends: a stream comes to its end, a poll
// takes what waits, or is refused, which tells the client.
func (c *Client) dismiss() {
	switch {
	case !c.transport.polls():
		res := c.res
		c.res = nil
		res.End("")
	case c.held > 0:
		c.respond()
	default:
		res := c.res
		c.res = nil
		unknown(res)
	}
}
