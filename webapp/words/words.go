// Package words looks at bytes a word of the machine at a time. Where a processor loads a word from any address the
// compiler makes one load of encoding/binary's byte by byte ones, and nobody needs this. Elsewhere (ARM, MIPS, RISC-V)
// they stay byte by byte, ten instructions for a word, and Wanted is true.
package words

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Bytes is the size of a word: 4 or 8.
const Bytes = bits.UintSize / 8

// Ones and Tops have the lowest, or the highest, bit of each byte of a word set.
const (
	Ones = ^uint(0) / 0xff
	Tops = Ones << 7
)

// Of is the part of b that is whole words at addresses that are multiples of their size, in the machine's byte order:
// b[at : at+len(w)*Bytes]. It is a view of b: what is stored in one is in the other. At most Bytes-1 bytes of b lie
// before it and behind it, but where there is no whole word at is len(b).
func Of(b []byte) (at int, w []uint) {
	at = int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) % Bytes)
	if len(b) < at+Bytes {
		return len(b), nil
	}
	return at, unsafe.Slice((*uint)(unsafe.Pointer(&b[at])), (len(b)-at)/Bytes)
}

// Repeat is the word that has the bytes of a little-endian word of four in its memory, over and over.
func Repeat(four uint32) uint {
	if bigEndian {
		four = bits.ReverseBytes32(four)
	}
	return uint(uint64(four)<<32 | uint64(four))
}

var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1
