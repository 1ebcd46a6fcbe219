package middleware

import (
	"bytes"

	"github.com/edgesio/edgesio/webapp"
)

// The multipart framing, RFC 2046 section 5.1.1, as RFC 7578 uses it. Bytes in,
// parts out, at any split: what is not whole yet (a header line, the beginning of
// a delimiter) stays in the spill, which is bounded. Nested multiparts are not
// looked into. What we refuse although the grammar allows it: more than 1 KiB
// before the first and behind the last delimiter together, a bare line feed in a
// part's header, folded header lines.

// partState is where a multipart body stands. What may follow:
//
//	preamble -> edge (the first delimiter)
//	edge     -> header (a line's end behind the delimiter), epilogue ("--")
//	header   -> data (the empty line)
//	data     -> edge (a delimiter)
//	epilogue -> nothing
type partState uint8

const (
	partPreamble partState = iota
	partEdge
	partHeader
	partData
	partEpilogue
)

// String returns the state's name.
func (s partState) String() string {
	return [...]string{"preamble", "edge", "header", "data", "epilogue"}[s]
}

var partFollows = [...]uint8{
	partPreamble: 1 << partEdge,
	partEdge:     1<<partHeader | 1<<partEpilogue,
	partHeader:   1 << partData,
	partData:     1 << partEdge,
	partEpilogue: 0,
}

// maxAroundBytes is what may stand around the parts, padding included.
const maxAroundBytes = 1 << 10

// keepSpillBytes of a spill that grew are kept for the next piece.
const keepSpillBytes = 4 << 10

// partEvents is told what the parser finds. An error ends the parsing. The views
// are valid until the call returns.
type partEvents interface {
	partBegin() error
	partHeader(name, value []byte) error
	partReady() error // the header is whole
	partData(p []byte) error
	partEnd() error
}

// partParser takes a multipart body apart.
type partParser struct {
	to        partEvents
	delimiter []byte // CRLF, two dashes, boundary
	spill     []byte
	state     partState
	around    int // bytes around the parts
	header    int // bytes of the present part's header
	maxHeader int
}

// What is wrong with a multipart body.
var (
	errBoundary   = &webapp.Error{Status: 400, Message: "multipart body without a valid boundary"}
	errAround     = &webapp.Error{Status: 400, Message: "multipart body has too much around its parts"}
	errEdge       = &webapp.Error{Status: 400, Message: "malformed multipart delimiter"}
	errPartHead   = &webapp.Error{Status: 400, Message: "malformed header of a part"}
	errPartHeader = &webapp.Error{Status: 431, Message: "header of a part is too large"}
	errTruncated  = &webapp.Error{Status: 400, Message: "multipart body ends before its last delimiter"}
)

// newPartParser makes a parser; a boundary has 1 to 70 characters.
func newPartParser(boundary string, maxHeader int, to partEvents) (*partParser, error) {
	if len(boundary) < 1 || len(boundary) > 70 || boundary[len(boundary)-1] == ' ' {
		return nil, errBoundary
	}
	for i := range len(boundary) {
		if c := boundary[i]; c < ' ' || c >= 0x7f {
			return nil, errBoundary
		}
	}
	p := &partParser{to: to, delimiter: []byte("\r\n--" + boundary), maxHeader: maxHeader}
	p.spill = append(p.spill, "\r\n"...) // the first delimiter may begin the body
	p.around = -len(p.spill)
	return p, nil
}

func (p *partParser) setState(s partState) {
	if partFollows[p.state]&(1<<s) == 0 {
		panic("middleware: multipart goes from " + p.state.String() + " to " + s.String())
	}
	p.state = s
}

// feed takes the next bytes, which are a view.
func (p *partParser) feed(b []byte) error {
	if len(p.spill) > 0 {
		p.spill = append(p.spill, b...)
		b = p.spill
	}
	for {
		n, more, err := p.step(b)
		if err != nil {
			return err
		}
		if b = b[n:]; !more {
			if cap(p.spill) > keepSpillBytes {
				p.spill = nil // a whole piece went through it
			}
			p.spill = append(p.spill[:0], b...)
			return nil
		}
	}
}

// end tells whether the body may end here.
func (p *partParser) end() error {
	if p.state != partEpilogue {
		return errTruncated
	}
	return nil
}

// step takes n bytes; more is false if the rest must wait for its continuation.
func (p *partParser) step(b []byte) (n int, more bool, err error) {
	switch p.state {
	case partPreamble:
		n, more = p.find(b)
		if err = p.aside(n); err == nil && more {
			n += len(p.delimiter)
			p.setState(partEdge)
		}
	case partEdge:
		n, more, err = p.edge(b)
	case partHeader:
		n, more, err = p.line(b)
	case partData:
		n, more = p.find(b)
		if n > 0 {
			err = p.to.partData(b[:n])
		}
		if more && err == nil {
			n += len(p.delimiter)
			p.setState(partEdge)
			err = p.to.partEnd()
		}
	case partEpilogue:
		n, err = len(b), p.aside(len(b))
	}
	return n, more, err
}

// find returns how much of b is in front of the delimiter, or for certain not a
// part of it.
func (p *partParser) find(b []byte) (n int, found bool) {
	if i := bytes.Index(b, p.delimiter); i >= 0 {
		return i, true
	}
	from := max(0, len(b)-len(p.delimiter)+1)
	for {
		i := bytes.IndexByte(b[from:], '\r')
		if i < 0 {
			return len(b), false
		}
		if from += i; bytes.HasPrefix(p.delimiter, b[from:]) {
			return from, false
		}
		from++
	}
}

// aside counts what is around the parts.
func (p *partParser) aside(n int) error {
	if p.around += n; p.around > maxAroundBytes {
		return errAround
	}
	return nil
}

// edge takes what is behind a delimiter: two dashes, or padding and a line's end.
func (p *partParser) edge(b []byte) (int, bool, error) {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\t') {
		n++
	}
	rest := b[n:]
	switch {
	case n > maxAroundBytes:
		return 0, false, errAround
	case n == 0 && bytes.HasPrefix(rest, []byte("--")):
		p.setState(partEpilogue)
		return 2, true, nil
	case bytes.HasPrefix(rest, []byte("\r\n")):
		if err := p.aside(n); err != nil {
			return 0, false, err
		}
		p.setState(partHeader)
		p.header = 0
		return n + 2, true, p.to.partBegin()
	case len(rest) == 0, string(rest) == "\r", n == 0 && string(rest) == "-":
		return 0, false, nil
	}
	return 0, false, errEdge
}

// line takes a header line.
func (p *partParser) line(b []byte) (int, bool, error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if p.header+len(b) > p.maxHeader {
			return 0, false, errPartHeader
		}
		return 0, false, nil
	}
	if p.header += i + 1; p.header > p.maxHeader {
		return 0, false, errPartHeader
	}
	if i == 0 || b[i-1] != '\r' {
		return 0, false, errPartHead
	}
	line := b[:i-1]
	if len(line) == 0 {
		p.setState(partData)
		return i + 1, true, p.to.partReady()
	}
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok || !isToken(string(name)) || !isFieldText(value) {
		return 0, false, errPartHead
	}
	return i + 1, true, p.to.partHeader(name, bytes.Trim(value, " \t"))
}

// isFieldText: no control character but the tab.
func isFieldText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
