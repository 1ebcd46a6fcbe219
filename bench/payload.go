//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// appendPacket appends a packet of ASCII text to a polling payload: separated by
// the record separator in Engine.IO 4, with its length before it in 3.
func appendPacket(dst []byte, eio int, packet []byte) []byte {
	switch {
	case eio == 3:
		dst = append(strconv.AppendInt(dst, int64(len(packet)), 10), ':')
	case len(dst) > 0:
		dst = append(dst, 0x1e)
	}
	return append(dst, packet...)
}

// nextPacket takes the first packet off a payload. A malformed one yields none.
func nextPacket(body []byte, eio int) (packet, rest []byte) {
	if eio != 3 {
		packet, rest, _ = bytes.Cut(body, []byte{0x1e})
		return packet, rest
	}
	size, rest, ok := bytes.Cut(body, []byte{':'})
	n, err := strconv.Atoi(string(size))
	if !ok || err != nil || n < 0 || n > len(rest) {
		return nil, nil
	}
	return rest[:n], rest[n:]
}

// reply is an HTTP answer; n bytes long, 0 while it is not complete.
type reply struct {
	body []byte
	n    int
}

// parseReply takes the answer at the start of b, with a length or in chunks;
// these are put together in scratch, which is returned for the next time.
func parseReply(b, scratch []byte) (reply, []byte, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return reply{}, scratch, nil
	}
	if len(b) < 12 || string(b[9:12]) != "200" {
		return reply{}, scratch, fmt.Errorf("answer %.120q", b)
	}
	head, rest := b[:end], b[end+4:]
	if value, ok := headerValue(head, "Content-Length:"); ok {
		n, err := strconv.Atoi(string(value))
		if err != nil || n < 0 || n > maxFrame {
			return reply{}, scratch, fmt.Errorf("Content-Length %q", value)
		}
		if len(rest) < n {
			return reply{}, scratch, nil
		}
		return reply{rest[:n], end + 4 + n}, scratch, nil
	}
	body, n, err := joinChunks(scratch[:0], rest)
	if n == 0 {
		return reply{}, body, err
	}
	return reply{body, end + 4 + n}, body, err
}

// joinChunks appends a chunked body to dst; n is its length on the wire, 0 while
// it is not complete.
func joinChunks(dst, b []byte) (body []byte, n int, err error) {
	for {
		line, _, ok := bytes.Cut(b[n:], []byte("\r\n"))
		if !ok {
			return dst, 0, nil
		}
		size, err := strconv.ParseUint(string(line), 16, 26)
		if err != nil {
			return dst, 0, fmt.Errorf("chunk %.60q", line)
		}
		at := n + len(line) + 2
		n = at + int(size) + 2
		if len(b) < n {
			return dst, 0, nil
		}
		dst = append(dst, b[at:at+int(size)]...)
		if size == 0 {
			return dst, n, nil
		}
	}
}

// headerValue finds a field of a head by its name with the colon.
func headerValue(head []byte, name string) ([]byte, bool) {
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\r\n"))
		if len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return bytes.TrimSpace(line[len(name):]), true
		}
		head = rest
	}
	return nil, false
}
