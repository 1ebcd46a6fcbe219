package msgpack

import (
	"encoding/binary"
	"math"
)

// Values in their smallest form: MessagePack specification, "Serialization". What is passed is copied behind dst, which
// is returned.

// room is dst with capacity for n more bytes. It doubles, so that a message of many values is moved less often than by
// append alone.
func room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return append(make([]byte, 0, 2*cap(dst)+n), dst...)
}

func appendNil(dst []byte) []byte { return append(dst, leadNil) }

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, leadTrue)
	}
	return append(dst, leadFalse)
}

func appendFloat64(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(room(dst, 9), leadFloat64), math.Float64bits(f))
}

func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendUint(dst, uint64(n))
	case n >= -32: // negative fixint
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(room(dst, 2), leadInt8, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(room(dst, 3), leadInt8+1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(room(dst, 5), leadInt8+2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(room(dst, 9), leadInt8+3), uint64(n))
}

func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < 128: // positive fixint
		return append(dst, byte(n))
	case n <= math.MaxUint8:
		return append(room(dst, 2), leadUint8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(room(dst, 3), leadUint8+1), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(room(dst, 5), leadUint8+2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(room(dst, 9), leadUint8+3), n)
}

// appendLength appends a length behind the lead byte of the least width that holds it; lead is that of one byte.
func appendLength(dst []byte, lead byte, n uint32) []byte {
	if n <= math.MaxUint8 {
		return append(room(dst, 2), lead, byte(n))
	}
	return appendCount(dst, lead+1, n)
}

// appendCount is appendLength without a form of one byte: lead is that of two.
func appendCount(dst []byte, lead byte, n uint32) []byte {
	if n <= math.MaxUint16 {
		return binary.BigEndian.AppendUint16(append(room(dst, 3), lead), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(room(dst, 5), lead+1), n)
}

// appendString appends s, which has less than 4 GiB and is copied.
func appendString(dst, s []byte) []byte {
	if dst = room(dst, 5+len(s)); len(s) < 32 {
		dst = append(dst, leadFixString|byte(len(s)))
	} else {
		dst = appendLength(dst, leadString8, uint32(len(s)))
	}
	return append(dst, s...)
}

// appendBinary appends b, which has less than 4 GiB and is copied.
func appendBinary(dst, b []byte) []byte {
	return append(appendLength(room(dst, 5+len(b)), leadBin8, uint32(len(b))), b...)
}

// appendArray appends the head of an array of n values, which the caller appends.
func appendArray(dst []byte, n uint32) []byte {
	if n < 16 {
		return append(dst, leadFixArray|byte(n))
	}
	return appendCount(dst, leadArray16, n)
}

// appendMap appends the head of a map of n pairs, which the caller appends.
func appendMap(dst []byte, n uint32) []byte {
	if n < 16 {
		return append(dst, leadFixMap|byte(n))
	}
	return appendCount(dst, leadMap16, n)
}
