package ws

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgesio/edgesio/webapp/words"
)

// applyMask masks or unmasks b in place (RFC 6455, section 5.3). The key is the masking key as a little-endian word:
// byte i of b meets byte i mod 4 of it, whatever the machine's byte order and wherever b lies. It returns the key for
// the bytes that follow b, so a payload may come in pieces, and whether the result is all ASCII, which spares text a
// second look.
//
// It is ours because most messages are short: where gobwas/ws has assembly (amd64, arm64) its Cipher is faster from
// about 200 bytes on, but below it takes up to four times as long (BenchmarkMask).
func applyMask(b []byte, key uint32) (next uint32, ascii bool) {
	if words.Wanted {
		return applyMaskAligned(b, key)
	}
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

// applyMaskAligned is applyMask for processors that load and store words at multiples of their size only.
func applyMaskAligned(b []byte, key uint32) (next uint32, ascii bool) {
	at, w := words.Of(b)
	behind := b[at+len(w)*words.Bytes:]
	var seen uint
	for i, c := range b[:at] {
		c ^= byte(key)
		b[i] = c
		seen |= uint(c)
		key = bits.RotateLeft32(key, -8)
	}
	wide := words.Repeat(key)
	for len(w) >= 4 {
		c, d, e, f := w[0]^wide, w[1]^wide, w[2]^wide, w[3]^wide
		w[0], w[1], w[2], w[3] = c, d, e, f
		seen |= c | d | e | f
		w = w[4:]
	}
	for i := range w {
		c := w[i] ^ wide
		w[i] = c
		seen |= c
	}
	for i, c := range behind {
		c ^= byte(key)
		behind[i] = c
		seen |= uint(c)
		key = bits.RotateLeft32(key, -8)
	}
	return key, seen&words.Tops == 0
}
