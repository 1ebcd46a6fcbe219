package sio

import "errors"

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
