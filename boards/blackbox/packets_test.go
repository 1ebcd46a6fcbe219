package blackbox

import (
	"fmt"
	"strings"
)

// packet is a row of group S: text packets of a client that joined the main namespace, what it hears, and how it ends.
func packet(name, sent, want string, packets ...string) row {
	if sent == "" {
		sent = strings.Join(packets, " ")
	}
	return row{name: name, sent: sent, want: want, run: func(x *exchange) string {
		w := x.joined()
		return w.packets(packed(packets)...)
	}}
}

// packed puts Engine.IO's type before packets of Socket.IO.
func packed(packets []string) []string {
	var list []string
	for _, p := range packets {
		list = append(list, "4"+p)
	}
	return list
}

// early is packet for a client that has not joined.
func early(name, sent, want string, packets ...string) row {
	return row{name: name, sent: sent, want: want, run: func(x *exchange) string {
		w := x.engine()
		for _, p := range packed(packets) {
			w.send(text(p))
		}
		var got []string
		for {
			m, how := w.say()
			if how != "" {
				return strings.Join(append(got, how), ", ")
			}
			if strings.HasPrefix(m, `40{"sid":"`) {
				m = "joined"
			}
			if got = append(got, m); m == "joined" && strings.HasSuffix(want, "joined") {
				return strings.Join(got, ", ")
			}
		}
	}}
}

// refused is the verdict of what is no packet.
const refused = "close, forced close"

func bad(name string, packets ...string) row { return packet(name, "", refused, packets...) }

// fine goes to the program without a policy, which would refuse these events.
func fine(name string, packets ...string) row {
	return free(packet(name, "", "open", packets...), packets...)
}

// free is a row for the server without a policy.
func free(r row, packets ...string) row {
	r.hazard = true
	r.run = func(x *exchange) string { return x.joinedAt(hazardPath).packets(packed(packets)...) }
	return r
}

var packetRows = []row{
	packet("S1", "an empty message", refused, ""), bad("S1", "9"), bad("S1", "x"), bad("S1", "7"),
	early("S2", "an event before CONNECT", "close", `2["req"]`),
	early("S2", "an ack before CONNECT", "close", `31["x"]`),
	early("S2", "a disconnect before CONNECT", "close", `1`),
	packet("S2", "a second CONNECT", refused, "0"),
	early("S3", "a CONNECT with an ack id, 01", "joined", "01"),
	early("S3", "auth that is an array", "close", `0["a"]`),
	early("S3", "auth that is a string", "close", `0"a"`),
	early("S3", "auth null", "close", `0null`),
	early("S3", "auth of 1 MB", "1009 close", `0{"a":"`+strings.Repeat("x", 999_000)+`"}`),
	early("S3", "auth of depth 10^4", "close", `0{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`),
	early("S3", "pid and offset of wrong types", "joined", `0{"pid":1,"offset":{}}`),
	bad("S4", `2[]`), bad("S4", `2{}`), bad("S4", `2"x"`), bad("S4", `2null`), bad("S4", `2`), bad("S4", `2[null]`),
	bad("S4", `2[{"toString":"x"}]`), fine("S4", `2["__proto__"]`), fine("S4", `2["constructor"]`), fine("S4",
		`2["toString",1]`),
	bad("S4", `2["connect"]`), bad("S4", `2["connect_error"]`), bad("S4", `2["disconnect"]`), bad("S4",
		`2["disconnecting"]`),
	bad("S4", `2["newListener"]`), bad("S4", `2["removeListener"]`),
	packet("S4", "an event name of 1 MB", refused, `2["`+strings.Repeat("x", 999_000)+`"]`),
	fine("S4", `2[7]`), bad("S4", `2[true]`),
	acked("0", "0"), acked("9007199254740991", "9007199254740991"), acked("007", "7"),
	packet("S5", "ack id 2^53", `439007199254740992["hello world"], open`, `29007199254740992["req"]`),
	bad("S5", `2100000000000000000000["req"]`), bad("S5", `2-1["req"]`),
	remarked(bad("S5", `2 1["req"]`), blanks), remarked(bad("S5", `2 ["req"]`), blanks), bad("S5", `21e1["req"]`),
	fine("S5", `30["never asked for"]`), packet("S5", "the same ack id twice",
		`431["hello world"] 431["hello world"], open`,
		`21["req"]`, `21["req"]`),
	remarked(packet("S5", "3000 acks that nobody asked for", "open", repeated(`3%d["x"]`, 3000)...), heldBack),
	flooded("S5", "10^5 acks that nobody asked for", strings.Repeat(text(`431["x"]`), 1e5)),
	packet("S5", "an ack with no payload", refused, "31"), fine("S5", `3["no id"]`),
	bad("S7", `4{"message":"x"}`), bad("S7", `4"x"`),
	{name: "S8", sent: "1000 packets in one POST", want: "1000 acks", run: func(x *exchange) string {
		s := x.poll4().joined()
		s.post(strings.Join(repeated(`42%d["req"]`, 1000), "\x1e"))
		for seen := 0; seen < 1000; {
			a := s.get()
			for p := range strings.SplitSeq(a.body, "\x1e") {
				switch {
				case p == fmt.Sprintf(`43%d["hello world"]`, seen):
					seen++
				case a.status != 200 || !strings.HasPrefix(p, `42["`):
					return a.short()
				}
			}
		}
		return "1000 acks"
	}},
	{name: "S10", sent: "a disconnect, and an event behind it", want: "close", run: func(x *exchange) string {
		w := x.joined()
		w.id = ""
		return w.packets("41", `421["req"]`)
	}},
	{name: "S10", sent: "a disconnect, and a CONNECT behind it", want: "joined again", run: func(x *exchange) string {
		w := x.joined()
		w.send(text("41") + text("40"))
		w.join()
		return "joined again"
	}},
	{name: "S10", sent: "a disconnect and another one", want: "close", run: func(x *exchange) string {
		w := x.joined()
		w.id = ""
		return w.packets("41", "41")
	}},
}

const blanks = "no blanks: the reference counts one as the digit 0"

func acked(id, back string) row {
	return packet("S5", "ack id "+id, `43`+back+`["hello world"], open`, `2`+id+`["req"]`)
}

// repeated is n packets with numbers.
func repeated(format string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

// attached is a row with a binary packet's header, and what follows: text packets, or binary messages for those that
// start with b.
func attached(sent, want string, packets ...string) row {
	return row{name: "S6", sent: sent, want: want, run: func(x *exchange) string {
		w := x.joined()
		for _, p := range packets {
			if rest, ok := strings.CutPrefix(p, "b"); ok {
				w.send(raw(0x82, rest))
			} else {
				w.send(text("4" + p))
			}
		}
		return w.outcome()
	}}
}

func header6(p string) row { return attached(p, refused, p) }

const placeholder = `{"_placeholder":true,"num":0}`

var attachmentRows = []row{
	header6("5-"), header6("5x-"), header6(`51.5-["req"]`), header6(`5-1-["req"]`), header6(`5 1-["req"]`),
	header6(`599999999-["req",` + placeholder + `]`), header6(`54294967297-["req",` + placeholder + `]`),
	header6(`511-["req",` + placeholder + `]`),
	header6(`50-["req",` + placeholder + `]`),
	attached(`51-["req"] without a placeholder, and its bytes`, "open", `51-["req"]`, "bx"),
	header6(`51-["req",{"_placeholder":true,"num":-1}]`),
	header6(`51-["req",{"_placeholder":true,"num":1}]`),
	header6(`51-["req",{"_placeholder":true,"num":"splice"}]`),
	header6(`51-["req",{"_placeholder":true,"num":1e9}]`),
	header6(`51-["req",{"_placeholder":true,"num":4294967296}]`),
	header6(`51-["req",{"_placeholder":true}]`),
	attached("the same placeholder twice", `430["hello world"], open`, `51-0["req",`+placeholder+`,`+placeholder+`]`,
		"bx"),
	attached("a placeholder 50 times", refused, `51-0["req"`+strings.Repeat(","+placeholder, 50)+`]`, "bx"),
	attached("nested placeholders", `430["hello world"], open`,
		`51-0["req",{"_placeholder":false,"num":`+placeholder+`}]`, "bx"),
	attached("a placeholder with a placeholder as num", refused,
		`51-0["req",{"_placeholder":true,"num":`+placeholder+`}]`),
	attached("text while bytes are missing", refused, `51-["req",`+placeholder+`]`, `2["req"]`),
	attached("bytes without a header", refused, "bx"),
	attached("bytes behind the last one", refused, `51-["req",`+placeholder+`]`, "bx", "by"),
	attached("a header for another namespace", refused, `51-/other,["req",`+placeholder+`]`, "bx"),
	attached("a second header while bytes are missing", refused, `52-["req",`+placeholder+`]`, "bx",
		`51-["req",`+placeholder+`]`),
	attached("10 attachments", `430["hello world"], open`, append([]string{`510-0["req",` + placeholder + `]`},
		repeated("b%d", 10)...)...),
	attached("a binary ack that nobody asked for", "open", `61-5[`+placeholder+`]`, "bx"),
	attached("5 attachments of 999 kB, above 4 times maxPayload", refused, `510-["req",`+placeholder+`]`,
		large, large, large, large, large),
}

var large = "b" + strings.Repeat("x", 999_000)
