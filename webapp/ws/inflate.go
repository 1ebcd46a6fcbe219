package ws

import "unicode/utf8"

// RFC 7692, section 7.2.2: decompression, and RFC 1951, which it rests on. Nothing is kept from one message to the next
// (client_no_context_takeover), so a message is its own window and is inflated in one go from one slice to another, by
// one Inflater for all connections of a loop.

// Inflater decompresses messages, for any number of Readers of one goroutine. The zero Inflater is ready. It holds 7
// kB of tables from the first compressed message on, and up to 64 kB of output between two.
type Inflater struct {
	tables *inflateTables
	spare  []byte // output for the next message; nil while a handler has it

	// Of the message in hand.
	in    []byte
	at    int    // bytes of in, and of the tail behind it, that are in bits
	bits  uint32 // the next ones, from the lowest up
	held  uint   // how many of them
	out   []byte
	limit int
	work  int // of its blocks, see spend
}

type inflateTables struct {
	fixedLiterals, literals huffman
	fixedOffsets, offsets   huffman
	lengths                 [maxLiterals + maxOffsets]uint8
}

const (
	maxLiterals = 286 // literals, end of block, lengths: RFC 1951, section 3.2.5
	maxOffsets  = 30
	endOfBlock  = 256

	keepInflatedBytes  = 64 << 10
	leastInflatedBytes = 512

	freeWork     = 64 << 10 // blocks that any message may have
	workPerByte  = 4        // and as many for each byte of its output
	workOfTables = 256      // what a dynamic block costs, in such blocks
)

// flushTail is what a sender takes off the end of a message and the receiver puts back.
const flushTail = "\x00\x00\xff\xff"

// deliver hands on the message that payload is the compressed form of. The handler may cause another Reader to be fed
// (a connection that a decision of the application lets in), so it gets the output for itself.
func (z *Inflater) deliver(op OpCode, payload []byte, limit int, h Handler) error {
	message, err := z.inflate(payload, limit)
	z.spare = nil
	switch {
	case err != nil:
	case op == OpText && !utf8.Valid(message):
		err = ErrText
	default:
		h.OnMessage(op, message)
	}
	if cap(message) <= keepInflatedBytes {
		z.spare = message[:0]
	}
	return err
}

// inflate returns the message, in memory that grows with it and never beyond limit, and an error with what it was made
// of until then.
func (z *Inflater) inflate(payload []byte, limit int) ([]byte, error) {
	if z.tables == nil {
		z.tables = newInflateTables()
	}
	z.in, z.at, z.bits, z.held = payload, 0, 0, 0
	z.out, z.limit, z.work = z.spare[:0], limit, 0
	if cap(z.out) > limit { // of a Reader with another one: what is there may be used
		z.out = nil
	}
	err := z.blocks()
	out := z.out
	z.in, z.out = nil, nil
	return out, err
}

// blocks decodes to the end of the input, which must be the end of a block. Blocks that call themselves final may
// stand anywhere, and end at a byte boundary; behind the last one the tail means nothing (RFC 7692, section 7.2.1).
func (z *Inflater) blocks() error {
	for {
		final, ok := z.take(1)
		if !ok {
			return ErrDeflate
		}
		if err := z.block(); err != nil {
			return err
		}
		if final == 1 {
			z.align()
			if z.at == len(z.in) {
				return nil
			}
		}
		if z.at == len(z.in)+len(flushTail) && z.held < 8 {
			return nil
		}
	}
}

// spend bounds what a message costs that is made of blocks for their own sake: the tables of a dynamic one take as
// long as inflating 500 bytes, and 88,000 of them fit into a million. A compressor has them for what pays, and at most
// two blocks for each piece that it flushes.
func (z *Inflater) spend(work int) bool {
	z.work += work
	return z.work <= freeWork+workPerByte*len(z.out)
}

func (z *Inflater) block() error {
	kind, ok := z.take(2)
	work := 1
	if kind == 2 {
		work = workOfTables
	}
	switch {
	case !ok:
		return ErrDeflate
	case !z.spend(work):
		return ErrTooManyBlocks
	case kind == 0:
		return z.stored()
	case kind == 1:
		return z.compressed(&z.tables.fixedLiterals, &z.tables.fixedOffsets)
	case kind == 2 && z.readTables():
		return z.compressed(&z.tables.literals, &z.tables.offsets)
	}
	return ErrDeflate
}

// stored copies a block that is not compressed (RFC 1951, section 3.2.4).
func (z *Inflater) stored() error {
	z.align()
	n, _ := z.take(16)
	inverse, ok := z.take(16)
	if !ok || n^inverse != 0xffff {
		return ErrDeflate
	}
	if err := z.room(int(n)); err != nil {
		return err
	}
	for ; n > 0; n-- {
		c, ok := z.next()
		if !ok {
			return ErrDeflate
		}
		z.out = append(z.out, c)
	}
	return nil
}

// compressed decodes the symbols of a block (section 3.2.3).
func (z *Inflater) compressed(literals, offsets *huffman) error {
	for {
		symbol, ok := literals.decode(z)
		switch {
		case !ok || symbol >= maxLiterals:
			return ErrDeflate
		case symbol == endOfBlock:
			return nil
		case symbol < endOfBlock:
			if len(z.out) == cap(z.out) {
				if err := z.room(1); err != nil {
					return err
				}
			}
			z.out = append(z.out, byte(symbol))
			continue
		}
		row := lengthRows[symbol-endOfBlock-1]
		length, ok := z.take(uint(row.bits))
		if !ok {
			return ErrDeflate
		}
		if symbol, ok = offsets.decode(z); !ok || symbol >= maxOffsets {
			return ErrDeflate
		}
		far := offsetRows[symbol]
		offset, ok := z.take(uint(far.bits))
		if !ok {
			return ErrDeflate
		}
		if err := z.repeat(int(length)+int(row.base), int(offset)+int(far.base)); err != nil {
			return err
		}
	}
}

// repeat appends length bytes from offset bytes back; what it appends may be part of that.
func (z *Inflater) repeat(length, offset int) error {
	if offset > len(z.out) {
		return ErrDeflate
	}
	if err := z.room(length); err != nil {
		return err
	}
	from := len(z.out) - offset
	for length > 0 {
		n := min(length, len(z.out)-from)
		z.out = append(z.out, z.out[from:from+n]...)
		length -= n
	}
	return nil
}

// room makes room for n more bytes of output: as much as the message will come to if it goes on as it began. All
// outputs of a message together are less than twice the limit, however it goes on.
func (z *Inflater) room(n int) error {
	need := len(z.out) + n
	if need <= cap(z.out) {
		return nil
	}
	if need > z.limit {
		return ErrMessageTooBig
	}
	size := max(2*need, leastInflatedBytes)
	if size > z.limit/2 {
		size = z.limit
	}
	if all := uint64(need) * uint64(len(z.in)) / uint64(max(z.at, 1)); all > uint64(size) {
		size = int(min(all+all/8, uint64(z.limit)))
	}
	out := make([]byte, len(z.out), size)
	copy(out, z.out)
	z.out = out
	return nil
}

// next takes a byte; there are no bits held.
func (z *Inflater) next() (c byte, ok bool) {
	switch i := z.at - len(z.in); {
	case i < 0:
		c = z.in[z.at]
	case i < len(flushTail):
		c = flushTail[i]
	default:
		return 0, false
	}
	z.at++
	return c, true
}

// fill holds 25 bits or more, or all that there are.
func (z *Inflater) fill() {
	for z.held <= 24 {
		c, ok := z.next()
		if !ok {
			return
		}
		z.bits |= uint32(c) << z.held
		z.held += 8
	}
}

// take takes n bits, at most 16.
func (z *Inflater) take(n uint) (value uint32, ok bool) {
	if z.held < n {
		if z.fill(); z.held < n {
			return 0, false
		}
	}
	value = z.bits & (1<<n - 1)
	z.drop(n)
	return value, true
}

func (z *Inflater) drop(n uint) {
	z.bits >>= n
	z.held -= n
}

// align goes to the next byte boundary, and holds no bits.
func (z *Inflater) align() {
	z.at -= int(z.held / 8)
	z.bits, z.held = 0, 0
}
