package webapp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The cases of group H of the list of bad input, one or more rows for each, as a peer sends them. The verdict is the
// statuses of the answers, and whether the connection is open then. parse_test.go and chunked_test.go have more bytes
// for the parsers alone.
//
// Not here: H30's multipart with 10^5 parts (webapp/middleware reads multipart), H34's plain HTTP on a TLS port
// (poll/tlsconn has that port), and H32 and H33 where forwarding headers or PROXY are trusted: nothing here does.
type badCase struct {
	name, wire string
	verdict    string
	then       func(r *rig, c *client) // after the bytes; nil: nothing
}

// line is a request with one more header line; post is one with a body for /body, which reads it.
func line(l string) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + l + "\r\n\r\n" }

func post(headers, body string) string {
	return "POST /body HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n\r\n" + body
}

func chunks(wire string) string { return post("Transfer-Encoding: chunked", wire) }
func target(t string) string    { return "GET " + t + " HTTP/1.1\r\nHost: a\r\n\r\n" }

func silence(r *rig, _ *client) { r.k.Sleep(r.loop, time.Minute) }

var badInput = [][]badCase{badLines, badBodies, badTargets, badSizes, badOrder}

var badLines = []badCase{
	{"H1", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 close", nil},
	{"H2 space", line("X: a\r\n b"), "400 close", nil},
	{"H2 tab", line("X: a\r\n\tb"), "400 close", nil},
	{"H2 after Content-Length", post("Content-Length: 1\r\n 2", "x"), "400 close", nil},
	{"H2 after Transfer-Encoding", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), "400 close", nil},
	{"H3", "GET / HTTP/1.1\nHost: a\n\n", "400 close", nil},
	{"H3 in the headers", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "400 close", nil},
	{"H4", line("X: a\rb"), "400 close", nil},
	{"H4 hidden header", line("x:\rTransfer-Encoding: chunked"), "400 close", nil},
	{"H5", "GET / HTTP/1.1\r\nHost: a\r\n\rX", "400 close", nil},
	{"H6 NUL in a value", line("X: \x00"), "400 close", nil},
	{"H6 CTL in a value", line("X: \x1b[0m"), "400 close", nil},
	{"H6 DEL in a value", line("X: \x7f"), "400 close", nil},
	{"H6 NUL in a name", line("X\x00: a"), "400 close", nil},
	{"H6 DEL in a name", line("X\x7f: a"), "400 close", nil},
	{"H7", line(": x"), "400 close", nil},
	{"H8 @", line("a@b: x"), "400 close", nil},
	{"H8 (", line("a(b: x"), "400 close", nil},
	{"H8 space", line("a b: x"), "400 close", nil},
	{"H9 none", "GET / HTTP/1.1\r\n\r\n", "400 close", nil},
	{"H9 two", line("Host: a"), "400 close", nil},
	{"H9 two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", "400 close", nil},
	{"H9 [x]", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", "400 close", nil},
	// A method that is well-formed and unknown is 501 (RFC 9110, section 9.1), of whatever length; lower case is none.
	{"H19 unknown", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 close", nil},
	{"H19 3 KB", strings.Repeat("A", 3<<10) + " / HTTP/1.1\r\nHost: a\r\n\r\n", "501 close", nil},
	{"H19 lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H20 spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H20 tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H20 no version", "GET /\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H20 HTTP/1.;", "GET / HTTP/1.;\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H20 preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 close", nil},
	{"H20 HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "400 close", nil},
	{"H29", line("Connection: close, upgrade, keep-alive"), "200 close", nil},
	{"H33", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + target("/"), "400 close", nil},
	{"H34 TLS on a plain port", "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", "400 close", nil},
}

var badBodies = []badCase{
	{"H10 same", post("Content-Length: 1\r\nContent-Length: 1", "x"), "400 close", nil},
	{"H10 different", post("Content-Length: 1\r\nContent-Length: 2", "x"), "400 close", nil},
	{"H11 +5", post("Content-Length: +5", "hello"), "400 close", nil},
	{"H11 0x5", post("Content-Length: 0x5", "hello"), "400 close", nil},
	{"H11 5,5", post("Content-Length: 5,5", "hello"), "400 close", nil},
	{"H11 5 5", post("Content-Length: 5 5", "hello"), "400 close", nil},
	{"H11 empty", post("Content-Length:", "hello"), "400 close", nil},
	{"H11 -1", post("Content-Length: -1", "hello"), "400 close", nil},
	{"H11 2^64", post("Content-Length: 18446744073709551616", "hello"), "400 close", nil},
	// These are well-formed, and too large.
	{"H11 2^31", post("Content-Length: 2147483648", "hello"), "413 close", nil},
	{"H11 2^32+5", post("Content-Length: 4294967301", "hello"), "413 close", nil},
	{"H12", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400 close", nil},
	{"H13 twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400 close", nil},
	{"H13 chunked, gzip", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"), "400 close", nil},
	{"H13 xchunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), "400 close", nil},
	{"H13 chunkedchunked", post("Transfer-Encoding: chunkedchunked", "0\r\n\r\n"), "400 close", nil},
	{"H13 identity", post("Transfer-Encoding: identity", "0\r\n\r\n"), "400 close", nil},
	{"H13 on 1.0", "POST /body HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 close", nil},
	{"H14 overflow", chunks("fffffffffffffffff\r\nx"), "400 close", nil},
	// A chunk may announce what it likes: the bytes that come are what is counted against the limit.
	{"H14 2^63", chunks("8000000000000000\r\nx"), "408 close", silence},
	{"H14 2^63 and the bytes", chunks("8000000000000000\r\n" + strings.Repeat("x", 1<<21)), "413 close", nil},
	{"H14 not hexadecimal", chunks("5g\r\nhello"), "400 close", nil},
	{"H14 0x", chunks("0x5\r\nhello"), "400 close", nil},
	{"H14 leading spaces", chunks("  5\r\nhello"), "400 close", nil},
	{"H15 endless", chunks("5;" + strings.Repeat("a", 1<<20)), "400 close", nil},
	{"H15 LF", chunks("5;a\nb\r\nhello\r\n0\r\n\r\n"), "400 close", nil},
	{"H15 space before ;", chunks("5 ;a\r\nhello\r\n0\r\n\r\n"), "400 close", nil},
	{"H15 quotes", chunks("5;a=\"b\r\nhello\r\n0\r\n\r\n"), "400 close", nil},
	{"H16", chunks("5\r\nhello0\r\n\r\n"), "400 close", nil},
	{"H17 Content-Length", chunks("0\r\nContent-Length: 5\r\n\r\n"), "400 close", nil},
	{"H17 Transfer-Encoding", chunks("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400 close", nil},
	{"H17 Host", chunks("0\r\nHost: b\r\n\r\n"), "400 close", nil},
	{"H18 silence", post("Content-Length: 10", "short"), "408 close", silence},
	{"H18 silence in a chunk", chunks("a\r\nshort"), "408 close", silence},
	{"H18 FIN", post("Content-Length: 10", "short"), "close", func(_ *rig, c *client) { c.CloseWrite() }},
	{"H18 RST", post("Content-Length: 10", "short"), "close", func(_ *rig, c *client) { c.Reset() }},
	{"H28", line("Expect: 100-continue"), "200 open", nil},
	{"H28 that is read", post("Expect: 100-continue\r\nContent-Length: 5", ""), "100 408 close", silence},
	// A body that was promised and that nobody asked for cannot be told from the next request.
	{"H28 that nobody reads", line("Expect: 100-continue\r\nContent-Length: 5"), "200 close", nil},
	// No coding is taken, so no small body becomes a large one.
	{"H30 gzip", post("Content-Encoding: gzip\r\nContent-Length: 5", "\x1f\x8b\x08\x00\x00"), "415 open", nil},
}

var badTargets = []badCase{
	{"H21 1 MB", target("/" + strings.Repeat("a", 1<<20)), "414 close", nil},
	// A server must take the absolute form (RFC 9112, section 3.2.2): ours if it names the same host as Host.
	{"H21 absolute", target("http://a/"), "200 open", nil},
	{"H21 absolute, other host", target("http://b/"), "400 close", nil},
	{"H21 //host", target("//b/"), "400 close", nil},
	{"H21 backslash", target("/a\\b"), "400 close", nil},
	{"H21 %00", target("/a%00"), "400 close", nil},
	{"H21 %2e%2e/", target("/%2e%2e/etc/passwd"), "400 close", nil},
	// Decoded once it is the harmless name "%2e%2e".
	{"H21 %252e", target("/%252e%252e/etc/passwd"), "200 open", nil},
	{"H21 %zz", target("/%zz"), "400 close", nil},
	{"H21 raw UTF-8", target("/\u20ac"), "400 close", nil},
	{"H21 fragment", target("/#a"), "400 close", nil},
}

var badSizes = []badCase{
	{"H22", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 1<<20), "431 close", nil},
	{"H23", line(strings.TrimSuffix(strings.Repeat("X: y\r\n", 1e5), "\r\n")), "431 close", nil},
	{"H23 at the limit", line(strings.TrimSuffix(strings.Repeat("X: y\r\n", 100), "\r\n")), "431 close", nil},
	{"H24", line("Cookie: " + strings.Repeat("a=;", 1e5)), "431 close", nil},
	{"H24 within the limit", line("Cookie: " + strings.Repeat("a=;", 5e3)), "200 open", nil},
	{"H25", target("/query?" + strings.Repeat("a=&", 1e5)), "414 close", nil},
	{"H25 within the limit", target("/query?" + strings.Repeat("a=&", 2500)), "200 open", nil},
}

var badOrder = []badCase{
	// The first one counts, everywhere.
	{"H26", target("/query?sid=first&sid=second&EIO=4&EIO=3&transport=polling&transport=websocket"), "200 open",
		func(r *rig, c *client) { c.has(r, "first 4 polling") }},
	{"H27", strings.Repeat(target("/"), 1000), strings.Repeat("200 ", 1000) + "open", nil},
	// What follows a switch is the other protocol's.
	{"H27 behind an upgrade", "GET /switch HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + target("/"),
		"101 open", nil},
	{"H27 behind a parked request", target("/park") + target("/"), "open", nil},
	{"H31 header", target("/set?v=a%0d%0aX:%20y"), "200 open", func(r *rig, c *client) { c.hasNot(r, "X: y") }},
	{"H31 cookie", target("/cookie?v=a%0d%0aX:%20y"), "200 open", func(r *rig, c *client) { c.hasNot(r, "\r\nX: y") }},
	{"H31 redirect", target("/redirect?v=/%0d%0aX:%20y"), "302 open", func(r *rig, c *client) { c.hasNot(r, "\r\nX: y") }},
	{"H31 origin", strings.Replace(target("/cors"), "Host: a", "Host: a\r\nOrigin: a\r\nX: y", 1), "200 open",
		func(r *rig, c *client) { c.hasNot(r, "X: y") }},
	{"H31 origin with a bare CR", strings.Replace(target("/cors"), "Host: a", "Host: a\r\nOrigin: a\rX: y", 1),
		"400 close", nil},
	{"H32 spoofed", line("X-Forwarded-For: 1.2.3.4"), "200 open", func(r *rig, c *client) { c.has(r, "IP 127.0.0.1") }},
	{"H32 empty", line("X-Forwarded-For:"), "200 open", func(r *rig, c *client) { c.has(r, "IP 127.0.0.1") }},
	{"H32 list", line("X-Forwarded-For: 1.2.3.4, ,5.6.7.8"), "200 open",
		func(r *rig, c *client) { c.has(r, "IP 127.0.0.1") }},
}

// badApp is the app that the cases go to.
func badApp(app *App) {
	app.Post("/body", func(req *Request, res *Response) {
		req.Body(1<<20, func(b []byte, err error) {
			if err != nil {
				res.Fail(err)
				return
			}
			res.SendBytes(b)
		})
	})
	app.Get("/park", (&parker{}).handle)
	app.Get("/query", func(req *Request, res *Response) {
		res.End(req.Query("sid") + " " + req.Query("EIO") + " " + req.Query("transport"))
	})
	app.Get("/switch", func(req *Request, _ *Response) {
		c, _ := req.Switch()
		c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
		c.SetHandler(&echo{})
	})
	app.Get("/set", func(req *Request, res *Response) { res.Set("X-Echo", req.Query("v")).End("") })
	app.Get("/cookie", func(req *Request, res *Response) {
		res.Cookie(Cookie{Name: "a", Value: req.Query("v")})
		res.End("")
	})
	app.Get("/redirect", func(req *Request, res *Response) { res.Redirect(req.Query("v")) })
	app.Use("/cors", (&Cors{OriginFunc: func(string, *Request) bool { return true }}).Middleware())
	app.All("*", func(req *Request, res *Response) { res.End("IP " + req.IP().String()) })
}

func TestBadInput(t *testing.T) {
	for _, group := range badInput {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				c.run(t, len(c.wire))
				if len(c.wire) < 400 { // the same however it is cut
					c.run(t, 1)
					c.run(t, 7)
				}
			})
		}
	}
}

// run sends a case in pieces of n bytes beside another client, and wants nothing to be left.
func (b *badCase) run(t *testing.T, n int) {
	t.Helper()
	r := newRig(t, Options{}, badApp)
	other := r.dial().send(get("/"))
	other.want(200, "IP 127.0.0.1")
	c := r.dial()
	for at := 0; at < len(b.wire) && !c.Ended(); at += n {
		c.send(b.wire[at:min(at+n, len(b.wire))])
		r.loop.Poll(0)
	}
	r.settle()
	c.got = append(c.got, c.Read()...)
	if b.then != nil {
		b.then(r, c)
		r.settle()
		c.got = append(c.got, c.Read()...)
	}
	if got := c.verdict(); got != b.verdict {
		t.Errorf("in pieces of %d: %.100s, want %.100s; %.200q", n, got, b.verdict, c.got)
	}
	c.Reset()
	if other.EOF() { // it was idle for too long
		other = r.dial()
	}
	other.send(get("/")).want(200, "IP 127.0.0.1")
	other.Close()
	r.k.Sleep(r.loop, time.Minute)
	if s, l := r.server().Stats(), r.loop.Stats(); s.Conns != 0 || s.UploadBytes != 0 || l.Conns != 0 || l.Timers > 1 ||
		r.loop.Budget().Used() != 0 {
		t.Errorf("left: %+v %+v", s, l)
	}
	if lines := strings.Count(r.log.String(), "\n"); lines > 1 {
		t.Errorf("%d log lines: %s", lines, r.log.String())
	}
}

// verdict is the statuses of the answers, and whether the connection is open.
func (c *client) verdict() string {
	var b strings.Builder
	for in := bufio.NewReader(bytes.NewReader(c.got)); ; {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		io.Copy(io.Discard, res.Body)
		fmt.Fprint(&b, res.StatusCode, " ")
	}
	if c.Ended() {
		return b.String() + "close"
	}
	return b.String() + "open"
}

func (c *client) has(r *rig, s string) {
	if !bytes.Contains(c.got, []byte(s)) {
		r.t.Errorf("got %q, want %q in it", c.got, s)
	}
}

func (c *client) hasNot(r *rig, s string) {
	if bytes.Contains(c.got, []byte(s)) {
		r.t.Errorf("got %q with %q in it", c.got, s)
	}
}
