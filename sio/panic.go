package sio

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/edgesio/edgesio/eio"
)

// PanicError is what Server.OnError gets when a handler panicked. The socket is disconnected, the process goes on.
type PanicError struct {
	Handler string // what was running: event "chat", a middleware, ...
	Value   any    // the argument of panic
	Stack   []byte // the stack at the panic
}

// Error names the handler and the panic's value.
func (e *PanicError) Error() string { return fmt.Sprintf("sio: panic in %s: %v", e.Handler, e.Value) }

// guard is deferred around calls of the user's code that belong to no socket.
func (srv *Server) guard(what string) {
	if v := recover(); v != nil {
		srv.report(nil, &PanicError{Handler: what, Value: v, Stack: debug.Stack()})
	}
}

// report tells the server's OnError about a fault of the program: a panic in a handler, a value that cannot be sent.
// Without a handler it is logged, rarely.
func (srv *Server) report(s *Socket, err error) {
	var p *PanicError
	if errors.As(err, &p) {
		srv.counts.panics++
	}
	if srv.onError != nil {
		srv.tell(s, err)
		return
	}
	srv.complain(err, p)
}

// tell calls OnError. Whom shall a panic of it be told?
func (srv *Server) tell(s *Socket, err error) {
	defer func() {
		if v := recover(); v != nil {
			p := &PanicError{Handler: "OnError", Value: v, Stack: debug.Stack()}
			srv.counts.panics++
			srv.complain(p, p)
		}
	}()
	srv.onError(s, err)
}

func (srv *Server) complain(err error, p *PanicError) {
	detail := ""
	if p != nil {
		detail = string(p.Stack)
	}
	srv.log.Error("socket.io handler", err.Error(), detail)
}

// engineFailed is told of the panics that the engine caught.
func (srv *Server) engineFailed(_ *eio.Session, err error) {
	if p, ok := err.(*eio.PanicError); ok {
		err = &PanicError{Handler: p.Where, Value: p.Value, Stack: p.Stack}
	}
	srv.report(nil, err)
}

// tellRefused calls OnRefuse.
func (srv *Server) tellRefused(c *Client, err error) {
	defer srv.guard("OnRefuse")
	srv.onRefuse(c, err)
}

// guard is deferred around every call of the user's code.
func (s *Socket) guard(e *Event) { s.caught(e, recover()) }

// caught ends the socket for a panic with v; nil is none.
func (s *Socket) caught(e *Event, v any) {
	if v == nil {
		return
	}
	what := "a handler"
	if e != nil {
		if what = "an ack"; e.Name() != "" {
			what = "event " + e.describe()
		}
	}
	s.Server().report(s, &PanicError{Handler: what, Value: v, Stack: debug.Stack()})
	if s.state == socketConnected {
		s.disconnect(false)
	}
}
