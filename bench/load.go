//go:build linux

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// settings are what one load process does.
type settings struct {
	scenario
	target
	stats       netip.AddrPort // where the server tells its counters; may be invalid
	pid         int            // of the server; 0 when it is not known
	serverCore  int
	core        int
	warm        time.Duration
	duration    time.Duration
	patience    time.Duration // for connecting
	sources     int
	first       int // source address to begin with
	atOnce      int // handshakes in flight
	descriptors int
}

func (s settings) opener(l *loop) opener { return opener{loop: l, atOnce: s.atOnce} }

// measured is a workload that is measured.
type measured interface {
	workload
	open(n int, patience time.Duration) error
	start()
	reset()        // forget the latencies of the warm-up
	count() uint64 // messages so far
	report(f figures)
}

// result is what a run of a scenario against a server gave.
type result struct {
	System   string  `json:"system,omitempty"`
	Scenario string  `json:"scenario,omitempty"`
	Round    int     `json:"round,omitempty"`
	Figures  figures `json:"figures,omitempty"`
	Note     string  `json:"note,omitempty"`  // why a round does not count
	Error    string  `json:"error,omitempty"` // why there are no figures
}

func loadFlags(args []string) (settings, error) {
	var s settings
	var addr, stats string
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&s.kind, "kind", kindEcho, "echo, binary, broadcast, storm, idle, wake or day")
	f.IntVar(&s.conns, "conns", 100, "connections; 0: as many as there are descriptors")
	f.IntVar(&s.size, "size", 32, "payload bytes")
	f.IntVar(&s.depth, "depth", 1, "messages in flight per connection, at most 64")
	f.IntVar(&s.rooms, "rooms", 0, "broadcast: number of rooms, 0 is to all")
	f.IntVar(&s.slowShare, "slow", 5, "day: percent of slow readers")
	f.BoolVar(&s.polling, "polling", false, "HTTP long-polling instead of WebSocket")
	f.StringVar(&s.speech, "speech", speechSIO, "sio, or a raw echo of ws or tcp")
	f.IntVar(&s.version, "eio", 4, "Engine.IO protocol, 4 or 3")
	f.StringVar(&s.path, "path", "/socket.io/", "request path")
	f.StringVar(&addr, "addr", "127.0.0.1:3000", "server, in 127.0.0.0/8")
	f.StringVar(&stats, "stats", "", "address of the server's /stats")
	f.IntVar(&s.pid, "pid", 0, "server process, for its CPU and memory")
	f.IntVar(&s.serverCore, "server-core", -1, "core that the server is bound to")
	f.IntVar(&s.core, "core", -1, "core to run on")
	f.DurationVar(&s.warm, "warm", time.Second, "time before measuring")
	f.DurationVar(&s.duration, "for", 3*time.Second, "measured time")
	f.DurationVar(&s.patience, "patience", time.Minute, "time to connect")
	f.IntVar(&s.sources, "sources", 8, "source addresses, from 127.0.1.1 on")
	f.IntVar(&s.first, "first", 0, "source address to begin with")
	f.IntVar(&s.atOnce, "at-once", 64, "handshakes in flight")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	s.overHTTP = s.polling
	var err error
	if s.addr, err = netip.ParseAddrPort(addr); err != nil {
		return s, err
	}
	if stats != "" {
		if s.stats, err = netip.ParseAddrPort(stats); err != nil {
			return s, err
		}
		if err = loopback(s.stats); err != nil {
			return s, err
		}
	}
	return s, loopback(s.addr)
}

// load is bench load: it prints one line of JSON.
func load(args []string) error {
	s, err := loadFlags(args)
	if err != nil {
		return err
	}
	if os.Getenv("GODEBUG") == "" {
		// The loop blocks in raw calls; signals that mean to preempt it only cost.
		if self, err := os.Executable(); err == nil {
			unix.Exec(self, os.Args, append(os.Environ(), quietRuntime))
		}
	}
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	pinSelf(s.core)
	s.descriptors = descriptors()
	debug.SetGCPercent(-1)
	r := result{}
	if r.Figures, err = s.run(); err != nil {
		r.Error = err.Error()
	}
	b, err := json.Marshal(r)
	if err == nil && s.kind != kindHold {
		fmt.Println(string(b))
	}
	return err
}

const (
	// pairKB is the memory that a connection may take with both its ends, the
	// kernel's buffers and ours, with a good margin.
	pairKB = 32
	// sourcePorts are what one source address is good for.
	sourcePorts = 20_000
)

const quietRuntime = "GODEBUG=asyncpreemptoff=1"

// run does the scenario.
func (s *settings) run() (figures, error) {
	if s.conns == 0 {
		available := int(statusField("/proc/meminfo", "MemAvailable"))
		s.conns = min(s.descriptors-spareFDs, available/pairKB)
	}
	l, err := newLoop(s.target, max(s.sources, s.conns/sourcePorts))
	if err != nil {
		return nil, err
	}
	l.first = s.first
	w, err := s.workload(l)
	if err != nil {
		return nil, err
	}
	l.work = w
	defer l.closeAll()
	var f figures
	switch s.kind {
	case kindHold:
		return nil, s.holdUntilEOF(l, w)
	case kindIdle, kindWake:
		f, err = s.idleFigures(l, w)
	default:
		f, err = s.measure(l, w)
	}
	if err != nil {
		return nil, err
	}
	w.report(f)
	f[figErrors] = float64(l.errs)
	return f.tidy(), nil
}

func (s *settings) workload(l *loop) (measured, error) {
	switch s.kind {
	case kindEcho, kindBinary:
		if s.polling {
			return newPolling(l, *s), nil
		}
		return newEcho(l, *s), nil
	case kindIdle, kindWake, kindHold:
		if s.polling {
			return newPolling(l, *s), nil
		}
		return newIdle(l, *s), nil
	case kindBroadcast:
		return newBroadcast(l, *s), nil
	case kindStorm:
		return newStorm(l, *s), nil
	case kindDay:
		return newDay(l, *s), nil
	}
	return nil, fmt.Errorf("no scenario of kind %q", s.kind)
}

// measure opens the connections, warms up and takes the figures.
func (s *settings) measure(l *loop, w measured) (figures, error) {
	if err := w.open(s.conns, s.patience); err != nil {
		return nil, err
	}
	w.start()
	l.run(s.warm)
	a, n := s.take(true), w.count()
	w.reset()
	l.run(s.duration)
	n = w.count() - n
	f := s.figures(a, s.take(false), n)
	if n == 0 {
		return nil, fmt.Errorf("no messages; %d errors, the first: %v", l.errs, l.err)
	}
	return f, nil
}

func (l *loop) closeAll() {
	for _, c := range l.conns {
		c.close()
	}
	l.epoll.close()
}
