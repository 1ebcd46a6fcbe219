package blackbox

import (
	"fmt"
	"strings"
)

const (
	hazardPath  = "/hazard.io/?EIO=4&transport=websocket"
	invalidName = `{"message":"Invalid namespace"}`
)

// many is fewer where each takes its time.
func many(n int) int {
	if *emulator != "" {
		return n / 20
	}
	return n
}

var namespaceRows = []row{
	{name: "S2", sent: "CONNECT to an unknown namespace, 10^5 times", want: "127 or a few more refused, then close",
		remark: "ConnectBurst is 128, ConnectRate 10 a second", run: func(x *exchange) string {
			w := x.joined()
			w.send(strings.Repeat(text("40/x,"), 100_000))
			for n := 0; ; n++ {
				switch m, how := w.say(); {
				case how != "":
					return about(n, 127) + " refused, then " + how
				case !strings.HasPrefix(m, "44/x,"):
					return m
				}
			}
		}},
	free(packet("S2", "CONNECT to an unknown namespace", `44/x,`+invalidName+`, open`), "0/x,"),
	free(packet("S2", "CONNECT without its comma", `44/x,`+invalidName+`, open`), "0/x"),
	free(packet("S2", "a namespace with ?", `44/x?a=b,`+invalidName+`, open`), "0/x?a=b,"),
	free(packet("S2", "a namespace with %", `44/%2f,`+invalidName+`, open`), "0/%2f,"),
	packet("S2", "a namespace with NUL", refused, "0/\x00,"),
	free(packet("S2", "a namespace __proto__", `44/__proto__,`+invalidName+`, open`), "0/__proto__,"),
	packet("S2", "a namespace of 1 MB", refused, "0/"+strings.Repeat("x", 999_000)+","),
	packet("S2", "an event for a namespace that is not joined", refused, `2/x,["req"]`),
	packet("S2", "an ack for a namespace that is not joined", refused, `3/x,1["req"]`),
	packet("S2", "a disconnect from a namespace that is not joined", refused, `1/x,`),
	hazardous(row{name: "S2", sent: "10^5 dynamic namespaces of one client",
		want:   "63 joined, 64 or a few more refused, then close",
		remark: "63 and the main one; ConnectBurst is 128", run: func(x *exchange) string {
			w := x.joinedAt(hazardPath)
			return w.dynamic(100_000, 0)
		}}),
	hazardous(row{name: "S2", sent: "50 dynamic namespaces of 100 clients, each left again",
		want: "all joined, and nothing left", run: func(x *exchange) string {
			for k := range many(100) {
				w := x.joinedAt(hazardPath)
				var b strings.Builder
				for i := 50 * k; i < 50*k+50; i++ {
					fmt.Fprint(&b, text(fmt.Sprintf("40/a%05d,", 5000+i)), text(fmt.Sprintf("41/a%05d,", 5000+i)))
				}
				w.send(b.String())
				for range 50 {
					if m, how := w.say(); !strings.HasPrefix(m, "40/a") {
						return m + how
					}
				}
				w.conn.end()
			}
			return "all joined, and nothing left"
		}}),
	hazardous(row{name: "S5", sent: "a handler that asks its client for 10^5 acks", want: "98976 refused at once",
		remark: "MaxPendingAcks is 1024", run: func(x *exchange) string {
			w := x.joinedAt(hazardPath)
			w.send(text(`420["ask",100000]`))
			for {
				m, how := w.say()
				if n, ok := strings.CutPrefix(m, "430["); ok {
					return strings.Trim(n, "]") + " refused at once"
				} else if how != "" {
					return how
				}
			}
		}}),
	hazardous(roomRow("a socket that joins 10^5 rooms", `["rooms",100000]`, "[1024,98976]",
		"MaxRoomsPerSocket is 1024")),
	hazardous(roomRow("10^6 rooms joined and left", `["churn",1000000]`, "2048 or a few more joined, none is left",
		"JoinBurst is 2048, JoinRate 500 a second; emulated: 50000")),
	hazardous(roomRow("a room name of 1 MB", `["room",1000000]`, "[true]", "refused: MaxNameBytes is 512")),
}

// fullRows take all the room that there is.
var fullRows = []row{
	hazardous(row{name: "S2", sent: "dynamic namespaces of 8 clients, 100 each", want: "256 joined, the others refused",
		remark: "MaxChildNamespaces is 256 here", run: func(x *exchange) string {
			joined := 0
			for i := range 8 {
				var n, not int
				if got := x.joinedAt(hazardPath).dynamic(100, 100*i); !strings.HasSuffix(got, "open") {
					return got
				} else if _, err := fmt.Sscanf(got, "%d joined, %d refused", &n, &not); err != nil || n+not != 100 {
					return got
				}
				joined += n
			}
			return fmt.Sprint(joined, " joined, the others refused")
		}}),
}

// roomRow is an event of the hazard program, and its ack.
func roomRow(sent, event, want, remark string) row {
	return row{name: "S9", sent: sent, want: want, remark: remark, run: func(x *exchange) string {
		w := x.joinedAt(hazardPath)
		if *emulator != "" {
			event = strings.Replace(event, "1000000]", "50000]", 1)
		}
		w.send(text("420" + event))
		m, how := w.say()
		var left, failed int
		if n, _ := fmt.Sscanf(m, "430[%d,%d]", &left, &failed); n == 2 && strings.Contains(event, "churn") {
			if tried := many(1_000_000); left == 0 && failed <= tried-2048 && failed > tried-2048-10_000 {
				return "2048 or a few more joined, none is left"
			}
		}
		return strings.TrimPrefix(m, "430") + how
	}}
}

// about is a number that a rate lets be somewhat larger than its burst.
func about(n, least int) string {
	if n >= least && n < least+100 {
		return fmt.Sprint(least, " or a few more")
	}
	return fmt.Sprint(n)
}

// dynamic asks for n namespaces from a number on and tells what became of them.
func (w *channel) dynamic(n, from int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		b.WriteString(text(fmt.Sprintf("40/a%05d,", i)))
	}
	w.send(b.String())
	joined, refused := 0, 0
	for joined+refused < n {
		switch m, how := w.say(); {
		case how != "":
			return fmt.Sprintf("%d joined, %s refused, then %s", joined, about(refused, 64), how)
		case strings.HasPrefix(m, "40/a"):
			joined++
		case strings.HasPrefix(m, "44/a"):
			refused++
		default:
			return m
		}
	}
	return fmt.Sprintf("%d joined, %d refused, open", joined, refused)
}

// outcomeOpen tells whether an event is answered.
func (w *channel) outcomeOpen() string {
	w.send(text(`42999["req"]`))
	if m, how := w.say(); m != `43999["hello world"]` {
		return m + how
	}
	return "open"
}

// lost is a client with recovery that got a packet and lost its connection: what it needs to come back.
func (x *exchange) lost(cut bool) (pid, offset, id string, w *channel) {
	w = x.engineAt(hazardPath)
	w.send(text("40"))
	m, _ := w.say()
	id, pid = between(m, `"sid":"`), between(m, `"pid":"`)
	w.send(text(`42["burst",1]`) + text(`420["latest","x"]`))
	for {
		m, how := w.say()
		if how != "" {
			x.fail("no packet: %s", how)
		}
		if strings.HasPrefix(m, `42["burst"`) {
			offset = strings.TrimSuffix(strings.TrimPrefix(m, `42["burst","x","`), `"]`)
		}
		if strings.HasPrefix(m, "430") {
			break
		}
	}
	if pid == "" || offset == "" {
		x.fail("no pid or offset: %q %q", pid, offset)
	}
	if cut {
		w.reset()
	}
	return pid, offset, id, w
}

func between(s, before string) string {
	_, rest, _ := strings.Cut(s, before)
	rest, _, _ = strings.Cut(rest, `"`)
	return rest
}

// back tries to come back, and tells whether that is the same socket.
func (x *exchange) back(pid, offset, id string) string {
	w := x.engineAt(hazardPath)
	w.send(text(fmt.Sprintf(`40{"pid":"%s","offset":"%s"}`, pid, offset)))
	for {
		m, how := w.say()
		switch {
		case how != "":
			return how
		case strings.HasPrefix(m, "40{") && between(m, `"sid":"`) == id:
			return "the old socket"
		case strings.HasPrefix(m, "40{"):
			return "a new socket"
		}
	}
}

// A pid that comes while its connection is open ends that one: the client is on a new network before the server knows.
func recovery(sent, want string, run func(x *exchange) string) row {
	return row{name: "S11", sent: sent, want: want, hazard: true, run: run}
}

var recoveryRows = []row{
	recovery("pid and offset, as they were", "the old socket", func(x *exchange) string {
		pid, offset, id, _ := x.lost(true)
		return x.back(pid, offset, id)
	}),
	recovery("a forged pid", "a new socket", func(x *exchange) string {
		_, offset, id, _ := x.lost(true)
		return x.back("AAAAAAAAAAAAAAAAAAAA", offset, id)
	}),
	recovery("pid __proto__", "a new socket", func(x *exchange) string { return x.back("__proto__", "x", "") }),
	recovery("a pid of 10 kB", "a new socket", func(x *exchange) string {
		return x.back(strings.Repeat("p", 1e4), "x",
			"")
	}),
	recovery("the pid of a client whose connection is open", "the old socket", func(x *exchange) string {
		pid, offset, id, _ := x.lost(false)
		return x.back(pid, offset, id)
	}),
	recovery("an unknown offset", "a new socket", func(x *exchange) string {
		pid, _, id, _ := x.lost(true)
		return x.back(pid, "unknown", id)
	}),
	recovery("a pid twice", "the old socket, the old socket", func(x *exchange) string {
		pid, offset, id, _ := x.lost(true)
		return x.back(pid, offset, id) + ", " + x.back(pid, offset, id)
	}),
	recovery("an offset that came through a volatile string", "a new socket", func(x *exchange) string {
		pid, _, id, _ := x.lost(true)
		return x.back(pid, "x", id)
	}),
	recovery("a pid behind a disconnect by the client", "a new socket", func(x *exchange) string {
		pid, offset, id, w := x.lost(false)
		w.send(text("41")).reset()
		return x.back(pid, offset, id)
	}),
}
