package webapp

import (
	"bytes"

	"github.com/edgesio/edgesio/eos"
)

// The header fields that a response was given, as they go out: lines of
// "Name: value\r\n" one behind the other. Names and values are checked before
// they get here, so that a line is a line.

// appendField appends one line.
func appendField[T string | []byte](fields []byte, name string, value T) []byte {
	fields = append(fields, name...)
	fields = append(fields, ": "...)
	fields = append(fields, value...)
	return append(fields, "\r\n"...)
}

// cutField finds the first line of that name: fields[at:end], value within.
func cutField(fields []byte, name string) (at, end int, value []byte) {
	for at < len(fields) {
		line := fields[at:]
		line = line[:bytes.IndexByte(line, '\n')+1]
		end = at + len(line)
		if k := len(name); k < len(line) && line[k] == ':' && fold(line[:k], name) {
			return at, end, line[k+2 : len(line)-2]
		}
		at = end
	}
	return -1, -1, nil
}

// removeField removes all lines of that name.
func removeField(fields []byte, name string) []byte {
	for {
		at, end, _ := cutField(fields, name)
		if at < 0 {
			return fields
		}
		fields = append(fields[:at], fields[end:]...)
	}
}

// Set sets a header, replacing one that is there. A name that is no token, or a
// value with a control character, would let a peer's bytes become a header of
// their own: such a header is left out and reported to OnError. Content-Length
// and Transfer-Encoding belong to the response; Connection knows "close" only.
func (r *Response) Set(name, value string) *Response {
	if r.maySet() && r.editable(name, value) {
		r.fields = appendField(removeField(r.fields, name), name, value)
	}
	return r
}

func (r *Response) set(name, value string) *Response {
	if r.editable(name, value) {
		r.fields = appendField(removeField(r.fields, name), name, value)
	}
	return r
}

// Append adds a header line beside those of that name, for Set-Cookie and Vary.
func (r *Response) Append(name, value string) *Response {
	if r.maySet() {
		r.add(name, value)
	}
	return r
}

func (r *Response) add(name, value string) *Response {
	if r.editable(name, value) {
		r.fields = appendField(r.fields, name, value)
	}
	return r
}

// Get is the value of the first header of that name that was set.
func (r *Response) Get(name string) string {
	if !r.mayGet() {
		return ""
	}
	return r.field(name)
}

func (r *Response) field(name string) string {
	_, _, v := cutField(r.fields, name)
	return string(v)
}

// Remove takes back what Set and Append did.
func (r *Response) Remove(name string) *Response {
	if !r.may(eos.ResponseRemoveHeader) {
		return r
	}
	return r.remove(name)
}

func (r *Response) remove(name string) *Response {
	if r.flags&headSent == 0 {
		r.fields = removeField(r.fields, name)
	}
	return r
}

// Fields are header lines that an application sends often: checked and put
// together once.
type Fields struct {
	names []string
	lines []byte
}

// MakeFields makes Fields of names and their values, in turn. It panics where Set
// would leave a header out.
func MakeFields(pairs ...string) (f Fields) {
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		if !isToken(name) || !all(value, inValue) || reserved(name) || fold(name, "Connection") {
			panic("webapp: header " + Quote([]byte(name)) + " cannot be set")
		}
		f.names, f.lines = append(f.names, name), appendField(f.lines, name, value)
	}
	return f
}

// SetFields is Set for all of f.
func (r *Response) SetFields(f Fields) *Response {
	if !r.maySet() || !r.open() {
		return r
	}
	if len(r.fields) > 0 {
		for _, name := range f.names {
			r.fields = removeField(r.fields, name)
		}
	}
	r.fields = append(r.fields, f.lines...)
	return r
}

// open makes room for headers, and tells whether they can still be set.
func (r *Response) open() bool {
	if r.c == nil || r.flags&(headSent|hasEnded) != 0 {
		return false
	}
	if cap(r.fields) == 0 {
		r.fields = r.c.srv.takeFields()
	}
	return true
}

// reserved tells whether a header belongs to the response itself.
func reserved(name string) bool {
	return fold(name, "Content-Length") || fold(name, "Transfer-Encoding")
}

// editable checks a header that is to be set.
func (r *Response) editable(name, value string) bool {
	if !r.open() {
		return false
	}
	switch {
	case !isToken(name) || !all(value, inValue):
		r.c.srv.report(&Error{500, "header " + Quote([]byte(name)) + " is malformed: " + Quote([]byte(value))})
		return false
	case reserved(name):
		return false
	case fold(name, "Connection"):
		if fold(value, "close") {
			r.flags &^= keepsAlive
		}
		return false
	}
	return true
}

// AppendFields appends the header lines that were set, each ended by CRLF: for
// the response that the caller of Switch writes itself. To be called before it.
func (r *Response) AppendFields(dst []byte) []byte { return append(dst, r.fields...) }
