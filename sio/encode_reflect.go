package sio

import (
	"encoding"
	"encoding/json"
	"reflect"
	"runtime/debug"
	"sort"
	"strconv"
	"time"
)

// Values of types that the encoder does not know are walked with reflection, by the rules of encoding/json (field tags,
// embedded structs, omitempty, omitzero, string, MarshalJSON, MarshalText, sorted map keys) with three differences, all
// of them JavaScript's: a []byte anywhere is an attachment and not base64, NaN and infinities are null, and HTML is not
// escaped.

var (
	timeType       = reflect.TypeFor[time.Time]()
	rawType        = reflect.TypeFor[Raw]()
	numberType     = reflect.TypeFor[json.Number]()
	rawMessageType = reflect.TypeFor[json.RawMessage]()
	valueType      = reflect.TypeFor[Value]()
	marshalerType  = reflect.TypeFor[json.Marshaler]()
	textType       = reflect.TypeFor[encoding.TextMarshaler]()
)

// reflected appends a value of a type that has no case in value. A panic in one of its methods makes the packet fail
// and goes no further, so that an encoder is never left in the middle of a packet.
func (e *encoder) reflected(v any) {
	depth := e.depth
	defer func() {
		if p := recover(); p != nil {
			e.depth = depth
			e.fail(&PanicError{Handler: "a marshaler", Value: p, Stack: debug.Stack()})
		}
	}()
	e.walk(reflect.ValueOf(v))
}

// walk appends v. It handles what a type says about itself; kind handles the rest.
func (e *encoder) walk(v reflect.Value) {
	if !v.IsValid() {
		e.null()
		return
	}
	t := v.Type()
	switch t {
	case timeType:
		e.time(v.Interface().(time.Time))
		return
	case valueType:
		e.received(v.Interface().(Value))
		return
	case rawType:
		e.raw(v.Bytes())
		return
	case rawMessageType:
		e.checked(v.Bytes(), nil)
		return
	case numberType:
		e.number(v.String())
		return
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		if v.IsNil() {
			e.null()
			return
		}
	}
	if m, ok := marshaler[json.Marshaler](v, marshalerType); ok && t != reflect.PointerTo(timeType) {
		e.checked(m.MarshalJSON())
		return
	}
	if m, ok := marshaler[encoding.TextMarshaler](v, textType); ok && t != reflect.PointerTo(timeType) {
		text, err := m.MarshalText()
		if err != nil {
			e.fail(err)
			return
		}
		e.buf = appendString(e.buf, string(text))
		return
	}
	if e.enter() {
		e.kind(v)
		e.leave()
	}
}

// number appends a json.Number, of which the empty one is 0.
func (e *encoder) number(text string) {
	if text == "" {
		text = "0"
	}
	if end, ok := scanNumber([]byte(text), 0); !ok || end != len(text) {
		e.fail(ErrInvalidJSON)
		return
	}
	e.buf = append(e.buf, text...)
}

// marshaler returns v, or its address, as the interface M when its type implements it.
func marshaler[M any](v reflect.Value, iface reflect.Type) (m M, ok bool) {
	if v.Kind() != reflect.Interface && v.Type().Implements(iface) {
		m, ok = v.Interface().(M)
	} else if v.CanAddr() && reflect.PointerTo(v.Type()).Implements(iface) {
		m, ok = v.Addr().Interface().(M)
	}
	return m, ok
}

// kind appends v by its kind.
func (e *encoder) kind(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.buf = strconv.AppendUint(e.buf, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		e.buf = appendFloat(e.buf, v.Float(), v.Type().Bits())
	case reflect.String:
		e.buf = appendString(e.buf, v.String())
	case reflect.Interface, reflect.Pointer:
		e.walk(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			e.attachment(v.Bytes())
			return
		}
		if v.IsNil() {
			e.null()
			return
		}
		e.list(v)
	case reflect.Array:
		e.list(v)
	case reflect.Map:
		e.mapping(v)
	case reflect.Struct:
		e.structure(v)
	default:
		e.fail(ErrUnsupported)
	}
}

// list appends a slice or an array.
func (e *encoder) list(v reflect.Value) {
	e.buf = append(e.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.walk(v.Index(i))
	}
	e.buf = append(e.buf, ']')
}

// mapping appends a map with its keys sorted by their text.
func (e *encoder) mapping(v reflect.Value) {
	if v.IsNil() {
		e.null()
		return
	}
	list := make(entries, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := keyText(it.Key())
		if err != nil {
			e.fail(err)
			return
		}
		list = append(list, entry{key, it.Value()})
	}
	sort.Sort(list)
	e.buf = append(e.buf, '{')
	for i, x := range list {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = append(appendString(e.buf, x.key), ':')
		e.walk(x.val)
	}
	e.buf = append(e.buf, '}')
}

// entry is a property of a map.
type entry struct {
	key string
	val reflect.Value
}

// entries are sorted by package sort: a generic sort of them is 14 kB of a board's binary.
type entries []entry

func (l entries) Len() int           { return len(l) }
func (l entries) Less(i, j int) bool { return l[i].key < l[j].key }
func (l entries) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// keyText is the property name that a map key becomes.
func keyText(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := marshaler[encoding.TextMarshaler](k, textType); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	switch k.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(k.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", ErrUnsupported
}

// structure appends a struct by its field list.
func (e *encoder) structure(v reflect.Value) {
	e.buf = append(e.buf, '{')
	first := true
	fields := e.types.of(v.Type())
next:
	for i := range fields {
		f := &fields[i]
		at := v
		for n, x := range f.index {
			if n > 0 && at.Kind() == reflect.Pointer {
				if at.IsNil() {
					continue next
				}
				at = at.Elem()
			}
			at = at.Field(x)
		}
		if f.omitEmpty && empty(at) || f.omitZero && zero(at) {
			continue
		}
		if !first {
			e.buf = append(e.buf, ',')
		}
		first = false
		e.buf = append(e.buf, f.key...)
		if f.quoted {
			e.quoted(at)
		} else {
			e.walk(at)
		}
	}
	e.buf = append(e.buf, '}')
}

// quoted appends a field with the "string" option: a number, boolean or string inside a JSON string.
func (e *encoder) quoted(v reflect.Value) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			e.null()
			return
		}
		v = v.Elem()
	}
	from := len(e.buf)
	e.walk(v)
	e.buf = appendString(e.buf[:from], string(e.buf[from:]))
}
