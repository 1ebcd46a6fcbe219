// Server is a Socket.IO server for a counting emulator: it tells its address, serves one client after the other, and
// ends with its input, so that the emulator can tell what it counted.
//
//	event "echo"   is answered with its argument
//
// At the end it tells the seconds of the processor that it and the system took for it, and the turns of the loop.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

// The counter tells threads apart: the loop is on the first one.
func init() { runtime.LockOSThread() }

func main() {
	log.SetFlags(0)
	loop, err := poll.New(poll.Options{})
	check(err)
	app, err := webapp.Create(loop, "cost", webapp.Addr{Host: "127.0.0.1"})
	check(err)
	server, err := sio.New(app, sio.Options{EventRate: -1, ByteRate: -1, PingInterval: time.Hour})
	check(err)
	server.On("echo", func(e *sio.Event) { e.Ack(e.Arg(0)) })
	check(app.Start())
	fmt.Println(app.Listener().Addr())
	ended := false
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		loop.Post(func() { ended = true })
	}()
	for !ended {
		check(loop.Poll(-1))
	}
	var used unix.Rusage
	check(unix.Getrusage(unix.RUSAGE_SELF, &used))
	fmt.Println(unix.TimevalToNsec(used.Utime), unix.TimevalToNsec(used.Stime), loop.Stats().Turns)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
