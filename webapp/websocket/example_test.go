package websocket_test

import (
	"fmt"
	"log/slog"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/websocket"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A chat: every message goes to all channels of the server.
func ExampleNewServer() {
	kernel := polltest.New(1, polltest.Faults{}) // a program leaves it out, and has the system's
	loop, err := poll.New(poll.Options{Kernel: kernel})
	check(err)
	app, err := webapp.Create(loop, "chat", webapp.Addr{Host: "127.0.0.1", Port: 8000})
	check(err)
	chat, err := websocket.NewServer(app, "/chat/:name", websocket.Options{})
	check(err)
	chat.OnConnection(func(ch *websocket.Channel, req *webapp.Request) {
		name := req.Param("name")
		ch.OnMessage(func(data []byte, _ bool) { chat.Broadcast([]byte(name+" says: "+string(data)), false) })
		ch.OnClose(func(code websocket.Code, reason string) {
			slog.Debug("left", "name", name, "code", code, "reason", reason)
		})
	})
	check(app.Start())

	client := kernel.Dial("127.0.0.1:8000")
	client.WriteString("GET /chat/ann HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	kernel.Sleep(loop, 1e6)
	client.Read()
	client.Write(ws.AppendMaskedFrame(nil, ws.OpText, [4]byte{1, 2, 3, 4}, []byte("hello")))
	kernel.Sleep(loop, 1e6)
	fmt.Printf("%q\n", client.Read())
	// Output: "\x81\x0fann says: hello"
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
