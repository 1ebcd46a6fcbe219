package webapp

import (
	"net/netip"
	"strings"
)

// Classes of bytes, RFC 9110 section 5.6 and RFC 3986.
const (
	inToken    = 1 << iota // tchar: methods, field names, cookie names
	inValue                // a field value: visible, SP, HTAB, obs-text
	inPath                 // a path as clients send it: no control, quote or backslash
	inQuery                // a query: the same and what WHATWG URLs leave as it is
	inHost                 // a registered name or an IPv4 address
	inCookie               // cookie-octet, RFC 6265 section 4.1.1
	inEscape               // what is decoded in a query: percent and plus
	inLocation             // what a Location may hold without another encoding
)

var class = classes()

func classes() (t [256]uint8) {
	mark := func(bit uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	mark(inToken, alnum+"!#$%&'*+-.^_`|~")
	mark(inPath, alnum+"-._~!$&'()*+,;=:@/%[]|")
	mark(inQuery, alnum+"-._~!$&'()*+,;=:@/%[]|?\\^`{}")
	mark(inHost, alnum+"-._~")
	mark(inEscape, "%+")
	mark(inCookie, alnum+"!#$%&'()*+-./:<=>?@[]^_`{|}~")
	mark(inLocation, alnum+"-._~!$&'()*+,;=:@/%?#[]")
	for c := range 256 {
		if c >= ' ' && c != 0x7f || c == '\t' {
			t[c] |= inValue
		}
	}
	return t
}

// all tells whether every byte of s is of the class.
func all[T string | []byte](s T, bit uint8) bool {
	for i := range len(s) {
		if class[s[i]]&bit == 0 {
			return false
		}
	}
	return true
}

// isToken tells whether s is a token of RFC 9110: one byte at least.
func isToken[T string | []byte](s T) bool { return len(s) > 0 && all(s, inToken) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// fold compares without regard to the case of ASCII letters.
func fold[A, B string | []byte](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// trim cuts optional white space, SP and HTAB, from both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// nextItem cuts the first element of a comma-separated list; empty elements are
// skipped. ok is false at the end.
func nextItem(list []byte) (item, rest []byte, ok bool) {
	for len(list) > 0 {
		i := 0
		for i < len(list) && list[i] != ',' {
			i++
		}
		item, list = trim(list[:i]), list[min(i+1, len(list)):]
		if len(item) > 0 {
			return item, list, true
		}
	}
	return nil, nil, false
}

// hex is the value of a hexadecimal digit, or 255.
func hex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// decimal parses digits only, without a sign; ok is false for none and when the
// value does not fit.
func decimal(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(b) > 0
}

// isHost checks uri-host [ ":" port ] of RFC 9110 section 7.2: a name or IPv4
// address of letters, digits, "-._~", or an IPv6 address in brackets. An empty
// host, an empty port and a port above 65535 are refused.
func isHost(b []byte) bool {
	host, port, hasPort := b, []byte(nil), false
	if i := lastColon(b); i >= 0 {
		host, port, hasPort = b[:i], b[i+1:], true
	}
	if hasPort {
		if n, ok := decimal(port); !ok || n > 65535 || len(port) > 5 {
			return false
		}
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		a, err := netip.ParseAddr(string(host[1 : len(host)-1]))
		return err == nil && a.Is6() && a.Zone() == ""
	}
	return len(host) > 0 && all(host, inHost)
}

// lastColon finds the colon before a port: not one inside brackets.
func lastColon(b []byte) int {
	for i := len(b) - 1; i >= 0 && b[i] != ']'; i-- {
		if b[i] == ':' {
			return i
		}
	}
	return -1
}

// escapeLocation percent-encodes what may not stand in a Location header, and
// nothing else: an escape that is there stays.
func escapeLocation(s string) string {
	if all(s, inLocation) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; class[c]&inLocation != 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
