package msgpack

import (
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/edgesio/edgesio/sio"
)

// Reasons for which a message is refused.
var (
	ErrText      = errors.New("msgpack: text message")
	ErrPacket    = errors.New("msgpack: malformed packet")
	ErrTrailing  = errors.New("msgpack: bytes behind the packet")
	ErrElements  = errors.New("msgpack: too many values")
	ErrDepth     = errors.New("msgpack: nested too deeply")
	ErrKey       = errors.New("msgpack: map key is no string, or is there twice")
	ErrString    = errors.New("msgpack: string is not UTF-8")
	ErrNumber    = errors.New("msgpack: number is not finite")
	ErrExtension = errors.New("msgpack: unknown extension")
)

// maxDepth is what package sio accepts of nested arrays and maps.
const maxDepth = 128

// maxFields is the number of fields of a packet: type, nsp, data, id, and what clients send along (options).
const maxFields = 8

// decoder translates one message. b is what is left of it.
type decoder struct {
	b     []byte
	out   *sio.WirePacket
	mute  bool // the value is checked and dropped
	left  int  // values that may still come
	depth int
	seed  maphash.Seed
	keys  []uint64 // hashes of the keys of the maps that are open
}

// packet reads the outer map.
func (d *decoder) packet() error {
	n, rest, err := msgp.ReadMapHeaderBytes(d.b)
	if err != nil {
		return err
	}
	if n > maxFields {
		return ErrPacket
	}
	d.b = rest
	hasType, seen := false, [maxFields]string{}
	for i := range int(n) {
		raw, rest, err := readString(d.b)
		if err != nil {
			return err
		}
		d.b = rest
		name := fieldOf(raw)
		if name != "" && slices.Contains(seen[:i], name) {
			return ErrKey
		}
		seen[i] = name
		if err := d.field(name); err != nil {
			return err
		}
		hasType = hasType || name == "type"
	}
	switch {
	case len(d.b) > 0:
		return ErrTrailing
	case !hasType || len(d.out.Namespace) == 0:
		return ErrPacket
	case d.out.Type == sio.PacketConnect && string(d.out.Payload) == "null":
		d.out.Payload = d.out.Payload[:0]
	}
	return nil
}

// fieldOf is a field's name as a constant, "" for one that means nothing here.
func fieldOf(raw []byte) string {
	for _, name := range [...]string{"type", "nsp", "data", "id"} {
		if string(raw) == name {
			return name
		}
	}
	return ""
}

// field reads the value of a field.
func (d *decoder) field(name string) (err error) {
	if name != "type" && name != "nsp" && undefined(d.b) { // as if the field were not there
		d.b = d.b[3:]
		return nil
	}
	switch name {
	case "type":
		d.out.Type, d.b, err = msgp.ReadIntBytes(d.b)
	case "nsp":
		d.out.Namespace, d.b, err = readString(d.b)
		if err == nil && !utf8.Valid(d.out.Namespace) {
			err = ErrString
		}
	case "id":
		d.out.HasID = true
		d.out.ID, d.b, err = msgp.ReadUint64Bytes(d.b)
		if err == nil && d.out.ID > 1<<53 {
			err = ErrPacket
		}
	case "data":
		err = d.value()
	default:
		d.mute = true
		err = d.value()
		d.mute = false
	}
	return err
}

// undefined tells whether b begins with notepack's undefined: fixext 1 of type 0.
func undefined(b []byte) bool { return len(b) >= 3 && b[0] == 0xd4 && b[1] == 0 }

// value reads one value of any kind.
func (d *decoder) value() (err error) {
	if d.left--; d.left < 0 {
		return ErrElements
	}
	switch msgp.NextType(d.b) {
	case msgp.StrType:
		var s []byte
		if s, d.b, err = readString(d.b); err == nil {
			err = d.text(s)
		}
	case msgp.BinType:
		var b []byte
		if b, d.b, err = readBytes(d.b); err == nil {
			d.attach(b)
		}
	case msgp.MapType:
		return d.mapping()
	case msgp.ArrayType:
		return d.array()
	case msgp.BoolType:
		var v bool
		v, d.b, err = msgp.ReadBoolBytes(d.b)
		d.write(strconv.FormatBool(v))
	case msgp.NilType:
		d.b, err = msgp.ReadNilBytes(d.b)
		d.write("null")
	case msgp.IntType, msgp.UintType, msgp.Float64Type, msgp.Float32Type:
		return d.number()
	case msgp.InvalidType:
		return ErrPacket
	default:
		return d.extension()
	}
	return err
}

// write appends to the payload, unless the value is dropped.
func (d *decoder) write(s string) {
	if !d.mute {
		d.out.Payload = append(d.out.Payload, s...)
	}
}

func (d *decoder) attach(b []byte) {
	if !d.mute {
		d.out.Attach(b)
	}
}

// text appends a JSON string.
func (d *decoder) text(s []byte) error {
	if !utf8.Valid(s) {
		return ErrString
	}
	if d.mute {
		return nil
	}
	const hex = "0123456789abcdef"
	out := append(d.out.Payload, '"')
	from := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[from:i]...)
		if from = i + 1; c < ' ' {
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			out = append(out, '\\', c)
		}
	}
	d.out.Payload = append(append(out, s[from:]...), '"')
	return nil
}

// number appends a number, exactly.
func (d *decoder) number() error {
	var buf [32]byte
	var digits []byte
	switch msgp.NextType(d.b) {
	case msgp.IntType:
		n, rest, err := msgp.ReadInt64Bytes(d.b)
		if err != nil {
			return err
		}
		d.b, digits = rest, strconv.AppendInt(buf[:0], n, 10)
	case msgp.UintType:
		n, rest, err := msgp.ReadUint64Bytes(d.b)
		if err != nil {
			return err
		}
		d.b, digits = rest, strconv.AppendUint(buf[:0], n, 10)
	default:
		f, rest, err := msgp.ReadFloat64Bytes(d.b)
		if err != nil {
			return err
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return ErrNumber
		}
		d.b, digits = rest, appendFloat(buf[:0], f)
	}
	if !d.mute {
		d.out.Payload = append(d.out.Payload, digits...)
	}
	return nil
}

// appendFloat writes a number so that it is short in JSON.
func appendFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// enter goes into a container of n values.
func (d *decoder) enter(n uint32) error {
	if uint64(n) > uint64(d.left) {
		return ErrElements
	}
	if d.depth++; d.depth > maxDepth {
		return ErrDepth
	}
	return nil
}

func (d *decoder) array() error {
	n, rest, err := msgp.ReadArrayHeaderBytes(d.b)
	if err != nil {
		return err
	}
	d.b = rest
	if err := d.enter(n); err != nil {
		return err
	}
	d.write("[")
	for i := range int(n) {
		if i > 0 {
			d.write(",")
		}
		if err := d.value(); err != nil {
			return err
		}
	}
	d.write("]")
	d.depth--
	return nil
}

func (d *decoder) mapping() error {
	n, rest, err := msgp.ReadMapHeaderBytes(d.b)
	if err != nil {
		return err
	}
	d.b = rest
	if err := d.enter(n); err != nil {
		return err
	}
	from := len(d.keys)
	d.write("{")
	for i := range int(n) {
		if i > 0 {
			d.write(",")
		}
		if msgp.NextType(d.b) != msgp.StrType {
			return ErrKey
		}
		key, rest, err := readString(d.b)
		if err != nil {
			return err
		}
		d.b, d.keys = rest, append(d.keys, maphash.Bytes(d.seed, key))
		if err := d.text(key); err != nil {
			return err
		}
		d.write(":")
		if err := d.value(); err != nil {
			return err
		}
	}
	d.write("}")
	d.depth--
	own := d.keys[from:]
	slices.Sort(own)
	for i := 1; i < len(own); i++ {
		if own[i] == own[i-1] {
			return ErrKey
		}
	}
	d.keys = d.keys[:from]
	return nil
}

// fits tells whether the string, binary or extension that begins here ends within b. Package msgp makes the length an
// int before it looks, which wraps to -1 on 32-bit machines.
func fits(b []byte) bool {
	size := 0 // of the length
	switch {
	case len(b) == 0:
		return false
	case b[0] == 0xc4, b[0] == 0xc7, b[0] == 0xd9:
		size = 1
	case b[0] == 0xc5, b[0] == 0xc8, b[0] == 0xda:
		size = 2
	case b[0] == 0xc6, b[0] == 0xc9, b[0] == 0xdb:
		size = 4
	}
	if len(b) <= size {
		return false
	}
	n := uint64(0)
	for _, c := range b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	return n <= uint64(len(b)-1-size)
}

func readString(b []byte) (s, rest []byte, err error) {
	if !fits(b) {
		return nil, b, msgp.ErrShortBytes
	}
	return msgp.ReadStringZC(b)
}

func readBytes(b []byte) (s, rest []byte, err error) {
	if !fits(b) {
		return nil, b, msgp.ErrShortBytes
	}
	return msgp.ReadBytesZC(b)
}
