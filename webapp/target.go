package webapp

import (
	"bytes"
	"unicode/utf8"
)

// The request target, RFC 9112 section 3.2. Origin-form is served; absolute-form
// with http or https when its authority equals the Host header (RFC 9112 lets
// the target win: two names for one request are a disagreement, so we refuse);
// asterisk-form with OPTIONS. Authority-form belongs to CONNECT, which no origin
// server has.
//
// A path is accepted if it is clean once it is decoded, and refused otherwise,
// never repaired: escapes are complete, decode to UTF-8 without control
// characters, and to neither slash nor backslash; no segment is "." or ".."; it
// does not begin with two slashes (a redirect to it would leave the site). Raw
// bytes above 0x7E and fragments are refused. What is decoded once is not decoded
// again: %252e is the text "%2e".

// splitTarget finds path and query of h.target in the request line.
func (h *head) splitTarget(line []byte) *Error {
	from, end := int(h.target.at), int(h.target.end)
	switch target := line[from:end]; {
	case target[0] == '/':
	case string(target) == "*" && h.method == "OPTIONS":
		h.rawPath = h.target
		h.query = span{h.target.end, h.target.end}
		return nil
	case h.method == "CONNECT":
		return errMethod
	default:
		n := authorityEnd(target)
		if n < 0 {
			return errTargetForm
		}
		h.flags |= isAbsolute
		from += n
	}
	q := bytes.IndexByte(line[from:end], '?')
	h.rawPath = span{uint16(from), uint16(end)}
	h.query = span{uint16(end), uint16(end)}
	if q >= 0 {
		h.rawPath.end = uint16(from + q)
		h.query.at = uint16(from + q + 1)
	}
	if !h.cleanQuery(h.query.of(line)) {
		return errTarget
	}
	return h.cleanPath(h.rawPath.of(line))
}

// authorityEnd is where the path of an absolute-form target begins, or -1.
func authorityEnd(target []byte) int {
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(target) <= len(scheme) || !fold(target[:len(scheme)], scheme) {
			continue
		}
		if i := bytes.IndexByte(target[len(scheme):], '/'); i > 0 {
			return len(scheme) + i
		}
	}
	return -1
}

// sameHost checks an absolute-form target against the Host header.
func (h *head) sameHost(b []byte) *Error {
	authority := b[h.target.at:h.rawPath.at]
	authority = authority[bytes.IndexByte(authority, '/')+2:]
	if h.flags&hasHost == 0 || !fold(authority, h.host.of(b)) {
		return errHostTarget
	}
	return nil
}

// cleanPath checks a raw path, and decodes it when there is something to decode.
func (h *head) cleanPath(raw []byte) *Error {
	if !all(raw, inPath) {
		return errTarget
	}
	path := raw
	if bytes.IndexByte(raw, '%') >= 0 {
		var ok bool
		if h.decoded, ok = unescape(h.decoded[:0], raw, false); !ok {
			return errTarget
		}
		path = h.decoded
		if bytes.Count(path, []byte("/")) != bytes.Count(raw, []byte("/")) || !isText(path) {
			return errPath
		}
	}
	if len(path) > 1 && path[1] == '/' {
		return errPath
	}
	for rest := path; len(rest) > 0; {
		rest = rest[1:] // the slash
		i := bytes.IndexByte(rest, '/')
		if i < 0 {
			i = len(rest)
		}
		if s := string(rest[:i]); s == "." || s == ".." {
			return errPath
		}
		rest = rest[i:]
	}
	return nil
}

// cleanView is the decoded path, as a view of b where nothing was decoded.
func (h *head) cleanView(b []byte) []byte {
	if len(h.decoded) > 0 {
		return h.decoded
	}
	return h.rawPath.of(b)
}

// isText tells whether a decoded path is UTF-8 without control characters and
// backslashes.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f || c == '\\' {
			return false
		}
	}
	return utf8.Valid(b)
}

// cleanQuery checks a query: its characters, and that every % begins an escape.
// It notes whether there is anything to decode.
func (h *head) cleanQuery(b []byte) bool {
	for i, c := range b {
		switch class[c] & (inQuery | inEscape) {
		case inQuery:
		case inQuery | inEscape:
			h.flags |= isEscaped
			if c == '%' && (i+2 >= len(b) || hex(b[i+1]) > 15 || hex(b[i+2]) > 15) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// unescape appends b without its percent escapes, and with spaces for plus signs
// in a form's value. ok is false at an escape that is not whole.
func unescape(dst, b []byte, form bool) (_ []byte, ok bool) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '+' && form:
			c = ' '
		case c == '%':
			if i+2 >= len(b) || hex(b[i+1]) > 15 || hex(b[i+2]) > 15 {
				return dst, false
			}
			c = hex(b[i+1])<<4 | hex(b[i+2])
			i += 2
		}
		dst = append(dst, c)
	}
	return dst, true
}
