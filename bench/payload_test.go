//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestPayloadsComeBack(t *testing.T) {
	packets := []string{"40", `4210["echo","a"]`, "3"}
	for eio, wire := range map[int]string{
		4: "40\x1e4210[\"echo\",\"a\"]\x1e3",
		3: `2:4016:4210["echo","a"]1:3`,
	} {
		var b []byte
		for _, p := range packets {
			b = appendPacket(b, eio, []byte(p))
		}
		if string(b) != wire {
			t.Errorf("EIO %d: %q", eio, b)
		}
		for _, want := range packets {
			var got []byte
			if got, b = nextPacket(b, eio); string(got) != want {
				t.Errorf("EIO %d: %q, want %q", eio, got, want)
			}
		}
		if len(b) > 0 {
			t.Errorf("EIO %d: %q is left", eio, b)
		}
	}
	for _, s := range []string{"", "x", "5:ab", "-1:a", ":"} {
		if p, rest := nextPacket([]byte(s), 3); p != nil || rest != nil {
			t.Errorf("%q has a packet %q", s, p)
		}
	}
}

func TestParseReply(t *testing.T) {
	const length = "HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 2\r\n\r\nok"
	const chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
	for wire, body := range map[string]string{length: "ok", chunks: "abc"} {
		for cut := range len(wire) {
			if r, _, err := parseReply([]byte(wire[:cut]), nil); r.n != 0 || err != nil {
				t.Fatalf("%q: %d %v", wire[:cut], r.n, err)
			}
		}
		r, _, err := parseReply([]byte(wire+"HTTP/1.1"), nil)
		if err != nil || string(r.body) != body || r.n != len(wire) {
			t.Errorf("%q: %q %d %v", wire, r.body, r.n, err)
		}
	}
	for _, wire := range []string{
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		strings.Replace(length, " 2", " -2", 1),
		strings.Replace(chunks, "\r\n2\r\n", "\r\nz\r\n", 1),
	} {
		if _, _, err := parseReply([]byte(wire), nil); err == nil {
			t.Errorf("%q is taken", wire)
		}
	}
}
