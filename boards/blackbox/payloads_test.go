package blackbox

import (
	"strings"
)

// v3Path is a session of Engine.IO 3.
const v3Path = "/socket.io/?EIO=3&transport=polling"

// legacy is a row with one body for a session of Engine.IO 3.
func legacy(sent, body, want string, lines ...string) row {
	return row{name: "E9", sent: sent, want: want, run: func(x *exchange) string {
		s := x.polling(v3Path)
		got := s.post(body, lines...).short()
		if a := s.post("1:2"); a.status == 200 {
			return got + ", session open"
		}
		return got + ", session gone"
	}}
}

// octets is the header of binary payloads.
const octets = "Content-Type: application/octet-stream"

// script is a row with a form body for a session of JSONP.
func script(sent, body, want string) row {
	return row{name: "E10", sent: sent, want: want, run: func(x *exchange) string {
		a := x.ask("GET", pollPath+"&j=0", "")
		_, rest, _ := strings.Cut(a.body, `sid\":\"`)
		sid, _, _ := strings.Cut(rest, `\"`)
		s := &session{x: x, sid: sid, target: pollPath + "&sid=" + sid}
		x.sids = append(x.sids, s.target+"&j=0")
		form := "Content-Type: application/x-www-form-urlencoded"
		if a := x.ask("POST", s.target+"&j=0", "d=40", form); a.status != 200 {
			return a.short()
		}
		if a := x.ask("GET", s.target+"&j=0", ""); !strings.Contains(a.body, `40{\"sid`) {
			return a.short()
		}
		got := x.ask("POST", s.target+"&j=0", body, form).short()
		if a := x.ask("POST", s.target+"&j=0", "d=3", form); a.status == 200 {
			return got + ", session open"
		}
		return got + ", session gone"
	}}
}

const noField = "nothing in it, and nothing lost, as the reference was recorded (e4.jsonp)"

var payloadRows = []row{
	posted("E6", "10^5 separators", strings.Repeat("\x1e", 1e5), "200 ok, session gone"),
	remarked(posted("E6", "4000 pongs", strings.TrimSuffix(strings.Repeat("3\x1e", 4000), "\x1e"), "200 ok, session open"),
		heldBack),
	posted("E6", "two packets without a separator", "33", "200 ok, session open"),
	posted("E6", "b!!!", "b!!!", "200 ok, session gone"),
	posted("E6", "b with 999999 bytes of base64, to nothing", "b"+strings.Repeat("A", 999_996),
		"200 ok, session closes"),
	legacy("a binary payload on a session, in order", "\x00\x02\xff40\x00\x01\xff2", "200 ok, session open", octets),
	legacy("01 05 ff 04 01 02, too short", "\x01\x05\xff\x04\x01\x02", "200 ok, session gone", octets),
	legacy("a binary length without its end", "\x01\x05", "200 ok, session gone", octets),
	legacy("a binary length of 20 digits", "\x01"+strings.Repeat("\x09", 20)+"\xff4", "200 ok, session gone", octets),
	legacy("a binary length of 2^32+2", "\x00\x04\x02\x09\x04\x09\x06\x07\x02\x09\x08\xff40", "200 ok, session gone",
		octets),
	legacy("a binary type of 7", "\x07\x01\xff2", "200 ok, session gone", octets),
	legacy("99999999999:4", "99999999999:4", "200 ok, session gone"),
	legacy("4294967297:2, which is 1 in 32 bits", "4294967297:2", "200 ok, session gone"),
	legacy("18446744073709551617:2", "18446744073709551617:2", "200 ok, session gone"),
	legacy("the length in bytes instead of UTF-16 units", "4:4\u20ac", "200 ok, session gone"),
	legacy("the length of half a surrogate pair", "2:4\U0001f600", "200 ok, session gone"),
	legacy("the length in UTF-16 units", "8:42[\"\U0001f600\"]", "200 ok, session open"),
	legacy("-1:4", "-1:4", "200 ok, session gone"),
	legacy("0:", "0:", "200 ok, session gone"),
	legacy("no colon", "1", "200 ok, session gone"),
	legacy("b64=1: 3:b!!", "3:b!!", "200 ok, session gone"),
	remarked(script("no d=", "x=3", "200 ok, session open"), noField),
	remarked(script("d= empty", "d=", "200 ok, session gone"), "a payload without packets, as an empty body is"),
	script("d= twice", "d=3&d=3", "200 ok, session gone"),
	script("d=%zz", "d=%zz", "200 ok, session gone"),
	{name: "E10", sent: "U+2028 and U+2029 in what is sent on", want: "escaped", run: func(x *exchange) string {
		a := x.ask("GET", pollPath+"&j=7", "")
		_, rest, _ := strings.Cut(a.body, `sid\":\"`)
		sid, _, _ := strings.Cut(rest, `\"`)
		target := pollPath + "&sid=" + sid
		x.sids = append(x.sids, target+"&j=7")
		x.ask("POST", target+"&j=7", "d=40", "Content-Type: application/x-www-form-urlencoded")
		x.ask("GET", target+"&j=7", "")
		w := x.joined()
		w.send(text("42[\"chat\",\"\u2028</script>\u2029\"]"))
		for range 9 { // others join meanwhile
			a = x.ask("GET", target+"&j=7", "")
			if strings.Contains(a.body, "says") {
				break
			}
		}
		if !strings.Contains(a.body, `\u2028`) || !strings.Contains(a.body, `\u2029`) || strings.Contains(a.body,
			"\u2028") {
			return a.short()
		}
		return "escaped"
	}},
	{name: "E6", sent: "binary packets of 900 kB, 20 of them, to a client that expects none",
		want: "closed by the first",
		run: func(x *exchange) string {
			for range 20 {
				s := x.poll4().joined()
				s.post("b" + strings.Repeat("AAAA", 225_000))
				if s.state() != "session closes" {
					return "open"
				}
			}
			return "closed by the first"
		}},
}
