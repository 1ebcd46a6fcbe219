package sio

import (
	"slices"
	"strconv"
)

// Event is a received event, or the answer to one of ours. Its arguments are views into the message and are decoded
// when they are asked for. Getters do not fail: asked for an argument that is missing or of another type, they return
// the zero value and Err tells about the first such case, so that a handler reads everything and checks once.
//
// The server reuses one Event. It, its Values, and the slices that Text, Bytes, Raw and Args return are valid until the
// handler returns; what String, Bind and Any return is a copy. Loop's goroutine only.
type Event struct {
	socket *Socket
	label  string // the name as a string, once somebody needed it
	name   []byte // the name: a view into data or nameBuf
	data   []byte // the payload
	spans  []span // elements of the payload
	args   []span // spans without the event name
	marks  []placeholder
	atts   [][]byte

	argv    []arg // what Values point to; entry i is always {e, i}
	list    []any // what Args returns
	nameBuf []byte
	textBuf []byte

	id     uint64
	ask    bool // an answer was asked for and not given yet
	asked  bool
	err    error
	first  *answered   // of an event that may be repeated
	step   int         // next middleware
	wait   bool        // a middleware was called and has not called next
	resume func(error) // next, made once
}

// load fills the event, which is new or was released, from a checked header. The event's slices are views into p.data
// and atts.
func (e *Event) load(sc *scanner, p *packet, atts [][]byte, lim *limits) error {
	maxMarks := 0
	if p.kind.binary() {
		maxMarks = marksPerAttachment * lim.attachments
	}
	if err := sc.scan(p.data, p.attachments, maxMarks); err != nil {
		return err
	}
	e.spans, sc.args = sc.args, e.spans // each goes on with the other's memory
	if len(sc.marks) > 0 {
		e.marks, sc.marks = sc.marks, e.marks
	}
	if p.marks != nil {
		e.marks = append(e.marks, p.marks...)
	}
	e.data, e.atts, e.args, e.id = p.data, atts, e.spans, p.id
	if p.kind.event() {
		e.ask, e.asked = p.hasID, p.hasID
		return e.takeName(lim)
	}
	return nil
}

// marksPerAttachment bounds how often attachments may be referred to: one may be used more than once.
const marksPerAttachment = 4

// takeName takes the first element as the event's name: a string, or a number as JavaScript prints it.
func (e *Event) takeName(lim *limits) error {
	if len(e.spans) == 0 {
		return errPayload
	}
	e.args = e.spans[1:]
	raw := e.data[e.spans[0].start:e.spans[0].end]
	switch {
	case raw[0] == '"':
		e.name = raw[1 : len(raw)-1]
		if escaped(e.name) {
			e.nameBuf = appendUnquoted(e.nameBuf[:0], e.name)
			e.name = e.nameBuf
		}
	case kindOf(raw[0]) == "number":
		e.nameBuf = appendFloat(e.nameBuf[:0], parseFloat(raw), 64)
		e.name = e.nameBuf
	default:
		return errPayload
	}
	if len(e.name) > lim.nameBytes {
		return errEventName
	}
	if reservedEvent(e.name) {
		return errReserved
	}
	return nil
}

// release forgets the message.
func (e *Event) release() {
	e.socket, e.data, e.atts, e.args, e.name, e.label, e.err = nil, nil, nil, nil, nil, "", nil
	e.ask, e.asked, e.wait, e.first, e.step, e.marks = false, false, false, nil, 0, e.marks[:0]
	if len(e.list) > 0 {
		clear(e.list)
		e.list = e.list[:0]
	}
	const keep = 4 << 10
	if cap(e.textBuf) > keep {
		e.textBuf = nil
	}
	if cap(e.nameBuf) > keep {
		e.nameBuf = nil
	}
	e.textBuf = e.textBuf[:0]
}

// detach makes the event the owner of its bytes, for a middleware that goes on in a later turn.
func (e *Event) detach() {
	e.label = e.Name()
	e.name = []byte(e.label)
	e.data = slices.Clone(e.data)
	e.atts = slices.Clone(e.atts)
	for i := range e.atts {
		e.atts[i] = slices.Clone(e.atts[i])
	}
}

// Name is the name of the event, empty for an answer. A numeric name is its text.
func (e *Event) Name() string {
	if e.label == "" && len(e.name) > 0 {
		e.label = string(e.name)
	}
	return e.label
}

// Socket is the socket that the event came to.
func (e *Event) Socket() *Socket { return e.socket }

// Len is the number of arguments, the event name and the ack not counted.
func (e *Event) Len() int { return len(e.args) }

// Arg is argument i, to pass on. A missing one is the zero Value.
func (e *Event) Arg(i int) Value {
	if i < 0 || i >= len(e.args) {
		return Value{}
	}
	for len(e.argv) <= i {
		e.argv = append(e.argv, arg{e, len(e.argv)})
	}
	return Value{&e.argv[i]}
}

// Args are all arguments as Values, to pass on: s.Emit("copy", e.Args()...). The slice is valid until the handler
// returns or calls Args again.
func (e *Event) Args() []any {
	e.list = e.list[:0]
	for i := range e.args {
		e.list = append(e.list, e.Arg(i))
	}
	return slices.Clip(e.list)
}

// Raw is the JSON of argument i, nil when it is missing. It is valid until the handler returns.
func (e *Event) Raw(i int) []byte { return e.Arg(i).Raw() }

// String is a copy of the string argument i.
func (e *Event) String(i int) string {
	raw := e.quoted(i)
	if escaped(raw) {
		return string(appendUnquoted(nil, raw))
	}
	return string(raw)
}

// Text is the string argument i as UTF-8 bytes. It is valid until the handler returns, and costs no allocation.
func (e *Event) Text(i int) []byte {
	raw := e.quoted(i)
	if !escaped(raw) {
		return raw
	}
	from := len(e.textBuf)
	e.textBuf = appendUnquoted(e.textBuf, raw)
	return slices.Clip(e.textBuf[from:])
}

// quoted is the inside of the string argument i.
func (e *Event) quoted(i int) []byte {
	raw := e.Raw(i)
	if len(raw) < 2 || raw[0] != '"' {
		e.mismatch(i, "string")
		return nil
	}
	return raw[1 : len(raw)-1 : len(raw)-1]
}

// Int is the number argument i, which must be whole and fit an int64.
func (e *Event) Int(i int) int64 {
	raw := e.number(i)
	if raw == nil {
		return 0
	}
	n, ok := parseInt(raw)
	if !ok {
		e.mismatch(i, "whole number")
	}
	return n
}

// Float is the number argument i.
func (e *Event) Float(i int) float64 {
	raw := e.number(i)
	if raw == nil {
		return 0
	}
	return parseFloat(raw)
}

// number is the text of the number argument i.
func (e *Event) number(i int) []byte {
	raw := e.Raw(i)
	if len(raw) == 0 || kindOf(raw[0]) != "number" {
		e.mismatch(i, "number")
		return nil
	}
	return raw
}

// Bool is the boolean argument i.
func (e *Event) Bool(i int) bool {
	raw := e.Raw(i)
	if len(raw) == 0 || kindOf(raw[0]) != "boolean" {
		e.mismatch(i, "boolean")
		return false
	}
	return raw[0] == 't'
}

// Bytes is the binary argument i. It is valid until the handler returns.
func (e *Event) Bytes(i int) []byte {
	if i >= 0 && i < len(e.args) {
		if b, ok := e.attachment(i); ok {
			return slices.Clip(b)
		}
	}
	e.mismatch(i, "binary")
	return nil
}

// IsNull tells whether argument i is null or missing.
func (e *Event) IsNull(i int) bool {
	raw := e.Raw(i)
	return len(raw) == 0 || raw[0] == 'n'
}

// Any decodes argument i; see Value.Any.
func (e *Event) Any(i int) any { return e.Arg(i).Any() }

// Bind decodes argument i into v, a pointer, with encoding/json. An attachment goes into a []byte or Binary, wherever
// it stands in v; inside an any it is base64, unless v itself is a *any. Everything in v is a copy.
func (e *Event) Bind(i int, v any) error {
	if i < 0 || i >= len(e.args) {
		e.mismatch(i, "value")
		return e.err
	}
	return e.bind(i, v)
}

// Err is the first mismatch between an argument and the getter that was used for it: nil or an *ArgError.
func (e *Event) Err() error { return e.err }

// mismatch notes the first argument that was not what was asked for.
func (e *Event) mismatch(i int, want string) {
	if e.err == nil {
		e.err = &ArgError{Event: e.Name(), Index: i, Want: want, Got: e.Arg(i).kind()}
	}
}

// HasAck tells whether the client asked for an answer.
func (e *Event) HasAck() bool { return e.asked }

// Ack answers the event with any values, as in Socket.Emit. The first answer counts; without HasAck, or after the
// first, nothing is sent and the result is Dropped.
func (e *Event) Ack(args ...any) Status {
	if !e.take() {
		return Dropped
	}
	return e.socket.answer(e.id, args, e.first)
}

// AckString answers with one string and allocates nothing.
func (e *Event) AckString(s string) Status {
	if !e.take() {
		return Dropped
	}
	return e.socket.answerOne(e.id, one{text: s}, e.first)
}

// AckBytes answers with one attachment and allocates nothing. b is copied.
func (e *Event) AckBytes(b []byte) Status {
	if !e.take() {
		return Dropped
	}
	return e.socket.answerOne(e.id, one{bytes: b, binary: true}, e.first)
}

// take claims the one answer.
func (e *Event) take() bool {
	ok := e.ask
	e.ask = false
	return ok
}

// Later moves the right to answer into a Reply, for a handler that knows the answer only after it returned. It is never
// nil; without HasAck, or after an answer, it drops what it is given.
func (e *Event) Later() *Reply {
	return &Reply{socket: e.socket, id: e.id, open: e.take(), first: e.first}
}

// Reply answers an event after its handler returned. Loop's goroutine only.
type Reply struct {
	socket *Socket
	id     uint64
	open   bool
	first  *answered
}

// Ack answers as Event.Ack does, once.
func (r *Reply) Ack(args ...any) Status {
	if !r.open {
		return Dropped
	}
	r.open = false
	return r.socket.answer(r.id, args, r.first)
}

// describe is the event for messages to people: its name, quoted and cut.
func (e *Event) describe() string {
	name := e.Name()
	if len(name) > 64 {
		name = name[:64]
	}
	return strconv.Quote(name)
}
