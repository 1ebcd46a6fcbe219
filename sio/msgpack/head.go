package msgpack

import "encoding/binary"

// The head of a value: MessagePack specification, "Formats". All numbers are big-endian there.

// kind is one of the specification's types, with what is read differently apart.
type kind uint8

const (
	kindNever kind = iota // 0xc1, "never used"
	kindNil
	kindBool
	kindInt
	kindUint
	kindFloat32
	kindFloat64
	kindString
	kindBinary
	kindArray
	kindMap
	kindFixExt // an extension whose length the lead byte tells
	kindExt
)

// kindNames are for errors.
var kindNames = [...]string{"0xc1, which is no value", "nil", "a boolean", "an integer", "an integer", "a float",
	"a float", "a string", "binary", "an array", "a map", "an extension", "an extension"}

// Lead bytes that something is appended with. Those of wider forms follow the first, as leadInt8 + 1 for int 16.
const (
	leadFixMap    = 0x80 // and the count below 16
	leadFixArray  = 0x90 // and the count below 16
	leadFixString = 0xa0 // and the length below 32
	leadNil       = 0xc0
	leadFalse     = 0xc2
	leadTrue      = 0xc3
	leadBin8      = 0xc4
	leadFloat64   = 0xcb
	leadUint8     = 0xcc
	leadInt8      = 0xd0
	leadString8   = 0xd9
	leadArray16   = 0xdc
	leadMap16     = 0xde
)

// formats are the lead bytes from 0xc0 to 0xdf, in the order of the specification's table ("Overview"): the kind, the
// bytes of the number that follows, and, when none does, the number itself.
var formats = [32]struct {
	kind          kind
	width, number uint8
}{
	{kindNil, 0, 0}, {kindNever, 0, 0}, {kindBool, 0, 0}, {kindBool, 0, 1},
	{kindBinary, 1, 0}, {kindBinary, 2, 0}, {kindBinary, 4, 0},
	{kindExt, 1, 0}, {kindExt, 2, 0}, {kindExt, 4, 0},
	{kindFloat32, 4, 0}, {kindFloat64, 8, 0},
	{kindUint, 1, 0}, {kindUint, 2, 0}, {kindUint, 4, 0}, {kindUint, 8, 0},
	{kindInt, 1, 0}, {kindInt, 2, 0}, {kindInt, 4, 0}, {kindInt, 8, 0},
	{kindFixExt, 0, 1}, {kindFixExt, 0, 2}, {kindFixExt, 0, 4}, {kindFixExt, 0, 8}, {kindFixExt, 0, 16},
	{kindString, 1, 0}, {kindString, 2, 0}, {kindString, 4, 0},
	{kindArray, 2, 0}, {kindArray, 4, 0}, {kindMap, 2, 0}, {kindMap, 4, 0},
}

// head is what a value begins with.
type head struct {
	kind kind
	// n is the number in it: the bytes of a string, of binary and of an extension's data, which stands behind the byte
	// of its type; the values of an array, the pairs of a map; an integer in two's complement; a float's bits; 1 for
	// true.
	n uint64
}

// parseHead reads the head of the value that b begins with and tells its length. What belongs to the value beyond the
// head need not be there. ErrShort when b ends within it.
func parseHead(b []byte) (h head, size int, err error) {
	if len(b) == 0 {
		return head{}, 0, ErrShort
	}
	switch lead := b[0]; {
	case lead < leadFixMap: // positive fixint
		return head{kindInt, uint64(lead)}, 1, nil
	case lead < leadFixArray:
		return head{kindMap, uint64(lead & 15)}, 1, nil
	case lead < leadFixString:
		return head{kindArray, uint64(lead & 15)}, 1, nil
	case lead < leadNil:
		return head{kindString, uint64(lead & 31)}, 1, nil
	case lead >= 0xe0: // negative fixint
		return head{kindInt, uint64(int8(lead))}, 1, nil
	}
	return parseLong(b)
}

// parseLong is parseHead for the lead bytes of formats.
func parseLong(b []byte) (h head, size int, err error) {
	f := formats[b[0]&31]
	size = 1 + int(f.width)
	if len(b) < size {
		return head{}, 0, ErrShort
	}
	n := uint64(f.number)
	switch f.width {
	case 1:
		n = uint64(b[1])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b[1:]))
	case 4:
		n = uint64(binary.BigEndian.Uint32(b[1:]))
	case 8:
		n = binary.BigEndian.Uint64(b[1:])
	}
	if f.kind == kindInt {
		unused := 64 - 8*f.width
		n = uint64(int64(n<<unused) >> unused)
	}
	return head{f.kind, n}, size, nil
}
