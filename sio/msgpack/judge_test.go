package msgpack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/edgesio/edgesio/sio"
)

// tinylib/msgp is the judge of what is read and appended here; only tests link it. What differs on purpose:
//   - On 32-bit machines msgp makes a length or count an int before it looks, which wraps from 2^31 on. It is not asked
//     there.
//   - msgp.AppendInt64 writes 128 as int 16; appendInt takes the smallest form, uint 8, as msgp.AppendUint64.
//   - msgp.Skip refuses more than 100,000 levels and knows no other limit; the decoder has maxDepth and MaxElements.
//   - The decoder refuses what JSON has no word for; see the package's text.

// beyondInt tells whether msgp cannot be asked about a length.
func beyondInt(n uint64) bool { return strconv.IntSize == 32 && n > math.MaxInt32 }

// unit reads the head of a value and the bytes that belong to it alone: not a container's values.
func unit(b []byte) (h head, data, rest []byte, err error) {
	d := &decoder{b: b}
	if h, err = d.head(); err != nil {
		return head{}, nil, nil, err
	}
	switch h.kind {
	case kindNever:
		return head{}, nil, nil, ErrPacket
	case kindString, kindBinary:
		data, err = d.take(h.n)
	case kindExt, kindFixExt:
		data, err = d.take(h.n + 1)
	}
	return h, data, d.b, err
}

// judged is unit by msgp.
func judged(b []byte) (h head, data, rest []byte, err error) {
	switch kind := msgp.NextType(b); kind {
	case msgp.InvalidType:
		return head{}, nil, nil, errors.New("invalid")
	case msgp.NilType:
		rest, err = msgp.ReadNilBytes(b)
		h.kind = kindNil
	case msgp.BoolType:
		var v bool
		v, rest, err = msgp.ReadBoolBytes(b)
		if h.kind = kindBool; v {
			h.n = 1
		}
	case msgp.IntType:
		var n int64
		n, rest, err = msgp.ReadInt64Bytes(b)
		h = head{kindInt, uint64(n)}
	case msgp.UintType:
		h.kind = kindUint
		h.n, rest, err = msgp.ReadUint64Bytes(b)
	case msgp.Float32Type:
		var f float32
		f, rest, err = msgp.ReadFloat32Bytes(b)
		h = head{kindFloat32, uint64(math.Float32bits(f))}
	case msgp.Float64Type:
		var f float64
		f, rest, err = msgp.ReadFloat64Bytes(b)
		h = head{kindFloat64, math.Float64bits(f)}
	case msgp.StrType:
		data, rest, err = msgp.ReadStringZC(b)
		h = head{kindString, uint64(len(data))}
	case msgp.BinType:
		data, rest, err = msgp.ReadBytesZC(b)
		h = head{kindBinary, uint64(len(data))}
	case msgp.ArrayType, msgp.MapType:
		var n uint32
		if h.kind = kindArray; kind == msgp.ArrayType {
			n, rest, err = msgp.ReadArrayHeaderBytes(b)
		} else {
			h.kind = kindMap
			n, rest, err = msgp.ReadMapHeaderBytes(b)
		}
		h.n = uint64(n)
	default: // extensions, and those that msgp has a meaning for
		return judgedExtension(b)
	}
	return h, data, rest, err
}

func judgedExtension(b []byte) (h head, data, rest []byte, err error) {
	at, kind := map[byte]int{0xc7: 2, 0xc8: 3, 0xc9: 5}[b[0]], kindExt
	if at == 0 {
		at, kind = 1, kindFixExt
	}
	if len(b) <= at {
		return head{}, nil, nil, msgp.ErrShortBytes
	}
	e := msgp.RawExtension{Type: int8(b[at])}
	rest, err = msgp.ReadExtensionBytes(b, &e)
	return head{kind, uint64(len(e.Data))}, append([]byte{b[at]}, e.Data...), rest, err
}

// sameUnit compares what is read from b.
func sameUnit(t testing.TB, b []byte) {
	t.Helper()
	h, data, rest, err := unit(b)
	if beyondInt(h.n) && h.kind >= kindString {
		if err == nil && (h.kind != kindArray && h.kind != kindMap) {
			t.Fatalf("%.20x: %d bytes are read", b, h.n)
		}
		return
	}
	want, wantData, wantRest, wantErr := judged(b)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%.20x (%d): %v, msgp says %v", b, len(b), err, wantErr)
	}
	if err == nil && (h != want || !bytes.Equal(data, wantData) || len(rest) != len(wantRest)) {
		t.Fatalf("%.20x: %v %x, %d left; msgp says %v %x, %d left", b, h, data, len(rest), want, wantData,
			len(wantRest))
	}
}

// skip passes over a value with all that is in it; huge tells of a count that msgp cannot be asked about.
func skip(b []byte) (rest []byte, huge bool, err error) {
	for open := uint64(1); open > 0; open-- {
		h, _, rest, err := unit(b)
		huge = huge || h.kind >= kindString && beyondInt(2*h.n)
		if err != nil {
			return nil, huge, err
		}
		switch b = rest; h.kind {
		case kindArray:
			open += h.n
		case kindMap:
			open += 2 * h.n
		}
	}
	return b, huge, nil
}

// sameValue compares a whole value: where it ends, and what the decoder makes of it with what msgp's decoder does.
func sameValue(t testing.TB, p *Parser, b []byte) {
	t.Helper()
	rest, huge, err := skip(b)
	if huge {
		return
	}
	wantRest, wantErr := msgp.Skip(b)
	if (err == nil) != (wantErr == nil) || len(rest) != len(wantRest) && err == nil {
		t.Fatalf("%.60x: %d left, %v; msgp says %d, %v", b, len(rest), err, len(wantRest), wantErr)
	}
	if err != nil {
		return
	}
	wire := msgp.AppendMapHeader(nil, 3)
	wire = msgp.AppendInt(msgp.AppendString(wire, "type"), sio.PacketEvent)
	wire = msgp.AppendString(msgp.AppendString(wire, "nsp"), "/")
	wire = append(msgp.AppendString(wire, "data"), b[:len(b)-len(rest)]...)
	packet, err := parse(t, p, wire)
	if err != nil {
		return
	}
	theirs, _, err := msgp.ReadIntfBytes(b)
	if err != nil {
		t.Fatalf("%.60x is taken; msgp says %v", b, err)
	}
	ours, atts := decoded(t, packet)
	if err := sameJSON(ours, theirs, atts); err != nil {
		t.Fatalf("%.60x became %s: %v", b, packet.Payload, err)
	}
}

// decoded is the payload as package json has it, with a string of its number for an attachment.
func decoded(t testing.TB, p *sio.WirePacket) (v any, atts [][]byte) {
	t.Helper()
	var text []byte
	from := 0
	for {
		b, start, end, ok := p.Attachment(len(atts))
		if !ok {
			break
		}
		text = append(append(text, p.Payload[from:start]...), strconv.Quote(strconv.Itoa(len(atts)))...)
		from, atts = end, append(atts, b)
	}
	if len(p.Payload) == 0 { // undefined
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(append(text, p.Payload[from:]...)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", p.Payload, err)
	}
	return v, atts
}

// sameJSON compares a decoded payload with what msgp read.
func sameJSON(ours, theirs any, atts [][]byte) error {
	same := false
	switch v := theirs.(type) {
	case nil:
		same = ours == nil
	case bool, string:
		same = ours == v
	case int64, uint64:
		same = ours == json.Number(fmt.Sprint(v))
	case float32:
		same = sameFloat(ours, float64(v))
	case float64:
		same = sameFloat(ours, v)
	case []byte:
		same = sameBytes(ours, v, atts)
	case time.Time:
		same = sameTime(ours, v)
	case *msgp.RawExtension:
		same = sameExtension(ours, v, atts)
	case []any:
		list, _ := ours.([]any)
		if same = len(list) == len(v) && ours != nil; same {
			for i := range v {
				if err := sameJSON(list[i], v[i], atts); err != nil {
					return err
				}
			}
		}
	case map[string]any:
		fields, _ := ours.(map[string]any)
		if same = len(fields) == len(v) && ours != nil; same {
			for key := range v {
				if err := sameJSON(fields[key], v[key], atts); err != nil {
					return err
				}
			}
		}
	}
	if !same {
		return fmt.Errorf("%#v, msgp says %#v", ours, theirs)
	}
	return nil
}

func sameFloat(ours any, f float64) bool {
	n, _ := ours.(json.Number)
	v, err := n.Float64()
	return err == nil && math.Float64bits(v) == math.Float64bits(f)
}

func sameBytes(ours any, b []byte, atts [][]byte) bool {
	s, _ := ours.(string)
	i, err := strconv.Atoi(s)
	return err == nil && i < len(atts) && bytes.Equal(atts[i], b)
}

func sameTime(ours any, v time.Time) bool {
	return ours == v.UTC().Format("2006-01-02T15:04:05.000Z")
}

// sameExtension knows what notepack makes of undefined, Date and ArrayBuffer, which are bytes to msgp, as the timestamp
// is when it is not asked for a time.
func sameExtension(ours any, e *msgp.RawExtension, atts [][]byte) bool {
	switch {
	case e.Type == -1:
		b, err := msgp.AppendExtension(nil, e)
		v, _, errTime := msgp.ReadTimeBytes(b)
		return err == nil && errTime == nil && sameTime(ours, v)
	case e.Type != 0:
		return false
	case len(e.Data) == 1 && ours == nil:
		return true
	case len(e.Data) == 8 && strings.HasSuffix(fmt.Sprint(ours), "Z"):
		ms, _, err := msgp.ReadInt64Bytes(append([]byte{0xd3}, e.Data...))
		return err == nil && sameTime(ours, time.UnixMilli(ms))
	}
	return sameBytes(ours, e.Data, atts)
}
