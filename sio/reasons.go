package sio

import (
	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/poll"
)

// Reason is why a socket was disconnected, in the reference's words.
type Reason = eio.Reason

// The reasons that a socket's disconnect handlers see. The first six are the session's own and hold for all its
// sockets. The server's closing a connection, for a packet that it refuses or by Disconnect, is ForcedClose over
// WebSocket and ForcedServerClose while the client polls, because the session then stays until the client fetched what
// was sent; the reference does the same.
const (
	TransportError                   = eio.TransportError
	TransportClose                   = eio.TransportClose
	ForcedClose                      = eio.ForcedClose
	PingTimeout                      = eio.PingTimeout
	ParseError                       = eio.ParseError
	ServerShutdown                   = eio.ServerShutdown
	ForcedServerClose         Reason = "forced server close"
	ClientNamespaceDisconnect Reason = "client namespace disconnect"
	ServerNamespaceDisconnect Reason = "server namespace disconnect"
)

// Status is what a call that sends tells about the packet. For a broadcast it is the worst of all receivers but
// Dropped, and Dropped when nobody got it because the packet could not be encoded.
type Status = poll.Status

// OK: queued. Pressure: queued, but much is waiting already and the caller should hold back. Dropped: not queued, since
// the socket is not connected, volatile and busy, over a limit, or the packet could not be encoded.
const (
	OK       = poll.OK
	Pressure = poll.Pressure
	Dropped  = poll.Dropped
)
