package sio

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// Names of 2.x servers and of EdgerOS that have another form in 4.x.

// Attach serves the clients of another app of the same loop too, below the same path.
func (srv *Server) Attach(app *webapp.App) error {
	if err := srv.permits.Check(eos.ServerAttach); err != nil {
		return err
	}
	if app.Loop() != srv.loop {
		return errors.New("sio: the app is on another loop")
	}
	srv.mount(app.Server())
	app.Server().HandleSessions(srv.opts.Path+"/", srv.engine.Handle)
	return nil
}

// Listen is Attach.
func (srv *Server) Listen(app *webapp.App) error { return srv.Attach(app) }

// Bind takes the sessions of another engine.
func (srv *Server) Bind(engine *eio.Server) {
	if srv.may(nil, eos.ServerBind) {
		engine.OnConnection(srv.onSession)
	}
}

// Accept makes an engine's session a client: the reference's onconnection.
func (srv *Server) Accept(conn *eio.Session) {
	if srv.may(nil, eos.ServerOnConnection) {
		srv.onSession(conn)
	}
}

// ServeClient tells whether the files for browsers are served.
func (srv *Server) ServeClient() bool {
	return srv.may(nil, eos.ServerServeClient) && !srv.opts.NoServeClient
}

// Connected are the namespace's sockets by id.
func (ns *Namespace) Connected() map[string]*Socket {
	if !ns.may(eos.NamespaceConnected) {
		return nil
	}
	all := make(map[string]*Socket, len(ns.sockets))
	for _, s := range ns.sockets {
		all[s.id] = s
	}
	return all
}

// RemoteAddress is the client's IP address.
func (s *Socket) RemoteAddress() string {
	if !s.may(eos.SocketRemoteAddress) {
		return ""
	}
	return s.client.conn.Handshake().Address()
}

// Request is what is kept of the request that opened the session.
func (s *Socket) Request() *eio.Handshake {
	if !s.may(eos.SocketRequest) {
		return new(eio.Handshake)
	}
	return s.client.conn.Handshake()
}

// Request is what is kept of the request that opened the session.
func (c *Client) Request() *eio.Handshake {
	if !c.may(eos.ClientRequest) {
		return new(eio.Handshake)
	}
	return c.conn.Handshake()
}

// Disconnected is the contrary of Connected.
func (s *Socket) Disconnected() bool { return !s.Connected() }

// JoinFunc is Join with a callback, which is called before it returns.
func (s *Socket) JoinFunc(fn func(error), rooms ...string) { fn(s.Join(rooms...)) }

// LeaveFunc is Leave with a callback, which is called before it returns.
func (s *Socket) LeaveFunc(fn func(error), rooms ...string) {
	err := s.client.server.permits.Check(eos.SocketLeave)
	if err == nil {
		s.leave(rooms)
	}
	fn(err)
}

// originAllowed is 2.x's rule for the option origins, with whole names instead of parts of them.
func originAllowed(origins []string, origin string) bool {
	if slices.Contains(origins, "*:*") || slices.Contains(origins, "*") {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return false
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		if port = "80"; u.Scheme == "https" {
			port = "443"
		}
	}
	for _, form := range [...]string{u.Scheme + "://" + host + ":" + port, host + ":" + port, host + ":*", "*:" + port} {
		if slices.Contains(origins, form) {
			return true
		}
	}
	return slices.Contains(origins, origin)
}

// ErrOrigin is what a client learns whose origin the option Origins does not have.
var ErrOrigin = errors.New("Forbidden")

// guardOrigins puts the options Origins and OriginFunc before AllowRequest.
func (o *Options) guardOrigins() {
	if len(o.Origins) == 0 && o.OriginFunc == nil {
		return
	}
	var origins []string
	for _, list := range o.Origins {
		origins = append(origins, strings.Fields(list)...)
	}
	ask, next := o.OriginFunc, o.AllowRequest
	if next == nil {
		next = func(_ *webapp.Request, decide func(error)) { decide(nil) }
	}
	o.AllowRequest = func(req *webapp.Request, decide func(error)) {
		origin := req.Header("Origin")
		if origin == "" {
			origin = req.Header("Referer")
		}
		answer := func(ok bool) {
			if ok {
				next(req, decide)
			} else {
				decide(ErrOrigin)
			}
		}
		switch {
		case ask != nil:
			ask(origin, answer)
		default:
			answer(origin == "" || originAllowed(origins, origin))
		}
	}
}
