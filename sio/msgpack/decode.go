package msgpack

import (
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/edgesio/edgesio/sio"
)

// Reasons for which a message is refused.
var (
	ErrText      = errors.New("msgpack: text message")
	ErrPacket    = errors.New("msgpack: malformed packet") // wrapped with what is wrong, where that can be told
	ErrShort     = errors.New("msgpack: message ends within a value")
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

// head reads the head of the next value.
func (d *decoder) head() (head, error) {
	h, size, err := parseHead(d.b)
	d.b = d.b[size:]
	return h, err
}

// take returns the next n bytes, which are the message's own.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.b)) {
		return nil, ErrShort
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b, nil
}

// value reads one value of any kind.
func (d *decoder) value() error {
	if d.left--; d.left < 0 {
		return ErrElements
	}
	h, err := d.head()
	if err != nil {
		return err
	}
	switch h.kind {
	case kindString:
		s, err := d.take(h.n)
		if err != nil {
			return err
		}
		return d.text(s)
	case kindBinary:
		b, err := d.take(h.n)
		if err != nil {
			return err
		}
		d.attach(b)
	case kindMap:
		return d.mapping(h.n)
	case kindArray:
		return d.array(h.n)
	case kindBool:
		d.write(strconv.FormatBool(h.n != 0))
	case kindNil:
		d.write("null")
	case kindExt, kindFixExt:
		return d.extension(h)
	case kindNever:
		return wrong("a value", h.kind)
	default:
		return d.number(h)
	}
	return nil
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
func (d *decoder) number(h head) error {
	var buf [32]byte
	var digits []byte
	switch h.kind {
	case kindInt:
		digits = strconv.AppendInt(buf[:0], int64(h.n), 10)
	case kindUint:
		digits = strconv.AppendUint(buf[:0], h.n, 10)
	default:
		f := math.Float64frombits(h.n)
		if h.kind == kindFloat32 {
			f = float64(math.Float32frombits(uint32(h.n)))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return ErrNumber
		}
		digits = appendFloat(buf[:0], f)
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
func (d *decoder) enter(n uint64) error {
	if n > uint64(d.left) {
		return ErrElements
	}
	if d.depth++; d.depth > maxDepth {
		return ErrDepth
	}
	return nil
}

// array reads the n values of an array.
func (d *decoder) array(n uint64) error {
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

// mapping reads the n pairs of a map.
func (d *decoder) mapping(n uint64) error {
	if err := d.enter(n); err != nil {
		return err
	}
	from := len(d.keys)
	d.write("{")
	for i := range int(n) {
		if i > 0 {
			d.write(",")
		}
		if err := d.key(); err != nil {
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

// key reads a key of a map.
func (d *decoder) key() error {
	h, err := d.head()
	if err != nil {
		return err
	}
	if h.kind != kindString {
		return ErrKey
	}
	key, err := d.take(h.n)
	if err != nil {
		return err
	}
	d.keys = append(d.keys, maphash.Bytes(d.seed, key))
	return d.text(key)
}
