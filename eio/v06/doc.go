// Package v06 is the server of Socket.IO-node 0.6 (2010), for panels whose pages
// still load that client. It is opt-in, and knows nothing of the later protocol:
//
//	io, err := v06.New(app, v06.Options{ClientFS: os.DirFS("socket.io-client-0.6")})
//	io.OnConnection(func(c *v06.Client) {
//		io.Broadcast("someone came", c.SessionID())
//		c.OnMessage(func(m v06.Message) { c.Send(m) })
//	})
//
// There is one message type: text, or a JSON object. No events, rooms, acks or
// namespaces. Sessions that a page lost are not resumed.
//
// The protocol, as the old server has it on the wire: a request's path is
// /<resource>/<transport>[/<session id>[/...]]. All transports carry batches of
// ~m~<length>~m~<message>, the length in UTF-16 units. A message ~j~<JSON> is an
// object, ~h~<n> a heartbeat, and the server's first message is the session id.
// What does not match goes on to whom it would have come without this package,
// so it may share /socket.io with package sio.
//
// The rooms:
//
//	listener.go    Listener: its clients, broadcasts, what is told to the app
//	route.go       what a request is and where it goes
//	origin.go      which pages may connect
//	client.go      Client: one session and its states
//	heartbeat.go   the deadlines of a session
//	message.go     Message, batches
//	polling.go     xhr-polling and jsonp-polling
//	stream.go      htmlfile and xhr-multipart
//	websocket.go   websocket and flashsocket: RFC 6455
//	hixie.go       the same for the browsers of 2010: hixie-75 and hixie-76
//	nonce.go       the opening handshake of these
//	policy.go      what Flash asks before it connects
//	files.go       the client's files
//
// Where the old server repairs, guesses or trusts, this one refuses: session ids
// are random, what does not parse ends the session, everything that is held is
// bounded, an origin is compared as a whole, what goes into a script is escaped,
// and a request for a session must name the session's own transport. A stuck
// session ends with its connection.
//
// Everything runs on the loop's goroutine, and no method may be called from
// another (use poll.Loop.Post).
//
// Read next: client.go.
package v06
