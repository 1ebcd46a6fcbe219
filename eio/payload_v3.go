package eio

import (
	"strconv"
	"unicode/utf8"

	"github.com/edgesio/edgesio/eio/internal/jstext"
)

// Protocol 3 has two payloads (Engine.IO protocol 3, "Payload"). As text:
// length, colon, packet, with the length in UTF-16 code units. As binary: 0
// (text) or 1 (binary), the length's decimal digits as bytes 0 to 9, 0xff, then
// the packet, with the length in bytes. Binary is used when a packet is binary
// and the client did not ask for base64.

// maxDigits of a length: more than any limit needs, so that no count wraps.
const maxDigits = 10

// nextV3 cuts the first packet off a text payload; rest is nil after the last.
func nextV3(b []byte) (p packet, rest []byte, ok bool) {
	n, i := uint64(0), 0
	for ; i < len(b) && b[i] != ':'; i++ {
		if b[i] < '0' || b[i] > '9' || i == maxDigits {
			return p, nil, false
		}
		n = n*10 + uint64(b[i]-'0')
	}
	if i == 0 || i == len(b) || n == 0 {
		return p, nil, false
	}
	b = b[i+1:]
	size, ok := jstext.Cut(b, n)
	if !ok {
		return p, nil, false
	}
	if p, ok = parseText(b[:size], 3); size < len(b) {
		rest = b[size:]
	}
	return p, rest, ok
}

// nextBinaryV3 cuts the first packet off a binary payload.
func nextBinaryV3(b []byte) (p packet, rest []byte, ok bool) {
	if len(b) == 0 || b[0] > 1 {
		return p, nil, false
	}
	text := b[0] == 0
	n, i := uint64(0), 1
	for ; i < len(b) && b[i] != 0xff; i++ {
		if b[i] > 9 || i > maxDigits {
			return p, nil, false
		}
		n = n*10 + uint64(b[i])
	}
	if i == 1 || i == len(b) || n > uint64(len(b)-i-1) {
		return p, nil, false
	}
	b = b[i+1:]
	if n < uint64(len(b)) {
		rest = b[n:]
	}
	if b = b[:n]; text {
		p, ok = parseText(b, 3)
		return p, rest, ok && utf8.Valid(p.data)
	}
	p, ok = parseBinary(b, 3)
	return p, rest, ok
}

// appendV3 appends p to a text payload.
func appendV3(dst []byte, p packet) []byte {
	n := textLen(p, 3)
	if !p.binary {
		n = 1 + jstext.Units(p.data)
	}
	dst = strconv.AppendInt(dst, int64(n), 10)
	return appendText(append(dst, ':'), p, 3)
}

// appendBinaryV3 appends p to a binary payload.
func appendBinaryV3(dst []byte, p packet) []byte {
	kind := byte(0)
	if p.binary {
		kind = 1
	}
	dst = append(dst, kind)
	i := len(dst)
	dst = strconv.AppendInt(dst, int64(1+len(p.data)), 10)
	for ; i < len(dst); i++ {
		dst[i] -= '0'
	}
	dst = append(dst, 0xff)
	if p.binary {
		dst = append(dst, byte(p.kind-'0'))
	} else {
		dst = append(dst, byte(p.kind))
	}
	return append(dst, p.data...)
}
