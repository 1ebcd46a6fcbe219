package msgpack

import (
	"encoding/binary"
	"time"
)

// extension reads what notepack makes of undefined, Date and ArrayBuffer, and MessagePack's own timestamp. See the
// specification's "Extension types" and "Timestamp extension type".
func (d *decoder) extension(h head) error {
	data, err := d.take(h.n + 1) // h.n is of 32 bits
	if err != nil {
		return err
	}
	kind, data, fixed := int8(data[0]), data[1:], h.kind == kindFixExt
	switch {
	case kind == 0 && !fixed:
		d.attach(data)
	case kind == 0 && len(data) == 1:
		d.write("null")
	case kind == 0 && len(data) == 8:
		return d.date(int64(binary.BigEndian.Uint64(data)), 0)
	case kind == -1 && len(data) == 4:
		return d.date(int64(binary.BigEndian.Uint32(data))*1000, 0)
	case kind == -1 && len(data) == 8:
		v := binary.BigEndian.Uint64(data)
		return d.date(int64(v&(1<<34-1))*1000, v>>34)
	case kind == -1 && len(data) == 12:
		sec := int64(binary.BigEndian.Uint64(data[4:]))
		if sec > maxDate || sec < -maxDate {
			return ErrExtension
		}
		return d.date(sec*1000, uint64(binary.BigEndian.Uint32(data)))
	default:
		return ErrExtension
	}
	return nil
}

// maxDate is the largest time of JavaScript's Date, in milliseconds.
const maxDate = 8.64e15

// date appends a time as Date.toISOString writes it.
func (d *decoder) date(ms int64, ns uint64) error {
	if ms > maxDate || ms < -maxDate || ns > 999999999 {
		return ErrExtension
	}
	t := time.UnixMilli(ms).Add(time.Duration(ns)).UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return ErrExtension
	}
	d.write(t.Format(`"2006-01-02T15:04:05.000Z"`))
	return nil
}
