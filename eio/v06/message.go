package v06

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/edgesio/edgesio/eio/internal/jstext"
)

// A batch is what goes in one piece: ~m~<length>~m~<message>, repeated. Bytes in,
// messages out; nothing here knows a session.

const (
	frameMark  = "~m~"
	objectMark = "~j~"
	beatMark   = "~h~"
)

// maxDigits of a length: more than any limit needs, so that no count wraps.
const maxDigits = 9

// appendMessage appends a framed message, which is UTF-8 and is copied.
func appendMessage(dst, message []byte) []byte {
	dst = append(dst, frameMark...)
	dst = strconv.AppendInt(dst, int64(jstext.Units(message)), 10)
	dst = append(dst, frameMark...)
	return append(dst, message...)
}

// nextMessage takes the first message off a batch; both are views of b. ok is
// false where the batch is malformed.
func nextMessage(b []byte) (message, rest []byte, ok bool) {
	n, b, ok := nextLength(b)
	if !ok {
		return nil, nil, false
	}
	size, ok := jstext.Cut(b, n)
	if !ok {
		return nil, nil, false
	}
	return b[:size:size], b[size:], true
}

// nextLength takes the length of the first message and its marks off a batch.
func nextLength(b []byte) (n uint64, rest []byte, ok bool) {
	if b, ok = bytes.CutPrefix(b, []byte(frameMark)); !ok {
		return 0, nil, false
	}
	digits := 0
	for digits < len(b) && digits <= maxDigits && '0' <= b[digits] && b[digits] <= '9' {
		n = 10*n + uint64(b[digits]-'0')
		digits++
	}
	if digits == 0 || digits > maxDigits || b[0] == '0' && digits > 1 {
		return 0, nil, false
	}
	rest, ok = bytes.CutPrefix(b[digits:], []byte(frameMark))
	return n, rest, ok
}

// sound tells whether a whole batch is well-formed: one to limit messages.
func sound(batch []byte, limit int) bool {
	for n := 0; n == 0 || len(batch) > 0; n++ {
		var ok bool
		if _, batch, ok = nextMessage(batch); !ok || n == limit {
			return false
		}
	}
	return true
}

// unfold undoes what a form's text area does to line ends: all of them come as
// CRLF, whatever the page had and counted. A message that counted each as two
// keeps them, else they become LF. It returns a batch of its own, or the one that
// it got if there is nothing to undo, or no way to.
func unfold(batch []byte) []byte {
	if bytes.IndexByte(batch, '\r') < 0 {
		return batch
	}
	var flat []byte
	for rest := batch; len(rest) > 0; {
		n, b, ok := nextLength(rest)
		if !ok {
			return batch
		}
		size, kept, ok := foldedSize(b, n)
		if !ok {
			return batch
		}
		message := b[:size]
		if !kept {
			message = bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))
		}
		flat, rest = appendMessage(flat, message), b[size:]
	}
	return flat
}

// foldedSize finds the end of a message whose page counted n units: where its
// line ends may make the difference, and the batch ends or goes on. kept tells
// that they make none.
func foldedSize(b []byte, n uint64) (size int, kept, ok bool) {
	units, folds := uint64(0), uint64(0)
	for {
		if units-folds <= n && n <= units {
			if _, _, goes := nextLength(b[size:]); goes || size == len(b) {
				return size, n == units, true
			}
		}
		if size == len(b) || units-folds > n {
			return 0, false, false
		}
		_, width := utf8.DecodeRune(b[size:])
		if b[size] == '\n' && size > 0 && b[size-1] == '\r' {
			folds++
		}
		units += uint64(jstext.Units(b[size : size+width]))
		size += width
	}
}

// A Message is what a client sent: text, or a JSON object. It is valid until the
// callback returns.
type Message struct {
	data   []byte
	object bool
}

// IsJSON tells whether the message is JSON: then Bind takes it, and Bytes and
// Text are its source.
func (m Message) IsJSON() bool { return m.object }

// Bytes is the message; valid until the callback returns.
func (m Message) Bytes() []byte { return m.data }

// Text is the message as a string, which is a copy.
func (m Message) Text() string { return string(m.data) }

// Bind decodes a JSON message into v.
func (m Message) Bind(v any) error {
	if !m.object {
		return errors.New("v06: the message is text")
	}
	return json.Unmarshal(m.data, v)
}

// appendValue appends what Send was given, framed. A string or []byte is text, a
// Message goes on as it came, nil is the empty text, everything else is JSON.
// Text that begins with ~h~ or ~j~ means something else to clients: the protocol
// cannot say it otherwise.
func appendValue(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return appendMessage(dst, nil), nil
	case string:
		return appendText(dst, []byte(v)), nil
	case []byte:
		return appendText(dst, v), nil
	case Message:
		if !v.object {
			return appendText(dst, v.data), nil
		}
		value = json.RawMessage(v.data)
	}
	b, err := json.Marshal(value)
	if err != nil {
		return dst, err
	}
	return appendText(dst, append([]byte(objectMark), b...)), nil
}

// appendText appends a message; what is not UTF-8 in it becomes U+FFFD, for no
// transport can carry it.
func appendText(dst, text []byte) []byte {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	return appendMessage(dst, text)
}
