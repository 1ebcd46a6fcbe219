package blackbox

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"time"
)

// http is a row of group H: bytes as they are, and the statuses. Short ones are sent byte by byte, too.
func http11(name, sent, wire, want string, remark ...string) row {
	return row{name: name, sent: sent, want: want, remark: strings.Join(remark, ""), run: func(x *exchange) string {
		whole := x.dial().send(wire).verdict()
		if len(wire) > 400 {
			return whole
		}
		if split := x.dial().sendSplit(wire, 1).verdict(); split != whole {
			return whole + ", and byte by byte " + split
		}
		return whole
	}}
}

// line is a request with one more header line; post is one with a body.
func line(l string) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + l + "\r\n\r\n" }

func post(headers, body string) string {
	return "POST /signin HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n\r\n" + body
}

func chunks(wire string) string { return post("Transfer-Encoding: chunked", wire) }
func target(t string) string    { return "GET " + t + " HTTP/1.1\r\nHost: a\r\n\r\n" }

func header11(name, l, want string) row { return http11(name, l, line(l), want) }

var lineRows = []row{
	header11("H1", "Host : a", "400 close"),
	header11("H1", "X : a", "400 close"),
	http11("H2", "a line that starts with a space", line("X: a\r\n b"), "400 close"),
	http11("H2", "a line that starts with a tab", line("X: a\r\n\tb"), "400 close"),
	http11("H2", "such a line behind Content-Length", post("Content-Length: 1\r\n 2", "x"), "400 close"),
	http11("H2", "such a line behind Transfer-Encoding", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
		"400 close"),
	http11("H3", "bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", "400 close"),
	http11("H3", "bare LF in the headers", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "400 close"),
	http11("H4", "bare CR in a value", line("X: a\rb"), "400 close"),
	http11("H4", `x:\rTE: chunked`, line("x:\rTE: chunked"), "400 close"),
	http11("H4", `x:\rTransfer-Encoding: chunked`, line("x:\rTransfer-Encoding: chunked"), "400 close"),
	http11("H5", `\r\n\rX behind the headers`, "GET / HTTP/1.1\r\nHost: a\r\n\rX", "400 close"),
	http11("H6", "NUL in a value", line("X: \x00"), "400 close"),
	http11("H6", "CTL in a value", line("X: \x1b[0m"), "400 close"),
	http11("H6", "DEL in a value", line("X: \x7f"), "400 close"),
	http11("H6", "NUL in a name", line("X\x00: a"), "400 close"),
	http11("H6", "CTL in a name", line("X\x01: a"), "400 close"),
	http11("H6", "DEL in a name", line("X\x7f: a"), "400 close"),
	header11("H7", ": x", "400 close"),
	header11("H8", "a@b: x", "400 close"),
	header11("H8", "a(b: x", "400 close"),
	header11("H8", "a b: x", "400 close"),
	http11("H9", "no Host", "GET / HTTP/1.1\r\n\r\n", "400 close"),
	http11("H9", "two Hosts", line("Host: a"), "400 close"),
	http11("H9", "Host: a:80:80", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", "400 close"),
	http11("H9", "Host: [x]", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", "400 close"),
	http11("H19", "BREW", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 close", unknownMethod),
	http11("H19", "get", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "400 close"),
	http11("H19", "a method of 3 KB", strings.Repeat("A", 3<<10)+" / HTTP/1.1\r\nHost: a\r\n\r\n", "501 close",
		unknownMethod),
	http11("H20", "two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 close"),
	http11("H20", "a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 close"),
	http11("H20", "tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400 close"),
	http11("H20", "no version", "GET /\r\nHost: a\r\n\r\n", "400 close"),
	http11("H20", "HTTP/1.;", "GET / HTTP/1.;\r\nHost: a\r\n\r\n", "400 close"),
	http11("H20", "the preface of HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 close"),
	http11("H20", "HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "400 close"),
	header11("H29", "Connection: close, upgrade, keep-alive", "200 close"),
	http11("H33", "PROXY TCP4, where it is not enabled", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"+target("/"), "400 close"),
	http11("H33", "PROXY version 2",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x02",
		"400 close"),
	http11("H34", "a TLS ClientHello", "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", "400 close"),
}

const unknownMethod = "a well-formed method that is not known is 501 (RFC 9110, section 9.1)"

var bodyRows = []row{
	http11("H10", "Content-Length twice, the same", post("Content-Length: 1\r\nContent-Length: 1", "x"), "400 close"),
	http11("H10", "Content-Length twice, different", post("Content-Length: 1\r\nContent-Length: 2", "x"), "400 close"),
	length11("+5", "400 close"), length11("0x5", "400 close"), length11("5,5", "400 close"), length11("5 5",
		"400 close"),
	length11("", "400 close"), length11("-1", "400 close"), length11("18446744073709551616", "400 close"),
	length11("2147483648", "413 close", tooLarge), length11("4294967301", "413 close", tooLarge),
	http11("H12", "both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400 close"),
	http11("H13", "twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400 close"),
	coding11("chunked, gzip"), coding11("xchunked"), coding11("chunkedchunked"), coding11("identity"),
	http11("H13", "on HTTP/1.0", "POST /signin HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 close"),
	http11("H14", "a size that overflows", chunks("fffffffffffffffff\r\nx"), "400 close"),
	http11("H14", "2^63 and bytes behind it", chunks("8000000000000000\r\n"+strings.Repeat("x", 1<<20)), "413 close",
		"a chunk may announce what it likes: the bytes that come are counted"),
	http11("H14", "2^32+5 and 5 bytes and the end", chunks("100000005\r\nhello\r\n0\r\n\r\n")+strings.Repeat("x", 1<<20),
		"413 close", "no wrap to 5: what follows is the chunk's"),
	http11("H14", "5g", chunks("5g\r\nhello"), "400 close"),
	http11("H14", "0x5", chunks("0x5\r\nhello"), "400 close"),
	http11("H14", "leading spaces", chunks("  5\r\nhello"), "400 close"),
	http11("H15", "an endless extension", chunks("5;"+strings.Repeat("a", 1<<20)), "400 close"),
	http11("H15", "LF in an extension", chunks("5;a\nb\r\nhello\r\n0\r\n\r\n"), "400 close"),
	http11("H15", "space before the semicolon", chunks("5 ;a\r\nhello\r\n0\r\n\r\n"), "400 close"),
	http11("H15", "unbalanced quotes", chunks("5;a=\"b\r\nhello\r\n0\r\n\r\n"), "400 close"),
	http11("H16", "no CRLF behind the data", chunks("5\r\nhello0\r\n\r\n"), "400 close"),
	http11("H17", "a trailer Content-Length", chunks("0\r\nContent-Length: 5\r\n\r\n"), "400 close"),
	http11("H17", "a trailer Transfer-Encoding", chunks("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400 close"),
	http11("H17", "a trailer Host", chunks("0\r\nHost: b\r\n\r\n"), "400 close"),
	hazardous(http11("H18", "half a body, then silence", post("Content-Length: 10", "short"), "408 close")),
	hazardous(http11("H18", "half a chunk, then silence", chunks("a\r\nshort"), "408 close")),
	{name: "H18", sent: "half a body, then FIN", want: "close", run: func(x *exchange) string {
		return x.dial().send(post("Content-Length: 10", "short")).fin().verdict()
	}},
	http11("H28", "Expect on a GET without a body", line("Expect: 100-continue"), "200 open"),
	hazardous(http11("H28", "Expect, then no body", post("Expect: 100-continue\r\nContent-Length: 5", ""),
		"100 408 close")),
	http11("H28", "Expect with a body that no handler reads", line("Expect: 100-continue\r\nContent-Length: 5"),
		"200 close"),
	http11("H30", "a bomb of gzip: 32 MB in 32 kB", post(fmt.Sprint("Content-Encoding: gzip\r\nContent-Length: ",
		len(bomb32)),
		bomb32), "415 open", "no coding is taken: nothing is inflated, and the memory stays as it was"),
	hazardous(http11("H30", "multipart of 10^5 parts", "POST /hazard/form HTTP/1.1\r\nHost: a\r\n"+
		"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"+
		multipart(1e5), "413 close")),
}

// bomb32 is 32 MB of zeros behind gzip.
var bomb32 = func() string {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write(make([]byte, 32<<20))
	_ = z.Close()
	return b.String()
}()

func multipart(n int) string {
	part := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
	b := strings.Repeat(part, n) + "--x--\r\n"
	return hex(len(b)) + "\r\n" + b + "\r\n0\r\n\r\n"
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	if n < 16 {
		return digits[n : n+1]
	}
	return hex(n/16) + digits[n%16:n%16+1]
}

// hazardous is a row for the program whose deadlines are short.
func hazardous(r row) row {
	r.hazard = true
	return r
}

const tooLarge = "well-formed, and too large"

func length11(v, want string, remark ...string) row {
	return http11("H11", "Content-Length: "+v, post("Content-Length: "+v, "hello"), want, remark...)
}

func coding11(v string) row {
	return http11("H13", v, post("Transfer-Encoding: "+v, "0\r\n\r\n"), "400 close")
}

var targetRows = []row{
	http11("H21", "a URI of 1 MB", target("/"+strings.Repeat("a", 1<<20)), "414 close"),
	http11("H21", "http://a/", target("http://a/"), "200 open", "a server must take the absolute form of its own host"),
	http11("H21", "http://b/ with another Host", target("http://b/"), "400 close"),
	http11("H21", "//host", target("//b/"), "400 close"),
	http11("H21", "backslash", target(`/a\b`), "400 close"),
	http11("H21", "%00", target("/a%00"), "400 close"),
	http11("H21", "%2e%2e/", target("/%2e%2e/etc/passwd"), "400 close"),
	http11("H21", "%252e%252e/", target("/%252e%252e/etc/passwd"), "404 open",
		"decoded once it is the harmless name %2e%2e"),
	http11("H21", "%zz", target("/%zz"), "400 close"),
	http11("H21", "raw UTF-8", target("/\u20ac"), "400 close"),
	http11("H21", "a fragment", target("/#a"), "400 close"),
}

var sizeRows = []row{
	http11("H22", "a header line without an end", "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("a", 1<<20),
		"431 close"),
	http11("H22", "an empty request line for ever", strings.Repeat("\r\n", 1e5), "400 close"),
	http11("H23", "10^5 headers", line(strings.TrimSuffix(strings.Repeat("X: y\r\n", 1e5), "\r\n")), "431 close"),
	http11("H23", "one header above the limit", line(strings.TrimSuffix(strings.Repeat("X: y\r\n", 100), "\r\n")),
		"431 close"),
	http11("H24", "10^5 cookies", line("Cookie: "+strings.Repeat("a=;", 1e5)), "431 close"),
	http11("H25", "10^5 query parameters", target("/?"+strings.Repeat("a=&", 1e5)), "414 close"),
	http11("H25", "2500 query parameters", target("/?"+strings.Repeat("a=&", 2500)), "400 close", "MaxQueryParams is 256"),
	http11("H25", "256 query parameters", target("/?"+strings.TrimSuffix(strings.Repeat("a=&", 256), "&")), "200 open"),
	http11("H24", "101 cookies", line("Cookie: "+strings.Repeat("a=; ", 100)+"a="), "431 close", "MaxCookies is 100"),
	http11("H24", "100 cookies", line("Cookie: "+strings.Repeat("a=; ", 99)+"a="), "200 open"),
}

// orderRows are those where more than one request or answer counts.
func orderRows() []row {
	return append(with(true, []row{
		{name: "H26", sent: "sid, EIO and transport twice", want: "first 4 polling", remark: "the first one counts",
			run: func(x *exchange) string {
				return x.ask("GET", "/hazard/query?sid=first&sid=second&EIO=4&EIO=3&transport=polling&transport=websocket",
					"").body
			}},
		split11("app-set header", "/hazard/set?v=a%0d%0aX-Evil:%20y"),
		split11("app-set cookie", "/hazard/cookie?v=a%0d%0aX-Evil:%20y"),
		split11("redirect", "/hazard/redirect?v=/%0d%0aX-Evil:%20y"),
		split11("echo of an origin", "/hazard/cors", "Origin: a", "X-Evil: y"),
		http11("H31", `Origin: a\rX: y`, "GET /hazard/cors HTTP/1.1\r\nHost: a\r\nOrigin: a\rX: y\r\n\r\n", "400 close"),
		forwarded11("1.2.3.4"), forwarded11(""), forwarded11("1.2.3.4, ,5.6.7.8"),
	}),
		http11("H27", "1000 GETs in a row", strings.Repeat(target("/"), 1000), "1000 x 200 open"),
		row{name: "H27", sent: "a GET behind an upgrade", want: "1002 close",
			remark: "what follows is the other protocol's",
			run: func(x *exchange) string {
				w := x.channel(knock(enginePath), target("/"))
				w.read()
				return w.verdict()
			}},
		row{name: "H27", sent: "a GET behind one that waits", want: "parked, then both answered",
			run: func(x *exchange) string {
				s := x.poll4().joined()
				c := x.dial().send(target(s.target) + target("/"))
				_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				if _, err := c.r.Peek(1); !late(err) {
					return "answered at once"
				}
				_ = c.SetReadDeadline(time.Now().Add(patience()))
				s.post(`421["req"]`)
				first, _ := c.answer("GET")
				second, _ := c.answer("GET")
				if first.body == `431["hello world"]` && second.status == 200 {
					return "parked, then both answered"
				}
				return first.short() + ", " + second.short()
			}},
	)
}

// split11 is a request whose answer must not have a header X-Evil.
func split11(sent, target string, lines ...string) row {
	return row{name: "H31", sent: sent + ` with \r\nX-Evil: y`, want: "no second header", run: func(x *exchange) string {
		a := x.ask("GET", target, "", lines...)
		if a.header.Get("X-Evil") != "" || a.status >= 500 {
			return a.short()
		}
		return "no second header"
	}}
}

func forwarded11(v string) row {
	return row{name: "H32", sent: "X-Forwarded-For: " + v, want: "the peer's own address",
		run: func(x *exchange) string {
			if a := x.ask("GET", "/hazard/ip", "", "X-Forwarded-For: "+v); !x.home.has(a.body) {
				return a.short()
			}
			return "the peer's own address"
		}}
}
