package ws

import (
	"encoding/binary"
	"math/bits"
)

// applyMask masks or unmasks b in place (RFC 6455, section 5.3). The key is the masking key as a little-endian word:
// byte i of b meets byte i mod 4 of it, whatever the machine's byte order and wherever b lies. It returns the key for
// the bytes that follow b, so a payload may come in pieces, and whether the result is all ASCII, which spares text a
// second look.
//
// It is ours because most messages are short: where gobwas/ws has assembly (amd64, arm64) its Cipher is faster from
// about 200 bytes on, but below it takes up to four times as long (BenchmarkMask).
func applyMask(b []byte, key uint32) (next uint32, ascii bool) {
	next = bits.RotateLeft32(key, -8*(len(b)&3))
	wide := uint64(key)<<32 | uint64(key)
	var seen uint64
	for len(b) >= 32 {
		seen |= xor64(b, wide) | xor64(b[8:], wide) | xor64(b[16:], wide) | xor64(b[24:], wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		seen |= xor64(b, wide)
		b = b[8:]
	}
	if len(b) >= 4 {
		w := binary.LittleEndian.Uint32(b) ^ key
		binary.LittleEndian.PutUint32(b, w)
		seen |= uint64(w)
		b = b[4:]
	}
	for i := range b {
		b[i] ^= byte(key)
		seen |= uint64(b[i])
		key >>= 8 // at most three bytes are left
	}
	return next, seen&0x8080808080808080 == 0
}

func xor64(b []byte, key uint64) uint64 {
	w := binary.LittleEndian.Uint64(b) ^ key
	binary.LittleEndian.PutUint64(b, w)
	return w
}
