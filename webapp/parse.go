package webapp

import "bytes"

// The request head, RFC 9112 sections 2 to 6. Bytes in, marks out: nothing here
// knows a connection. What we refuse although the grammar lets a server repair
// it: white space around a field name, folded lines, a bare LF or CR, an empty
// line before the request line, Content-Length and Transfer-Encoding lists.

// span marks bytes of the head.
type span struct{ at, end uint16 }

// of is the marked part of raw.
func (s span) of(raw []byte) []byte { return raw[s.at:s.end:s.end] }

// field is one header line.
type field struct{ name, value span }

// Properties of a head.
const (
	saysClose     = 1 << iota // Connection: close
	saysKeepAlive             // Connection: keep-alive
	saysUpgrade               // Connection: upgrade
	hasUpgrade                // there is an Upgrade header
	hasHost
	hasLength
	isChunked
	isExpecting // Expect: 100-continue
	isAbsolute  // absolute-form target
	isEscaped   // there is something to decode in the query
	isEncoded   // the body has a Content-Encoding
	hasCookie
)

// head is a parsed request head: marks into the bytes that it was parsed from.
// A target is split as follows, and path is its decoded form.
//
//	target.at <= rawPath.at <= rawPath.end <= query.at <= query.end == target.end
type head struct {
	method  string
	target  span
	rawPath span
	query   span // without the question mark
	host    span
	length  uint64
	minor   uint8 // of HTTP/1
	flags   uint16
	fields  []field
	path    []byte // a view of the head, or of decoded
	decoded []byte
}

// headLimits bound a head; the bytes fit 16 bits. The last two are checked only
// when they are positive.
type headLimits struct{ uri, bytes, fields, cookies, params int }

// lineSlack is what a request line has besides its target: the longest method
// and " HTTP/1.1\r\n" with room.
const lineSlack = 32

// scan is how far a head has come that is not complete. The zero value begins
// one.
//
//	line <= seen <= bytes at hand
type scan struct {
	line, seen int32 // start of the present line; looked at without finding its end
	fields     int32 // header lines before it
}

// parse reads a head from the start of b, all of which it gets again, with more
// behind it, until it is complete. It returns the head's length, or 0 and no
// error while the head is not complete, or the refusal, at the earliest byte that
// calls for it. Marks are valid for this b, the other bytes of b may follow.
func (h *head) parse(b []byte, s *scan, lim *headLimits) (n int, e *Error) {
	if len(b) == 0 {
		return 0, nil
	}
	if b[0] < 'A' || b[0] > 'Z' {
		return 0, errFirstByte
	}
	h.reset()
	whole := s.line == 0
	for {
		at := int(s.line)
		line, ok, e := s.next(b, lim)
		if !ok {
			return 0, e
		}
		switch {
		case at == 0:
			e = h.requestLine(line, lim)
		case len(line) == 0:
			if !whole { // earlier lines were only checked: now all marks at once
				*s = scan{}
				return h.parse(b[:at+2], s, lim)
			}
			h.path = h.cleanView(b)
			return at + 2, h.finish(b, lim)
		default:
			if s.fields++; int(s.fields) > lim.fields {
				return 0, errFieldCount
			}
			e = h.field(line, at)
		}
		if e != nil {
			return 0, e
		}
	}
}

func (h *head) reset() {
	*h = head{fields: h.fields[:0], decoded: h.decoded[:0]}
}

// next finds the present line's end and returns it without CRLF. The verdict
// depends on the bytes only, not on how they were split: within the limit a bare
// CR comes first, then the limit.
func (s *scan) next(b []byte, lim *headLimits) (line []byte, ok bool, e *Error) {
	limit, over := lim.bytes, errHeadTooLarge
	if s.line == 0 {
		limit, over = lim.uri+lineSlack, errURITooLong
	}
	window := b[:min(len(b), limit)]
	i := bytes.IndexByte(window[s.seen:], '\n')
	if i < 0 {
		part := window[s.seen:]
		if k := bytes.IndexByte(part, '\r'); k >= 0 && k+1 < len(part) {
			return nil, false, errBareCR
		} else if k >= 0 {
			part = part[:k] // the last byte: it is looked at again
		}
		if len(b) > limit {
			return nil, false, over
		}
		s.seen += int32(len(part))
		return nil, false, nil
	}
	line = window[s.line : int(s.seen)+i]
	switch k := bytes.IndexByte(line, '\r'); {
	case k < 0:
		return nil, false, errBareLF
	case k < len(line)-1:
		return nil, false, errBareCR
	}
	s.seen += int32(i) + 1
	s.line = s.seen
	return line[:len(line)-1], true, nil
}

// requestLine parses method SP target SP version, with exactly these spaces.
func (h *head) requestLine(line []byte, lim *headLimits) *Error {
	i := bytes.IndexByte(line, ' ')
	j := bytes.LastIndexByte(line, ' ')
	if i <= 0 || j <= i+1 {
		return errRequestLine
	}
	h.method = methodOf(line[:i])
	if h.method == "" && !isToken(line[:i]) {
		return errRequestLine
	}
	switch string(line[j+1:]) {
	case "HTTP/1.1":
		h.minor = 1
	case "HTTP/1.0":
		h.minor = 0
	default:
		return errRequestLine
	}
	if j-i-1 > lim.uri {
		return errURITooLong
	}
	if h.method == "" && !isMethod(line[:i]) {
		return errRequestLine
	}
	h.target = span{uint16(i + 1), uint16(j)}
	if e := h.splitTarget(line); e != nil {
		return e
	}
	if lim.params > 0 && int(h.query.end-h.query.at) >= lim.params && h.params(line) >= lim.params {
		return errParamCount
	}
	if h.method == "" {
		return errMethod
	}
	return nil
}

// field parses one header line that begins at offset at.
func (h *head) field(line []byte, at int) *Error {
	if line[0] == ' ' || line[0] == '\t' {
		return errFolded
	}
	i := len(line)
	for k, c := range line {
		if class[c]&inToken == 0 {
			i = k
			break
		}
	}
	if i == 0 || i == len(line) || line[i] != ':' {
		return errFieldName
	}
	from, value := i+1, trim(line[i+1:])
	if !all(value, inValue) {
		return errFieldValue
	}
	if len(value) > 0 { // an empty value stands right behind the colon
		for line[from] == ' ' || line[from] == '\t' {
			from++
		}
	}
	from += at
	h.fields = append(h.fields, field{
		span{uint16(at), uint16(at + i)},
		span{uint16(from), uint16(from + len(value))},
	})
	return nil
}

// finish judges the fields together, once the head is complete.
func (h *head) finish(b []byte, lim *headLimits) *Error {
	for _, f := range h.fields {
		if e := h.note(f.name.of(b), f.value, f.value.of(b)); e != nil {
			return e
		}
	}
	switch {
	case h.flags&hasCookie != 0 && lim.cookies > 0 && h.cookies(b) > lim.cookies:
		return errCookieCount
	case h.flags&hasHost == 0 && h.minor == 1:
		return errHostMissing
	case h.flags&isChunked != 0 && h.minor == 0:
		return errCodingVersion
	case h.flags&(isChunked|hasLength) == isChunked|hasLength:
		return errLengthCoding
	case h.flags&isAbsolute != 0:
		return h.sameHost(b)
	}
	return nil
}

var semicolon, ampersand = []byte{';'}, []byte{'&'}

// cookies counts what stands between semicolons.
func (h *head) cookies(b []byte) (n int) {
	for _, f := range h.fields {
		if fold(f.name.of(b), "cookie") {
			n += 1 + bytes.Count(f.value.of(b), semicolon)
		}
	}
	return n
}

// params counts the ampersands of the query.
func (h *head) params(line []byte) int { return bytes.Count(h.query.of(line), ampersand) }

// note takes up a field that the connection itself acts on.
func (h *head) note(name []byte, at span, value []byte) *Error {
	switch len(name) {
	case 4:
		if fold(name, "host") {
			return h.noteHost(at, value)
		}
	case 6:
		if fold(name, "expect") {
			if !fold(value, "100-continue") {
				return errExpect
			}
			h.flags |= isExpecting
		} else if fold(name, "cookie") {
			h.flags |= hasCookie
		}
	case 7:
		if fold(name, "upgrade") {
			h.flags |= hasUpgrade
		}
	case 10:
		if fold(name, "connection") {
			h.noteConnection(value)
		}
	case 14:
		if fold(name, "content-length") {
			return h.noteLength(value)
		}
	case 16:
		if fold(name, "content-encoding") && !fold(value, "identity") {
			h.flags |= isEncoded
		}
	case 17:
		if fold(name, "transfer-encoding") {
			return h.noteCoding(value)
		}
	}
	return nil
}

func (h *head) noteHost(at span, value []byte) *Error {
	if h.flags&hasHost != 0 {
		return errHostTwice
	}
	h.flags |= hasHost
	h.host = at
	if !isHost(value) {
		return errHost
	}
	return nil
}

func (h *head) noteLength(value []byte) *Error {
	if h.flags&hasLength != 0 {
		return errLengthTwice
	}
	h.flags |= hasLength
	var ok bool
	if h.length, ok = decimal(value); !ok {
		return errLength
	}
	return nil
}

func (h *head) noteCoding(value []byte) *Error {
	if h.flags&isChunked != 0 {
		return errCodingTwice
	}
	if !fold(value, "chunked") {
		return errCoding
	}
	h.flags |= isChunked
	return nil
}

func (h *head) noteConnection(list []byte) {
	for item, rest, ok := nextItem(list); ok; item, rest, ok = nextItem(rest) {
		switch {
		case fold(item, "close"):
			h.flags |= saysClose
		case fold(item, "keep-alive"):
			h.flags |= saysKeepAlive
		case fold(item, "upgrade"):
			h.flags |= saysUpgrade
		}
	}
}

// lookup finds the first field of that name.
func (h *head) lookup(raw []byte, name string) ([]byte, bool) {
	for _, f := range h.fields {
		if n := f.name.of(raw); fold(n, name) {
			return f.value.of(raw), true
		}
	}
	return nil, false
}
