package sio

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"
)

// The encoder writes packets as socket.io-parser does: the payload as JSON.stringify would, every []byte in it as a
// placeholder, and the attachments beside it. A server has one encoder, which writes into the loop's scratch buffer;
// it allocates nothing for strings, numbers, booleans, []byte, received values, and slices and maps of them.

// Binary is a []byte that names its purpose: it travels as a binary attachment wherever it stands in a value, as a
// Buffer does in JavaScript. A plain []byte does the same; nil is an empty attachment. The bytes are only looked at
// during the call that emits them.
type Binary []byte

// Raw is JSON that passes through as it is. It is not checked: invalid JSON in it makes the receiving clients
// disconnect with a parse error. Use json.RawMessage for JSON that must be checked first. The bytes are only looked at
// during the call that emits them.
type Raw []byte

// Reasons for which a value cannot be emitted.
var (
	// ErrUnsupported reports a value that JSON cannot represent: a channel, a function, a complex number.
	ErrUnsupported = errors.New("sio: value cannot be represented in JSON")
	// ErrNesting reports a value that is nested more than 128 deep, or that contains itself.
	ErrNesting = errors.New("sio: value is nested too deeply")
	// ErrInvalidJSON reports a json.RawMessage, or the output of a MarshalJSON method, that is not JSON.
	ErrInvalidJSON = errors.New("sio: invalid JSON from a marshaler")
	// ErrReserved reports an attempt to emit one of the library's own event names, such as "connect".
	ErrReserved = errors.New("sio: reserved event name")
)

// headerRoom is kept free before the payload: type, attachment count, '-' and ack id need at most 1+10+1+20 bytes. The
// header is written last, because the number of attachments is part of it.
const headerRoom = 32

// encoder builds one packet at a time.
type encoder struct {
	buf   []byte        // header room, then the payload under construction
	room  int           // where the payload begins in buf
	atts  [][]byte      // attachments of the packet: views, dropped with reset
	marks []placeholder // where they belong in buf
	keys  []string      // sorted keys of the maps that are open
	depth int
	err   error // the first value that could not be encoded
	busy  bool  // between begin and reset
	check scanner
	types typeCache

	packet   Packet   // of a broadcast
	audience Audience // likewise
}

// begin starts a packet for a namespace; wire is the namespace as packets carry it ("" or "/name,"). scratch is written
// to and kept until reset.
func (e *encoder) begin(scratch []byte, wire string) {
	e.busy, e.err, e.depth = true, nil, 0
	e.room = headerRoom + len(wire)
	e.buf = slices.Grow(scratch[:0], e.room)[:e.room]
}

// reset forgets the packet and everything it refers to.
func (e *encoder) reset() {
	if len(e.atts) > 0 {
		clear(e.atts)
		e.atts, e.marks = e.atts[:0], e.marks[:0]
	}
	e.keys, e.buf, e.busy = e.keys[:0], nil, false
}

// end writes the header before the payload, from its end to its start, and returns the whole text of the packet; it is
// valid until reset.
func (e *encoder) end(kind packetType, wire string, id uint64, hasID bool) []byte {
	at := e.room
	if hasID {
		at = putDigits(e.buf, at, id)
	}
	at -= copy(e.buf[at-len(wire):], wire)
	if n := len(e.atts); n > 0 {
		kind += typeBinaryEvent - typeEvent
		at--
		e.buf[at] = '-'
		at = putDigits(e.buf, at, uint64(n))
	}
	at--
	e.buf[at] = '0' + byte(kind)
	return e.buf[at:]
}

// putDigits writes n in decimal so that it ends before b[end] and returns where it begins.
func putDigits(b []byte, end int, n uint64) int {
	for ; n > math.MaxUint32; n /= 10 {
		end--
		b[end] = '0' + byte(n%10)
	}
	for low := uint32(n); ; { // most ids: a machine of 32 bits divides them without help
		end--
		b[end] = '0' + byte(low%10)
		if low /= 10; low == 0 {
			return end
		}
	}
}

// event writes the payload of an event.
func (e *encoder) event(name string, args []any) {
	e.buf = appendString(append(e.buf, '['), name)
	for _, a := range args {
		e.buf = append(e.buf, ',')
		e.value(a)
	}
	e.buf = append(e.buf, ']')
}

// answer writes the payload of an ack.
func (e *encoder) answer(args []any) {
	e.buf = append(e.buf, '[')
	e.elements(args)
	e.buf = append(e.buf, ']')
}

// eventOne and answerOne write payloads with exactly one argument that is no interface value, so that the caller
// allocates nothing.
func (e *encoder) eventOne(name string, a one) {
	e.buf = append(appendString(append(e.buf, '['), name), ',')
	a.encode(e)
	e.buf = append(e.buf, ']')
}

func (e *encoder) answerOne(a one) {
	e.buf = append(e.buf, '[')
	a.encode(e)
	e.buf = append(e.buf, ']')
}

// one is a single argument: a string, or bytes.
type one struct {
	text   string
	bytes  []byte
	binary bool
}

func (a one) encode(e *encoder) {
	if a.binary {
		e.attachment(a.bytes)
		return
	}
	e.buf = appendString(e.buf, a.text)
}

// any boxes the argument, for listeners that see outgoing arguments.
func (a one) any() any {
	if a.binary {
		return a.bytes
	}
	return a.text
}

// value appends one value of any type.
func (e *encoder) value(v any) {
	switch v := v.(type) {
	case nil:
		e.null()
	case string:
		e.buf = appendString(e.buf, v)
	case []byte:
		e.attachment(v)
	case Binary:
		e.attachment(v)
	case Value:
		e.received(v)
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case int:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case int64:
		e.buf = strconv.AppendInt(e.buf, v, 10)
	case uint64:
		e.buf = strconv.AppendUint(e.buf, v, 10)
	case float64:
		e.buf = appendFloat(e.buf, v, 64)
	case Raw:
		e.raw(v)
	case json.RawMessage:
		e.checked(v, nil)
	case time.Time:
		e.time(v)
	case []any:
		e.array(v)
	case map[string]any:
		e.object(v)
	case *string:
		if v == nil {
			e.null()
			return
		}
		e.buf = appendString(e.buf, *v)
	case *[]byte:
		if v == nil {
			e.null()
			return
		}
		e.attachment(*v)
	default:
		e.reflected(v)
	}
}

// enter goes one level deeper; false, with the error noted, stops what is too deep or contains itself.
func (e *encoder) enter() bool {
	if e.depth == maxDepth {
		e.fail(ErrNesting)
		return false
	}
	e.depth++
	return true
}

// leave ends what enter began.
func (e *encoder) leave() { e.depth-- }

// elements appends values with commas between them.
func (e *encoder) elements(list []any) {
	for i, v := range list {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.value(v)
	}
}

func (e *encoder) array(list []any) {
	if list == nil {
		e.null()
		return
	}
	if !e.enter() {
		return
	}
	e.buf = append(e.buf, '[')
	e.elements(list)
	e.buf = append(e.buf, ']')
	e.leave()
}

// object appends a map with its keys sorted, so that equal values have equal bytes.
func (e *encoder) object(m map[string]any) {
	if m == nil {
		e.null()
		return
	}
	if !e.enter() {
		return
	}
	from := len(e.keys)
	for k := range m {
		e.keys = append(e.keys, k)
	}
	to := len(e.keys)
	slices.Sort(e.keys[from:to])
	e.buf = append(e.buf, '{')
	for i := from; i < to; i++ {
		if i > from {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(appendString(e.buf, e.keys[i]), ':')
		e.value(m[e.keys[i]])
	}
	e.buf = append(e.buf, '}')
	clear(e.keys[from:])
	e.keys = e.keys[:from]
	e.leave()
}

// attachment appends a placeholder and keeps the bytes beside the packet.
func (e *encoder) attachment(b []byte) {
	from := uint32(len(e.buf))
	e.buf = append(e.buf, `{"_placeholder":true,"num":`...)
	e.buf = strconv.AppendInt(e.buf, int64(len(e.atts)), 10)
	e.buf = append(e.buf, '}')
	e.marks = append(e.marks, placeholder{from, uint32(len(e.buf)), int32(len(e.atts))})
	e.atts = append(e.atts, b)
}

// received appends an argument of an event as it came, its placeholders renumbered.
func (e *encoder) received(v Value) {
	if !v.present() {
		e.null()
		return
	}
	ev := v.p.ev
	at := ev.args[v.p.i]
	from := at.start
	for _, m := range ev.marks {
		if m.start < from || m.end > at.end {
			continue
		}
		e.buf = append(e.buf, ev.data[from:m.start]...)
		e.attachment(ev.atts[m.num])
		from = m.end
	}
	e.buf = append(e.buf, ev.data[from:at.end]...)
}

// raw appends JSON that the caller vouches for.
func (e *encoder) raw(b []byte) {
	if len(b) == 0 {
		e.null()
		return
	}
	e.buf = append(e.buf, b...)
}

// checked appends JSON from outside the package after a look at it.
func (e *encoder) checked(b []byte, err error) {
	switch {
	case err != nil:
		e.fail(err)
	case b == nil:
		e.null()
	case e.check.scan(b, 0, 0) != nil:
		e.fail(ErrInvalidJSON)
	default:
		e.buf = append(e.buf, b...)
	}
}

// time appends what JSON.stringify makes of a Date.
func (e *encoder) time(t time.Time) {
	e.buf = t.UTC().AppendFormat(e.buf, `"2006-01-02T15:04:05.000Z"`)
}

func (e *encoder) null() { e.buf = append(e.buf, "null"...) }

// fail keeps the first error; the packet is then not sent.
func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
	e.null()
}
