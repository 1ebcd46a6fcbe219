package eio

import (
	"encoding/base64"

	"github.com/edgesio/edgesio/webapp/ws"
)

// packetType is the first character of a packet (Engine.IO protocol, "Packet").
type packetType byte

const (
	packetOpen    packetType = '0'
	packetClose   packetType = '1'
	packetPing    packetType = '2'
	packetPong    packetType = '3'
	packetMessage packetType = '4'
	packetUpgrade packetType = '5'
	packetNoop    packetType = '6'
)

const probe = "probe"

// packet is one packet as views: data is valid as long as the payload it was
// cut from.
type packet struct {
	kind   packetType
	binary bool
	plain  bool // not to be compressed
	data   []byte
}

// parseText reads a packet in its text form. A leading b is base64: of a
// message's bytes in protocol 4, of type and bytes in protocol 3. The base64 is
// decoded in place.
func parseText(b []byte, protocol uint8) (p packet, ok bool) {
	if len(b) == 0 {
		return p, false
	}
	if b[0] != 'b' {
		p = packet{kind: packetType(b[0]), data: b[1:]}
		return p, p.kind >= packetOpen && p.kind <= packetNoop
	}
	b = b[1:]
	p = packet{kind: packetMessage, binary: true}
	if protocol == 3 {
		if len(b) == 0 || b[0] != byte(packetMessage) {
			return p, false
		}
		b = b[1:]
	}
	p.data, ok = decodeBase64(b)
	return p, ok
}

// parseBinary reads a packet in its binary form, a WebSocket binary frame or an
// entry of a protocol 3 payload: protocol 3 leads with the type as a number.
func parseBinary(b []byte, protocol uint8) (p packet, ok bool) {
	p = packet{kind: packetMessage, binary: true, data: b}
	if protocol == 3 {
		if len(b) == 0 || b[0] != byte(packetMessage-'0') {
			return p, false
		}
		p.data = b[1:]
	}
	return p, true
}

// decodeBase64 decodes in place; padding may be missing.
func decodeBase64(b []byte) ([]byte, bool) {
	for range 2 {
		if n := len(b); n > 0 && b[n-1] == '=' {
			b = b[:n-1]
		}
	}
	for _, c := range b {
		if c == '\r' || c == '\n' { // encoding/base64 would pass over them
			return nil, false
		}
	}
	n, err := base64.RawStdEncoding.Decode(b, b)
	return b[:n], err == nil
}

// appendText appends the text form of p.
func appendText(dst []byte, p packet, protocol uint8) []byte {
	if !p.binary {
		return append(append(dst, byte(p.kind)), p.data...)
	}
	dst = append(dst, 'b')
	if protocol == 3 {
		dst = append(dst, byte(p.kind))
	}
	return base64.StdEncoding.AppendEncode(dst, p.data)
}

// textLen is the length of what appendText appends, in bytes.
func textLen(p packet, protocol uint8) int {
	if !p.binary {
		return 1 + len(p.data)
	}
	n := 1 + base64.StdEncoding.EncodedLen(len(p.data))
	if protocol == 3 {
		n++
	}
	return n
}

// form is how a packet looks in a WebSocket frame: text and the messages of
// protocol 4 as they are, the others translated.
type form uint8

const (
	formPlain   form = iota // text, and binary of protocol 4
	formTyped               // binary of protocol 3: the type byte leads
	formBase644             // base64 text of protocol 4
	formBase643             // base64 text of protocol 3
	forms
)

func formOf(binary bool, protocol uint8, base64 bool) form {
	switch {
	case !binary || protocol == 4 && !base64:
		return formPlain
	case protocol == 4:
		return formBase644
	case base64:
		return formBase643
	}
	return formTyped
}

// appendFrame appends p as one WebSocket frame of the given form.
func appendFrame(dst []byte, p packet, f form) []byte {
	switch f {
	case formBase644:
		return appendText(ws.AppendHeader(dst, ws.OpText, textLen(p, 4)), p, 4)
	case formBase643:
		return appendText(ws.AppendHeader(dst, ws.OpText, textLen(p, 3)), p, 3)
	case formTyped:
		dst = append(ws.AppendHeader(dst, ws.OpBinary, 1+len(p.data)), byte(p.kind-'0'))
		return append(dst, p.data...)
	}
	if p.binary {
		return append(ws.AppendHeader(dst, ws.OpBinary, len(p.data)), p.data...)
	}
	dst = append(ws.AppendHeader(dst, ws.OpText, 1+len(p.data)), byte(p.kind))
	return append(dst, p.data...)
}
