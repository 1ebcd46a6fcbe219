// Package eio is the Engine.IO server, protocol 4 and 3 at the same time on one
// path: the sessions below Socket.IO, over HTTP long-polling (XHR and JSONP) and
// WebSocket, with the upgrade from one to the other and a heartbeat.
//
// An engine hangs on a web server and gives each client to a handler:
//
//	engine, err := eio.Attach(loop, app.Server(), eio.Options{})
//	engine.OnConnection(func(s *eio.Session) { s.SetHandler(echo{}) })
//
// The rooms:
//
//	server.go     Server: what a request is and where it goes
//	errors.go     the check of a request, error codes, close reasons
//	admit.go      AllowRequest, new sessions, the switch to WebSocket
//	session.go    Session: one client; its states; messages up and down
//	heartbeat.go  pings, pongs and silence
//	polling.go    the transport over GET and POST; poll_answer.go, its answers
//	websocket.go  the transport on a WebSocket, compressed if both sides like
//	upgrade.go    from one to the other, with a probe
//	message.go    Message: one frame for many sessions
//	handshake.go  what is remembered of the opening request
//	packet.go     packets; payload_v4.go, payload_v3.go, jsonp.go: their wire forms
//
// Everything runs on the loop's goroutine, and no method may be called from
// another (use poll.Loop.Post). A session holds no buffer while it is idle.
//
// Specifications: the Engine.IO protocol, revisions 3 and 4, as its reference
// server speaks it. Where the reference leaks, hangs or repairs, this one
// closes or refuses: a protocol 3 client that falls silent after its upgrade is
// closed, an upgrade without a probe is refused.
//
// Read next: session.go, then package sio.
package eio
