package sim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The packets and payloads of Engine.IO as a client writes and reads them. It is
// written from the protocol documents and shares nothing with package eio.

type epacket struct {
	kind   byte // '0' to '6'
	data   []byte
	binary bool
}

// wire is a client's way of coding.
type wire struct {
	protocol int
	base64   bool // b64=1
	jsonp    bool
}

// text is a packet in its text form.
func (f wire) text(p epacket) []byte {
	if !p.binary {
		return append([]byte{p.kind}, p.data...)
	}
	b := []byte{'b'}
	if f.protocol == 3 {
		b = append(b, p.kind)
	}
	return base64.StdEncoding.AppendEncode(b, p.data)
}

// fromText reads the text form.
func (f wire) fromText(b []byte) (p epacket, ok bool) {
	if len(b) == 0 {
		return p, false
	}
	if b[0] != 'b' {
		return epacket{kind: b[0], data: b[1:]}, b[0] >= '0' && b[0] <= '6'
	}
	b = b[1:]
	p = epacket{kind: '4', binary: true}
	if f.protocol == 3 {
		if len(b) == 0 {
			return p, false
		}
		p.kind, b = b[0], b[1:]
	}
	data, err := base64.StdEncoding.DecodeString(string(b))
	p.data = data
	return p, err == nil && p.kind == '4'
}

// payload codes packets as the body of a POST and tells its content type.
func (f wire) payload(list []epacket) (b []byte, kind string) {
	if f.protocol == 4 {
		for i, p := range list {
			if i > 0 {
				b = append(b, 0x1e)
			}
			b = append(b, f.text(p)...)
		}
		return b, "text/plain;charset=UTF-8"
	}
	octets := false
	for _, p := range list {
		octets = octets || p.binary && !f.base64 && !f.jsonp
	}
	for _, p := range list {
		if octets {
			b = append(b, octetPacket(p)...)
			continue
		}
		t := f.text(p)
		b = strconv.AppendInt(b, int64(units(t)), 10)
		b = append(append(b, ':'), t...)
	}
	switch {
	case octets:
		return b, "application/octet-stream"
	case f.jsonp:
		s := strings.ReplaceAll(string(b), "\\n", "\\\\n")
		s = strings.ReplaceAll(s, "\n", "\\n")
		return []byte("d=" + url.QueryEscape(s)), "application/x-www-form-urlencoded"
	}
	return b, "text/plain;charset=UTF-8"
}

// octetPacket is a packet in the binary payload of protocol 3.
func octetPacket(p epacket) []byte {
	lead, body := byte(0), append([]byte{p.kind}, p.data...)
	if p.binary {
		lead, body[0] = 1, p.kind-'0'
	}
	b := []byte{lead}
	for _, d := range strconv.Itoa(len(body)) {
		b = append(b, byte(d-'0'))
	}
	return append(append(b, 0xff), body...)
}

// units counts UTF-16 code units.
func units(b []byte) int {
	n := 0
	for _, r := range string(b) {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// packets reads the body of a polling answer.
func (f wire) packets(body []byte, kind string, index int) (list []epacket, ok bool) {
	if f.jsonp {
		if body, ok = unscript(body, index); !ok {
			return nil, false
		}
	}
	if f.protocol == 4 {
		for _, b := range bytes.Split(body, []byte{0x1e}) {
			p, ok := f.fromText(b)
			if !ok {
				return nil, false
			}
			list = append(list, p)
		}
		return list, true
	}
	if kind == "application/octet-stream" {
		return octetPackets(body)
	}
	for len(body) > 0 {
		i := bytes.IndexByte(body, ':')
		if i < 1 {
			return nil, false
		}
		n, err := strconv.Atoi(string(body[:i]))
		body = body[i+1:]
		if err != nil || n < 1 {
			return nil, false
		}
		size := 0
		for n > 0 && size < len(body) {
			r, w := utf8.DecodeRune(body[size:])
			if size += w; r > 0xffff {
				n--
			}
			n--
		}
		p, ok := f.fromText(body[:size])
		if n != 0 || !ok {
			return nil, false
		}
		list, body = append(list, p), body[size:]
	}
	return list, len(list) > 0
}

// octetPackets reads the binary payload of protocol 3.
func octetPackets(b []byte) (list []epacket, ok bool) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, 0xff)
		if end < 2 || b[0] > 1 {
			return nil, false
		}
		n := 0
		for _, d := range b[1:end] {
			if n = n*10 + int(d); d > 9 || n > len(b) {
				return nil, false
			}
		}
		rest := b[end+1:]
		if n < 1 || n > len(rest) {
			return nil, false
		}
		p := epacket{kind: rest[0], data: rest[1:n], binary: b[0] == 1}
		if p.binary {
			p.kind += '0'
		}
		list, b = append(list, p), rest[n:]
	}
	return list, len(list) > 0
}

// unscript takes the payload out of a JSONP answer.
func unscript(b []byte, index int) ([]byte, bool) {
	s, ok := strings.CutPrefix(string(b), "___eio["+strconv.Itoa(index)+"](")
	s, ok2 := strings.CutSuffix(s, ");")
	var out string
	if !ok || !ok2 || json.Unmarshal([]byte(s), &out) != nil {
		return nil, false
	}
	return []byte(out), true
}
