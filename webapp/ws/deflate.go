package ws

import (
	"compress/flate"
	"io"
)

// RFC 7692, section 7.2.1: compression. Nothing is kept from one message to the next (server_no_context_takeover), so
// one Deflater serves all connections of a loop, and a frame that is compressed once goes to as many as like it.

// Deflater compresses frames, on one goroutine. The zero Deflater is ready; it must not be copied. It holds 1.2 MB
// from the first frame on, as the standard library's writer does, and none before;
// with Writer it holds none.
type Deflater struct {
	// Threshold is the size in bytes of a payload below which Takes declines.
	Threshold int
	// Writer, if it is set, lends a writer that was reset to w, until the next call.
	Writer func(w io.Writer) *flate.Writer
	writer *flate.Writer
	out    deflated
}

type deflated []byte

func (d *deflated) Write(p []byte) (int, error) {
	*d = append(*d, p...)
	return len(p), nil
}

const keepDeflatedBytes = 64 << 10

// Takes tells whether a frame that AppendFrame or AppendHeader began may be compressed for a client with these terms,
// and is large enough for it.
func (d *Deflater) Takes(frame []byte, terms Terms) bool {
	if terms.Window == 0 || len(frame) < d.Threshold {
		return false
	}
	h, _, err := ParseHeader(frame)
	return err == nil && h.Length >= int64(d.Threshold) && (terms.Window == maxWindow || h.Length <= 1<<terms.Window)
}

// begin is a writer to out.
func (d *Deflater) begin() *flate.Writer {
	switch {
	case d.Writer != nil:
		return d.Writer(&d.out)
	case d.writer == nil:
		d.writer, _ = flate.NewWriter(&d.out, flate.BestSpeed) // the level is valid
	default:
		d.writer.Reset(&d.out)
	}
	return d.writer
}

// Compress compresses the payload of the frame that b[at:] is, one that Takes approved of, and returns b with the
// smaller frame in its place; or as it was, if it does not get smaller.
func (d *Deflater) Compress(b []byte, at int) []byte {
	h, n, _ := ParseHeader(b[at:])
	payload := b[at+n:]
	d.out = d.out[:0]
	writer := d.begin()
	_, err := writer.Write(payload)
	if err == nil {
		err = writer.Flush()
	}
	out := d.out[:max(len(d.out)-len(flushTail), 0)]
	if err == nil && len(out) < len(payload) { // deflated takes everything, so there is no error
		b = appendHeader(b[:at], h.OpCode, len(out), 0)
		b[at] |= rsv1Bit
		b = append(b, out...)
	}
	if cap(d.out) > keepDeflatedBytes {
		d.out = nil
	}
	return b
}
