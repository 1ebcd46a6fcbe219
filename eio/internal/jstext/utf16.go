package jstext

import "unicode/utf8"

// Units counts the UTF-16 code units of UTF-8 text, which is what JavaScript
// calls a string's length: a rune outside the basic plane has two.
func Units(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xc0 != 0x80 { // each first byte is a rune
			n++
		}
		if c >= 0xf0 {
			n++
		}
	}
	return n
}

// Cut returns the number of bytes that hold the first n UTF-16 code units
// of b, or false when b has fewer, is not valid UTF-8 up to there, or a rune
// stands across the cut.
func Cut(b []byte, n uint64) (int, bool) {
	i := 0
	for n > 0 {
		if i >= len(b) {
			return 0, false
		}
		if b[i] < utf8.RuneSelf {
			i++
			n--
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return 0, false
		}
		i += size
		n--
		if size == 4 {
			if n == 0 {
				return 0, false
			}
			n--
		}
	}
	return i, true
}
