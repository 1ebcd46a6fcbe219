package eio

import (
	"log/slog"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// What a program may listen to beside the handler of a session: the reference's events of a connection and of the
// engine. Nobody pays for what nobody listens to.

// Hooks are functions to be called for what happens to one session; nil ones are passed over. data is valid until the
// call returns.
type Hooks struct {
	// Packet and PacketCreate see each packet that comes and goes: its type as on the wire ('4' is a message).
	Packet, PacketCreate func(s *Session, kind byte, data []byte, binary bool)
	// Flush is called when packets are handed to the transport, Drain when everything has left after pressure.
	Flush, Drain func(s *Session)
	// Upgrading is called when a WebSocket probes, Upgrade when it is the transport.
	Upgrading, Upgrade func(s *Session)
	// Heartbeat is called for each ping (protocol 3) or pong (protocol 4).
	Heartbeat func(s *Session)
	// Close is called before the handler's OnClose.
	Close func(s *Session, reason Reason, desc error)

	eos *eos.Info // not a hook, but as rare: see Session.EOS
}

// Hooks returns the session's hooks, to be filled in.
func (s *Session) Hooks() *Hooks {
	if s.hooks == nil {
		s.hooks = new(Hooks)
	}
	return s.hooks
}

// EOS is what is known of the user: what the Verifier of webapp's EOSOptions, or
// Request.SetEOS, told about the request that opened the session; nil for nobody.
// It stays as it is however long the session lasts: a reconnect is verified anew.
func (s *Session) EOS() *eos.Info {
	if s.hooks == nil {
		return nil
	}
	return s.hooks.eos
}

// created tells the hooks of a packet that is sent, and over a WebSocket that it
// is handed on at once.
func (s *Session) created(p packet) {
	if s.hooks.PacketCreate != nil {
		s.hooks.PacketCreate(s, byte(p.kind), p.data, p.binary)
	}
	if s.ws != nil && s.hooks.Flush != nil {
		s.hooks.Flush(s)
	}
}

// drained tells the hook and the handler that everything has left.
func (s *Session) drained() {
	if s.hooks != nil && s.hooks.Drain != nil {
		s.hooks.Drain(s)
	}
	if s.handler != nil {
		s.handler.OnDrain(s)
	}
}

// on calls a hook that gets only the session.
func (s *Session) on(pick func(*Hooks) func(*Session)) {
	if s.hooks != nil {
		if fn := pick(s.hooks); fn != nil {
			fn(s)
		}
	}
}

// ConnectionError is a request that was refused: what the reference's connection_error tells.
type ConnectionError struct {
	Request *webapp.Request // nil when AllowRequest took its time
	Code    Code
	Message string
	Context string // more about it, or empty
}

// engineHooks are the listeners of an engine.
type engineHooks struct {
	middlewares     []webapp.Middleware
	connectionError func(*ConnectionError)
	initialHeaders  func(res *webapp.Response, req *webapp.Request)
	headers         func(res *webapp.Response, req *webapp.Request)
}

// hook returns the engine's listeners, made when there are none.
func (e *Server) hook() *engineHooks {
	if e.hooks == nil {
		e.hooks = new(engineHooks)
	}
	return e.hooks
}

// Use adds a middleware that each request of the engine passes first, those of sessions too. One that calls next in a
// later turn must have called req.Keep.
func (e *Server) Use(m webapp.Middleware) { e.hook().middlewares = append(e.hook().middlewares, m) }

// OnConnectionError calls fn with each request that is refused.
func (e *Server) OnConnectionError(fn func(*ConnectionError)) { e.hook().connectionError = fn }

// OnInitialHeaders calls fn before the first answer of a session, to set headers of it.
func (e *Server) OnInitialHeaders(fn func(res *webapp.Response, req *webapp.Request)) {
	e.hook().initialHeaders = fn
}

// OnHeaders calls fn for each request of a session, the first one too, to set headers of its answer.
func (e *Server) OnHeaders(fn func(res *webapp.Response, req *webapp.Request)) { e.hook().headers = fn }

// GenerateID replaces the function that makes session ids; see Options.GenerateID.
func (e *Server) GenerateID(fn func(req *webapp.Request) string) {
	if e.permits == nil || e.permits(eos.EngineGenerateID) {
		e.options.GenerateID = fn
	}
}

// Permit makes may the one who is asked what the program may call, and tells about it when it may not.
func (e *Server) Permit(may func(api eos.API) bool) { e.permits = may }

// pass brings a request through the middlewares, from number n on, and then to serve.
func (e *Server) pass(n int, req *webapp.Request, res *webapp.Response) {
	if n == len(e.hooks.middlewares) {
		e.serve(req, res, e.question(req)) // the session may have ended meanwhile
		return
	}
	called := false
	e.hooks.middlewares[n](req, res, func(err error) {
		switch {
		case called || res.Ended():
		case err != nil:
			e.refuse(res, e.question(req), 400, BadRequest, err.Error())
		default:
			e.pass(n+1, req, res)
		}
		called = true
	})
}

// dress calls the listeners of headers.
func (e *Server) dress(req *webapp.Request, res *webapp.Response, initial bool) {
	h := e.hooks
	if h == nil {
		return
	}
	if initial && h.initialHeaders != nil {
		h.initialHeaders(res, req)
	}
	if h.headers != nil {
		h.headers(res, req)
	}
}

// SetDebug makes l the receiver of what happens in the engine, at level Debug;
// nil, the default, is silence.
func (e *Server) SetDebug(l *slog.Logger) { e.debug = l }
