package sio

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/edgesio/edgesio/eio"
)

// Errors of the package's functions and ack callbacks.
var (
	// ErrDisconnected settles an ack whose socket was disconnected.
	ErrDisconnected = errors.New("sio: socket is disconnected")
	// ErrTimeout settles an ack that did not come within its time.
	ErrTimeout = errors.New("sio: operation has timed out")
	// ErrTooManyAcks settles an ack that was not asked for, since Options.MaxPendingAcks are outstanding.
	ErrTooManyAcks = errors.New("sio: too many pending acks")
	// ErrNotSent settles an ack whose event was not sent: volatile and busy, or the packet could not be encoded.
	ErrNotSent = errors.New("sio: event was not sent")
	// ErrTooManyRooms tells that the socket is in Options.MaxRoomsPerSocket rooms.
	ErrTooManyRooms = errors.New("sio: socket is in too many rooms")
	// ErrJoinRate tells that the socket joined more rooms in a short time than Options.JoinRate and JoinBurst allow.
	ErrJoinRate = errors.New("sio: socket joins too many rooms at a time")
	// ErrRoomName tells that a room name is longer than Options.MaxNameBytes.
	ErrRoomName = errors.New("sio: room name is too long")
)

// Error is what a middleware passes to next to refuse a socket: clients of protocol 5 get both fields as the error of
// connect_error, those of protocol 4 get Data, or Message without data. Any other error is sent with its text only.
type Error struct {
	Message string
	Data    any
}

// Error is the message.
func (e Error) Error() string { return e.Message }

// asError finds an Error, by value or by pointer, in err.
func asError(err error) Error {
	var v Error
	var p *Error
	switch {
	case errors.As(err, &v):
		return v
	case errors.As(err, &p) && p != nil:
		return *p
	}
	return Error{Message: err.Error()}
}

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
