//go:build linux

package main

import (
	"fmt"
	"strconv"

	"github.com/edgesio/edgesio/webapp/ws"
)

// maskKey masks every frame of the load. A fixed key lets a frame be built once
// and sent for ever; the server's work is the same for any key but zero.
var maskKey = [4]byte{0x12, 0x34, 0x56, 0x78}

// appendText and appendBinary append a client's frame; p is copied.
func appendText(dst, p []byte) []byte   { return ws.AppendMaskedFrame(dst, ws.OpText, maskKey, p) }
func appendBinary(dst, p []byte) []byte { return ws.AppendMaskedFrame(dst, ws.OpBinary, maskKey, p) }

// frame is one frame of a server. The payload is a view.
type frame struct {
	op      ws.OpCode
	final   bool
	payload []byte
}

// maxFrame bounds what the load waits for: no server of these scenarios sends
// more in one piece.
const maxFrame = 64 << 20

// parseFrame takes the frame at the start of b; n is 0 while it is not complete.
// It is the load's own because it runs once per answer and a client needs few of
// the rules: package ws keeps them for the server.
func parseFrame(b []byte) (f frame, n int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	if b[0]&0x70 != 0 || b[1]&0x80 != 0 {
		return f, 0, fmt.Errorf("frame begins with % x", b[:2])
	}
	size, head := uint64(b[1]), 2
	switch size {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if len(b) < head {
		return f, 0, nil
	}
	if head > 2 {
		size = 0
		for _, x := range b[2:head] {
			size = size<<8 | uint64(x)
		}
	}
	if size > maxFrame {
		return f, 0, fmt.Errorf("frame of %d bytes", size)
	}
	end := head + int(size)
	if len(b) < end {
		return f, 0, nil
	}
	return frame{op: ws.OpCode(b[0] & 15), final: b[0]&0x80 != 0, payload: b[head:end]}, end, nil
}

// Socket.IO packets as Engine.IO messages, the leading 4 included.

// eventPacket is ["name",arg...] with an ack id, or without when id is negative.
func eventPacket(id int, name string, args ...string) []byte {
	b := append([]byte("42"), ackID(id)...)
	b = append(append(append(b, `["`...), name...), '"')
	for _, a := range args {
		b = append(append(append(b, `,"`...), a...), '"')
	}
	return append(b, ']')
}

// binaryPacket is the head of ["binary",attachment] with an ack id.
func binaryPacket(id int) []byte {
	return []byte("451-" + ackID(id) + `["binary",{"_placeholder":true,"num":0}]`)
}

func ackID(id int) string {
	if id < 0 {
		return ""
	}
	return strconv.Itoa(id)
}

// firstID is the least ack id of the load: ids have two digits, so that all
// answers of a connection have one length.
const firstID = 10

// slotOf reads the two-digit ack id at the start of p and tells its slot; ok is
// false when there is none.
func slotOf(p []byte) (slot int, ok bool) {
	if len(p) < 3 || p[2] != '[' || p[0]-'0' > 9 || p[1]-'0' > 9 {
		return 0, false
	}
	return int(p[0]-'0')*10 + int(p[1]-'0') - firstID, true
}

// fill is n bytes of text without anything that JSON escapes.
func fill(n int) []byte {
	const text = "abcdefghijklmnopqrstuvwxyz012345"
	b := make([]byte, n)
	for i := range b {
		b[i] = text[i%len(text)]
	}
	return b
}

// putDigits writes n in decimal over all of b.
func putDigits(b []byte, n int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// digits reads a decimal number that is all of b; -1 when it is none.
func digits(b []byte) (n int) {
	for _, d := range b {
		if d-'0' > 9 {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	return n
}
