// Package sio is a Socket.IO server: protocol 5 (clients 3.x and 4.x) and protocol 4 (clients 1.x and 2.x) at the
// same time on the same path, over the Engine.IO of package eio. The names are Socket.IO's, the style is Go's:
//
//	io, err := sio.New(app, sio.Options{})
//	io.OnConnection(func(s *sio.Socket) {
//		s.Broadcast().Emit("hi", "I'm coming, my name: client_"+s.ID()+".")
//		s.On("req", func(e *sio.Event) { e.Ack("hello world") })
//		s.On("chat", func(e *sio.Event) { io.To("lobby").Emit("chat", e.Arg(0)) })
//	})
//
// # Goroutines
//
// Everything happens on the loop's goroutine: handlers are called there, and every function and method of the
// package must be called there. From elsewhere, use poll.Loop.Post.
//
// A handler that panics ends its socket and not the process; see Server.OnError: the client gets DISCONNECT, and keeps
// its session and its other namespaces. A middleware refuses the socket. A hook of the engine or an eio.OnConnection
// ends the session. A marshaler or a Parser loses its packet. Nothing but the report comes of a panic in what belongs
// to no socket: OnRoom, OnRefuse, OnDenied, OnNewNamespace, the acks of a broadcast, a namespace's OnAnyOutgoing,
// OnServerSide, disconnect handlers, OnError itself. OfFunc's function takes the name for one that is not there.
//
// # Arguments
//
// A received argument is a view into the message and is decoded when a getter of Event asks for it; it is gone when
// the handler returns, unless the getter's comment says that it returns a copy. An emitted argument is any value
// that JSON can represent, by the rules of encoding/json, except that a []byte anywhere in it travels as a binary
// attachment, as a Buffer does in JavaScript, that NaN is null, that a time.Time is written as a Date, and that
// HTML is not escaped.
//
// # Users
//
// With webapp's EOSOptions a handshake is verified before a session exists, and Socket.EOS and Group tell who it is.
// Options.Policy says what the groups may do, see policy.go; DisconnectExpired ends connections with their tokens. A
// client renews its pair before it reconnects: in "reconnect_attempt" it sets socket.io.opts.query.
//
// # Memory and limits
//
// The way from an event to its handler, its ack and the wire, and a broadcast to any number of sockets, allocate
// nothing for strings, []byte and passed-on Values; a test holds that. An idle client is a Client and a Socket,
// about 200 bytes, beside its session and connection. Whatever a client can make the server keep is bounded by a
// field of Options. Delivery is at most once, in order per socket; what an emit returns tells whether the packet
// was queued.
//
// # Where the reference repairs and we refuse
//
// The wire is that of socket.io 4.8 and socket.io-parser 4.2.6; conformance is tested against recorded
// conversations. Stricter is: an EVENT or ACK without a payload, and blanks that JavaScript reads as the digit 0,
// disconnect; so do more than 128 levels or 4096 arguments, ack ids of more than 16 digits, and references to
// attachments beyond four times their allowed number. More lenient: a client of protocol 4 may join twice, and may
// send to a namespace that it is not in, which 2.x servers ignored.
//
// Read next: server.go, client.go, connect.go, socket.go, event.go; packet.go and json.go for the wire.
package sio
