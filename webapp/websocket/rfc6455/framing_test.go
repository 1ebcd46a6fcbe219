package rfc6455

import (
	"fmt"
	"strings"
)

// dialect is what a server wants around a message.
type dialect struct {
	name, target string
	prefix       string // of a text message; a binary one has none
}

var (
	plain  = dialect{"websocket", "/echo", ""}
	engine = dialect{"eio", "/engine.io/?EIO=4&transport=websocket", "4"}
)

func (d dialect) text(payload string) string  { return text(d.prefix + payload) }
func (d dialect) first(payload string) string { return first(d.prefix + payload) }
func (d dialect) told(payload string) event   { return event{"text", d.prefix + payload} }

// fill is a payload of n octets, prefix included if there is room.
func (d dialect) fill(op byte, n int) string {
	if op == opText && n >= len(d.prefix) {
		return d.prefix + strings.Repeat("*", n-len(d.prefix))
	}
	return strings.Repeat("*", n)
}

// step is one thing that a client does.
type step struct {
	wire  string
	chop  int  // octets of a piece; 0: all at once
	await int  // then so many events must have come in all, before anything else is sent
	quiet bool // then nothing comes for a second; only in memory can that be told from not yet
}

// row is a case.
type row struct {
	id, section string // of RFC 6455
	what        string
	steps       []step
	want        []event // before the server's close frame
	end         string  // that close frame
	asks        bool    // the client closes with 1000 once it has what it wants
	undefined   bool    // INFORMATIONAL: the public suite does not judge
}

// whole sends frames at once, octets in pieces of one octet, framewise one by one.
func whole(frames ...string) []step  { return []step{{wire: strings.Join(frames, "")}} }
func octets(frames ...string) []step { return []step{{wire: strings.Join(frames, ""), chop: 1}} }
func framewise(frames ...string) (steps []step) {
	for _, f := range frames {
		steps = append(steps, step{wire: f})
	}
	return steps
}

// sound is a case that ends with a close handshake of the client's, fails one that the server ends.
func sound(id, section, what string, steps []step, want ...event) row {
	return row{id: id, section: section, what: what, steps: steps, want: want, end: "close 1000", asks: true}
}

func fails(id, section, what, end string, steps []step, want ...event) row {
	return row{id: id, section: section, what: what, steps: steps, want: want, end: end}
}

const (
	protocolError = "close 1002"
	badData       = "close 1007"
)

var kinds = []string{opText: "text", opBinary: "binary"}

func sizes(d dialect) (rows []row) {
	for _, op := range []byte{opText, opBinary} {
		for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			payload, chop, how := d.fill(op, n), 0, ""
			if i == 7 {
				chop, how = 997, " in chops of 997"
			}
			if d.prefix != "" && op == opText && n == 0 {
				payload = d.prefix
			}
			rows = append(rows, sound(fmt.Sprintf("1.%d.%d", op, i+1), "5.6",
				fmt.Sprintf("%s message of %d octets%s", kinds[op], n, how),
				[]step{{wire: frame(fin|op, payload), chop: chop}}, event{kinds[op], payload}))
		}
	}
	return rows
}

func pings(dialect) []row {
	long := strings.Repeat("\xfe", 125)
	noise := "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	var ten []string
	var answers []event
	for i := range 10 {
		payload := fmt.Sprintf("ping %d of ten", i)
		ten, answers = append(ten, ping(payload)), append(answers, event{"pong", payload})
	}
	back := func(payload string) event { return event{"pong", payload} }
	return []row{
		sound("2.1", "5.5.2", "ping without payload", whole(ping("")), back("")),
		sound("2.2", "5.5.2", "ping with a text", whole(ping("Hello, world!")), back("Hello, world!")),
		sound("2.3", "5.5.2", "ping with octets that are no text", whole(ping(noise)), back(noise)),
		sound("2.4", "5.5.2", "ping of 125 octets", whole(ping(long)), back(long)),
		fails("2.5", "5.5", "ping of 126 octets", protocolError, whole(ping(long+"\xfe"))),
		sound("2.6", "5.5.2", "ping of 125 octets, by the octet", octets(ping(long)), back(long)),
		sound("2.7", "5.5.3", "pong that nobody asked for", whole(pong(""))),
		sound("2.8", "5.5.3", "the same with payload", whole(pong("unsolicited"))),
		sound("2.9", "5.5.3", "pong, then ping", whole(pong("unsolicited"), ping("ping")), back("ping")),
		sound("2.10", "5.5.2", "ten pings", whole(ten...), answers...),
		sound("2.11", "5.5.2", "ten pings, by the octet", octets(ten...), answers...),
	}
}

func reservedBits(d dialect) []row {
	const hello = "Hello, world!"
	good, told := d.text(hello), d.told(hello)
	bits := func(rsv, op byte) string { return frame(fin|rsv<<4|op, hello) }
	return []row{
		fails("3.1", "5.2", "text with RSV 1", protocolError, whole(bits(1, opText))),
		fails("3.2", "5.2", "text, text with RSV 2, ping", protocolError,
			whole(good, bits(2, opText), ping("")), told),
		fails("3.3", "5.2", "the same with RSV 3, frame by frame", protocolError,
			framewise(good, bits(3, opText), ping("")), told),
		fails("3.4", "5.2", "the same with RSV 4, by the octet", protocolError,
			octets(good, bits(4, opText), ping("")), told),
		fails("3.5", "5.2", "binary with RSV 5", protocolError, whole(bits(5, opBinary))),
		fails("3.6", "5.2", "ping with RSV 6", protocolError, whole(bits(6, opPing))),
		fails("3.7", "5.2", "close with RSV 7", protocolError, whole(bits(7, opClose))),
	}
}

func opcodes(d dialect) (rows []row) {
	const hello = "Hello, world!"
	for group, base := range []byte{3, 11} {
		for i := range byte(5) {
			payload, what := "", "frame with opcode %d"
			if i%2 == 1 || i == 4 {
				payload, what = "reserved opcode payload", "frame with opcode %d and payload"
			}
			bad := frame(fin|(base+i), payload)
			id, what := fmt.Sprintf("4.%d.%d", group+1, i+1), fmt.Sprintf(what, base+i)
			switch {
			case i < 2:
				rows = append(rows, fails(id, "5.2", what, protocolError, whole(bad)))
			case i < 4:
				rows = append(rows, fails(id, "5.2", "text, "+what+", ping", protocolError,
					whole(d.text(hello), bad, ping("")), d.told(hello)))
			default:
				rows = append(rows, fails(id, "5.2", "text, "+what+", ping, by the octet", protocolError,
					octets(d.text(hello), bad, ping("")), d.told(hello)))
			}
		}
	}
	return rows
}

func fragmentation(d dialect) (rows []row) {
	one, two := d.first("fragment1"), last("fragment2")
	told := d.told("fragment1fragment2")
	hello := d.text("Hello, world!")
	between := event{"pong", "ping"}
	rows = []row{
		fails("5.1", "5.5", "ping in two fragments", protocolError, whole(frame(opPing, "fragment1"), two)),
		fails("5.2", "5.5", "pong in two fragments", protocolError, whole(frame(opPong, "fragment1"), two)),
	}
	ways := []struct {
		how  string
		send func(...string) []step
	}{{"", whole}, {", frame by frame", framewise}, {", by the octet", octets}}
	for i, w := range ways {
		id := func(n int) string { return fmt.Sprintf("5.%d", n+i) }
		rows = append(rows,
			sound(id(3), "5.4", "text in two fragments"+w.how, w.send(one, two), told),
			sound(id(6), "5.4", "the same with a ping between"+w.how, w.send(one, ping("ping"), two), between, told),
			fails(id(9), "5.4", "continuation of nothing with FIN, text"+w.how, protocolError,
				w.send(last("nothing to continue"), hello)),
			fails(id(12), "5.4", "continuation of nothing without FIN, text"+w.how, protocolError,
				w.send(more("nothing to continue"), hello)))
	}
	five := []string{d.first("fragment1"), more("fragment2"), ping("1"), more("fragment3"), more("fragment4"), ping("2"),
		last("fragment5")}
	all := []event{{"pong", "1"}, {"pong", "2"}, d.told("fragment1fragment2fragment3fragment4fragment5")}
	paused := func(steps []step, at int) []step {
		steps[at].await, steps[at].quiet = 1, true
		steps[len(steps)-2].await = 2
		return steps
	}
	return append(rows,
		fails("5.15", "5.4", "text in two fragments, continuation of nothing without FIN, text", protocolError,
			whole(one, two, more("fragment3"), d.text("fragment4")), told),
		fails("5.16", "5.4", "twice: continuation of nothing without FIN, text in two fragments", protocolError,
			whole(more("fragment1"), d.first("fragment2"), last("fragment3"), more("fragment1"), d.first("fragment2"),
				last("fragment3"))),
		fails("5.17", "5.4", "twice: continuation of nothing with FIN, text in two fragments", protocolError,
			whole(last("fragment1"), d.first("fragment2"), last("fragment3"), last("fragment1"), d.first("fragment2"),
				last("fragment3"))),
		fails("5.18", "5.4", "text in two fragments that are both called text", protocolError,
			whole(one, text("fragment2"))),
		sound("5.19", "5.4", "five fragments with pings and a pause of 1 s between",
			paused([]step{{wire: strings.Join(five[:3], "")}, {wire: strings.Join(five[3:6], "")}, {wire: five[6]}}, 0), all...),
		sound("5.20", "5.4", "the same, frame by frame", paused(framewise(five...), 2), all...),
	)
}

func autoFragmentation(d dialect) []row {
	payload := d.fill(opText, 65536)
	return []row{sound("10.1.1", "5.4", "text message of 65536 octets in fragments of 1300",
		whole(fragments(opText, payload, 1300)), event{"text", payload})}
}
