package msgpack

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/edgesio/edgesio/sio"
)

// The packet around the data: what socket.io-msgpack-parser makes of socket.io-parser's packets.

// maxFields is the number of fields of a packet: type, nsp, data, id, and what clients send along (options).
const maxFields = 8

// packetError is ErrPacket with what is wrong.
type packetError string

func (e packetError) Error() string { return ErrPacket.Error() + ": " + string(e) }
func (e packetError) Unwrap() error { return ErrPacket }

// wrong is the error for a part of a packet that is of another kind than it has to be.
func wrong(part string, k kind) error { return packetError(part + " is " + kindNames[k]) }

// packet reads the outer map.
func (d *decoder) packet() error {
	h, err := d.head()
	switch {
	case err != nil:
		return err
	case h.kind != kindMap:
		return wrong("the message", h.kind)
	case h.n > maxFields:
		return packetError("too many fields")
	}
	hasType, seen := false, [maxFields]string{}
	for i := range int(h.n) {
		raw, err := d.string("the name of a field")
		if err != nil {
			return err
		}
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
	case !hasType:
		return packetError("no type")
	case len(d.out.Namespace) == 0:
		return packetError("no nsp")
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
		var n int64
		if n, err = d.integer(name); err == nil && int64(int(n)) != n {
			err = packetError("type is out of range")
		}
		d.out.Type = int(n)
	case "nsp":
		d.out.Namespace, err = d.string(name)
		if err == nil && !utf8.Valid(d.out.Namespace) {
			err = ErrString
		}
	case "id":
		var n int64
		if n, err = d.integer(name); err == nil && (n < 0 || n > maxSafe) {
			err = packetError("id is out of range")
		}
		d.out.HasID, d.out.ID = true, uint64(n)
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

// string reads a string that is part of the packet, UTF-8 or not.
func (d *decoder) string(part string) ([]byte, error) {
	h, err := d.head()
	if err != nil {
		return nil, err
	}
	if h.kind != kindString {
		return nil, wrong(part, h.kind)
	}
	return d.take(h.n)
}

// integer reads an integer that is part of the packet.
func (d *decoder) integer(part string) (int64, error) {
	h, err := d.head()
	switch {
	case err != nil:
		return 0, err
	case h.kind == kindUint && h.n > math.MaxInt64:
		return 0, packetError(part + " is out of range")
	case h.kind != kindInt && h.kind != kindUint:
		return 0, wrong(part, h.kind)
	}
	return int64(h.n), nil
}
