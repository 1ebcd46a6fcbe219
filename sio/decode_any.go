package sio

import "slices"

// Decoding of an argument into an any, on demand. The JSON was checked when the packet came, so this needs no error
// handling and its depth is bounded; attachments are copied into place.

// anyReader walks the checked JSON of one argument.
type anyReader struct {
	ev   *Event
	pos  int
	mark int // the next placeholder
}

// decode returns argument i as an any.
func (e *Event) decode(i int) (any, error) {
	at := e.args[i]
	if elements(e.data[at.start:at.end]) > e.socket.client.server.opts.MaxElements {
		return nil, ErrTooLarge
	}
	r := anyReader{ev: e, pos: int(at.start)}
	return r.value(), nil
}

// value reads one value.
func (r *anyReader) value() any {
	r.space()
	b := r.ev.data
	switch from := r.pos; b[from] {
	case '"':
		return r.text()
	case '{':
		if m, ok := r.placeholder(); ok {
			r.pos = int(m.end)
			return slices.Clone(r.ev.atts[m.num])
		}
		return r.object()
	case '[':
		return r.array()
	case 't':
		r.pos += len("true")
		return true
	case 'f':
		r.pos += len("false")
		return false
	case 'n':
		r.pos += len("null")
		return nil
	default:
		r.pos, _ = scanNumber(b, from)
		return parseFloat(b[from:r.pos])
	}
}

// placeholder tells whether an attachment stands for the object that begins here.
func (r *anyReader) placeholder() (placeholder, bool) {
	for ; r.mark < len(r.ev.marks); r.mark++ {
		if m := r.ev.marks[r.mark]; int(m.start) >= r.pos {
			return m, int(m.start) == r.pos
		}
	}
	return placeholder{}, false
}

// text reads a string.
func (r *anyReader) text() string {
	from := r.pos + 1
	r.pos, _ = scanString(r.ev.data, r.pos)
	raw := r.ev.data[from : r.pos-1]
	if escaped(raw) {
		return string(appendUnquoted(nil, raw))
	}
	return string(raw)
}

// object reads an object; of equal keys the last one counts.
func (r *anyReader) object() map[string]any {
	m := make(map[string]any)
	r.pos++
	for {
		if r.skip('}') {
			return m
		}
		r.space()
		key := r.text()
		r.skip(':')
		m[key] = r.value()
		r.skip(',')
	}
}

// array reads an array.
func (r *anyReader) array() []any {
	list := []any{}
	r.pos++
	for !r.skip(']') {
		list = append(list, r.value())
		r.skip(',')
	}
	return list
}

// skip passes over blanks and then over c, if c is there.
func (r *anyReader) skip(c byte) bool {
	r.space()
	if r.ev.data[r.pos] != c {
		return false
	}
	r.pos++
	return true
}

// space passes over blanks. Inside a payload there is always a byte behind them: the end of the outer array.
func (r *anyReader) space() {
	for {
		switch r.ev.data[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}
