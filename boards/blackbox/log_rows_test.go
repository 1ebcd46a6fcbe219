package blackbox

import (
	"fmt"
	"strconv"
	"strings"
)

// told is a violation that 20 peers commit at a time, each with an address of its own: the log of a program
// of their own
// has one line of the class, and no other.
func told(name, sent, class string, run func(x *exchange)) row {
	return own(name, sent+", by 20 peers", "one line: "+class, "the log", nil, func(x *exchange) string {
		for range 20 {
			x.home.move()
			run(x)
		}
		if got := x.serves(); got != "serves" {
			return got
		}
		name := class
		if strings.Contains(class, " ") {
			name = strconv.Quote(class)
		}
		x.g.log.has(" class=" + name) // or there is none when this has waited
		var classes []string
		for line := range strings.Lines(x.g.log.text()) {
			if m := logLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil && m[2] != "DEBUG" && m[2] != "INFO" {
				if strings.Contains(line, "class=slow ") {
					continue // this machine is busy
				}
				if !strings.Contains(line, " peer=127.1.") {
					return line
				}
				classes = append(classes, classOf(m[3]))
			}
		}
		if len(classes) == 1 {
			return "one line: " + classes[0]
		}
		return fmt.Sprint(len(classes), " lines: ", strings.Join(classes, ", "))
	})
}

// sent is a violation that is over when the server closed the connection.
func sent(wire string) func(x *exchange) {
	return func(x *exchange) {
		c := x.dial().send(wire)
		for {
			if _, ok := c.answer("GET"); !ok {
				return
			}
		}
	}
}

var logRows = []row{
	told("H1", "Host : a", "http", sent(line("Host : a"))),
	told("H10", "Content-Length twice", "http", sent(post("Content-Length: 1\r\nContent-Length: 2", "x"))),
	told("H14", "a chunk's size that overflows", "body", sent(chunks("fffffffffffffffff\r\nx"))),
	told("H22", "a header line without an end", "http", sent("GET / HTTP/1.1\r\nX: "+strings.Repeat("a", 1<<20))),
	told("S1", "a packet of type 9", "socket.io", func(x *exchange) { x.joined().packets("49") }),
	told("S4", "an event without a name", "socket.io", func(x *exchange) { x.joined().packets("42[]") }),
	told("S6", "bytes without a header", "socket.io", func(x *exchange) {
		w := x.joined()
		w.send(raw(0x82, "x"))
		w.outcome()
	}),
	told("W11", "4000 pongs", "eio flood", func(x *exchange) {
		x.joined().send(strings.Repeat(raw(0x8a, "x"), 4000)).finished()
	}),
	told("E11", "2000 requests of an address", "address", func(x *exchange) {
		x.home.stays = true
		x.guess(2000, 0)
		x.home.stays = false
		x.home.move()
	}),
}
