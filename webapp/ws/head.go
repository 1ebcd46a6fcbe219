package ws

import (
	"iter"
	"strings"

	"github.com/edgesio/edgesio/webapp"
)

// AppendHead appends what a server may want to remember of a request's header lines: "name: value\n" for each, names in
// lower case. Headers that differ for each connection and mean nothing after the handshake are left out, so that
// clients of one kind have equal heads, which can be shared.
func AppendHead(dst []byte, req *webapp.Request) []byte {
	req.EachHeader(func(name, value []byte) bool {
		if perRequest(name) {
			return true
		}
		b := append(dst, name...)
		lower := b[len(dst):]
		for i, c := range lower {
			if 'A' <= c && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
		if !perRequest(lower) {
			dst = append(append(append(b, ": "...), value...), '\n')
		}
		return true
	})
	return dst
}

func perRequest(name []byte) bool {
	switch string(name) {
	case "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
		"content-length":
		return true
	case "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions":
		return true // as browsers write them
	}
	return false
}

// HeadLines iterates over the names and values of what AppendHead made, in the order of the request.
func HeadLines(head string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for line := range strings.Lines(head) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !yield(name, value) {
				return
			}
		}
	}
}
