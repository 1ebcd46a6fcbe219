package msgpack

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/edgesio/edgesio/sio"
)

// ErrJSON reports a payload that is not JSON, which only a sio.Raw can bring.
var ErrJSON = errors.New("msgpack: payload is not JSON")

// encoder translates the JSON of one packet. MessagePack wants the size of a container before its elements, so the
// first of two passes counts them.
type encoder struct {
	p      *sio.WirePacket
	pos    int
	mark   int      // the next attachment
	sizes  []uint32 // of the containers, in the order in which they open
	next   int      // the next of sizes
	text   []byte   // a string without its escapes
	dst    []byte
	failed bool
}

// packet appends the message.
func (e *encoder) packet() {
	p := e.p
	n := uint32(2)
	if p.HasID {
		n++
	}
	if len(p.Payload) > 0 {
		n++
	}
	e.dst = appendMap(room(e.dst, envelopeBytes+len(p.Namespace)), n)
	if p.HasID {
		e.dst = appendUint(append(e.dst, fieldID...), p.ID)
	}
	e.dst = appendInt(append(e.dst, fieldType...), int64(p.Type))
	if p.Type == sio.PacketConnectError { // the order of the reference, for the eye
		e.namespace()
		e.data()
	} else {
		e.data()
		e.namespace()
	}
}

// The names of the fields, as strings of MessagePack.
const (
	fieldID        = "\xa2id"
	fieldType      = "\xa4type"
	fieldData      = "\xa4data"
	fieldNamespace = "\xa3nsp"
)

// envelopeBytes is the most that a packet takes beside its data and the text of its namespace.
const envelopeBytes = 1 + len(fieldID+fieldType+fieldData+fieldNamespace) + 9 + 9 + 5

func (e *encoder) namespace() {
	e.dst = appendString(append(e.dst, fieldNamespace...), e.p.Namespace)
}

// data appends the payload, if there is one.
func (e *encoder) data() {
	if len(e.p.Payload) == 0 {
		return
	}
	e.dst = append(e.dst, fieldData...)
	if e.count(); e.failed {
		return
	}
	e.pos, e.mark = 0, 0
	e.value()
	if e.space(); e.pos != len(e.p.Payload) {
		e.failed = true
	}
}

// placeholder passes over the placeholder that begins here and returns its attachment.
func (e *encoder) placeholder() ([]byte, bool) {
	b, start, end, ok := e.p.Attachment(e.mark)
	if !ok || start != e.pos {
		return nil, false
	}
	e.mark++
	e.pos = end
	return b, true
}

// count notes the size of every container.
func (e *encoder) count() {
	var open [maxDepth + 2]struct {
		at   int
		some bool // it has an element
	}
	depth, j := 0, e.p.Payload
	for e.pos < len(j) {
		c := j[e.pos]
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			e.pos++
			continue
		}
		if c == ']' || c == '}' {
			if depth == 0 {
				e.failed = true
				return
			}
			if open[depth].some {
				e.sizes[open[depth].at]++
			}
			depth--
			e.pos++
			continue
		}
		open[depth].some = true
		if _, ok := e.placeholder(); ok {
			continue
		}
		switch c {
		case '{', '[':
			if depth++; depth > maxDepth {
				e.failed = true
				return
			}
			open[depth].at, open[depth].some = len(e.sizes), false
			e.sizes = append(e.sizes, 0)
		case ',':
			if depth > 0 {
				e.sizes[open[depth].at]++
			}
		case '"':
			e.skipString()
			continue
		}
		e.pos++
	}
	e.failed = e.failed || depth != 0
}

// skipString passes over a string and returns its inside.
func (e *encoder) skipString() []byte {
	j := e.p.Payload
	from := e.pos + 1
	for i := from; i < len(j); i++ {
		switch j[i] {
		case '\\':
			i++
		case '"':
			e.pos = i + 1
			return j[from:i]
		}
	}
	e.pos, e.failed = len(j), true
	return nil
}

func (e *encoder) space() {
	for j := e.p.Payload; e.pos < len(j); e.pos++ {
		if c := j[e.pos]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return
		}
	}
}

// value translates one value.
func (e *encoder) value() {
	if e.space(); e.failed || e.pos == len(e.p.Payload) {
		e.failed = true
		return
	}
	if b, ok := e.placeholder(); ok {
		e.dst = appendBinary(e.dst, b)
		return
	}
	switch e.p.Payload[e.pos] {
	case '{':
		e.container('}')
	case '[':
		e.container(']')
	case '"':
		e.string()
	case 't':
		e.word("true")
		e.dst = appendBool(e.dst, true)
	case 'f':
		e.word("false")
		e.dst = appendBool(e.dst, false)
	case 'n':
		e.word("null")
		e.dst = appendNil(e.dst)
	default:
		e.number()
	}
}

func (e *encoder) word(w string) {
	if j := e.p.Payload; len(j)-e.pos < len(w) || string(j[e.pos:e.pos+len(w)]) != w {
		e.failed = true
		return
	}
	e.pos += len(w)
}

// container translates an array or an object up to its end.
func (e *encoder) container(end byte) {
	n := e.sizes[e.next]
	e.next++
	e.pos++
	if end == '}' {
		e.dst = appendMap(e.dst, n)
	} else {
		e.dst = appendArray(e.dst, n)
	}
	for i := range int(n) {
		if i > 0 {
			e.expect(',')
		}
		if end == '}' {
			e.space()
			e.string()
			e.expect(':')
		}
		if e.value(); e.failed {
			return
		}
	}
	e.expect(end)
}

func (e *encoder) expect(c byte) {
	e.space()
	if e.pos == len(e.p.Payload) || e.p.Payload[e.pos] != c {
		e.failed = true
		return
	}
	e.pos++
}

// string translates a string.
func (e *encoder) string() {
	if e.failed || e.pos == len(e.p.Payload) || e.p.Payload[e.pos] != '"' {
		e.failed = true
		return
	}
	raw := e.skipString()
	e.text = e.text[:0]
	from := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		e.text = append(e.text, raw[from:i]...)
		n := e.unescape(raw[i:])
		from = i + n
		i = from - 1
	}
	if from > 0 {
		e.text = append(e.text, raw[from:]...)
		raw = e.text
	}
	e.dst = appendString(e.dst, raw)
}

// unescape appends what an escape sequence stands for and returns its length. Half of a surrogate pair has no place in
// UTF-8 and becomes U+FFFD.
func (e *encoder) unescape(b []byte) int {
	switch b[1] {
	case 'n':
		e.text = append(e.text, '\n')
	case 't':
		e.text = append(e.text, '\t')
	case 'r':
		e.text = append(e.text, '\r')
	case 'b':
		e.text = append(e.text, '\b')
	case 'f':
		e.text = append(e.text, '\f')
	case 'u':
		r := hex4(b)
		if r < 0 {
			e.failed = true
			return 2
		}
		if low := hex4(b[6:]); r >= 0xd800 && r < 0xdc00 && low >= 0xdc00 && low < 0xe000 {
			e.text = utf8.AppendRune(e.text, (r-0xd800)<<10+(low-0xdc00)+0x10000)
			return 12
		}
		e.text = utf8.AppendRune(e.text, r)
		return 6
	default:
		e.text = append(e.text, b[1])
	}
	return 2
}

// hex4 reads \uXXXX, -1 when b begins with something else.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// maxSafe is the largest integer that a JavaScript number holds exactly.
const maxSafe = 1 << 53

// number translates a number: whole ones as integers, the others as doubles, as notepack does.
func (e *encoder) number() {
	j, from := e.p.Payload, e.pos
	whole := true
	for ; e.pos < len(j); e.pos++ {
		c := j[e.pos]
		if c >= '0' && c <= '9' || c == '-' && e.pos == from {
			continue
		}
		if c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		whole = false
	}
	text := string(j[from:e.pos])
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			e.dst = appendInt(e.dst, n)
			return
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			e.dst = appendUint(e.dst, n)
			return
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !math.IsInf(f, 0) || text == "":
		e.failed = true
	case f == math.Trunc(f) && math.Abs(f) <= maxSafe:
		e.dst = appendInt(e.dst, int64(f))
	default:
		e.dst = appendFloat64(e.dst, f)
	}
}
