package webapp

import (
	"bytes"
	"strings"
	"testing"
)

// chunkVectors are chunked bodies, and the data, or the status of the refusal.
var chunkVectors = []struct {
	name, wire, data string
	status           int
}{
	{"empty", "0\r\n\r\n", "", 200},
	{"one", "5\r\nhello\r\n0\r\n\r\n", "hello", 200},
	{"two, upper and lower case", "a\r\n0123456789\r\nB\r\n0123456789a\r\n000\r\n\r\n", "01234567890123456789a", 200},
	{"extensions", "1;a;b=c;d=\"e;\\\"\r\nx\r\n0;f\r\n\r\n", "", 400},
	{"extensions, balanced", "1;a;b=c;d=\"e;\\\"\"\r\nx\r\n0;f\r\n\r\n", "x", 200},
	{"trailers", "0\r\nX-Sum: 1\r\nY:\r\n\r\n", "", 200},
	{"not complete", "5\r\nhel", "hel", 0},
	{"H14 overflow", "10000000000000000\r\n", "", 400},
	{"H14 leading zeros are no overflow", "00000000000000000000001\r\nx\r\n0\r\n\r\n", "x", 200},
	{"H14 not hexadecimal", "g\r\n", "", 400},
	{"H14 0x", "0x5\r\nhello\r\n0\r\n\r\n", "", 400},
	{"H14 minus", "-1\r\n", "", 400},
	{"H14 leading space", " 5\r\nhello\r\n0\r\n\r\n", "", 400},
	{"H14 trailing space", "5 \r\nhello\r\n0\r\n\r\n", "", 400},
	{"H14 empty", "\r\n", "", 400},
	{"H15 endless extension", "1;" + strings.Repeat("a", 1<<20), "", 400},
	{"H15 many extensions", strings.Repeat("1;"+strings.Repeat("a", 200)+"\r\nx\r\n", 50), "xxxxxxxxxxxxxxxxxxxx", 400},
	{"H15 LF in extension", "1;a\nb\r\nx\r\n0\r\n\r\n", "", 400},
	{"H15 CR in extension", "1;a\rb\r\nx\r\n0\r\n\r\n", "", 400},
	{"H15 space before semicolon", "1 ;a\r\nx\r\n0\r\n\r\n", "", 400},
	{"H15 unbalanced quotes", "1;a=\"b\r\nx\r\n0\r\n\r\n", "", 400},
	{"H15 empty extension", "1;\r\nx\r\n0\r\n\r\n", "", 400},
	{"H16 no CRLF after the data", "1\r\nx0\r\n\r\n", "x", 400},
	{"H16 LF after the data", "1\r\nx\n0\r\n\r\n", "x", 400},
	{"H16 CR after the data", "1\r\nx\r0\r\n\r\n", "x", 400},
	{"H17 Content-Length", "0\r\ncontent-length: 1\r\n\r\n", "", 400},
	{"H17 Transfer-Encoding", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "", 400},
	{"H17 Host", "0\r\nHost: a\r\n\r\n", "", 400},
	{"H17 malformed", "0\r\na b: c\r\n\r\n", "", 400},
	{"H17 folded", "0\r\na: b\r\n c\r\n\r\n", "", 400},
	{"H17 endless", "0\r\n" + strings.Repeat("a: b\r\n", 1e4), "", 431},
	{"bare LF", "1\nx\n0\n\n", "", 400},
}

// take feeds pieces of a body and returns its data and the bytes taken.
func take(t *testing.T, d *chunked, pieces ...[]byte) (data []byte, taken int, e *Error) {
	var in []byte
	for _, p := range pieces {
		in = append(in, p...)
		for d.state != chunkDone {
			part, n, err := d.next(in)
			if err != nil {
				return data, taken, err
			}
			data = append(data, part...)
			in, taken = in[n:], taken+n
			if n == 0 {
				break
			}
		}
		if len(in) > max(maxChunkLine, maxTrailerBytes) && d.state != chunkDone {
			t.Fatalf("%d bytes are left waiting", len(in))
		}
	}
	return data, taken, nil
}

func TestChunkedVectors(t *testing.T) {
	for _, v := range chunkVectors {
		for _, step := range []int{len(v.wire), 1, 2, 3} {
			var pieces [][]byte
			for i := 0; i < len(v.wire); i += step {
				pieces = append(pieces, []byte(v.wire[i:min(i+step, len(v.wire))]))
			}
			var d chunked
			data, n, e := take(t, &d, pieces...)
			status := 0
			switch {
			case e != nil:
				status = e.Status
			case d.state == chunkDone:
				status = 200
			}
			if status != v.status || string(data) != v.data {
				t.Errorf("%s by %d: %d %q, want %d %q", v.name, step, status, data, v.status, v.data)
			}
			if status == 200 && n != len(v.wire) {
				t.Errorf("%s: %d bytes taken of %d", v.name, n, len(v.wire))
			}
		}
	}
}

// FuzzChunked: any split gives the same data and the same verdict, and never
// more than a line waits.
func FuzzChunked(f *testing.F) {
	for _, v := range chunkVectors {
		if len(v.wire) < 4<<10 {
			f.Add([]byte(v.wire), uint16(3), uint16(5))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, x, y uint16) {
		var whole, split chunked
		data, n, e := take(t, &whole, b)
		i, j := min(int(x), len(b)), min(int(x)+int(y), len(b))
		data2, n2, e2 := take(t, &split, b[:i], b[i:j], b[j:])
		if !bytes.Equal(data, data2) || n != n2 || e != e2 || whole.state != split.state {
			t.Fatalf("%q %d %v %v whole, %q %d %v %v split", data, n, e, whole.state, data2, n2, e2, split.state)
		}
	})
}
