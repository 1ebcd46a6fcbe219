package eio

import "github.com/edgesio/edgesio/eio/internal/jstext"

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
	dst = jstext.AppendString(dst, payload)
	return append(dst, `");`...)
}

// formField finds d in a form body and decodes it in place: + and %XX as every
// form, then \n (a newline that the client escaped) and \\n (a backslash and n).
// Without d the payload is nil, with an empty d it is empty. A malformed %XX or a
// second d is refused.
func formField(body []byte) (payload []byte, ok bool) {
	if payload, ok = jstext.FormValue(body, "d"); !ok {
		return nil, false
	}
	return unescapeNewlines(payload), true
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
