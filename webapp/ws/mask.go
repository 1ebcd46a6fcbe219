package ws

import (
	"encoding/binary"
	"math/bits"
)

// applyMask masks or unmasks b in place (RFC 6455, section 5.3). The key is the masking key as a little-endian word:
// byte i of b meets byte i mod 4 of it, whatever the machine's byte order and wherever b lies. It returns the key for
// the bytes that follow b, so a payload may come in pieces.
//
// It is ours because most messages are short: where gobwas/ws has assembly (amd64, arm64) its Cipher is faster from
// about 200 bytes on, but below it takes up to four times as long (BenchmarkMask).
func applyMask(b []byte, key uint32) uint32 {
	next := bits.RotateLeft32(key, -8*(len(b)&3))
	wide := uint64(key)<<32 | uint64(key)
	for len(b) >= 32 {
		xor64(b, wide)
		xor64(b[8:], wide)
		xor64(b[16:], wide)
		xor64(b[24:], wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		xor64(b, wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return next
}

func xor64(b []byte, key uint64) {
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
}
