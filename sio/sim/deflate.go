package sim

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"sync"
)

// permessage-deflate (RFC 7692) from the client's side, without context takeover.

// offers are what clients ask for.
var offers = []string{
	"permessage-deflate; client_no_context_takeover; server_no_context_takeover",
	"permessage-deflate; server_no_context_takeover",
	"permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
	"x-nothing, permessage-deflate; client_no_context_takeover; server_no_context_takeover",
	"permessage-deflate",
}

var (
	deflaters = sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, flate.BestSpeed)
		return w
	}}
	inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}
)

// agreed reads the server's answer to an offer.
func (c *wsConn) agreed(answer string) (wrong string) {
	switch {
	case answer == "":
	case c.offer == "":
		return "an extension that nobody asked for"
	case !strings.HasPrefix(answer, "permessage-deflate"):
		return "another extension than the one asked for"
	case strings.Contains(c.offer, "server_no_context") && !strings.Contains(answer, "server_no_context_takeover"):
		return "context takeover that the client forbade"
	case strings.Contains(answer, "client_max_window_bits"):
		return "client_max_window_bits that was not offered"
	default:
		c.deflate = true
	}
	return ""
}

// inflate is what came as a compressed message.
func inflate(b []byte) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	end := strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff") // what was cut off, and a last block
	_ = r.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(b), end), nil)
	return io.ReadAll(r)
}

// deflate compresses a message.
func deflate(b []byte) []byte {
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(b)
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
}
