package blackbox

import (
	"fmt"
	"strings"
)

// value is a row of group J: an argument of an event, and what comes back of it, or that it is refused. The event's
// handler sends its arguments back as they are.
func value(sent, arg, want string, remark ...string) row {
	if want == "itself" {
		want = "[" + arg + "]"
	}
	return row{name: "J", sent: sent, want: want, hazard: true, remark: strings.Join(remark, ""),
		run: func(x *exchange) string {
			w := x.joinedAt(hazardPath)
			w.send(text(`420["echo",` + arg + `]`))
			m, how := w.say()
			m = strings.TrimPrefix(m, "430")
			switch {
			case how != "":
				return how
			case len(m) > 100 && m == "["+arg+"]":
				return "comes back"
			}
			return m
		}}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

var jsonRows = []row{
	value("depth 100", nested(100), "comes back"), value("depth 9999", nested(9999), "close"),
	value("depth 10001", nested(10001), "close"), value("depth 5*10^5", strings.Repeat("[", 990_000), "close"),
	value("depth 10^5 of objects", strings.Repeat(`{"a":`, 1e5), "close"),
	value("1 MB of []", "["+strings.Repeat("[],", 330_000)+"0]", "comes back", "raw: it is bounded where it is decoded"),
	value("1 MB of {}", "["+strings.Repeat("{},", 330_000)+"0]", "comes back", "raw: it is bounded where it is decoded"),
	value(`1 MB of {"a":0}`, "["+strings.Repeat(`{"a":0},`, 120_000)+"0]", "comes back", "raw, likewise"),
	value("10^5 keys", keys(8e4), "comes back", "8*10^4 fit into maxPayload"),
	value("a key twice", `{"a":1,"a":2}`, "itself"),
	value("1e400", "1e400", "itself"), value("-0", "-0", "itself"),
	value("a number of 10^6 digits", strings.Repeat("7", 990_000), "comes back"),
	value(`a lone surrogate \ud800`, `"\ud800"`, "itself"), value(`\u0000`, `"\u0000"`, "itself"),
	value("a BOM", "\ufeff1", "close"), value("BOM in a string", "\"\ufeff\"", "itself"),
	value("UTF-8 that is none", "\"\xff\"", "1007 close"), value("NUL in a string", "\"\x00\"", "close"),
	value("trailing garbage", `1]x[1`, "close"), value("a trailing comma", `1,`, "close"), value("NaN", "NaN", "close"),
	value("Infinity", "Infinity", "close"), value("a comment", "/*c*/1", "close"), value("01", "01", "close"),
	value("+1", "+1", "close"), value("0x1", "0x1", "close"), value("1.", "1.", "close"), value(".5", ".5", "close"),
	value("'x'", "'x'", "close"), value("undefined", "undefined", "close"), value(`"\x41"`, `"\x41"`, "close"),
	value("an unfinished string", `"abc`, "close"),
	value("__proto__", `{"__proto__":{"polluted":true}}`, "itself", "plain data for clients in JavaScript"),
	value("constructor", `{"constructor":{"prototype":{"polluted":true}}}`, "itself"),
	value("prototype", `{"prototype":1}`, "itself"), value("toJSON", `{"toJSON":"x"}`, "itself"),
	value("then", `{"then":1}`, "itself"), value("hasOwnProperty", `{"hasOwnProperty":1}`, "itself"),
}
