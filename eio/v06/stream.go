package v06

import (
	"bytes"

	"github.com/edgesio/edgesio/eio/internal/jstext"
)

// htmlfile and xhr-multipart: one GET is answered without end, and each batch is
// a part of it: a script of an HTML page in a hidden frame, or a part of a
// multipart/x-mixed-replace body.

// paddingBytes are what Internet Explorer wants to see before it runs a page.
const paddingBytes = 245

const partEnd = "--socketio\n"

// beginStream sends what stands before the first batch.
func (c *Client) beginStream() {
	if c.transport == xhrMultipart {
		c.res.Type(`multipart/x-mixed-replace;boundary="socketio"`).Write([]byte(partEnd))
		return
	}
	page := append([]byte("<html><body>"), bytes.Repeat([]byte{' '}, paddingBytes)...)
	c.res.Type("text/html; charset=UTF-8").Write(page)
}

// stream sends a batch. A client that does not read loses its connection.
func (c *Client) stream(batch []byte) Status {
	l := c.listener
	b := l.out[:0]
	if c.transport == xhrMultipart {
		b = append(b, "Content-Type: text/plain\n\n"...)
		b = append(append(append(b, batch...), '\n'), partEnd...)
	} else {
		b = append(b, `<script>parent.s._("`...)
		b = appendPageScript(b, batch)
		b = append(b, `", document);</script>`...)
	}
	status := c.res.Write(b)
	l.giveOut(b)
	return status
}

// appendPageScript appends text for a string of a script that stands in a page:
// nothing in it may end the script, or begin a comment.
func appendPageScript(dst, text []byte) []byte {
	for {
		before, after, found := bytes.Cut(text, []byte{'<'})
		dst = jstext.AppendString(dst, before)
		if !found {
			return dst
		}
		dst = append(dst, `\u003c`...)
		text = after
	}
}
