package blackbox

import (
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// terminated is a row in whose midst the program is told to end: it must do so in its own time, with status 0.
func terminated(sent string, before func(x *exchange), flags ...string) row {
	return row{name: "R15", sent: "SIGTERM with " + sent, want: "ends in time, nobody listens",
		run: func(x *exchange) string {
			line := commandLine(*program, append([]string{"-listen", "127.0.0.1:0", "-log", "DEBUG"}, flags...)...)
			if strings.Contains(sent, "blocks") {
				line = commandLine(*hazards, line[len(line)-4:]...)
			}
			if strings.Contains(sent, "TLS") {
				cert, key := pair(x.t)
				line = append(line, "-tls-cert", cert, "-tls-key", key)
			}
			x.g = launch(x.t, sent, line, nil)
			return x.private(func(x *exchange) string {
				before(x)
				for _, c := range x.conns {
					c.finished()
				}
				x.signal(syscall.SIGTERM)
				select {
				case <-x.g.ended:
				case <-time.After(stopTime):
					return "still runs after " + strconv.Itoa(int(stopTime/time.Second)) + " s"
				}
				if c, err := net.Dial("tcp", x.g.addr); err == nil {
					c.Close()
					return "ends in time, somebody listens"
				}
				return "ends in time, nobody listens"
			})
		}}
}

// stopTime is the gateway's, and a second for this machine.
const stopTime = 5*time.Second + time.Second

var terminations = []row{
	terminated("no client", func(*exchange) {}),
	terminated("half a request head", func(x *exchange) { x.dial().send("GET / HT") }),
	terminated("half a body", func(x *exchange) { x.dial().send(post("Content-Length: 9", "x")) }),
	terminated("connections that say nothing", func(x *exchange) {
		for range 50 {
			x.dial()
		}
	}),
	terminated("a GET that waits", func(x *exchange) { x.dial().tell("GET", x.poll4().joined().target, "") }),
	terminated("a WebSocket", func(x *exchange) { x.joined() }),
	terminated("a WebSocket that does not answer the close", func(x *exchange) { x.joined() }),
	terminated("half a frame", func(x *exchange) { x.joined().send(text("42[\"req\"]")[:7]) }),
	terminated("half a binary packet", func(x *exchange) { x.joined().send(text(`451-["req",` + placeholder + `]`)) }),
	terminated("a probe", func(x *exchange) { x.channel(knock(x.poll4().ws()), "").send(text("2probe")) }),
	terminated("a client that reads nothing", func(x *exchange) {
		w := x.joined()
		_ = w.tcp().SetReadBuffer(4 << 10)
		w.send(strings.Repeat(raw(0x89, strings.Repeat("x", 125)), 20_000))
	}),
	terminated("a flood of events", func(x *exchange) {
		w := x.joined()
		w.do(func() {}) // what follows goes out meanwhile
		go func() { _, _ = w.Write([]byte(events(50_000))) }()
	}),
	terminated("a body that comes in", func(x *exchange) {
		c := x.dial().send(post("Content-Length: 3000000", "x"))
		go func() {
			for range 300 {
				c.send(strings.Repeat("x", 10_000))
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}),
	terminated("a chunked body that comes in", func(x *exchange) { x.dial().send(chunks("10000\r\nx")) }),
	terminated("half a ClientHello of TLS",
		func(x *exchange) { x.dial().send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") }),
	terminated("TLS that is silent", func(x *exchange) { x.dial() }),
	terminated("a handler that blocks for 1 s", func(x *exchange) {
		x.joinedAt(hazardPath).send(text(`42["block"]`)).finished()
		time.Sleep(100 * time.Millisecond)
	}),
	terminated("a new process on its way (SIGUSR2)", func(x *exchange) {
		x.joined()
		x.signal(syscall.SIGUSR2)
	}),
	terminated("clients that are lost", func(x *exchange) {
		for range 50 {
			x.joined().reset()
		}
	}),
	{name: "R15", sent: "SIGTERM, and another one while clients leave", want: "ends at once",
		remark: "the second signal has its default effect", run: func(x *exchange) string {
			x.g = launch(x.t, "twice", commandLine(*program, "-listen", "127.0.0.1:0", "-drain", "20s"), nil)
			x.g.ends = "signal: terminated"
			return x.private(func(x *exchange) string {
				x.joined().mute = true
				x.dial().send("GET / HT").finished()
				for end := time.Now().Add(patience()); x.g.alive() && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
					_ = syscall.Kill(x.g.pid, syscall.SIGTERM)
				}
				if x.g.alive() {
					return "still runs"
				}
				return "ends at once"
			})
		}},
	terminated("a flood of connections", func(x *exchange) {
		for range 300 {
			x.dial().send(knock(enginePath))
		}
	}),
}
