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
	if b, ok = bytes.CutPrefix(b, []byte(frameMark)); !ok {
		return nil, nil, false
	}
	var n uint64
	digits := 0
	for digits < len(b) && digits <= maxDigits && '0' <= b[digits] && b[digits] <= '9' {
		n = 10*n + uint64(b[digits]-'0')
		digits++
	}
	if digits == 0 || digits > maxDigits || b[0] == '0' && digits > 1 {
		return nil, nil, false
	}
	if b, ok = bytes.CutPrefix(b[digits:], []byte(frameMark)); !ok {
		return nil, nil, false
	}
	size, ok := jstext.Cut(b, n)
	if !ok {
		return nil, nil, false
	}
	return b[:size:size], b[size:], true
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

// unfold undoes what a form's text area does to line ends: it sends each as CRLF,
// and the page counted LF. A batch that is sound as it came, or not sound either
// way, is returned as it is.
func unfold(batch []byte, limit int) []byte {
	if bytes.IndexByte(batch, '\r') < 0 || sound(batch, limit) {
		return batch
	}
	if lines := bytes.ReplaceAll(batch, []byte("\r\n"), []byte("\n")); sound(lines, limit) {
		return lines
	}
	return batch
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
