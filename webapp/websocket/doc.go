// Package websocket is the plain WebSocket server of the platform (WsServer) on the paths of an app:
//
//	chat, err := websocket.NewServer(app, "/chat/:room", websocket.Options{})
//	chat.OnConnection(func(ch *websocket.Channel, req *webapp.Request) {
//		room := req.Param("room")
//		ch.OnMessage(func(data []byte, binary bool) { chat.Broadcast(data, binary) })
//		ch.OnClose(func(code websocket.Code, reason string) { slog.Info("left", "room", room, "code", code) })
//	})
//
// Each client is a Channel. Text and binary messages go both ways; whatever else RFC 6455 has, its pings and its close
// handshake, is done here, by package webapp/ws. What holds:
//
//   - A server takes the WebSocket requests of its path, of which an app may have several; other requests for the path
//     go on to the app's routes. It comes in the order of the app's middlewares: those before it see its requests.
//   - Options.Cors and Options.Verify decide before the 101, the latter at its leisure.
//   - Send never blocks and tells how it stands, as poll.Conn does: hold back after poll.Pressure until OnDrain. A peer
//     that does not read is closed by poll.Limits.
//   - A client that says nothing is pinged, and closed if it goes on saying nothing.
//   - OnClose is the last call, once: with the peer's code, or 1006 where there was none; Channel.Err tells why.
//   - An idle channel holds no buffer, and a message in and its answer out allocate nothing.
//
// Everything is for the loop's goroutine.
//
// Read next: server.go, then channel.go.
package websocket
