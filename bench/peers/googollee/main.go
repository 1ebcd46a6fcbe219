// The application of the bench on googollee/go-socket.io 1.7 (Engine.IO 3): the
// events of bench/app.go, on a free port of 127.0.0.1.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/metrics"

	socketio "github.com/googollee/go-socket.io"
	"github.com/googollee/go-socket.io/engineio"
	"github.com/googollee/go-socket.io/engineio/transport"
	"github.com/googollee/go-socket.io/engineio/transport/polling"
	"github.com/googollee/go-socket.io/engineio/transport/websocket"
	"github.com/googollee/go-socket.io/parser"
)

func main() {
	log.SetOutput(io.Discard)
	server := socketio.NewServer(&engineio.Options{Transports: []transport.Transport{
		&polling.Transport{CheckOrigin: allow},
		&websocket.Transport{CheckOrigin: allow},
	}})
	events(server)
	go server.Serve()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.Handle("/socket.io/", server)
	http.HandleFunc("/stats", stats)
	fmt.Printf("listening %s stats %s\n", ln.Addr(), ln.Addr())
	panic(http.Serve(ln, nil))
}

func allow(*http.Request) bool { return true }

func events(server *socketio.Server) {
	server.OnConnect("/", func(s socketio.Conn) error {
		s.Join(everybody)
		return nil
	})
	server.OnEvent("/", "echo", func(_ socketio.Conn, value string) string { return value })
	server.OnEvent("/", "binary", func(_ socketio.Conn, value *parser.Buffer) *parser.Buffer {
		return &parser.Buffer{Data: value.Data}
	})
	server.OnEvent("/", "chat", func(_ socketio.Conn, value string) {
		server.BroadcastToRoom("/", everybody, "chat", value)
	})
	server.OnEvent("/", "join", func(s socketio.Conn, room string) string {
		s.Join(room)
		return ""
	})
	server.OnEvent("/", "room", func(_ socketio.Conn, room, value string) {
		server.BroadcastToRoom("/", room, "room", value)
	})
	server.OnEvent("/", "telemetry", func(_ socketio.Conn, room, value string) {
		server.BroadcastToRoom("/", room, "telemetry", value)
	})
}

// everybody is the room of all: this server has no broadcast without one.
const everybody = "everybody"

func stats(w http.ResponseWriter, _ *http.Request) {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/allocs:objects"},
	}
	metrics.Read(s)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"heapBytes":%d,"allocs":%d}`, s[0].Value.Uint64(), s[1].Value.Uint64())
}
