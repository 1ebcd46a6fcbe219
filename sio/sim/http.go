package sim

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// exchange is a request and what waits for its answer.
type exchange struct {
	request []byte
	done    func(r *reply) // nil: the connection broke
}

// reply is an answer.
type reply struct {
	status int
	header map[string]string // names in lower case
	body   []byte
}

// httpConn is a client's HTTP connection: one exchange at a time.
type httpConn struct {
	line    *line
	in      []byte
	cur     *exchange
	dead    bool
	onWrong func(what string, b []byte)
}

func (c *httpConn) start(x *exchange) {
	c.cur = x
	c.line.send(x.request)
}

// request makes the bytes of a request.
func request(method, target, kind string, headers string, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: box.local\r\n%s", method, target, headers)
	if method == "POST" {
		b = fmt.Appendf(b, "Content-Type: %s\r\nContent-Length: %d\r\n", kind, len(body))
	}
	return append(append(b, "\r\n"...), body...)
}

func (c *httpConn) onData(b []byte) {
	c.in = append(c.in, b...)
	for len(c.in) > 0 {
		if c.cur == nil {
			c.onWrong("bytes that nobody asked for", c.in)
			c.in = nil
			return
		}
		r, n, err := parseReply(c.in)
		if err != "" {
			c.onWrong(err, c.in)
			return
		}
		if r == nil {
			return
		}
		c.in = c.in[n:]
		x := c.cur
		c.cur = nil
		if strings.EqualFold(r.header["connection"], "close") {
			c.dead = true
			c.line.finish()
		}
		x.done(r)
	}
}

func (c *httpConn) onEnd(bool) {
	c.dead = true
	if x := c.cur; x != nil {
		c.cur = nil
		x.done(nil)
	}
}

// parseReply cuts one whole answer off b; nil when it is not whole yet.
func parseReply(b []byte) (r *reply, n int, wrong string) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, 0, ""
	}
	lines := strings.Split(string(b[:end]), "\r\n")
	if len(lines[0]) < 12 || !strings.HasPrefix(lines[0], "HTTP/1.1 ") {
		return nil, 0, "no status line"
	}
	r = &reply{header: make(map[string]string)}
	var err error
	if r.status, err = strconv.Atoi(lines[0][9:12]); err != nil {
		return nil, 0, "no status"
	}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ": ")
		if !ok || name != strings.TrimSpace(name) {
			return nil, 0, "malformed header " + l
		}
		r.header[strings.ToLower(name)] = value
	}
	n = end + 4
	if r.status == 101 {
		return r, n, ""
	}
	if r.header["transfer-encoding"] == "chunked" {
		return chunkedReply(r, b, n)
	}
	size, err := strconv.Atoi(r.header["content-length"])
	switch {
	case r.status == 204 || r.status == 304:
		size = 0
	case err != nil:
		return nil, 0, "no content-length"
	}
	if len(b) < n+size {
		return nil, 0, ""
	}
	r.body = b[n : n+size : n+size]
	return r, n + size, r.decode()
}

func chunkedReply(r *reply, b []byte, n int) (*reply, int, string) {
	for {
		i := bytes.Index(b[n:], []byte("\r\n"))
		if i < 0 {
			return nil, 0, ""
		}
		size, err := strconv.ParseUint(string(b[n:n+i]), 16, 31)
		if err != nil {
			return nil, 0, "malformed chunk"
		}
		n += i + 2
		if len(b) < n+int(size)+2 {
			return nil, 0, ""
		}
		r.body = append(r.body, b[n:n+int(size)]...)
		if n += int(size) + 2; size == 0 {
			return r, n, r.decode()
		}
	}
}

// decode undoes a content coding.
func (r *reply) decode() string {
	var from io.Reader
	var err error
	switch r.header["content-encoding"] {
	case "":
		return ""
	case "gzip":
		from, err = gzip.NewReader(bytes.NewReader(r.body))
	case "deflate":
		from, err = zlib.NewReader(bytes.NewReader(r.body))
	default:
		return "unknown content coding"
	}
	if err == nil {
		r.body, err = io.ReadAll(from)
	}
	if err != nil {
		return "content coding: " + err.Error()
	}
	return ""
}
