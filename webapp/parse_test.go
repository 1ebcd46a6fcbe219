package webapp

import (
	"strings"
	"testing"
)

var testLimits = headLimits{uri: 8 << 10, bytes: 16 << 10, fields: 100}

// wireVectors are request heads and the status that each calls for: 200 is
// accepted, 0 is not complete. They are the cases H1 to H34 of what a peer may
// do wrong, and the seeds of the fuzz tests.
var wireVectors = []struct {
	name, head string
	status     int
}{
	{"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200},
	{"body counted", "POST /a?b=c HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\n", 200},
	{"body chunked", "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n", 200},
	{"empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY:  \t\r\n\r\n", 200},
	{"obs-text in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \xe2\x82\xac\r\n\r\n", 200},
	{"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", 200},
	{"absolute-form", "GET http://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", 200},
	{"asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"not begun", "", 0},
	{"not complete", "GET / HTTP/1.1\r\nHost: a\r\n", 0},
	{"not complete after CR", "GET / HTTP/1.1\r\nHost: a\r\n\r", 0},

	{"H1 space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
	{"H2 folded", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
	{"H2 folded first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
	{"H2 folded after CL", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\t2\r\n\r\n", 400},
	{"H2 folded after TE", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", 400},
	{"H3 bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
	{"H3 bare LF in headers", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
	{"H3 bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
	{"H4 bare CR", "GET / HTTP/1.1\r\nHost: a\r\nx:\rTransfer-Encoding: chunked\r\n\r\n", 400},
	{"H4 bare CR in target", "GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H5 CR X after headers", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
	{"H6 NUL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400},
	{"H6 CTL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", 400},
	{"H6 DEL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n", 400},
	{"H6 NUL in name", "GET / HTTP/1.1\r\nHost: a\r\nX\x00: a\r\n\r\n", 400},
	{"H7 empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
	{"H7 no colon", "GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", 400},
	{"H8 name with @", "GET / HTTP/1.1\r\nHost: a\r\na@b: x\r\n\r\n", 400},
	{"H8 name with (", "GET / HTTP/1.1\r\nHost: a\r\na(b: x\r\n\r\n", 400},
	{"H8 name with space", "GET / HTTP/1.1\r\nHost: a\r\na b: x\r\n\r\n", 400},
	{"H8 name with obs-text", "GET / HTTP/1.1\r\nHost: a\r\n\xc3\xa4: x\r\n\r\n", 400},
	{"H9 no Host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"H9 two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	{"H9 empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
	{"H9 two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400},
	{"H9 empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
	{"H9 large port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
	{"H9 [x]", "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", 400},
	{"H9 zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", 400},
	{"H9 IPv4 in brackets", "GET / HTTP/1.1\r\nHost: [1.2.3.4]\r\n\r\n", 400},
	{"H9 user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
	{"H9 path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"H10 CL twice, same", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
	{"H10 CL twice, different", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
	{"H11 CL +5", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400},
	{"H11 CL 0x5", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400},
	{"H11 CL 5,5", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,5\r\n\r\n", 400},
	{"H11 CL 5 5", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n", 400},
	{"H11 CL empty", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
	{"H11 CL -1", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
	{"H11 CL 2^64", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
	{"H11 CL 2^64 and more", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n\r\n", 400},
	{"H12 CL and TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"H12 TE and CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
	{"H13 TE twice", "POST / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("Transfer-Encoding: chunked\r\n", 2) + "\r\n", 400},
	{"H13 chunked, gzip", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400},
	{"H13 gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400},
	{"H13 xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400},
	{"H13 chunkedchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedchunked\r\n\r\n", 400},
	{"H13 identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400},
	{"H13 empty", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400},
	{"H13 TE on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"H19 unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"H19 CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H19 CONNECT in origin-form", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"H19 lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H19 mixed case", "GeT / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H19 3 KB", strings.Repeat("A", 3<<10) + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"H20 two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H20 space behind", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
	{"H20 space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H20 tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H20 no version", "GET /\r\n", 400},
	{"H20 HTTP/1.;", "GET / HTTP/1.;\r\nHost: a\r\n\r\n", 400},
	{"H20 HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
	{"H20 HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400},
	{"H20 lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
	{"H20 preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
	{"H20 empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H20 no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 long target", "GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\n", 414},
	{"H21 target at the limit", "GET /" + strings.Repeat("a", 8<<10-1) + " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H21 target over the limit", "GET /" + strings.Repeat("a", 8<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
	{"H21 absolute-form, other Host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 absolute-form without path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 //host", "GET //evil/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 relative", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 backslash", "GET /a\\..\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %5c", "GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %2f", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %00", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %0d%0a", "GET /a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %2e%2e/", "GET /%2e%2e/a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 ..", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 .. at the end", "GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 .", "GET /./a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 three dots are a name", "GET /a/.../b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H21 %252e is decoded once", "GET /%252e%252e/ HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H21 %zz", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 % at the end", "GET /a% HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 %zz in the query", "GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 escapes that are no UTF-8", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 escapes that are UTF-8", "GET /%e2%82%ac HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H21 raw UTF-8", "GET /\xe2\x82\xac HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 raw UTF-8 in the query", "GET /?\xe2\x82\xac HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 fragment in the query", "GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H21 empty segments within", "GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H22 endless line", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 1<<20), 431},
	{"H23 many headers", "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a: b\r\n", 1e5), 431},
	{"H23 headers at the limit", "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a: b\r\n", 99) + "\r\n", 200},
	{"H23 headers over the limit", "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a: b\r\n", 100) + "\r\n", 431},
	{"H24 many cookies", "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + strings.Repeat("a=;", 1e5) + "\r\n\r\n", 431},
	{"H25 many parameters", "GET /?" + strings.Repeat("a=&", 1e5) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
	{"H26 duplicates are for the query", "GET /?sid=a&sid=b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"H28 Expect without a body", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 200},
	{"H28 another Expect", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417},
	{"H29 Connection", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade, keep-alive\r\n\r\n", 200},
	{"H33 PROXY", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"H34 TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
}

// verdict parses b whole.
func verdict(b []byte) (h head, n, status int) {
	var s scan
	n, e := h.parse(b, &s, &testLimits)
	return h, n, statusOf(n, e)
}

func statusOf(n int, e *Error) int {
	switch {
	case e != nil:
		return e.Status
	case n > 0:
		return 200
	}
	return 0
}

func TestParseVectors(t *testing.T) {
	for _, v := range wireVectors {
		h, n, status := verdict([]byte(v.head))
		if status != v.status {
			t.Errorf("%s: %d, want %d", v.name, status, v.status)
		}
		if status == 200 && n != len(v.head) {
			t.Errorf("%s: %d bytes taken of %d", v.name, n, len(v.head))
		}
		if status == 200 {
			checkMarks(t, &h, []byte(v.head[:n]))
		}
	}
}

// checkMarks verifies the inequalities that the type promises.
func checkMarks(t *testing.T, h *head, raw []byte) {
	t.Helper()
	ok := h.target.at <= h.rawPath.at && h.rawPath.at <= h.rawPath.end &&
		h.rawPath.end <= h.query.at && h.query.at <= h.query.end && h.query.end == h.target.end
	at := h.target.end
	for _, f := range h.fields {
		ok = ok && at <= f.name.at && f.name.at < f.name.end && f.name.end < f.value.at && f.value.at <= f.value.end
		at = f.value.end
	}
	if !ok || int(at) > len(raw) || len(h.path) == 0 {
		t.Fatalf("marks are out of order: %+v", h)
	}
}

// TestParseSplit feeds every vector a byte at a time: the verdict is the same, and
// it comes with the byte that calls for it.
func TestParseSplit(t *testing.T) {
	for _, v := range wireVectors {
		if len(v.head) > 20<<10 {
			v.head = v.head[:20<<10]
		}
		_, _, want := verdict([]byte(v.head))
		var h head
		var s scan
		n, status := 0, 0
		for n = 0; n <= len(v.head) && status == 0; n++ {
			taken, e := h.parse([]byte(v.head[:n]), &s, &testLimits)
			status = statusOf(taken, e)
		}
		if status != want {
			t.Errorf("%s: %d split, %d whole", v.name, status, want)
		}
	}
}

func TestParseResult(t *testing.T) {
	raw := []byte("POST http://a.b:8000/x/%C3%A4?q=1&r HTTP/1.1\r\nhost: A.b:8000\r\nX-Y:  v w \t\r\n" +
		"content-length: 18446744073709551615\r\nConnection: , Close,upgrade\r\nUpgrade: x\r\n\r\nrest")
	h, n, status := verdict(raw)
	if status != 200 || string(raw[n:]) != "rest" {
		t.Fatal(status, n)
	}
	for _, c := range []struct{ what, got, want string }{
		{"method", h.method, "POST"},
		{"target", string(h.target.of(raw)), "http://a.b:8000/x/%C3%A4?q=1&r"},
		{"path", string(h.path), "/x/ä"},
		{"query", string(h.query.of(raw)), "q=1&r"},
		{"host", string(h.host.of(raw)), "A.b:8000"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
	if v, ok := h.lookup(raw, "x-y"); !ok || string(v) != "v w" {
		t.Errorf("X-Y is %q", v)
	}
	const said = saysClose | saysUpgrade | hasUpgrade
	if h.length != 1<<64-1 || h.minor != 1 || h.flags&said != said {
		t.Errorf("%+v", h)
	}
}

// FuzzRequest: any split of the input gives the same verdict at the same byte,
// and what is accepted has its marks in order.
func FuzzRequest(f *testing.F) {
	for _, v := range wireVectors {
		if len(v.head) < 4<<10 {
			f.Add([]byte(v.head), uint16(7), uint16(20))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, x, y uint16) {
		lim := headLimits{uri: 200, bytes: 500, fields: 8}
		var h head
		var s scan
		n, e := h.parse(b, &s, &lim)
		if e == nil && n > 0 {
			checkMarks(t, &h, b[:n])
		}
		if n > lim.bytes {
			t.Fatalf("a head of %d bytes", n)
		}
		var split head
		s = scan{}
		i, j := min(int(x), len(b)), min(int(x)+int(y), len(b))
		for _, part := range []int{i, j, len(b)} {
			m, e2 := split.parse(b[:part], &s, &lim)
			if m == 0 && e2 == nil {
				continue
			}
			if m != n || e2 != e {
				t.Fatalf("%d, %v split at %d of %d; %d, %v whole", m, e2, part, len(b), n, e)
			}
			return
		}
		if n != 0 || e != nil {
			t.Fatalf("not complete when split, %d, %v whole", n, e)
		}
	})
}
