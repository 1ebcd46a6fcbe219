// Instructions is a server and its clients in one process without an operating
// system below them: a counting emulator says what a message costs. The test
// beside it runs it under callgrind and compares with recorded.txt.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"runtime"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

const again = syscall.EAGAIN

// The counter tells threads apart: all that is to be counted happens on one.
func init() { runtime.LockOSThread() }

func main() {
	kind := flag.String("kind", "echo", "echo, echo16, echo1k, broadcast100, polling, open, connect or heartbeat")
	n := flag.Int("n", 1000, "turns")
	flag.Parse()
	log.SetFlags(0)
	r := newRig()
	r.k.step = time.Millisecond // the server's token buckets fill, and no heartbeat is due yet
	var perTurn int
	switch *kind {
	case "echo":
		perTurn = r.echo(*n, 1, 32)
	case "echo16":
		r.k.step = 8 * time.Millisecond
		perTurn = r.echo(*n, 16, 32)
	case "echo1k":
		perTurn = r.echo(*n, 1, 1024)
	case "broadcast100":
		perTurn = r.broadcast(*n, 100)
	case "polling":
		perTurn = r.polling(*n)
	case "open":
		perTurn = r.open(*n)
	case "heartbeat":
		perTurn = r.heartbeat(*n)
	case "float":
		perTurn = float(*n)
	case "connect":
		perTurn = r.connect(*n)
	default:
		log.Fatalf("no kind %q", *kind)
	}
	fmt.Println(perTurn, "messages a turn,", r.k.written, "bytes written")
}

type rig struct {
	k    *kernel
	loop *poll.Loop
}

func newRig() *rig {
	k := &kernel{}
	loop, err := poll.New(poll.Options{Kernel: k})
	check(err)
	app, err := webapp.Create(loop, "instructions", webapp.Addr{Port: 80})
	check(err)
	// The rates are counted and never reached: a turn takes a millisecond here, and nothing else comes between connects.
	io, err := sio.New(app, sio.Options{HandshakeRate: 5000, HandshakesPerAddress: 50_000})
	check(err)
	io.On("echo", func(e *sio.Event) { e.Ack(e.Arg(0)) })
	io.On("chat", func(e *sio.Event) { io.Emit("chat", e.Arg(0)) })
	check(app.Start())
	return &rig{k, loop}
}

// turn runs one turn and demands that something was written.
func (r *rig) turn() {
	before := r.k.written
	check(r.loop.Poll(0))
	if r.k.written == before {
		log.Fatal("the server is silent")
	}
}

const upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

// join opens a WebSocket session and joins the main namespace.
func (r *rig) join() (fd int) {
	fd = r.k.dial()
	check(r.loop.Poll(0))
	r.k.send(fd, []byte(upgrade))
	r.turn()
	r.k.send(fd, frame("40"))
	r.turn()
	return fd
}

func frame(text string) []byte {
	return ws.AppendMaskedFrame(nil, ws.OpText, [4]byte{1, 2, 3, 4}, []byte(text))
}

// echo sends depth events a turn, each with an ack.
func (r *rig) echo(n, depth, size int) int {
	fd := r.join()
	batch := bytes.Repeat(frame(`421["echo","`+string(bytes.Repeat([]byte{'a'}, size))+`"]`), depth)
	input := make([]byte, len(batch))
	for range n {
		copy(input, batch) // unmasked in place
		r.k.send(fd, input)
		r.turn()
	}
	return depth
}

// broadcast sends one event a turn to many.
func (r *rig) broadcast(n, conns int) int {
	fd := r.join()
	for range conns - 1 {
		r.join()
	}
	batch := frame(`42["chat","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`)
	input := make([]byte, len(batch))
	for range n {
		copy(input, batch)
		r.k.send(fd, input)
		r.turn()
	}
	return conns
}

// polling posts one event, and polls for its ack, on one connection.
func (r *rig) polling(n int) int {
	fd := r.k.dial()
	check(r.loop.Poll(0))
	r.k.keep = make([]byte, 0, 1024)
	r.k.send(fd, []byte("GET "+pollingPath+" HTTP/1.1\r\nHost: a\r\n\r\n"))
	r.turn()
	target := pollingPath + "&sid=" + string(r.sid())
	r.k.keep = nil
	post := func(body string) []byte { return appendPost(nil, []byte(target), body) }
	join, say := post("40"), post(`421["echo","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]`)
	get := []byte("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")
	input := make([]byte, 0, 1024)
	for _, b := range [][]byte{join, get} {
		r.k.send(fd, append(input[:0], b...))
		r.turn()
	}
	for range n {
		r.k.send(fd, append(input[:0], say...))
		r.turn()
		r.k.send(fd, append(input[:0], get...))
		r.turn()
	}
	return 1
}

// connect is a client that connects, joins the main namespace and closes, again
// and again.
func (r *rig) connect(n int) int {
	request, hello := []byte(upgrade), frame("40")
	input := make([]byte, len(request))
	for range n {
		fd := r.k.dial()
		check(r.loop.Poll(0))
		r.k.send(fd, append(input[:0], request...))
		r.turn()
		r.k.send(fd, append(input[:0], hello...))
		r.turn()
		r.k.hangUp(fd)
		check(r.loop.Poll(0))
		if len(r.k.free) != 1 {
			log.Fatal("the server keeps the connection")
		}
	}
	return 1
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
