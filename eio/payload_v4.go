package eio

import "bytes"

// separator stands between the packets of a protocol 4 payload (Engine.IO
// protocol 4, "Payload").
const separator = 0x1e

// nextV4 cuts the first packet off a payload: whole text packets between
// separators, binary as b and base64. rest is nil after the last packet; an
// empty packet is malformed.
func nextV4(b []byte) (p packet, rest []byte, ok bool) {
	if i := bytes.IndexByte(b, separator); i >= 0 {
		b, rest = b[:i], b[i+1:]
	}
	p, ok = parseText(b, 4)
	return p, rest, ok
}

// appendV4 appends p to a payload that began at dst[start:].
func appendV4(dst []byte, start int, p packet) []byte {
	if len(dst) > start {
		dst = append(dst, separator)
	}
	return appendText(dst, p, 4)
}
