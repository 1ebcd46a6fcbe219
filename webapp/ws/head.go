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
		at := len(dst)
		dst = append(dst, name...)
		for i := at; i < len(dst); i++ {
			if c := dst[i]; 'A' <= c && c <= 'Z' {
				dst[i] = c + 'a' - 'A'
			}
		}
		if perRequest(dst[at:]) {
			dst = dst[:at]
			return true
		}
		dst = append(append(append(dst, ": "...), value...), '\n')
		return true
	})
	return dst
}

func perRequest(name []byte) bool {
	switch string(name) {
	case "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
		"content-length":
		return true
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
