package sio

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings and numbers between JSON, Go and JavaScript: what JSON.stringify writes and what JSON.parse reads.

const hexDigits = "0123456789abcdef"

// appendString appends s as JSON.stringify writes it: quotes, backslashes and control characters are escaped, nothing
// else is (no HTML escapes, U+2028 stays). A byte that is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// appendEscape appends the escape sequence of an ASCII character that cannot stand for itself (0x7f can, and does).
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// appendUnquoted appends the text of a checked JSON string, given without its quotes. A lone surrogate becomes U+FFFD.
func appendUnquoted(dst, raw []byte) []byte {
	from := 0
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			i++
			continue
		}
		dst = append(dst, raw[from:i]...)
		c := raw[i+1]
		i += 2
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(raw[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				low, ok := lowSurrogate(raw[i:])
				if full := utf16.DecodeRune(r, low); ok && full != utf8.RuneError {
					r = full
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
		from = i
	}
	return append(dst, raw[from:]...)
}

// lowSurrogate reads the \uXXXX escape at the start of raw.
func lowSurrogate(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	return hex4(raw[2:])
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case digit(c):
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// escaped tells whether a JSON string, given without its quotes, has escape sequences.
func escaped(raw []byte) bool {
	for _, c := range raw {
		if c == '\\' {
			return true
		}
	}
	return false
}

// equalString tells whether a checked JSON string, given without its quotes, has the text s, which is short.
func equalString(raw []byte, s string) bool {
	if len(raw) == len(s) {
		return string(raw) == s
	}
	if len(raw) < len(s) || len(raw) > 6*len(s) || !escaped(raw) {
		return false
	}
	var text [96]byte
	return string(appendUnquoted(text[:0], raw)) == s
}

// appendFloat appends f as JSON.stringify writes a number: 1e+21, 1.5e-7, 1, 0 for -0, null for NaN and infinities.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if f == 0 {
		return append(dst, '0')
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, bits)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	if n := len(dst); dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') { // e-07 is e-7 in JavaScript
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// parseFloat reads a checked JSON number. What is too large for a float64 becomes infinite, as in JavaScript.
func parseFloat(raw []byte) float64 {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// parseInt reads a checked JSON number that is a whole number within an int64: 12, but also 1e3 and 2.0.
func parseInt(raw []byte) (int64, bool) {
	if len(raw) <= 18 {
		n, i := int64(0), 0
		if raw[0] == '-' {
			i = 1
		}
		for i < len(raw) && digit(raw[i]) {
			n = n*10 + int64(raw[i]-'0')
			i++
		}
		if i == len(raw) {
			if raw[0] == '-' {
				n = -n
			}
			return n, true
		}
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, true
	}
	f := parseFloat(raw)
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
