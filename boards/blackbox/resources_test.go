package blackbox

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// The hazard program's deadlines are a tenth of the defaults: 1 s for a request head, 3 s for an idle connection and
// for a body, 4.5 s for the first CONNECT, 2.5 s and 2 s for the heartbeat, 1 s above the soft limit of output.

func timed(name, sent, want string, run func(x *exchange) string) row {
	return row{name: name, sent: sent, want: want, hazard: true,
		run: run, remark: "deadlines are a tenth of the defaults"}
}

// drip sends a byte every 300 ms.
func drip(wire string) func(x *exchange) string {
	return func(x *exchange) string {
		c := x.dial()
		go func() {
			for i := range len(wire) {
				c.send(wire[i : i+1])
				time.Sleep(300 * time.Millisecond)
			}
		}()
		return c.verdict()
	}
}

var timeRows = []row{
	timed("R1", "a request head, a byte every 300 ms", "408 close", drip(line("X: "+strings.Repeat("x", 100)))),
	timed("R2", "a body, a byte every 300 ms", "408 close", func(x *exchange) string {
		c := x.dial().send("POST /hazard/body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
		go func() {
			for range 100 {
				c.send("x")
				time.Sleep(300 * time.Millisecond)
			}
		}()
		return c.verdict()
	}),
	timed("R4", "nothing", "close", func(x *exchange) string { return x.dial().verdict() }),
	timed("R4", "nothing behind an answer", "200 close",
		func(x *exchange) string { return x.dial().send(target("/")).verdict() }),
	timed("R5", "a WebSocket without CONNECT", "close", func(x *exchange) string { return x.engine().verdict() }),
	timed("R5", "a polling session without CONNECT", "session gone", func(x *exchange) string {
		s := x.poll4()
		for range 6 { // GETs that are answered with pings
			if a := s.get(); a.body != "2" {
				return "session gone"
			}
			s.post("3")
		}
		return "session open"
	}),
	timed("R6", "a client that reads nothing, and broadcasts of 13 MB", "dropped, the others have all of it", stalled),
	timed("R6", "50 clients that read nothing, and broadcasts of 13 MB", "all dropped", stalledMany),
	timed("R7", "no answer to pings, and no FIN", "close", func(x *exchange) string {
		w := x.joined()
		w.mute = true
		return w.verdict()
	}),
	timed("R7", "FIN of a WebSocket without a close frame", "cut", func(x *exchange) string {
		w := x.joined()
		w.fin()
		return w.verdict()
	}),
	timed("R7", "FIN of our half behind a request", "200 close", func(x *exchange) string {
		return x.dial().send(target("/")).fin().verdict()
	}),
	timed("R7", "FIN of our half while a GET waits", "session gone", func(x *exchange) string {
		s := x.poll4()
		x.dial().tell("GET", s.target, "").fin().finished()
		time.Sleep(5 * time.Second)
		return s.state()
	}),
}

// stalled is a client whose window stays shut.
func stalled(x *exchange) string {
	silent, other := x.joinedAt(hazardPath), x.joinedAt(hazardPath)
	_ = silent.tcp().SetReadBuffer(4 << 10)
	if got := other.broadcasts(); got != "" {
		return got
	}
	if !silent.dropped() {
		return "not dropped"
	}
	return "dropped, the others have all of it"
}

// broadcasts brings about 200 broadcasts, one after the other, and hears all of them.
func (w *channel) broadcasts() string {
	for n := range 200 {
		w.send(text(`420["all",1,65536]`))
		for heard, acked := false, false; !heard || !acked; {
			m, how := w.say()
			w.heard = nil
			switch {
			case how != "":
				return fmt.Sprintf("the other one after %d: %s", n, how)
			case strings.HasPrefix(m, `42["all"`):
				heard = true
			case strings.HasPrefix(m, "430"):
				acked = true
			}
		}
	}
	return ""
}

// dropped waits until the server has ended the connection.
func (w *channel) dropped() bool {
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if !w.held() {
			return true
		}
	}
	return false
}

// held tells whether the server has the connection. The kernel still has its buffers to send, so that its table tells
// it and not what is read.
func (w *channel) held() bool {
	local := w.tcp().LocalAddr().(*net.TCPAddr)
	remote := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(local.IP.To4()), local.Port)
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		w.x.fail("%v", err)
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line) // number, local, remote, state, ...
		if f[2] == remote && f[3] == "01" {
			return true
		}
	}
	return false
}

func stalledMany(x *exchange) string {
	var silent []*channel
	for range 50 {
		w := x.joinedAt(hazardPath)
		_ = w.tcp().SetReadBuffer(4 << 10)
		silent = append(silent, w)
	}
	other := x.joinedAt(hazardPath)
	if got := other.broadcasts(); got != "" {
		return got
	}
	for i, w := range silent {
		if !w.dropped() {
			return fmt.Sprint(i, " is not dropped")
		}
	}
	return "all dropped"
}

func handler(sent, event, want, remark string) row {
	return row{name: "R13", sent: sent, want: want, remark: remark, hazard: true, run: func(x *exchange) string {
		w := x.joinedAt(hazardPath)
		w.send(text("420" + event))
		n := 0
		for {
			m, how := w.say()
			w.heard = nil
			switch {
			case how != "" && n > 0:
				return fmt.Sprintf("%d packets, %s", n, how)
			case how != "":
				return how
			case m == "41" && !strings.HasSuffix(want, "close"):
				return "41, and the session goes on"
			case strings.HasPrefix(m, "430"):
				if n > 0 {
					return fmt.Sprintf("%d events, %s", n, m)
				}
				return m
			}
			n++
		}
	}}
}

var handlerRows = []row{
	handler("a handler that blocks for 1 s", `["block"]`, "430[]", ""),
	handler("a handler that panics", `["panic"]`, "41, and the session goes on", "the socket is disconnected"),
	handler("a handler that closes its own socket", `["close"]`, "1 packets, close", "41 before the end"),
	handler("a handler that emits 1000 to its client", `["burst",1000]`, "1000 events, 430[]", ""),
	{name: "R13", sent: "a handler that emits 10^5 to a client that polls", want: "session gone", hazard: true,
		run: func(x *exchange) string {
			s := x.polling("/hazard.io/?EIO=4&transport=polling").joined()
			s.post(`420["burst",100000]`)
			if a := s.get(); a.status == 200 && len(a.body) > 1<<20 {
				return fmt.Sprint(len(a.body), " bytes")
			}
			return s.state()
		}},
	{name: "R13", sent: "a handler of a request that panics", want: "500", hazard: true, run: func(x *exchange) string {
		return fmt.Sprint(x.ask("GET", "/hazard/panic", "").status)
	}},
	{name: "R13", sent: "100 handlers that panic", want: "100 x 41", hazard: true, run: func(x *exchange) string {
		for range 100 {
			w := x.joinedAt(hazardPath)
			w.send(text(`42["panic"]`))
			if m, how := w.say(); m != "41" {
				return m + how
			}
		}
		return "100 x 41"
	}},
}

// blocked is the list's 10 s, with a program of its own: all others must wait, and then go on; the log and the figures
// tell what it was.
func blocked(x *exchange) string {
	x.g = launch(x.t, "blocked", append([]string{"env", "HAZARD_HURRY=1"},
		commandLine(*hazards, "-listen", "127.0.0.1:0", "-log", "DEBUG")...), nil)
	return x.private(func(x *exchange) string {
		w, other, s := x.joinedAt(hazardPath), x.joined(), x.poll4().joined()
		w.send(text(`420["block"]`)).finished()
		time.Sleep(time.Second)
		begin := time.Now()
		if got := other.outcomeOpen(); got != "open" || time.Since(begin) < 5*time.Second {
			return fmt.Sprint("the other one: ", got, " after ", time.Since(begin))
		}
		if m, how := w.say(); m != "430[]" {
			return m + how
		}
		if got := s.state(); got != "session open" {
			return got
		}
		if !x.g.log.has("class=slow duration=10") || !strings.Contains(x.g.log.text(), "handlers=[block]") {
			return "the log: " + x.g.log.tail(8)
		}
		if now := x.g.figures(); now["edgesio_loop_lag_seconds_sum"] < 8 || now["edgesio_slow_turns_total"] < 1 {
			return fmt.Sprint("the figures: ", now)
		}
		return "all others go on, and the log names it"
	})
}

// million emits more than a client can take, in one turn.
func million(x *exchange) string {
	x.g = launch(x.t, "million", append([]string{"env", "HAZARD_HURRY=1"},
		commandLine(*hazards, "-listen", "127.0.0.1:0", "-log", "DEBUG")...), nil)
	return x.private(func(x *exchange) string {
		w, other := x.joinedAt(hazardPath), x.joined()
		w.send(text(`420["burst",1000000]`))
		for {
			_, how := w.say()
			if w.heard = nil; how == "" {
				continue
			}
			if got := other.outcomeOpen(); got != "open" {
				return "the other one: " + got
			}
			return "that one is " + how + ", the other goes on"
		}
	})
}

var loadRows = []row{
	{name: "R10", sent: "10^4 connections of one address, half of them cut",
		want:   "that address has to wait, others are served",
		remark: "300 a second, 1500 at once; as fast as they come", run: func(x *exchange) string {
			x.home.stays = true
			for i := range 10_000 {
				c := x.dial()
				if i%2 == 0 {
					c.reset()
				}
				c.end()
				x.conns = x.conns[:0]
			}
			if got := x.dial().send(target("/")).verdict(); got != "close" && got != "429 close" {
				return "that address: " + got
			}
			x.home.stays = false
			x.home.move()
			if got := x.serves(); got != "serves" {
				return got
			}
			return "that address has to wait, others are served"
		}},
	{name: "R10", sent: "300 connections of one address at once", want: "256 are held, others are served",
		remark: "-max-conns-per-address", run: func(x *exchange) string {
			x.home.stays = true
			served := 0
			for range 300 {
				x.dial().send(target("/"))
			}
			for _, c := range x.conns {
				if a, _ := c.answer("GET"); a.status == 200 {
					served++
				}
			}
			x.home.stays = false
			x.home.move()
			if got := x.serves(); got != "serves" {
				return got
			}
			return fmt.Sprint(served, " are held, others are served")
		}},
	{name: "R10", sent: "10^4 connections one after the other, half of them cut", want: "serves",
		remark: "100 from each address; the ports of 5000 stay in TIME_WAIT", run: func(x *exchange) string {
			for i := range 10_000 {
				c := x.dial()
				if i%2 == 0 {
					c.reset()
				}
				c.end()
				x.conns = x.conns[:0]
			}
			return x.serves()
		}},
	{name: "R10", sent: "1500 connections at once, 100 from each address", want: "serves", run: func(x *exchange) string {
		for range 1500 {
			x.dial()
		}
		for _, c := range x.conns {
			c.send(target("/"))
		}
		for _, c := range x.conns {
			if a, _ := c.answer("GET"); a.status != 200 {
				return a.short()
			}
		}
		return x.serves()
	}},
}

// serves tells whether a new client gets what it asks for.
func (x *exchange) serves() string {
	if a := x.ask("GET", "/", ""); a.status != 200 {
		return "GET: " + a.short()
	}
	w := x.joined()
	if got := w.outcomeOpen(); got != "open" {
		return got
	}
	return "serves"
}

// signal sends one to the row's program.
func (x *exchange) signal(s syscall.Signal) {
	if err := syscall.Kill(x.g.pid, s); err != nil {
		x.fail("%v", err)
	}
}
