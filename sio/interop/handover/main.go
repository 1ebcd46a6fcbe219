// Handover is a server under load that is replaced while it runs, as the suite handover.mjs beside it expects it: it
// emits numbers to everybody and to rooms, and demands numbers without a gap from each client. SIGUSR2 replaces it,
// SIGTERM drains it. It prints "listening PORT", and "serving PID" for each process.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/poll"
	process "github.com/edgesio/edgesio/poll/handover"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/handover"
	"github.com/edgesio/edgesio/webapp"
)

// rooms is how many rooms the clients are spread over.
const rooms = 10

// state is what the program knows; it goes to the next process as JSON.
type state struct {
	All       int            // latest number for everybody
	Rooms     [rooms]int     // and for each room
	Last      map[string]int // number of the latest event of each client
	Faults    int            // numbers that were not the next
	Processes int
}

type server struct {
	poll.Timer
	state
	loop   *poll.Loop
	app    *webapp.App
	io     *sio.Server
	every  time.Duration
	silent bool // handed over, or told to be
}

func main() {
	every := flag.Duration("every", 100*time.Millisecond, "between two numbers")
	flag.Parse()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGUSR2)
	taker, err := process.Predecessor()
	check(err)
	options := webapp.Options{Rate: -1, MaxConnsPerAddress: -1} // hundreds of clients have one address here
	if taker != nil {
		options.Listen.Inherit = taker.Listeners[0].FD
	}
	loop, err := poll.New(poll.Options{})
	check(err)
	app, err := webapp.CreateWith(loop, "handover", webapp.Addr{Host: "127.0.0.1"}, options)
	check(err)
	io, err := sio.New(app, sio.Options{ConnectionStateRecovery: &sio.ConnectionStateRecovery{},
		HandshakeRate: 100, HandshakeBurst: 200}) // those who come back are more
	check(err)
	s := &server{loop: loop, app: app, io: io, every: *every, state: state{Last: map[string]int{}}}
	s.handle()
	part := &handover.App{App: app, IO: io, Save: s.save, Load: s.load,
		OnFailed: s.goOn, OnDone: func(int) { s.drain(-1) }}
	next, err := process.New(loop, part, process.Options{FrozenTime: 30 * time.Second})
	check(err)
	check(part.Take(taker))
	check(app.Start())
	s.Processes++
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		for sig := range signals {
			_ = loop.Post(func() {
				if sig == syscall.SIGUSR2 {
					if err := next.Start(); err != nil {
						fmt.Println("refused", err)
					}
					return
				}
				next.Abort()
				s.drain(time.Second)
			})
		}
	}()
	part.Serving()
	if taker == nil {
		fmt.Println("listening", app.Port())
	}
	fmt.Println("serving", os.Getpid())
	loop.Arm(&s.Timer, s.every, s)
	check(loop.Run(context.Background()))
	for end := loop.Now() + 1000; loop.Stats().Conns > 0 && loop.Now() < end; {
		check(loop.Poll(50 * time.Millisecond))
	}
	check(loop.Close())
	fmt.Println("ended", os.Getpid())
}

func (s *server) handle() {
	// A client that asks again, since the ack was lost with its connection, is answered again and not counted again.
	s.io.Deduplicate(8192, func(e *sio.Event) string {
		if e.Name() != "count" {
			return ""
		}
		return e.String(0) + " " + strconv.FormatInt(e.Int(1), 10)
	})
	s.io.OnConnection(func(c *sio.Socket) {
		var auth struct {
			Room int
		}
		if err := c.Handshake().BindAuth(&auth); err == nil && !c.Recovered() {
			check(c.Join("room" + strconv.Itoa(auth.Room%rooms)))
		}
	})
	s.io.On("count", func(e *sio.Event) {
		name, n := e.String(0), int(e.Int(1))
		if n != s.Last[name]+1 {
			fmt.Println("fault", name, n, "after", s.Last[name])
			s.Faults++
		}
		s.Last[name] = n
		e.Ack(n)
	})
	s.io.On("hush", func(e *sio.Event) {
		s.silent = true
		b, err := json.Marshal(s.state)
		check(err)
		e.Ack(json.RawMessage(b))
	})
}

// OnTimer sends the next numbers.
func (s *server) OnTimer(*poll.Timer) {
	if s.silent {
		return
	}
	s.loop.Arm(&s.Timer, s.every, s)
	s.All++
	s.io.Emit("all", s.All)
	room := s.All % rooms
	s.Rooms[room]++
	s.io.To("room"+strconv.Itoa(room)).Emit("room", room, s.Rooms[room])
}

// save is for the next process; with the last part the numbers are its.
func (s *server) save(part process.Part, w io.Writer) error {
	s.silent = part == process.Rest
	return json.NewEncoder(w).Encode(s.state)
}

func (s *server) load(r io.Reader) error {
	s.state = state{Last: map[string]int{}}
	return json.NewDecoder(r).Decode(&s.state)
}

func (s *server) goOn(err error) {
	fmt.Println("goes on:", err)
	s.silent = false
	s.loop.Arm(&s.Timer, s.every, s)
}

func (s *server) drain(window time.Duration) {
	s.silent = true
	s.io.Drain(sio.DrainOptions{Window: window, Deadline: 4 * time.Second}, func() {
		s.app.Stop()
		s.loop.Stop()
	})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
