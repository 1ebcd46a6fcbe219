//go:build linux

// The soak program sends sessions of every kind through one gateway with little memory, one after the other, and
// demands that nothing of them remains and that no client sees an error that it should not see.
//
//	go build -o .build/soak ./bench/soak
//	.build/soak -gateway .build/gateway                  # 200,000 sessions, 32 MB
//	.build/soak -gateway .build/gateway -sessions 20000
//
// The gateway runs in a memory cgroup of its own where the machine lets us make one (a process that needs more is
// killed there), with the memory limit for the Go runtime that it finds for itself. The sessions are of Engine.IO 4
// and 3, over WebSocket, long-polling, and from one to the other; each joins, gets some acks, a few chat, and it ends
// by a farewell, by FIN, by RST, or is abandoned. Everybody hears of everybody: each connect is a broadcast.
//
// It passes when the heap that the collector found alive does not grow with the number of sessions, when the gateway's
// own counters are zero in the end, and when no session failed. The load stops by itself.
//
// Rooms: gateway.go is the process and cgroup.go its limit, watch.go what it tells of itself, verdict.go what has to
// hold; worker.go draws the sessions, session.go is one, websocket.go and polling.go are its wires.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.gateway, "gateway", ".build/gateway", "`file` of the program")
	flag.IntVar(&o.sessions, "sessions", 200_000, "`number` of sessions")
	flag.IntVar(&o.workers, "workers", 64, "`number` of sessions at a time")
	flag.IntVar(&o.megabytes, "memory", 32, "limit of the cgroup in `MB`; 0 for none")
	flag.Uint64Var(&o.seed, "seed", 1, "what sessions do")
	flag.Parse()
	if err := soak(o); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	gateway           string
	sessions, workers int
	megabytes         int
	seed              uint64
}

// parts is how often the gateway is looked at on the way.
const parts = 20

func soak(o options) error {
	g, err := startGateway(o)
	if err != nil {
		return err
	}
	defer g.kill()
	crowd := newCrowd(o, g.address)
	crowd.polite = true // what is made once and kept is made now
	crowd.run(2 * o.workers)
	first, err := g.look()
	if err != nil {
		return err
	}
	fmt.Printf("%s\nbefore: %v\n", g.limit, first)
	crowd.polite = false
	began := time.Now()
	var samples []sample
	for part := range parts {
		crowd.run(o.sessions*(part+1)/parts - o.sessions*part/parts)
		s, err := g.look()
		if err != nil {
			return errors.Join(err, crowd.trouble())
		}
		s.sessions = crowd.done()
		samples = append(samples, s)
		fmt.Printf("%7d sessions: %v\n", s.sessions, s)
	}
	took := time.Since(began)
	last, err := g.settle(first)
	if err != nil {
		return err
	}
	fmt.Printf("after: %v\n%v\n%d sessions in %.1f s\n", last, crowd, crowd.done(), took.Seconds())
	if err := errors.Join(crowd.trouble(), grows(samples), remains(first, last), g.stop()); err != nil {
		return err
	}
	fmt.Println("soak: passed")
	return nil
}
