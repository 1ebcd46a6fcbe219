package blackbox

import (
	"slices"
	"strings"
)

// upgrade is a row of group U: the headers of a WebSocket handshake through Engine.IO.
func upgrade(name, sent, want string, lines ...string) row {
	return knocked(name, sent, knock(enginePath, lines...), want, "")
}

func knocked(name, sent, wire, want, remark string) row {
	r := http11(name, sent, wire, want)
	r.remark = remark
	if strings.HasPrefix(want, "101") {
		r.run = func(x *exchange) string {
			w := x.channel(wire, "")
			w.read()
			return "101 " + w.verdict()
		}
	}
	return r
}

const (
	plainGet  = "without these it is a plain GET, for which the transport is wrong: the reference's code 3"
	passedBy  = "RFC 6455, section 9.1: what the server does not know it passes over"
	key       = "Sec-WebSocket-Key: "
	extension = "Sec-WebSocket-Extensions: permessage-deflate; "
)

func remarked(r row, remark string) row {
	r.remark = remark
	return r
}

var knockRows = []row{
	remarked(upgrade("U1", "no Upgrade", "400 open", "Upgrade:"), plainGet),
	remarked(upgrade("U1", "no Connection", "400 open", "Connection:"), plainGet),
	remarked(upgrade("U1", "Connection: keep-alive", "400 open", "Connection: keep-alive"), plainGet),
	upgrade("U1", "Upgrade: websockets", "400 close", "Upgrade: websockets"),
	upgrade("U1", "no Version", "400 close", "Sec-WebSocket-Version:"),
	upgrade("U1", "Version 12", "400 close", "Sec-WebSocket-Version: 12"),
	upgrade("U1", "Version 14", "400 close", "Sec-WebSocket-Version: 14"),
	upgrade("U1", "Version 13, which is right", "101 open", "Sec-WebSocket-Version: 13"),
	upgrade("U1", "no Key", "400 close", "Sec-WebSocket-Key:"),
	upgrade("U1", "a Key of 23", "400 close", key+"dGhlIHNhbXBsZSBub25jZQ="),
	upgrade("U1", "a Key of 25", "400 close", key+"dGhlIHNhbXBsZSBub25jZQ==="),
	upgrade("U1", "a Key that is not base64", "400 close", key+"dGhlIHNhbXBsZSBub25j-Q=="),
	upgrade("U1", "a Key of 17 bytes", "400 close", key+"dGhlIHNhbXBsZSBub25jZWU="),
	upgrade("U1", "a Key twice", "400 close", key+"dGhlIHNhbXBsZSBub25jZQ==",
		strings.ToLower(key)+"dGhlIHNhbXBsZSBub25jZQ=="),
	knocked("U2", "POST", "POST"+knock(enginePath)[3:], "400 close", ""),
	knocked("U2", "a body", knock(enginePath, "Content-Length: 5")+"hello", "400 close", ""),
	knocked("U2", "a chunked body", knock(enginePath, "Transfer-Encoding: chunked")+"0\r\n\r\n", "400 close", ""),
	remarked(upgrade("U3", "constructor", "101 open", "Sec-WebSocket-Extensions: constructor"), passedBy),
	hazardKnock("permessage-deflate 1000 times", "431 close", "Sec-WebSocket-Extensions: "+
		strings.Repeat("permessage-deflate; ", 1000)),
	hazardKnock("permessage-deflate 500 times", "400 close", "Sec-WebSocket-Extensions: "+
		strings.Repeat("permessage-deflate; ", 500)),
	hazardKnock("server_max_window_bits=7", "101 open", extension+"server_max_window_bits=7"),
	hazardKnock("client_max_window_bits=16", "101 open", extension+"client_max_window_bits=16"),
	hazardKnock("server_max_window_bits twice", "101 open",
		extension+"server_max_window_bits=9; server_max_window_bits=9"),
	hazardKnock("an unknown parameter", "101 open", extension+"unknown=1"),
	upgrade("U4", "50 KB of spaces", "431 close", "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 50<<10)+"b"),
	upgrade("U4", "8 KB of spaces", "400 close", "Sec-WebSocket-Protocol: a"+strings.Repeat(" ", 8<<10)+"b"),
	upgrade("U4", "1000 tokens", "101 open", "Sec-WebSocket-Protocol: a"+strings.Repeat(", b", 999)),
	{name: "U5", sent: "CONNECT and an event in the segment of the request", want: "answered",
		run: func(x *exchange) string {
			w := x.engine(text("40"), text(`421["req"]`))
			w.join()
			if m, how := w.say(); m != `431["hello world"]` {
				return m + how
			}
			return "answered"
		}},
	{name: "U5", sent: "a frame with a reserved opcode in the segment of the request", want: "1002 close",
		run: func(x *exchange) string { return x.engine("\x83\x00").verdict() }},
	{name: "U6", sent: "RST behind the request of a probe", want: "session open", run: func(x *exchange) string {
		s := x.poll4()
		x.dial().send(knock(s.ws())).reset()
		return s.state()
	}},
	originRow("foreign", "http://evil.example", "400 close"), originRow("null", "null", "400 close"),
	originRow("the same host, other scheme", "https://good.example", "400 close"),
	originRow("the same host, other port", "http://good.example:81", "400 close"),
	originRow("the host as a prefix", "http://good.example.evil", "400 close"),
	originRow("good", "http://good.example", "101 open"),
	hazardKnockNamed("U7", "no Origin", "101 open", "Origin:"),
	upgrade("U8", "100 headers before Upgrade", "431 close", slices.Repeat([]string{"X: y"}, 100)...),
}

// hazardKnock goes to the server that has compression on.
func hazardKnock(sent, want, l string) row { return hazardKnockNamed("U3", sent, want, l) }

func hazardKnockNamed(name, sent, want, l string) row {
	remark := ""
	if name == "U3" && want == "101 open" {
		remark = "RFC 7692, section 5.1: an offer that is not in order is declined"
	}
	return hazardous(knocked(name, sent, knock("/hazard.io/?EIO=4&transport=websocket", l), want, remark))
}

func originRow(sent, origin, want string) row {
	r := hazardKnockNamed("U7", sent+": "+origin, want, "Origin: "+origin)
	if want != "101 open" {
		r.remark = "the reference refuses a WebSocket request with 400"
	}
	return r
}

// ws is the target of a probe.
func (s *session) ws() string { return strings.Replace(s.target, "polling", "websocket", 1) }

var knockSessionRows = []row{
	knocked("U9", "an unknown sid", knock(enginePath+"&sid=AAAAAAAAAAAAAAAAAAAA"), "400 close", ""),
	knocked("U9", "sid=__proto__", knock(enginePath+"&sid=__proto__"), "400 close", ""),
	knocked("U9", "sid=constructor", knock(enginePath+"&sid=constructor"), "400 close", ""),
	knocked("U9", "a sid of 7 KB", knock(enginePath+"&sid="+strings.Repeat("A", 7<<10)), "400 close", ""),
	knocked("U9", "sid twice, first empty", knock(enginePath+"&sid=&sid=constructor"), "101 open",
		"the first one counts"),
	knocked("U9", "transport=__proto__", knock("/socket.io/?EIO=4&transport=__proto__"), "400 close", ""),
	knocked("U9", "transport=polling with an upgrade", knock(pollPath), "400 close", ""),
	{name: "U9", sent: "the sid of a WebSocket session", want: "refused, and the session goes on",
		run: func(x *exchange) string {
			c := x.dial().send(knock(enginePath))
			w := c.switched()
			_, open, _ := w.read()
			sid, _, _ := strings.Cut(strings.TrimPrefix(open, `0{"sid":"`), `"`)
			second := x.dial().send(knock(enginePath + "&sid=" + sid))
			if status, ok := second.answerOnly(); ok && status == 101 {
				if op, _, how := (&channel{conn: second}).read(); how == "" {
					return "frame " + string(rune('0'+op))
				}
			} else if status != 400 {
				return "no answer"
			}
			w.send(text("40"))
			w.join()
			return "refused, and the session goes on"
		}},
	{name: "U9", sent: "two probes on one sid", want: "101 and close for the second, session open",
		run: func(x *exchange) string {
			s := x.poll4()
			first := x.channel(knock(s.ws()), "")
			second := x.channel(knock(s.ws()), "")
			if _, _, how := second.read(); how != "close" {
				return "the second one: " + how
			}
			first.send(text("2probe"))
			if _, p, how := first.read(); p != "3probe" {
				return "the first one: " + p + how
			}
			first.end()
			return "101 and close for the second, " + s.state()
		}},
	{name: "U9", sent: "a GET with the sid of a session on WebSocket", want: `400 {"code":3,"message":"Bad request"}`,
		run: func(x *exchange) string {
			w := x.channel(knock(enginePath), "")
			_, open, _ := w.read()
			sid, _, _ := strings.Cut(strings.TrimPrefix(open, `0{"sid":"`), `"`)
			return x.ask("GET", pollPath+"&sid="+sid, "").short()
		}},
}
