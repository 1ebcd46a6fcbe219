package blackbox

import (
	"fmt"
	"strings"
	"time"
)

// closeTime is how long a session that is told to close, because it never joined, waits for a poll to take what it was
// sent (eio, not a deadline that can be set).
const closeTime = 30 * time.Second

// cut is a row whose connections end and answer nothing. The verdict is the program's own figures: as many connections
// were accepted as were dialed, and nothing of them is left.
func cut(name, sent, remark string, run func(x *exchange)) row {
	return own(name, sent, "all accepted, nothing left", remark, nil, func(x *exchange) string {
		before, scrapes := x.g.figures(), 0
		x.dials = 0
		run(x)
		for end := time.Now().Add(patience() + closeTime); ; time.Sleep(20 * time.Millisecond) {
			now := x.g.figures()
			scrapes++
			accepted := int(now["edgesio_connections_accepted_total"]-before["edgesio_connections_accepted_total"]) - scrapes
			left := ""
			for _, name := range []string{"edgesio_connections", "edgesio_http_connections", "edgesio_sessions",
				"edgesio_sockets", "edgesio_http_upload_bytes", "edgesio_assembly_bytes", "edgesio_output_bytes"} {
				if now[name] > before[name] {
					left += fmt.Sprintf("%s %g ", name, now[name])
				}
			}
			switch {
			case accepted == x.dials && left == "" && x.dials > 0:
				return "all accepted, nothing left"
			case time.Now().After(end):
				return fmt.Sprintf("%d of %d accepted, %s", accepted, x.dials, left)
			}
		}
	})
}

var cutRows = []row{
	cut("H18", "half a body, then RST, 20 times", "", func(x *exchange) {
		for range 20 {
			x.dial().send(post("Content-Length: 10", "short")).reset()
		}
	}),
	cut("U6", "RST behind the request, 20 times", "", func(x *exchange) {
		for range 20 {
			x.dial().send(knock(enginePath)).reset()
		}
	}),
	cut("U6", "FIN behind the request, 20 times", "", func(x *exchange) {
		for range 20 {
			c := x.dial().send(knock(enginePath)).fin()
			for {
				if _, err := c.r.ReadByte(); late(err) {
					x.fail("held")
				} else if err != nil {
					break
				}
			}
		}
	}),
	cut("S6", "RST with attachments missing, 20 times", "", func(x *exchange) {
		for range 20 {
			w := x.joined()
			w.send(text(`452-["req",`+placeholder+`]`) + raw(0x82, strings.Repeat("x", 5e5)))
			w.reset()
		}
	}),
	cut("R8", "RST at every step of the protocol, 20 times each", shortly, resets),
	cut("R8", "FIN at every step of the protocol, 20 times each", shortly, func(x *exchange) {
		for range 20 {
			x.dial().fin().finished()
			x.dial().send("GET / HT").fin().finished()
			x.dial().send(knock(enginePath)).fin().finished()
			x.engine().fin().finished()
			x.joined().send(text("42[")[:5]).fin().finished()
			x.dial().tell("GET", x.poll4().joined().target, "").fin().finished()
		}
	}),
	{name: "R7", sent: "the network is gone, and comes back when the heartbeats are over", native: true,
		want:   "their connections are closed, the log is quiet",
		remark: "a network namespace of its own; make network has proxies that swallow packets", run: halfOpen},
}

const shortly = "hazard: what ends by a deadline does so in seconds"

// resets cuts connections wherever the protocol may stand.
func resets(x *exchange) {
	for range 20 {
		x.dial().reset()
		x.dial().send("GET / HT").reset()
		x.dial().send(target("/")).reset()
		x.dial().send(post("Content-Length: 10", "abc")).reset()
		x.dial().send(knock(enginePath)).reset()
		x.dial().send(knock(enginePath) + text("40")).reset()
		x.engine().reset()
		w := x.joined()
		w.send(text("42[")[:5]).reset()
		w = x.joined()
		w.send(text(`421["req"]`)).reset()
		w = x.joined()
		w.send(text(`451-["req",` + placeholder + `]`)).reset()
		s := x.poll4().joined()
		x.dial().tell("GET", s.target, "").reset()
		s = x.poll4().joined()
		x.dial().send("POST " + s.target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n42").reset()
		s = x.poll4().joined()
		x.channel(knock(s.ws()), "").send(text("2probe")).reset()
	}
}
