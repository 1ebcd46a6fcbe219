package sio

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ErrTooLarge reports an argument with more values in it than Bind and Any decode; see Options.MaxElements.
var ErrTooLarge = errors.New("sio: argument has too many values")

// Value is one argument of a received event. Emitting it sends the argument on as it came, attachments included,
// without decoding it and without an allocation. The zero Value is an argument that is not there; it is sent as null.
//
// A Value belongs to its event and is valid until the event's handler returns.
type Value struct{ p *arg }

// arg is what a Value points to: argument i of an event. A Value is one pointer, so that making an interface value of
// it allocates nothing.
type arg struct {
	ev *Event
	i  int
}

// ArgError tells that an argument is missing or has another type than the one asked for.
type ArgError struct {
	Event string // name of the event
	Index int    // number of the argument, from 0
	Want  string // what was asked for
	Got   string // what is there: null, boolean, number, string, array, object, binary or nothing
}

// Error describes the mismatch.
func (e *ArgError) Error() string {
	return fmt.Sprintf("sio: argument %d of event %q is %s, not %s", e.Index, e.Event, e.Got, e.Want)
}

// present tells whether the argument exists.
func (v Value) present() bool { return v.p != nil && v.p.i < len(v.p.ev.args) }

// Raw returns the JSON of the argument, nil when there is none. It is valid until the handler returns. Attachments
// stand in it as the placeholders of the protocol.
func (v Value) Raw() []byte {
	if !v.present() {
		return nil
	}
	at := v.p.ev.args[v.p.i]
	return v.p.ev.data[at.start:at.end:at.end]
}

// String returns the text of a string argument, and the JSON of any other. The result is a copy.
func (v Value) String() string {
	raw := v.Raw()
	if len(raw) < 2 || raw[0] != '"' {
		return string(raw)
	}
	if raw = raw[1 : len(raw)-1]; escaped(raw) {
		return string(appendUnquoted(nil, raw))
	}
	return string(raw)
}

// Any decodes the argument as encoding/json does into an any: nil, bool, float64, string, []any, map[string]any; an
// attachment becomes a []byte. Everything in the result is a copy. Decoded data takes up to forty times the space of
// its JSON; an argument with more than Options.MaxElements values in it gives nil.
func (v Value) Any() any {
	if !v.present() {
		return nil
	}
	out, _ := v.p.ev.decode(v.p.i)
	return out
}

// kind names the type of the argument.
func (v Value) kind() string {
	if !v.present() {
		return "nothing"
	}
	if _, ok := v.p.ev.attachment(v.p.i); ok {
		return "binary"
	}
	return kindOf(v.Raw()[0])
}

// kindOf names the type of the JSON value that begins with c.
func kindOf(c byte) string {
	switch c {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// attachment returns the bytes that argument i stands for, when it is a placeholder as a whole.
func (e *Event) attachment(i int) ([]byte, bool) {
	at := e.args[i]
	for _, m := range e.marks {
		if m.start == at.start && m.end == at.end {
			return e.atts[m.num], true
		}
	}
	return nil, false
}

// bind decodes argument i into v with encoding/json.
func (e *Event) bind(i int, v any) error {
	at := e.args[i]
	if b, ok := e.attachment(i); ok {
		switch v := v.(type) {
		case *[]byte:
			*v = slices.Clone(b)
			return nil
		case *Binary:
			*v = slices.Clone(b)
			return nil
		}
	}
	if v, ok := v.(*any); ok {
		out, err := e.decode(i)
		*v = out
		return err
	}
	raw := e.data[at.start:at.end]
	if elements(raw) > e.socket.client.server.opts.MaxElements {
		return ErrTooLarge
	}
	return json.Unmarshal(e.inlined(at), v)
}

// inlined returns the JSON of an argument with base64 strings in place of its placeholders, which is what
// encoding/json expects of a []byte.
func (e *Event) inlined(at span) []byte {
	var out []byte
	from := at.start
	for _, m := range e.marks {
		if m.start < from || m.end > at.end {
			continue
		}
		out = append(append(out, e.data[from:m.start]...), '"')
		out = base64.StdEncoding.AppendEncode(out, e.atts[m.num])
		out = append(out, '"')
		from = m.end
	}
	if out == nil {
		return e.data[at.start:at.end]
	}
	return append(out, e.data[from:at.end]...)
}

// elements bounds the number of values in checked JSON from above without decoding it: every value but the first
// follows a comma, a colon or an opening bracket.
func elements(raw []byte) int {
	return 1 + bytes.Count(raw, []byte{','}) + bytes.Count(raw, []byte{'['}) + bytes.Count(raw, []byte{'{'})
}
