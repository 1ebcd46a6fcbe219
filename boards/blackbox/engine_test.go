package blackbox

import (
	"fmt"
	"strings"
	"time"
)

// request is a row of group E: one request, and its answer.
func request(name, sent, method, target, body, want string, lines ...string) row {
	return row{name: name, sent: sent, want: want, run: func(x *exchange) string {
		a := x.ask(method, target, body, lines...)
		if _, rest, ok := strings.Cut(a.body, `"sid":"`); ok {
			sid, _, _ := strings.Cut(rest, `"`)
			x.sids = append(x.sids, strings.Replace(target, "transport=", "sid="+sid+"&transport=", 1))
			return fmt.Sprint(a.status, " a session")
		}
		return a.short()
	}}
}

// The reference's refusals.
const (
	code0 = `400 {"code":0,"message":"Transport unknown"}`
	code1 = `400 {"code":1,"message":"Session ID unknown"}`
	code2 = `400 {"code":2,"message":"Bad handshake method"}`
	code3 = `400 {"code":3,"message":"Bad request"}`
	code5 = `400 {"code":5,"message":"Unsupported protocol version"}`
)

const asVersion3 = "as in the reference: what is not 4 counts as 3, which is served"

func version(eio string) row {
	return remarked(request("E1", "EIO="+eio, "GET", "/socket.io/?EIO="+eio+"&transport=polling", "", "200 a session"),
		asVersion3)
}

var requestRows = []row{
	remarked(request("E1", "no EIO", "GET", "/socket.io/?transport=polling", "", "200 a session"), asVersion3),
	version("1"), version("2"), version("3"), version("5"), version("4x"),
	request("E2", "no transport", "GET", "/socket.io/?EIO=4", "", code0),
	request("E2", "transport=__proto__", "GET", "/socket.io/?EIO=4&transport=__proto__", "", code0),
	request("E2", "transport=websocket without an upgrade", "GET", enginePath, "", code3),
	request("E2", "transport=webtransport", "GET", "/socket.io/?EIO=4&transport=webtransport", "", code0),
	request("E3", "POST without sid", "POST", pollPath, "40", code2),
	request("E3", "PUT without sid", "PUT", pollPath, "", code2),
	request("E3", "DELETE without sid", "DELETE", pollPath, "", code2),
	request("E3", "OPTIONS without sid", "OPTIONS", pollPath, "", code2),
	request("E9", "EIO=3 with b64=1", "GET", "/socket.io/?EIO=3&transport=polling&b64=1", "", "200 a session"),
	{name: "E10", sent: "the answers to j=<script> and j=0];alert(1)//", want: "nothing of it but digits",
		run: func(x *exchange) string {
			for _, j := range []string{"%3Cscript%3E", "0%5D;alert(1)//"} {
				a := x.ask("GET", pollPath+"&j="+j, "")
				_, rest, _ := strings.Cut(a.body, `sid\":\"`)
				sid, _, _ := strings.Cut(rest, `\"`)
				x.sids = append(x.sids, pollPath+"&j=0&sid="+sid)
				if strings.Contains(a.body, "script>") || strings.Contains(a.body, "alert") || !strings.HasPrefix(a.body,
					"___eio[") {
					return a.short()
				}
			}
			return "nothing of it but digits"
		}},
	{name: "E11", sent: "10^5 random sids, 500 from each address", want: "100000 x the same answer",
		remark: "emulated: 5000", run: func(x *exchange) string {
			for at := 0; at < many(100_000); at += 500 {
				x.home.move()
				if got := x.guess(500, at); got != "500 x the same answer" {
					return got
				}
			}
			return "100000 x the same answer"
		}},
	{name: "E11", sent: "20000 random sids from one address", want: "the same answer, then 429 with Retry-After and close",
		remark: "limits.go: 300 requests a second, 1500 at once", run: func(x *exchange) string {
			x.home.stays = true
			return x.guess(20_000, 0)
		}},
}

// guess asks for sessions that are none, n times on a connection.
func (x *exchange) guess(n, from int) string {
	c := x.dial()
	defer c.end()
	for i := range n {
		if i%500 == 0 {
			var b strings.Builder
			for k := range min(n-i, 500) {
				fmt.Fprintf(&b, "GET %s&sid=%020d HTTP/1.1\r\nHost: a\r\n\r\n", pollPath, from+i+k)
			}
			c.send(b.String())
		}
		switch a, ok := c.answer("GET"); {
		case ok && a.short() == code1:
		case i >= 1000 && a.status == 429 && a.header.Get("Retry-After") != "":
			if _, ok := c.answer("GET"); ok {
				return "goes on behind 429"
			}
			return "the same answer, then 429 with Retry-After and close"
		default:
			return fmt.Sprint(i, ": ", a.short())
		}
	}
	return fmt.Sprint(n, " x the same answer")
}

// polled is a row that needs a session, joined to the main namespace.
func polled(name, sent, want string, run func(s *session) string) row {
	return row{name: name, sent: sent, want: want, run: func(x *exchange) string { return run(x.poll4().joined()) }}
}

// polledAlone is polled without a CONNECT: nothing comes of what others do.
func polledAlone(name, sent, want string, run func(s *session) string) row {
	return row{name: name, sent: sent, want: want, run: func(x *exchange) string { return run(x.poll4()) }}
}

// posted is a row with one body for a session: its answer, what a waiting GET gets, and how the session is then.
func posted(name, sent, body, want string, lines ...string) row {
	return polled(name, sent, want, func(s *session) string {
		got := s.post(body, lines...).short()
		return got + ", " + s.state()
	})
}

var sessionRows = []row{
	polled("E3", "PUT with a sid", "405, session open", func(s *session) string {
		a := s.x.ask("PUT", s.target, "3")
		return fmt.Sprint(a.status, ", ", s.state())
	}),
	polledAlone("E4", "two GETs at once", "first 200 1, second 400, session gone", func(s *session) string {
		first := s.x.dial().tell("GET", s.target, "")
		first.finished()
		second := s.x.dial()
		time.Sleep(50 * time.Millisecond)
		b := second.ask("GET", s.target, "")
		a, _ := first.answer("GET")
		return fmt.Sprintf("first %d %s, second %d, %s", a.status, a.body, b.status, s.state())
	}),
	polledAlone("E4", "two POSTs at once", "second 400, first cut off, session gone", func(s *session) string {
		first := s.x.dial()
		first.send("POST " + s.target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n42").finished()
		time.Sleep(50 * time.Millisecond)
		b := s.post("3")
		how := "first answered"
		if _, ok := first.answer("POST"); !ok {
			how = "first cut off"
		}
		return fmt.Sprintf("second %d, %s, %s", b.status, how, s.state())
	}),
	{name: "E4", sent: "GET after the upgrade", want: code3, run: func(x *exchange) string {
		s := x.poll4()
		w := x.channel(knock(s.ws()), "")
		w.send(text("2probe") + text("5") + text("40"))
		if _, p, _ := w.read(); p != "3probe" {
			return p
		}
		w.join()
		return s.get().short()
	}},
	posted("E5", "packet type 7", "7", "200 ok, session gone"),
	posted("E5", "packet type 9", "9", "200 ok, session gone"),
	posted("E5", "packet type a", "a", "200 ok, session gone"),
	posted("E5", "an empty body", "", "200 ok, session gone"),
	posted("E5", "an open packet from the client", `0{"sid":"x"}`, "200 ok, session open"),
	posted("E5", "5 without a WebSocket", "5", "200 ok, session open"),
	posted("E5", "3 without a ping", "3", "200 ok, session open"),
	posted("E5", "6", "6", "200 ok, session open"),
	posted("E5", "2, a ping from the client", "2", "200 ok, session gone"),
	probe5("5 without a probe", "close, session open", "5"),
	probe5("2probe twice", "3probe 3probe", "2probe", "2probe"),
	probe5("2 without probe", "close, session open", "2"),
	probe5("40 instead of a probe", "close, session open", "40"),
	probe5("a message behind the probe instead of 5", "3probe close, session open", "2probe", "40"),
	probe5("an empty frame", "close, session open", ""),
	hazardous(probe5("2probe, then silence", "3probe close, session open", "2probe")),
	hazardous(probe5("a WebSocket with the sid, then silence", "close, session open")),
	posted("E7", "a POST of application/octet-stream", "\x00\x01\xff40", "400, session gone",
		"Content-Type: application/octet-stream"),
	posted("E8", "a body of maxPayload", "4"+strings.Repeat("x", 1e6-1), "200 ok, session closes"),
	posted("E8", "maxPayload + 1", strings.Repeat("x", 1e6+1), "413, session open"),
	polled("E8", "a chunked body without end", "413, session open", func(s *session) string {
		c := s.x.dial()
		c.send("POST " + s.target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("1000\r\n"+strings.Repeat("x", 4096)+"\r\n", 400))
		a, _ := c.answer("POST")
		return fmt.Sprintf("%d, %s", a.status, s.state())
	}),
	{name: "E11", sent: "a sid after its session closed", want: code1, run: func(x *exchange) string {
		s := x.poll4()
		s.post("1")
		return s.get().short()
	}},
	hazardous(polled("E12", "nothing more between two polls", code1, func(s *session) string {
		time.Sleep(5 * time.Second) // pingInterval + pingTimeout are 4.5 s
		return s.get().short()
	})),
	{name: "E13", sent: "an answer of 800 kB to a GET, which fills the window, is not read", want: "session gone",
		hazard: true,
		run: func(x *exchange) string {
			s := x.polling("/hazard.io/?EIO=4&transport=polling").joined()
			c := x.dial()
			_ = c.tcp().SetReadBuffer(4 << 10)
			c.tell("GET", s.target, "").finished()
			if a := s.post(`42["mine",12,65536]`); a.status != 200 {
				return a.short()
			}
			time.Sleep(6 * time.Second)
			return s.state()
		}},
	hazardous(polled("E13", "the answer to a GET is not read", "session gone", func(s *session) string {
		c := s.x.dial()
		_ = c.tcp().SetReadBuffer(4 << 10)
		c.tell("GET", s.target, "").finished()
		time.Sleep(5 * time.Second)
		return s.state()
	})),
}

// probe5 is text frames on a WebSocket that is to become a session's transport.
func probe5(sent, want string, frames ...string) row {
	return row{name: "E5", sent: sent, want: want, run: func(x *exchange) string {
		s := x.poll4()
		w := x.channel(knock(s.ws()), "")
		for _, f := range frames {
			w.send(text(f))
		}
		var got []string
		for len(got) < 2 {
			_, p, how := w.read()
			if got = append(got, p+how); how != "" {
				return strings.Join(got, " ") + ", " + s.state()
			}
		}
		return strings.Join(got, " ")
	}}
}
