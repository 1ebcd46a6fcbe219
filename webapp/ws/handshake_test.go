package ws

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==" // that of section 1.3

// request is a good handshake with some lines changed: "Name: value" replaces the line of that name, "Name" alone
// leaves it out, "+Name: value" is one more.
func request(changes ...string) *Request {
	lines := []string{
		"Host: gateway", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: " + sampleKey, "Sec-WebSocket-Version: 13",
	}
	for _, change := range changes {
		name, _, _ := strings.Cut(change, ":")
		if more, found := strings.CutPrefix(change, "+"); found {
			lines = append(lines, more)
			continue
		}
		for i, line := range lines {
			if old, _, _ := strings.Cut(line, ":"); old == name {
				lines[i] = change
			}
		}
	}
	r := &Request{Method: "GET", Proto: "HTTP/1.1"}
	for _, line := range lines {
		if name, value, found := strings.Cut(line, ":"); found {
			r.Add([]byte(name), []byte(strings.Trim(value, " \t")))
		}
	}
	return r
}

// Group U of the bad input: what the handshake itself decides.
func TestCheckUpgrade(t *testing.T) {
	key := func(k string) *Request { return request("Sec-WebSocket-Key: " + k) }
	set := func(change func(*Request)) *Request { r := request(); change(r); return r }
	for _, c := range []struct {
		name string
		r    *Request
		want *Refusal
	}{
		{"good", request(), nil},
		{"version 8", request("Sec-WebSocket-Version: 8"), nil},
		{"case", request("Upgrade: WebSocket", "Connection: UPGRADE"), nil},
		{"lists", request("Upgrade: h2c, websocket", "Connection: keep-alive ,\tUpgrade"), nil},
		{"two Connection lines", request("Connection: keep-alive", "+Connection: Upgrade"), nil},
		{"names in lower case", request("Upgrade", "+upgrade: websocket", "Connection", "+connection: upgrade"), nil},
		{"U1 no Upgrade", request("Upgrade"), refusedUpgrade},
		{"U1 other Upgrade", request("Upgrade: h2c"), refusedUpgrade},
		{"U1 not the token", request("Upgrade: websocket/13"), refusedUpgrade},
		{"U1 no Connection", request("Connection"), refusedConnection},
		{"U1 other Connection", request("Connection: keep-alive, upgraded"), refusedConnection},
		{"U1 no Version", request("Sec-WebSocket-Version"), refusedVersion},
		{"U1 version 12", request("Sec-WebSocket-Version: 12"), refusedVersion},
		{"U1 version 14", request("Sec-WebSocket-Version: 14"), refusedVersion},
		{"U1 version 013", request("Sec-WebSocket-Version: 013"), refusedVersion},
		{"U1 version 13, 8", request("Sec-WebSocket-Version: 13, 8"), refusedVersion},
		{"U1 version twice", request("+Sec-WebSocket-Version: 13"), refusedVersion},
		{"U1 no Key", request("Sec-WebSocket-Key"), refusedKey},
		{"U1 bad key", key("abc"), refusedKey},
		{"U1 key of 23", key(sampleKey[1:]), refusedKey},
		{"U1 key of 25", key("A" + sampleKey), refusedKey},
		{"U1 key not base64", key("dGhlIHNhbXBsZSBub25j*Q=="), refusedKey},
		{"U1 key with URL alphabet", key("dGhlIHNhbXBsZSBub25j_Q=="), refusedKey},
		{"U1 key of 17 bytes", key("AAAAAAAAAAAAAAAAAAAAAAA="), refusedKey},
		{"U1 key of 18 bytes", key("AAAAAAAAAAAAAAAAAAAAAAAA"), refusedKey},
		{"U1 key with padding inside", key("AAAAAAAAAAAAAAAAAAAAA==="), refusedKey},
		{"U1 key with blank", key("dGhlIHNhbXBsZSBub25 ZQ=="), refusedKey},
		{"U1 key with spare bits", key("dGhlIHNhbXBsZSBub25jZR=="), nil},
		{"U1 key twice", request("+Sec-WebSocket-Key: " + sampleKey), refusedKey},
		{"U2 POST", set(func(r *Request) { r.Method = "POST" }), refusedMethod},
		{"U2 get", set(func(r *Request) { r.Method = "get" }), refusedMethod},
		{"U2 body", request("+Content-Length: 5"), refusedBody},
		{"U2 chunked body", request("+Transfer-Encoding: chunked"), refusedBody},
		{"U2 empty body", request("+Content-Length: 0"), nil},
		{"HTTP/1.0", set(func(r *Request) { r.Proto = "HTTP/1.0" }), refusedProto},
		{"no HTTP version", set(func(r *Request) { r.Proto = "" }), refusedProto},
		{"U3 extensions", request("+Sec-WebSocket-Extensions: constructor, " +
			strings.Repeat("permessage-deflate; ", 1000)), nil},
		{"U4 protocols", request("+Sec-WebSocket-Protocol: foo, bar"), nil},
		{"U4 1000 protocols", request("+Sec-WebSocket-Protocol: " + strings.Repeat("p,", 999) + "p"), nil},
		{"U4 empty protocol", request("+Sec-WebSocket-Protocol: foo,,bar"), refusedProtocol},
		{"U4 50 KB of spaces", request("+Sec-WebSocket-Protocol: foo" + strings.Repeat(" ", 50_000) + "bar"),
			refusedProtocol},
		{"U4 no token", request("+Sec-WebSocket-Protocol: foo\r\nX: y"), refusedProtocol},
		{"method before all", &Request{}, refusedMethod},
	} {
		if got := CheckUpgrade(c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The recorded answers of the reference server, e4.ws.bad-handshake.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		r    *Request
		want string
	}{
		{request("Sec-WebSocket-Key"), "400 Missing or invalid Sec-WebSocket-Key header"},
		{request("Sec-WebSocket-Key: abc"), "400 Missing or invalid Sec-WebSocket-Key header"},
		{request("Sec-WebSocket-Version: 12"),
			"400 Sec-WebSocket-Version: 13, 8 Missing or invalid Sec-WebSocket-Version header"},
		{request("Sec-WebSocket-Version"),
			"400 Sec-WebSocket-Version: 13, 8 Missing or invalid Sec-WebSocket-Version header"},
		{&Request{Method: "POST"}, "405 Allow: GET Invalid HTTP method"},
	} {
		refusal := CheckUpgrade(c.r)
		got := fmt.Sprintf("%d ", refusal.Status)
		if refusal.Header != "" {
			got += refusal.Header + ": " + refusal.Value + " "
		}
		if got += refusal.Error(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestFirstProtocol(t *testing.T) {
	for offer, want := range map[string]string{"": "", "foo": "foo", " foo , bar": "foo", "foo,bar": "foo"} {
		r := Request{Protocol: offer}
		if got := r.FirstProtocol(); got != want {
			t.Errorf("%q: %q", offer, got)
		}
	}
}

func TestAppendSwitch(t *testing.T) {
	got := string(AppendSwitch([]byte("x"), sampleKey, "", nil))
	want := "xHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	if got != want {
		t.Errorf("%q", got)
	}
	full := AppendSwitch(nil, sampleKey, "foo", []byte("Set-Cookie: io=1\r\nX-Y: z\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(full)), nil)
	if err != nil || res.StatusCode != 101 || len(res.Header) != 6 || res.Header.Get("Sec-WebSocket-Protocol") != "foo" ||
		res.Header.Get("Set-Cookie") != "io=1" || res.Header.Get("X-Y") != "z" {
		t.Errorf("%q: %v, %v", full, res, err)
	}
	if !bytes.HasSuffix(full, []byte("xOo=\r\nSec-WebSocket-Protocol: foo\r\nSet-Cookie: io=1\r\nX-Y: z\r\n\r\n")) {
		t.Errorf("order of %q", full)
	}
}
