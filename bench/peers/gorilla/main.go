// The bench's reference for net/http and a goroutine per connection: a raw
// WebSocket echo on gorilla/websocket, on a free port of 127.0.0.1.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime/metrics"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func main() {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/stats", stats)
	http.HandleFunc("/", echo)
	fmt.Printf("listening %s stats %s\n", ln.Addr(), ln.Addr())
	log.Fatal(http.Serve(ln, nil))
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, p, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, p) != nil {
			return
		}
	}
}

func stats(w http.ResponseWriter, _ *http.Request) {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/allocs:objects"},
	}
	metrics.Read(s)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"heapBytes":%d,"allocs":%d}`, s[0].Value.Uint64(), s[1].Value.Uint64())
}
