package ws

import (
	"encoding/binary"
	"errors"
)

// RFC 6455, section 5.2: the base framing protocol.
//
//	byte 0     FIN, RSV1-3, opcode (4 bits)
//	byte 1     MASK, length (7 bits): 0-125, or 126: 2 bytes follow, or 127: 8 bytes follow
//	0, 2 or 8  extended length, in network order, in the shortest of the three forms
//	0 or 4     masking key

// OpCode says what a frame carries.
type OpCode byte

// The opcodes of section 5.2.
const (
	OpContinuation OpCode = 0x0
	OpText         OpCode = 0x1
	OpBinary       OpCode = 0x2
	OpClose        OpCode = 0x8
	OpPing         OpCode = 0x9
	OpPong         OpCode = 0xa
)

// IsControl reports whether the frame is a control frame (section 5.5), of a known opcode or not.
func (c OpCode) IsControl() bool { return c&0x8 != 0 }

// IsData reports whether the frame is a data frame (section 5.6), of a known opcode or not.
func (c OpCode) IsData() bool { return c&0x8 == 0 }

// IsReserved reports whether section 5.2 leaves the opcode to the future.
func (c OpCode) IsReserved() bool { return 0x3 <= c && c <= 0x7 || 0xb <= c && c <= 0xf }

// Header is the header of a frame.
type Header struct {
	Fin    bool
	Rsv    byte // RSV1 is 4, RSV2 2, RSV3 1
	OpCode OpCode
	Masked bool
	Mask   [4]byte
	Length int64 // of the payload; ParseHeader never yields a negative one; it may exceed an int
}

const (
	finBit      = 0x80
	rsv1Bit     = 0x40
	maskBit     = 0x80
	lengthBits  = 0x7f
	opcodeBits  = 0x0f
	length16    = 126
	length64    = 127
	headerBytes = 2 + 8 + 4 // the longest header

	maxControlBytes = 125
)

// ErrShort says that a header is not complete yet: more bytes are needed, nothing is wrong with those that are there.
var ErrShort = errors.New("ws: header is not complete")

// ParseHeader reads the header at the start of b and says how many bytes it takes. It fails with ErrShort when b ends
// before the header does, and with ErrLengthForm or ErrLengthSign when the length is not well-formed. What else is
// wrong with a header depends on the connection: see CheckHeader. The length has not been compared with a limit yet.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return Header{}, 0, ErrShort
	}
	h.Fin = b[0]&finBit != 0
	h.Rsv = b[0] >> 4 & 7
	h.OpCode = OpCode(b[0] & opcodeBits)
	h.Masked = b[1]&maskBit != 0
	switch short := b[1] & lengthBits; short {
	default:
		h.Length, n = int64(short), 2
	case length16:
		if len(b) < 4 {
			return Header{}, 0, ErrShort
		}
		h.Length, n = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.Length < length16 {
			return Header{}, 0, ErrLengthForm
		}
	case length64:
		if len(b) < 10 {
			return Header{}, 0, ErrShort
		}
		h.Length, n = int64(binary.BigEndian.Uint64(b[2:])), 10
		if h.Length < 0 {
			return Header{}, 0, ErrLengthSign
		}
		if h.Length <= 0xffff {
			return Header{}, 0, ErrLengthForm
		}
	}
	if h.Masked {
		if len(b) < n+4 {
			return Header{}, 0, ErrShort
		}
		n += copy(h.Mask[:], b[n:])
	}
	return h, n, nil
}

// AppendHeader appends the header of a final, unmasked frame of n payload bytes, as a server sends it.
func AppendHeader(dst []byte, op OpCode, n int) []byte {
	return appendHeader(dst, op, n, 0)
}

// AppendFrame appends a final, unmasked frame, as a server sends it. The payload is copied.
func AppendFrame(dst []byte, op OpCode, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload), 0), payload...)
}

// AppendMaskedFrame appends a final, masked frame, as a client sends it. The payload is copied.
func AppendMaskedFrame(dst []byte, op OpCode, mask [4]byte, payload []byte) []byte {
	dst = appendHeader(dst, op, len(payload), maskBit)
	dst = append(dst, mask[:]...)
	start := len(dst)
	dst = append(dst, payload...)
	applyMask(dst[start:], binary.LittleEndian.Uint32(mask[:]))
	return dst
}

func appendHeader(dst []byte, op OpCode, n int, maskBit byte) []byte {
	first := finBit | byte(op)
	switch {
	case n < length16:
		return append(dst, first, maskBit|byte(n))
	case n <= 0xffff:
		return append(dst, first, maskBit|length16, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, maskBit|length64), uint64(n))
	}
}
