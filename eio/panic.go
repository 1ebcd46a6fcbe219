package eio

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/edgesio/edgesio/webapp"
)

// A PanicError is a panic of the program's code that the engine, or the loop below
// it, has caught. What it ends:
//
//	OnConnection, a hook of Hooks    its session, with TransportError and this
//	OnMessage, OnDrain over polling  the same
//	OnMessage, OnDrain, OnUpgrade    the same, by way of the connection, which is
//	    over a WebSocket             aborted: the loop catches it, see poll.PanicError
//	OnClose                          nothing: the session has ended
//	a middleware, AllowRequest, the  the request, with status 500, as any handler of
//	    functions for headers, GenerateID, OnConnectionError     webapp's
//
// What the program calls from elsewhere and gets, such as the decision of
// AllowRequest from a timer, ends the request likewise. Where its own function
// panics there and decides nothing, the request waits until its client gives up.
type PanicError struct {
	Where string // as above: "OnConnection", "Hooks.Close", ...
	Value any    // the argument of panic
	Stack []byte
}

// Error names the place and the value, without the stack.
func (p *PanicError) Error() string { return fmt.Sprintf("eio: panic in %s: %v", p.Where, p.Value) }

// OnError calls fn with the panics that the engine catches itself, each a
// *PanicError; the session is nil when it is none's. Without it they go to OnError
// of the web server, or to its log.
func (e *Server) OnError(fn func(s *Session, err error)) { e.onError = fn }

// contain is deferred around rare calls of the program about a session: a panic
// ends that.
func (s *Session) contain(where string) {
	if v := recover(); v != nil {
		p := s.server.caught(s, where, v)
		s.end(TransportError, p)
	}
}

// containClosed is contain for a session that has ended.
func (s *Session) containClosed(where string) {
	if v := recover(); v != nil {
		_ = s.server.caught(s, where, v)
	}
}

// caught counts and reports a panic.
func (e *Server) caught(s *Session, where string, v any) *PanicError {
	p := &PanicError{where, v, debug.Stack()}
	e.stats.Panics++
	defer func() {
		if v := recover(); v != nil {
			e.complain(&PanicError{"OnError", v, debug.Stack()})
		}
	}()
	switch {
	case e.onError != nil:
		e.onError(s, p)
	case e.report != nil:
		e.report(p, p.Stack)
	default:
		e.complain(p)
	}
	return p
}

// containLate is deferred around what follows a decision in a later turn, when the
// web server does not watch over the request.
func (e *Server) containLate(res *webapp.Response) {
	if v := recover(); v != nil {
		_ = e.caught(nil, "a request", v)
		res.Fail(&webapp.Error{Status: 500, Message: webapp.StatusText(500)})
	}
}

// complain logs a panic that nobody else wants.
func (e *Server) complain(p *PanicError) {
	if e.log != nil {
		e.log.Error("engine", p.Error(), string(p.Stack))
	} else {
		slog.Error(p.Error(), "stack", string(p.Stack))
	}
}

// containPost is deferred around the payload of a POST, which is in order.
func (t *polling) containPost(ok *bool) {
	if v := recover(); v != nil {
		*ok = true
		s := t.session
		s.end(TransportError, s.server.caught(s, "OnMessage", v))
	}
}
