package ws

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// What the tests of this package share: a builder for frames of every kind, also wrong ones, a handler that writes down
// what it is told, and the table of wire vectors, which the fuzz targets take as seeds.

const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

var testMask = [4]byte{0x37, 0xfa, 0x21, 0x3d} // that of section 5.7

// frame builds a masked frame from its first byte and its payload.
func frame(first byte, payload string) string {
	wire := AppendMaskedFrame(nil, OpBinary, testMask, []byte(payload))
	wire[0] = first
	return string(wire)
}

func finFrame(op OpCode, payload string) string { return frame(fin|byte(op), payload) }

func text(payload string) string           { return finFrame(OpText, payload) }
func ping(payload string) string           { return finFrame(OpPing, payload) }
func startText(payload string) string      { return frame(byte(OpText), payload) }
func more(payload string) string           { return frame(byte(OpContinuation), payload) }
func last(payload string) string           { return finFrame(OpContinuation, payload) }
func closing(code uint16, r string) string { return finFrame(OpClose, closeBody(code, r)) }

func closeBody(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// header builds the start of a masked frame with a length that nothing has to follow.
func header(first byte, form int, length uint64) string {
	wire := []byte{first}
	switch form {
	case 16:
		wire = binary.BigEndian.AppendUint16(append(wire, maskBit|length16), uint16(length))
	case 64:
		wire = binary.BigEndian.AppendUint64(append(wire, maskBit|length64), length)
	default:
		wire = append(wire, maskBit|byte(length))
	}
	return string(append(wire, testMask[:]...))
}

// log is a Handler that writes down its calls, one line each; payloads beyond 40 bytes by length and sum.
type log struct {
	lines []string
	stop  *Reader // stopped at the first call, if set
}

func (l *log) add(what string, payload []byte) {
	if len(payload) > 40 {
		l.lines = append(l.lines, fmt.Sprintf("%s %d bytes %08x", what, len(payload), sum(payload)))
	} else {
		l.lines = append(l.lines, fmt.Sprintf("%s %q", what, payload))
	}
	if l.stop != nil {
		l.stop.Stop()
	}
}

func (l *log) OnMessage(op OpCode, payload []byte) {
	l.add(map[OpCode]string{OpText: "text", OpBinary: "binary"}[op], payload)
}
func (l *log) OnPing(payload []byte) { l.add("ping", payload) }
func (l *log) OnPong(payload []byte) { l.add("pong", payload) }
func (l *log) OnClose(code StatusCode, reason []byte) {
	l.add(fmt.Sprintf("close %d", code), reason)
}

func sum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// outcome is what a stream comes to: the handler's calls and the error, as lines. Messages may be compressed if the
// limits have an Inflater.
func outcome(t testing.TB, limits *Limits, pieces ...string) string {
	t.Helper()
	var l log
	r := NewReader(limits, Server|Deflate)
	fed := 0
	for _, piece := range pieces {
		fed += len(piece)
		err := r.Feed([]byte(piece), &l)
		r.check(t, fed)
		if err != nil {
			l.lines = append(l.lines, fmt.Sprintf("fail %d %v", err.(Error).Code(), err))
		}
	}
	return strings.Join(l.lines, "\n")
}

// octets cuts a stream into pieces of n bytes.
func octets(wire string, n int) (pieces []string) {
	for len(wire) > n {
		pieces, wire = append(pieces, wire[:n]), wire[n:]
	}
	return append(pieces, wire)
}

// failure is the line that an error leaves in an outcome.
func failure(e Error) string { return fmt.Sprintf("fail %d %v", e.Code(), e) }

func lines(s ...string) string { return strings.Join(s, "\n") }

// vectors are streams that a client may send, and what they come to under the limits below. The numbers are those of
// group W in the list of bad input.
var vectorLimits = Limits{MessageBytes: 200, Fragments: 8}

var vectors = []struct{ name, wire, want string }{
	{"5.7 masked text", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", `text "Hello"`},
	{"5.7 fragments", startText("Hel") + last("lo"), `text "Hello"`},
	{"5.7 ping", ping("Hello"), `ping "Hello"`},
	{"binary", finFrame(OpBinary, "\x00\xff"), `binary "\x00\xff"`},
	{"empty text", text(""), `text ""`},
	{"empty binary", finFrame(OpBinary, ""), `binary ""`},

	{"W1 RSV1", frame(fin|rsv1|1, "a"), failure(ErrReservedBit)},
	{"W1 RSV2", frame(fin|rsv2|1, "a"), failure(ErrReservedBit)},
	{"W1 RSV3", frame(fin|rsv3|1, "a"), failure(ErrReservedBit)},
	{"W1 RSV1 on a control frame", frame(fin|rsv1|9, "a"), failure(ErrReservedBit)},
	{"W1 RSV1 on a continuation", startText("a") + frame(fin|rsv1, "b"), failure(ErrReservedBit)},
	{"W2 opcode 3", frame(fin|3, "a"), failure(ErrReservedOpCode)},
	{"W2 opcode 7", frame(fin|7, "a"), failure(ErrReservedOpCode)},
	{"W2 opcode 11", frame(fin|11, "a"), failure(ErrReservedOpCode)},
	{"W2 opcode 15", frame(fin|15, "a"), failure(ErrReservedOpCode)},
	{"W3 not masked", string(AppendFrame(nil, OpText, []byte("Hello"))), failure(ErrNotMasked)},
	{"W3 not masked ping", string(AppendFrame(nil, OpPing, nil)), failure(ErrNotMasked)},
	{"W4 125 in 16 bits", header(fin|2, 16, 125), failure(ErrLengthForm)},
	{"W4 0 in 16 bits", header(fin|2, 16, 0), failure(ErrLengthForm)},
	{"W4 65535 in 64 bits", header(fin|2, 64, 65535), failure(ErrLengthForm)},
	{"W4 5 in 64 bits", header(fin|2, 64, 5), failure(ErrLengthForm)},
	{"W5 top bit", header(fin|2, 64, 1<<63), failure(ErrLengthSign)},
	{"W5 all bits", header(fin|2, 64, 1<<64-1), failure(ErrLengthSign)},
	{"W5 2^63-1", header(fin|2, 64, 1<<63-1), failure(ErrMessageTooBig)},
	{"W5 2^32+4", header(fin|2, 64, 1<<32+4), failure(ErrMessageTooBig)},
	{"W5 2^32", header(fin|1, 64, 1<<32), failure(ErrMessageTooBig)},
	{"W5 2^31", header(fin|2, 64, 1<<31), failure(ErrMessageTooBig)},
	{"W5 2^31-1", header(2, 64, 1<<31-1), failure(ErrMessageTooBig)},
	{"W5 max+1", header(fin|2, 16, 201), failure(ErrMessageTooBig)},
	{"W5 max", finFrame(OpBinary, strings.Repeat("a", 200)),
		fmt.Sprintf("binary 200 bytes %08x", sum(bytes.Repeat([]byte("a"), 200)))},
	{"W5 max+1 in sum", startText(strings.Repeat("a", 150)) + ping("") + header(fin, 0, 51),
		lines(`ping ""`, failure(ErrMessageTooBig))},
	{"W5 2^63-1 in sum", startText("a") + header(fin, 64, 1<<63-1), failure(ErrMessageTooBig)},
	{"W5 max in sum", startText(strings.Repeat("a", 150)) + last(strings.Repeat("a", 50)),
		fmt.Sprintf("text 200 bytes %08x", sum(bytes.Repeat([]byte("a"), 200)))},
	{"W6 ping of 126", header(fin|9, 16, 126), failure(ErrControlTooLong)},
	{"W6 close of 2^32+4", header(fin|8, 64, 1<<32+4), failure(ErrControlTooLong)},
	{"W6 pong of 2^63-1", header(fin|10, 64, 1<<63-1), failure(ErrControlTooLong)},
	{"W6 fragmented ping", frame(9, "a"), failure(ErrControlFragmented)},
	{"W6 fragmented close", frame(8, ""), failure(ErrControlFragmented)},
	{"W7 continuation of nothing", last("a"), failure(ErrNoMessage)},
	{"W7 continuation of nothing, open", more("a"), failure(ErrNoMessage)},
	{"W7 continuation after the end", startText("a") + last("b") + last("c"),
		lines(`text "ab"`, failure(ErrNoMessage))},
	{"W7 message inside a message", startText("a") + text("b"), failure(ErrInsideMessage)},
	{"W7 binary inside a message", startText("a") + frame(2, "b"), failure(ErrInsideMessage)},
	{"W8 one-byte fragments", startText("a") + strings.Repeat(more("b"), 8), failure(ErrTooManyFragments)},
	{"W8 empty fragments", startText("") + strings.Repeat(more(""), 8), failure(ErrTooManyFragments)},
	{"W8 as many as allowed", startText("") + strings.Repeat(more("b"), 6) + last(""), `text "bbbbbb"`},
	{"W8 counted per message", strings.Repeat(startText("a")+strings.Repeat(more(""), 4)+last("b"), 3) + text("c"),
		lines(`text "ab"`, `text "ab"`, `text "ab"`, `text "c"`)},
	{"W9 overlong", text("\xc0\xaf"), failure(ErrText)},
	{"W9 surrogate", text("\xed\xa0\x80"), failure(ErrText)},
	{"W9 above U+10FFFF", text("\xf4\x90\x80\x80"), failure(ErrText)},
	{"W9 cut at the end", text("a\xe2\x82"), failure(ErrText)},
	{"W9 cut at the end of the fragments", startText("a\xe2") + last("\x82"), failure(ErrText)},
	{"W9 bad across fragments", startText("\xed") + more("\xa0"), failure(ErrText)},
	{"W9 fails before the end", startText("ok\xff"), failure(ErrText)},
	{"W9 fails before the frame's end", header(fin|1, 0, 100) + "\xc8\x05" /* ff ff */, failure(ErrText)},
	{"W9 good across fragments", startText("\xf0\x9f") + ping("\xff") + more("\x98") + last("\x80"),
		lines(`ping "\xff"`, `text "😀"`)},
	{"W9 binary is not text", frame(2, "\xff") + last("\xfe"), `binary "\xff\xfe"`},
	{"W10 close", closing(1000, "bye"), `close 1000 "bye"`},
	{"W10 close without code", finFrame(OpClose, ""), `close 1005 ""`},
	{"W10 close of one byte", finFrame(OpClose, "\x03"), failure(ErrCloseLength)},
	{"W10 close 0", closing(0, ""), failure(ErrCloseCode)},
	{"W10 close 999", closing(999, ""), failure(ErrCloseCode)},
	{"W10 close 1004", closing(1004, ""), failure(ErrCloseCode)},
	{"W10 close 1005", closing(1005, ""), failure(ErrCloseCode)},
	{"W10 close 1006", closing(1006, ""), failure(ErrCloseCode)},
	{"W10 close 1015", closing(1015, ""), failure(ErrCloseCode)},
	{"W10 close 2999", closing(2999, ""), failure(ErrCloseCode)},
	{"W10 close 5000", closing(5000, ""), failure(ErrCloseCode)},
	{"W10 close reason", closing(1000, "\xff"), failure(ErrCloseReason)},
	{"W10 close reason cut", closing(1000, "\xe2\x82"), failure(ErrCloseReason)},
	{"W10 data after close", closing(1001, "") + text("late") + "\xff\xff", `close 1001 ""`},
	{"W10 second close", closing(1001, "") + closing(1002, ""), `close 1001 ""`},
	{"W10 close inside a message", startText("a") + closing(1000, "") + last("b"), `close 1000 ""`},
	{"W11 pings and pongs", strings.Repeat(ping("x")+finFrame(OpPong, "y"), 2),
		lines(`ping "x"`, `pong "y"`, `ping "x"`, `pong "y"`)},
	{"W11 ping inside a message", startText("a") + ping("1") + more("b") + ping("2") + last("c"),
		lines(`ping "1"`, `ping "2"`, `text "abc"`)},
	{"W13 coalesced", strings.Repeat(text("hi"), 3) + finFrame(OpBinary, "b"),
		lines(`text "hi"`, `text "hi"`, `text "hi"`, `binary "b"`)},
	{"W14 mask of zero", "\x81\x82\x00\x00\x00\x00hi", `text "hi"`},
	{"W15 half a header", "\x81\x85\x37", ""},
	{"W15 half a frame", text("Hello")[:8], ""},
	{"W15 half a message", startText("Hello"), ""},
	{"W16 deflate that was not negotiated", frame(fin|rsv1|1, mustHex("f248cdc9c90700")), failure(ErrReservedBit)},
	{"nothing after an error", frame(fin|3, "") + text("late"), failure(ErrReservedOpCode)},
	{"a message before an error", text("early") + frame(fin|3, ""), lines(`text "early"`, failure(ErrReservedOpCode))},
}

func mustHex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
