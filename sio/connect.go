package sio

import (
	"bytes"
	"net/url"
	"runtime/debug"
	"strings"
)

// How a socket comes to life: CONNECT packet, middlewares of the namespace, CONNECT or CONNECT_ERROR in answer.

// Middleware decides whether a socket may connect. It calls next once, now or in a later turn: with nil the next
// middleware is asked, with an error the client is refused; an Error carries data to it. The socket is not connected
// yet: what is emitted to it is dropped.
type Middleware func(s *Socket, next func(error))

// onConnect takes a CONNECT packet; s is the socket that the client has in the namespace already.
func (c *Client) onConnect(p *packet, s *Socket) error {
	if srv := c.server; !c.nsps.Take(&srv.connects, srv.loop.Now(), 1) {
		srv.counts.throttled++
		return errConnects
	}
	if len(p.data) > 0 {
		if err := c.server.scan.scan(p.data, 0, 0); err != nil {
			return err
		}
	}
	switch {
	case s != nil && c.proto4:
		return nil // 1.x and 2.x clients connect the main namespace again, although the server did it for them
	case s != nil:
		return errTwice
	}
	name, auth := p.namespace, string(p.data)
	if c.proto4 {
		var query []byte
		name, query = cutQuery(name)
		auth = queryJSON(string(query))
	}
	switch {
	case len(auth) > c.server.opts.MaxAuthBytes:
		return errAuth
	case len(name) > c.server.opts.MaxNameBytes:
		return errNamespace
	case name == nil:
		name = slash
	}
	c.connect(string(name), auth)
	return nil
}

// slash is the name of the main namespace.
var slash = []byte{'/'}

// cutQuery splits a namespace of protocol 4 into its name and the query that CONNECT packets carry.
func cutQuery(name []byte) (path, query []byte) {
	if i := bytes.IndexByte(name, '?'); i >= 0 {
		path, query = name[:i], name[i+1:]
		if len(path) <= 1 {
			path = nil
		}
		return path, query
	}
	return name, nil
}

// maxQueryPairs bounds the query of a namespace.
const maxQueryPairs = 64

// queryJSON is a query as a JSON object with its names in their order, "" for an empty one. The values are strings, of
// repeated names arrays of strings. A malformed pair is left out.
func queryJSON(query string) string {
	var names []string
	values := make(map[string][]string)
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		k, err := url.QueryUnescape(k)
		if err != nil || k == "" {
			continue
		}
		if v, err = url.QueryUnescape(v); err != nil || len(names) == maxQueryPairs {
			continue
		}
		if values[k] == nil {
			names = append(names, k)
		}
		values[k] = append(values[k], v)
	}
	if names == nil {
		return ""
	}
	b := []byte{'{'}
	for i, k := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		list := values[k]
		if len(list) == 1 {
			b = appendString(b, list[0])
			continue
		}
		for j, v := range list {
			b = append(b, "[,"[min(j, 1)])
			b = appendString(b, v)
		}
		b = append(b, ']')
	}
	return string(append(b, '}'))
}

// connect begins the way of a socket into a namespace.
func (c *Client) connect(name, auth string) {
	if !c.mayConnect(name) {
		return
	}
	ns := c.server.lookup(name, auth, c)
	if ns == nil {
		c.refuseNamespace(name, Error{Message: "Invalid namespace"}, false)
		return
	}
	s := &Socket{client: c, ns: ns, auth: auth, index: -1}
	if !c.link(s) {
		c.refuseNamespace(name, Error{Message: "Too many namespaces"}, false)
		ns.emptied() // it may have come to life for nothing
		return
	}
	s.id = c.server.socketID(s)
	if d := c.server.debug; d != nil {
		d.say(scopeNamespace, "connecting", "nsp", name, "sid", c.conn.ID(), "id", s.id)
	}
	ns.pending++
	if ns.keeper == nil && ns.admit(0) == nil { // nothing may stop it
		s.onConnect()
		return
	}
	a := &admission{socket: s}
	s.identify(a.begin)
}

// admission is a socket's way through the middlewares of its namespace.
type admission struct {
	socket *Socket
	step   int
	over   bool
}

// begin starts the chain, or passes over it for a socket that comes back where the program wants it so.
func (a *admission) begin() {
	if s := a.socket; s.Recovered() && s.Server().opts.ConnectionStateRecovery.SkipMiddlewares {
		a.end()
		return
	}
	a.next(nil)
}

// next is what each middleware calls.
func (a *admission) next(err error) {
	s := a.socket
	if a.over {
		return
	}
	if s.state != socketConnecting { // the client went away meanwhile
		a.over = true
		return
	}
	if err != nil {
		a.over = true
		s.abandon()
		s.client.refuseNamespace(s.ns.name, asError(err), true)
		return
	}
	if fn := s.ns.admit(a.step); fn != nil {
		a.step++
		called := false
		a.call(fn, func(err error) {
			if !called {
				called = true
				a.next(err)
			}
		})
		return
	}
	a.end()
}

// end lets the socket in, unless its user has lost the right to it, or to rooms that it joined, on the way.
func (a *admission) end() {
	a.over = true
	switch s := a.socket; {
	case s.client.mayConnect(s.ns.name):
		if r := s.ns.rules; r != nil {
			s.leaveForbidden(r)
		}
		s.onConnect()
	case s.state == socketConnecting: // OnDenied may have closed the client
		s.abandon()
	}
}

// call calls a middleware; a panic in it refuses the socket.
func (a *admission) call(fn Middleware, next func(error)) {
	defer func() {
		if v := recover(); v != nil {
			a.socket.Server().report(a.socket, &PanicError{Handler: "a middleware", Value: v, Stack: debug.Stack()})
			a.next(Error{Message: "Internal error"})
		}
	}()
	a.socket.Server().loop.Mark("sio middleware")
	fn(a.socket, next)
}

// onConnect tells the client and makes the socket a member of its namespace, then tells the namespace's handlers.
func (s *Socket) onConnect() {
	c := s.client
	if c.proto4 {
		c.send(typeConnect, s.ns)
	} else if pid := s.announce(); s.state == socketConnecting {
		c.send(typeConnect, s.ns, `{"sid":"`, s.id, `"`, pid, `}`)
	}
	if s.state != socketConnecting {
		return // it was too much, and the session is over: no handler has heard of the socket
	}
	s.setState(socketConnected)
	if c.state == clientWaiting {
		c.setState(clientJoined)
		c.joined()
	}
	if d := c.server.debug; d != nil {
		d.say(scopeSocket, "connected", "id", s.id, "nsp", s.ns.name, "recovered", s.Recovered())
	}
	s.announced()
	s.ns.insert(s)
	for _, l := range [...]*listeners{&s.ns.listeners, s.ns.inherited()} {
		l.each(onConnection, func(x *listener) { s.runSocket(x.fn.(func(*Socket))) })
	}
}

func (s *Socket) runSocket(fn func(*Socket)) {
	defer s.guard(nil)
	s.ns.server.loop.Mark("sio connection")
	fn(s)
}

// refuseNamespace answers CONNECT with CONNECT_ERROR. Protocol 4 knows the error of a middleware only as its data or
// its text.
func (c *Client) refuseNamespace(name string, e Error, fromMiddleware bool) {
	srv := c.server
	wire := wireName(name)
	enc := srv.open(wire)
	switch {
	case c.proto4 && fromMiddleware && e.Data != nil:
		enc.value(e.Data)
	case c.proto4 && fromMiddleware:
		enc.value(e.Message)
	default:
		enc.buf = appendString(append(enc.buf, `{"message":`...), e.Message)
		if e.Data != nil {
			enc.buf = append(enc.buf, `,"data":`...)
			enc.value(e.Data)
		}
		enc.buf = append(enc.buf, '}')
	}
	err := enc.err
	if len(enc.atts) > 0 {
		err = ErrUnsupported // CONNECT_ERROR carries no attachments
		enc.buf, enc.atts, enc.marks = appendString(enc.buf[:enc.room], e.Message), nil, nil
	}
	message, binary, _ := srv.seal(enc, typeConnectError, wire, 0, false)
	if message != nil {
		c.conn.Send(message, binary)
	}
	srv.done(enc)
	if err != nil {
		srv.report(nil, err)
	}
}

// wireName is a namespace's name as packets carry it.
func wireName(name string) string {
	if name == "/" {
		return ""
	}
	return name + ","
}
