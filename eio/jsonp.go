package eio

import "bytes"

// JSONP polling (transport=polling&j=N): an answer is a script that calls
// ___eio[N] with the payload as a string; a body is a form with the payload in
// its field d, in which the client escaped newlines.

// maxIndexDigits bounds what is kept of the query's j for a session's life.
const maxIndexDigits = 16

// jsonpIndex keeps the digits of the query's j: it is echoed into script.
func jsonpIndex(j []byte) string {
	var digits [maxIndexDigits]byte
	n := 0
	for _, c := range j {
		if c >= '0' && c <= '9' && n < len(digits) {
			digits[n] = c
			n++
		}
	}
	return string(digits[:n])
}

// appendJSONP appends the script for a payload.
func appendJSONP(dst []byte, index string, payload []byte) []byte {
	dst = append(append(append(dst, "___eio["...), index...), `]("`...)
	dst = appendScript(dst, payload)
	return append(dst, `");`...)
}

// appendScript escapes text for a JavaScript string: as JSON, and the two line
// separators that JSON allows and JavaScript did not.
func appendScript(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == 0xe2 && len(text)-i >= 3 && text[i+1] == 0x80 && text[i+2]&^1 == 0xa8:
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[text[i+2]&15])
			i += 2
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}

// formField finds d in a form body and decodes it in place: + and %XX as every
// form, then \n (a newline that the client escaped) and \\n (a backslash and n).
// Without d the payload is empty. A malformed %XX or a second d is refused.
func formField(body []byte) (payload []byte, ok bool) {
	found := false
	for len(body) > 0 {
		field := body
		if i := bytes.IndexByte(body, '&'); i >= 0 {
			field, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		if len(field) < 2 || field[0] != 'd' || field[1] != '=' {
			continue
		}
		if found {
			return nil, false
		}
		found = true
		if payload, ok = unescapeForm(field[2:]); !ok {
			return nil, false
		}
	}
	return unescapeNewlines(payload), true
}

func unescapeForm(b []byte) ([]byte, bool) {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '+':
			out = append(out, ' ')
		case '%':
			if len(b)-i < 3 {
				return nil, false
			}
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi > 15 || lo > 15 {
				return nil, false
			}
			out = append(out, hi<<4|lo)
			i += 2
		default:
			out = append(out, b[i])
		}
	}
	return out, true
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

func unescapeNewlines(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+2 < len(b) && b[i+1] == '\\' && b[i+2] == 'n':
			out = append(out, '\\', 'n')
			i += 2
		case b[i] == '\\' && i+1 < len(b) && b[i+1] == 'n':
			out = append(out, '\n')
			i++
		default:
			out = append(out, b[i])
		}
	}
	return out
}
