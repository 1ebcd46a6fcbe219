package webapp

import (
	"bytes"
	"compress/flate"
	"github.com/edgesio/edgesio/eos"
	"hash/adler32"
	"hash/crc32"
	"io"
	"strings"
)

// compressor makes gzip (RFC 1952) and deflate (zlib, RFC 1950) bodies with one
// flate writer, which is made at the first use and holds some 1.2 MB from then
// on, for all responses.
type compressor struct {
	flate *flate.Writer
	out   bytes.Buffer
}

// keepCompressed is what is kept of a buffer that grew.
const keepCompressed = 64 << 10

// gzip returns p compressed, valid until the next call.
func (z *compressor) gzip(p []byte) []byte {
	z.begin([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	z.flush(p)
	sum, n := crc32.ChecksumIEEE(p), uint32(len(p))
	z.out.Write([]byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
	z.out.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	return z.out.Bytes()
}

// deflate returns p compressed, valid until the next call.
func (z *compressor) deflate(p []byte) []byte {
	z.begin([]byte{0x78, 0x01})
	z.flush(p)
	sum := adler32.Checksum(p)
	z.out.Write([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return z.out.Bytes()
}

func (z *compressor) begin(head []byte) {
	if z.out.Cap() > keepCompressed {
		z.out = bytes.Buffer{}
	}
	z.out.Reset()
	z.out.Write(head)
	z.lend(&z.out)
}

// lend resets the writer to w.
func (z *compressor) lend(w io.Writer) *flate.Writer {
	if z.flate == nil {
		z.flate, _ = flate.NewWriter(w, flate.BestSpeed) // the level is valid
	} else {
		z.flate.Reset(w)
	}
	return z.flate
}

// Flate lends the server's flate writer, reset to w, until the next response is
// compressed or it is lent again: it holds 1.2 MB, and one is enough for a loop.
func (s *Server) Flate(w io.Writer) *flate.Writer { return s.shrink.lend(w) }

func (z *compressor) flush(p []byte) {
	z.flate.Write(p) // a bytes.Buffer takes everything
	z.flate.Close()
}

// AcceptsEncoding tells whether Accept-Encoding offers a content coding: it, or
// "*", with a quality above zero.
func (r *Request) AcceptsEncoding(coding string) bool {
	list, _ := r.lookup("Accept-Encoding")
	star := false
	for item, rest, ok := nextItem(list); ok; item, rest, ok = nextItem(rest) {
		name, params, _ := bytes.Cut(item, []byte{';'})
		switch name = trim(name); {
		case fold(name, coding):
			return !isZero(params)
		case string(name) == "*":
			star = !isZero(params)
		}
	}
	return star
}

// isZero tells whether a weight is q=0, q=0.0 and so on.
func isZero(params []byte) bool {
	params = trim(params)
	return len(params) > 2 && lower(params[0]) == 'q' && params[1] == '=' &&
		len(bytes.Trim(params[2:], "0.")) == 0
}

// compressible tells media types that are text.
func compressible(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "application/json", "application/xml", "application/xhtml+xml", "application/manifest+json", "application/wasm",
		"image/svg+xml", "image/bmp", "image/x-icon", "font/ttf", "font/otf", "application/vnd.ms-fontobject":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// sendShrunk completes the response with a file in gzip.
func (r *Response) sendShrunk(f *found) {
	defer f.file.Close()
	p := make([]byte, f.info.Size())
	if _, err := io.ReadFull(f.file, p); err != nil {
		r.c.srv.report(err)
		r.Fail(err)
		return
	}
	r.sendBytes(r.c.srv.shrink.gzip(p))
}

func (r *Response) noteEncodings(req *Request) {
	if req.AcceptsEncoding("gzip") {
		r.flags |= offersGzip
	}
	if req.AcceptsEncoding("deflate") {
		r.flags |= offersDeflate
	}
}

// SendCompressed is SendBytes with gzip or deflate, whichever the request
// offers, gzip before deflate. What p has in it is for the caller to weigh:
// secrets beside a peer's own bytes should not be compressed together.
func (r *Response) SendCompressed(p []byte) {
	if !r.mayEnd(eos.ResponseSend) {
		return
	}
	if r.Ended() || r.flags&headSent != 0 {
		r.sendBytes(p)
		return
	}
	if r.flags&isParked == 0 {
		r.noteEncodings(r.c.req)
	}
	z := &r.c.srv.shrink
	switch {
	case r.flags&offersGzip != 0:
		r.set("Content-Encoding", "gzip")
		p = z.gzip(p)
	case r.flags&offersDeflate != 0:
		r.set("Content-Encoding", "deflate")
		p = z.deflate(p)
	}
	r.sendBytes(p)
}
