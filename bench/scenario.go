//go:build linux

package main

import (
	"fmt"
	"strconv"
	"time"
)

// The kinds of scenario.
const (
	kindEcho      = "echo"      // text with ack, or raw
	kindBinary    = "binary"    // an attachment with ack
	kindBroadcast = "broadcast" // to all, or to rooms
	kindStorm     = "storm"     // connect to the namespace, close, again
	kindIdle      = "idle"      // be there: memory, wake-ups
	kindWake      = "wake"      // likewise, long enough for heartbeats
	kindDay       = "day"       // telemetry into rooms with slow readers
	kindHold      = "hold"      // be there until the input ends, for another load
	kindStart     = "start"     // start the server, nothing else
)

// scenario is one thing to measure. Its zero fields have no meaning for its kind.
type scenario struct {
	name      string
	kind      string
	conns     int // 0: as many as there are descriptors
	size      int // payload bytes
	depth     int // in flight per connection
	rooms     int
	slowShare int // percent
	polling   bool
	eio       int           // 0: the newest that the server speaks
	hold      time.Duration // measured time when it is not the usual one
}

// scenarios are what bench run runs.
func scenarios() (list []scenario) {
	add := func(s scenario) { list = append(list, s) }
	add(scenario{name: "start", kind: kindStart})
	for _, conns := range []int{1, 100, 1000} {
		for _, size := range []int{32, 1024} {
			for _, depth := range []int{1, 16} {
				add(echoScenario(kindEcho, conns, size, depth))
			}
		}
	}
	v3 := echoScenario(kindEcho, 100, 32, 1)
	v3.name, v3.eio = v3.name+"-eio3", 3
	add(v3)
	add(echoScenario(kindBinary, 100, 1024, 1))
	add(echoScenario(kindBinary, 100, 1024, 16))
	add(scenario{name: "broadcast-1000", kind: kindBroadcast, conns: 1000, size: 32, depth: 1})
	add(scenario{name: "broadcast-10000", kind: kindBroadcast, conns: 10_000, size: 32, depth: 1})
	add(scenario{name: "rooms-100x100", kind: kindBroadcast, conns: 10_000, rooms: 100, size: 32, depth: 1})
	add(scenario{name: "storm", kind: kindStorm, conns: 64})
	add(scenario{name: "polling-100-32-1", kind: kindEcho, conns: 100, size: 32, depth: 1, polling: true})
	add(scenario{name: "polling-100-32-1-eio3", kind: kindEcho, conns: 100, size: 32, depth: 1, polling: true, eio: 3})
	add(scenario{name: "idle-1000", kind: kindIdle, conns: 1000, hold: 5 * time.Second})
	add(scenario{name: "idle-10000", kind: kindIdle, conns: 10_000, hold: 5 * time.Second})
	add(scenario{name: "idle-limit", kind: kindIdle, hold: 5 * time.Second})
	add(scenario{name: "idle-polling-1000", kind: kindIdle, conns: 1000, polling: true, hold: 5 * time.Second})
	add(scenario{name: "idle-polling-10000", kind: kindIdle, conns: 10_000, polling: true, hold: 5 * time.Second})
	add(scenario{name: "wakeups-1000", kind: kindWake, conns: 1000, hold: 30 * time.Second})
	add(scenario{name: "day-500", kind: kindDay, conns: 500, size: 64, slowShare: 5, hold: 10 * time.Second})
	return list
}

func echoScenario(kind string, conns, size, depth int) scenario {
	return scenario{name: fmt.Sprintf("%s-%d-%d-%d", kind, conns, size, depth),
		kind: kind, conns: conns, size: size, depth: depth}
}

// args are the flags with which bench load does the scenario.
func (s scenario) args() []string {
	return []string{"-kind", s.kind, "-conns", strconv.Itoa(s.conns), "-size", strconv.Itoa(s.size),
		"-depth", strconv.Itoa(max(s.depth, 1)), "-rooms", strconv.Itoa(s.rooms),
		"-slow", strconv.Itoa(s.slowShare), "-polling=" + strconv.FormatBool(s.polling)}
}

// duration is the measured time where the usual one is d.
func (s scenario) duration(d time.Duration) time.Duration {
	if s.hold > 0 {
		return s.hold
	}
	return d
}
