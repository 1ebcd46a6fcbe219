package rfc6455

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The first octet of a frame: FIN, RSV bits and opcode (RFC 6455, section 5.2).
const (
	fin  = 0x80
	rsv1 = 0x40

	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// masks makes the next masking key: any will do, zeros too.
var masks uint32

// frame is a masked frame whose first octet is given.
func frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	var key [4]byte
	binary.LittleEndian.PutUint32(key[:], masks)
	masks = masks*1664525 + 1013904223
	b = append(b, key[:]...)
	at := len(b)
	b = append(b, payload...)
	var pad [1 << 10]byte
	for i := 0; i < len(pad); i += 4 {
		copy(pad[i:], key[:])
	}
	for rest := b[at:]; len(rest) > 0; {
		rest = rest[subtle.XORBytes(rest, rest, pad[:]):]
	}
	return string(b)
}

func text(payload string) string  { return frame(fin|opText, payload) }
func first(payload string) string { return frame(opText, payload) }
func more(payload string) string  { return frame(opContinuation, payload) }
func last(payload string) string  { return frame(fin|opContinuation, payload) }
func ping(payload string) string  { return frame(fin|opPing, payload) }
func pong(payload string) string  { return frame(fin|opPong, payload) }

// closing is a close frame with a status code and a reason.
func closing(code uint16, reason string) string {
	return frame(fin|opClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// pieces cuts a string into pieces of n octets; 0 leaves it whole.
func pieces(s string, n int) (all []string) {
	if n == 0 {
		n = max(len(s), 1)
	}
	for len(s) > n {
		all, s = append(all, s[:n]), s[n:]
	}
	return append(all, s)
}

// fragments is a message in frames of n payload octets.
func fragments(op byte, payload string, n int) string {
	var wire strings.Builder
	parts := pieces(payload, n)
	for i, part := range parts {
		head := byte(opContinuation)
		if i == 0 {
			head = op
		}
		if i == len(parts)-1 {
			head |= fin
		}
		wire.WriteString(frame(head, part))
	}
	return wire.String()
}

// event is something that a server sent: "text", "binary", "ping", "pong", "close 1000", or the end: "FIN", "RST",
// "silence", or a "breach" of the rules for servers.
type event struct{ kind, payload string }

func (e event) String() string {
	switch {
	case len(e.payload) > 40:
		return fmt.Sprintf("%s of %d octets", e.kind, len(e.payload))
	case e.payload != "" || e.kind == "text" || e.kind == "binary" || e.kind == "pong":
		return fmt.Sprintf("%s %q", e.kind, e.payload)
	}
	return e.kind
}

// judge reads what a server sends, as a client that takes nothing which RFC 6455 forbids.
type judge struct {
	events  []event
	deflate *inflater // nil where permessage-deflate is not agreed on
	rest    []byte
	message []byte
	kind    string // of the message under way, "" for none
	dense   bool   // it is compressed
	closed  bool
}

func (j *judge) add(kind, payload string) { j.events = append(j.events, event{kind, payload}) }

func (j *judge) feed(b []byte) {
	j.rest = append(j.rest, b...)
	for j.frame() {
	}
}

// frame takes a frame off the rest, if it is all there.
func (j *judge) frame() bool {
	b := j.rest
	if len(b) < 2 {
		return false
	}
	n, at := uint64(b[1]&0x7f), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, at = binary.BigEndian.Uint64(b[2:]), 10
	case n >= 126:
		return false
	}
	if uint64(len(b)-at) < n {
		return false
	}
	payload := b[at : at+int(n)]
	if fault := j.fault(b[0], b[1], n); fault != "" {
		j.add("breach", fault)
	} else {
		j.take(b[0], payload)
	}
	if j.rest = b[at+int(n):]; len(j.rest) == 0 {
		j.rest = nil
	}
	return true
}

// fault is what is wrong with a header (sections 5.1, 5.2, 5.4 and 5.5).
func (j *judge) fault(head, second byte, n uint64) string {
	op := head & 15
	form := second & 0x7f
	switch {
	case j.closed:
		return "a frame behind the close frame"
	case second&0x80 != 0:
		return "masked"
	case head&0x30 != 0 || head&rsv1 != 0 && (j.deflate == nil || op != opText && op != opBinary):
		return "reserved bit"
	case form == 126 && n < 126 || form == 127 && n < 1<<16:
		return "length is not in its shortest form"
	case op >= opClose && (head&fin == 0 || n > 125):
		return "control frame in fragments or too long"
	case op == opContinuation && j.kind == "", (op == opText || op == opBinary) && j.kind != "":
		return "fragments out of order"
	case op > opBinary && op < opClose || op > opPong:
		return "reserved opcode"
	}
	return ""
}

func (j *judge) take(head byte, payload []byte) {
	switch op := head & 15; op {
	case opPing:
		j.add("ping", string(payload))
	case opPong:
		j.add("pong", string(payload))
	case opClose:
		j.closed = true
		if len(payload) < 2 {
			j.add("close", "")
			return
		}
		j.add(fmt.Sprintf("close %d", binary.BigEndian.Uint16(payload)), string(payload[2:]))
	default:
		if op != opContinuation {
			j.kind, j.dense = []string{"", "text", "binary"}[op], head&rsv1 != 0
		}
		j.message = append(j.message, payload...)
		if head&fin != 0 {
			j.deliver()
		}
	}
}

func (j *judge) deliver() {
	kind, message := j.kind, j.message
	j.kind, j.message = "", nil
	if j.dense {
		var err error
		if message, err = j.deflate.inflate(message); err != nil {
			j.add("breach", err.Error())
			return
		}
	}
	if kind == "text" && !utf8.Valid(message) {
		j.add("breach", "text is not UTF-8")
		return
	}
	j.add(kind, string(message))
}
