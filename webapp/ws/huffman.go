package ws

import "math/bits"

// RFC 1951, section 3.2: the Huffman codes of compressed blocks.

// huffman decodes one code: those of up to fastBits bits by a look at a table, longer ones by counting through the
// lengths.
type huffman struct {
	fast    [1 << fastBits]uint16 // symbol<<4 | length; 0 is a longer code or none
	counts  [maxCodeBits + 1]uint16
	symbols [288]uint16 // in the order of their codes
}

const (
	fastBits    = 9
	maxCodeBits = 15
)

// build makes the code of the lengths that its symbols have, 0 standing for none. It fails unless the code is complete;
// one of a single bit may be half used, and one without symbols fails when it is used (section 3.2.7).
func (h *huffman) build(lengths []uint8) bool {
	clear(h.counts[:])
	clear(h.fast[:])
	for _, n := range lengths {
		h.counts[n]++
	}
	used := len(lengths) - int(h.counts[0])
	h.counts[0] = 0
	var first, place [maxCodeBits + 2]int // of the codes of each length: the first, and its place in symbols
	left := 1
	for n := 1; n <= maxCodeBits; n++ {
		if left = 2*left - int(h.counts[n]); left < 0 {
			return false
		}
		first[n+1] = (first[n] + int(h.counts[n])) << 1
		place[n+1] = place[n] + int(h.counts[n])
	}
	if left > 0 && used > 0 && (used > 1 || h.counts[1] == 0) {
		return false
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[place[n]] = uint16(symbol)
		place[n]++
		if n <= fastBits {
			// Codes come with their first bit lowest, whatever follows them.
			code := int(bits.Reverse16(uint16(first[n])) >> (16 - n))
			for ; code < len(h.fast); code += 1 << n {
				h.fast[code] = uint16(symbol)<<4 | uint16(n)
			}
		}
		first[n]++
	}
	return true
}

// decode takes a symbol from the input.
func (h *huffman) decode(z *Inflater) (symbol uint16, ok bool) {
	if z.held < maxCodeBits {
		z.fill()
	}
	entry := h.fast[z.bits&(1<<fastBits-1)]
	if n := uint(entry & 15); n > 0 && n <= z.held {
		z.drop(n)
		return entry >> 4, true
	}
	return h.decodeLong(z)
}

func (h *huffman) decodeLong(z *Inflater) (symbol uint16, ok bool) {
	code, first, place := 0, 0, 0
	for n := 1; n <= maxCodeBits && uint(n) <= z.held; n++ {
		code |= int(z.bits >> (n - 1) & 1)
		count := int(h.counts[n])
		if code < first+count {
			z.drop(uint(n))
			return h.symbols[place+code-first], true
		}
		place, first = place+count, (first+count)<<1
		code <<= 1
	}
	return 0, false
}

// row is a symbol that stands for a number: its least value, and how many bits are added to it.
type row struct {
	base uint16
	bits uint8
}

// The tables of section 3.2.5.
var lengthRows, offsetRows = rows(maxLiterals-endOfBlock-1, 3, 8, 4), rows(maxOffsets, 1, 4, 2)

// rows makes a table in which the first symbols stand for themselves and from then on each step of symbols adds a bit.
func rows(n, base, plain, step int) []row {
	table := make([]row, n)
	for i := range table {
		extra := max(i-plain+step, 0) / step
		table[i] = row{uint16(base), uint8(extra)}
		base += 1 << extra
	}
	if step == 4 { // the longest length has a symbol of its own
		table[n-1] = row{258, 0}
	}
	return table
}

func newInflateTables() *inflateTables {
	t := new(inflateTables)
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	t.fixedLiterals.build(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	t.fixedOffsets.build(lengths[:32])
	return t
}

// lengthOrder is the order in which the lengths of the code of lengths are sent (section 3.2.7).
var lengthOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readTables reads the codes of a dynamic block.
func (z *Inflater) readTables() bool {
	t := z.tables
	head, ok := z.take(14)
	literals, offsets, n := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if !ok || literals > maxLiterals || offsets > maxOffsets {
		return false
	}
	var lengths [len(lengthOrder)]uint8
	for _, symbol := range lengthOrder[:n] {
		length, ok := z.take(3)
		if !ok {
			return false
		}
		lengths[symbol] = uint8(length)
	}
	if !t.literals.build(lengths[:]) || !z.readLengths(t.lengths[:literals+offsets]) {
		return false
	}
	return t.literals.build(t.lengths[:literals]) && t.offsets.build(t.lengths[literals:literals+offsets])
}

// readLengths reads the lengths of both codes with the code of lengths, which the literals' place holds until then.
func (z *Inflater) readLengths(lengths []uint8) bool {
	for i := 0; i < len(lengths); {
		symbol, ok := z.tables.literals.decode(z)
		if !ok {
			return false
		}
		var value uint8
		var bits uint
		n := 1
		switch symbol {
		case 16:
			if i == 0 {
				return false
			}
			value, bits, n = lengths[i-1], 2, 3
		case 17:
			bits, n = 3, 3
		case 18:
			bits, n = 7, 11
		default:
			value = uint8(symbol)
		}
		more, ok := z.take(bits)
		if n += int(more); !ok || n > len(lengths)-i {
			return false
		}
		for ; n > 0; n-- {
			lengths[i] = value
			i++
		}
	}
	return true
}
