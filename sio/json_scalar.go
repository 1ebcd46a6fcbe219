package sio

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/edgesio/edgesio/webapp/words"
)

// The scalars of JSON: strings, numbers and the three names (RFC 8259, sections 3, 6 and 7).

// plain are the bytes that stand for themselves in a JSON string and need no further look.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// scanString reads the string whose opening quote is b[i] and returns the position behind its closing quote. Lone
// surrogates in \u escapes are allowed, as in JSON.parse; bytes that are not UTF-8 are not.
func scanString(b []byte, i int) (int, bool) {
	for i++; ; {
		if i += plainRun(b[i:]); i == len(b) {
			return i, false
		}
		c := b[i]
		switch {
		case c == '"':
			return i + 1, true
		case c == '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return i, false
			}
			i += n
		case c < ' ':
			return i, false
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n <= 1 {
				return i, false
			}
			i += n
		}
	}
}

// plainRun is the number of bytes at the start of b that stand for themselves in a string: ASCII without control
// characters, quotes and backslashes. It looks at eight at a time.
func plainRun(b []byte) (n int) {
	if words.Wanted {
		return plainRunAligned(b)
	}
	if len(b) >= 4*plainBlock {
		n = plainBlocks(b)
	}
	for ; len(b)-n >= 8; n += 8 {
		if e := ends(b[n:]) & tops; e != 0 {
			return n + bits.TrailingZeros64(e)/8
		}
	}
	for n < len(b) && plain[b[n]] {
		n++
	}
	return n
}

// plainBlock is how many bytes plainBlocks looks at together.
const plainBlock = 32

// plainBlocks is plainRun for long strings, rounded down to whole blocks.
func plainBlocks(b []byte) (n int) {
	for ; len(b)-n >= plainBlock; n += plainBlock {
		w := b[n : n+plainBlock : n+plainBlock]
		if (ends(w)|ends(w[8:])|ends(w[16:])|ends(w[24:]))&tops != 0 {
			break
		}
	}
	return n
}

const ones, tops = 0x0101010101010101, 0x8080808080808080

// ends has the top bit of each byte set where one of the first eight bytes of b is not plain. Exchanging ' ' with '"'
// and '!' with '#' (both by ^2) puts the quote right above the control characters, so that one comparison finds them
// all. A borrow can only set bits above the first, which is the one that counts.
func ends(b []byte) uint64 {
	w := binary.LittleEndian.Uint64(b)
	return w | ((w ^ 2*ones) - '!'*ones) | ((w ^ '\\'*ones) - ones)
}

// plainRunAligned is plainRun for processors that load words from multiples of their size only.
func plainRunAligned(b []byte) (n int) {
	at, w := words.Of(b)
	for n < at && plain[b[n]] {
		n++
	}
	if n == at {
		n += plainWords(w) * words.Bytes
	}
	for n < len(b) && plain[b[n]] {
		n++
	}
	return n
}

// plainWords is how many words at the start of w are of plain bytes.
func plainWords(w []uint) (n int) {
	k := plainKeys
	for ; len(w) >= 4; n += 4 {
		v := (*[4]uint)(w)
		bad := k.ends(v[0])
		bad |= k.ends(v[1])
		bad |= k.ends(v[2])
		bad |= k.ends(v[3])
		if bad&words.Tops != 0 {
			break
		}
		w = w[4:]
	}
	for _, c := range w {
		if k.ends(c)&words.Tops != 0 {
			break
		}
		n++
	}
	return n
}

// wordKeys are constants that the compiler does not know as such: it would build them anew for each word, of two
// instructions.
type wordKeys struct{ two, quote, backslash, ones uint }

var plainKeys = wordKeys{2 * words.Ones, '!' * words.Ones, '\\' * words.Ones, words.Ones}

// ends has the top bit of some byte set where a byte of c is not plain, as the ends of eight bytes has. Which byte it
// is depends on the byte order, and is for the caller to find.
func (k wordKeys) ends(c uint) uint {
	return c | ((c ^ k.two) - k.quote) | ((c ^ k.backslash) - k.ones)
}

// escapeLen is the length of the escape sequence at the start of b, 0 when it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// scanWord reads one of the three literal names.
func scanWord(b []byte, i int, word string) (int, bool) {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return i, false
	}
	return i + len(word), true
}

// scanNumber reads a number by the grammar of RFC 8259 section 6.
func scanNumber(b []byte, i int) (int, bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch from := i; {
	case i < len(b) && b[i] == '0':
		i++
	default:
		if i = scanDigits(b, i); i == from {
			return i, false
		}
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = scanDigits(b, from); i == from {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = scanDigits(b, from); i == from {
			return i, false
		}
	}
	return i, true
}

// scanDigits skips digits.
func scanDigits(b []byte, i int) int {
	for i < len(b) && digit(b[i]) {
		i++
	}
	return i
}

// smallInt reads a JSON number that is written as at most nine digits; everything else is -1.
func smallInt(v []byte) int32 {
	if len(v) == 0 || len(v) > 9 {
		return -1
	}
	n := int32(0)
	for _, c := range v {
		if !digit(c) {
			return -1
		}
		n = n*10 + int32(c-'0')
	}
	return n
}
