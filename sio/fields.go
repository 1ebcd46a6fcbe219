package sio

import (
	"reflect"
	"slices"
	"strings"
)

// The field list of a struct type, by the rules of encoding/json: tags, embedded structs, and which of several fields
// with one name counts.

// field is one property that a struct has in JSON.
type field struct {
	name      string
	key       string // `"name":`
	index     []int  // path through embedded structs
	tagged    bool
	omitEmpty bool
	omitZero  bool
	quoted    bool
}

// typeCache remembers field lists. It is used on the loop only.
type typeCache map[reflect.Type][]field

// of returns the field list of struct type t.
func (c *typeCache) of(t reflect.Type) []field {
	if list, ok := (*c)[t]; ok {
		return list
	}
	if *c == nil {
		*c = make(typeCache)
	}
	list := dominant(collect(nil, t, nil, nil))
	(*c)[t] = list
	return list
}

// collect appends the fields of t and of the structs embedded in it; open are the types around it, since a type may
// embed a pointer to itself.
func collect(list []field, t reflect.Type, index []int, open []reflect.Type) []field {
	if slices.Contains(open, t) {
		return list
	}
	open = append(open, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		inner := sf.Type
		if sf.Anonymous && inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		embedded := sf.Anonymous && inner.Kind() == reflect.Struct
		tag := sf.Tag.Get("json")
		if tag == "-" || !sf.IsExported() && !embedded {
			continue
		}
		name, opts, _ := strings.Cut(tag, ",")
		at := append(slices.Clone(index), i)
		if embedded && name == "" {
			list = collect(list, inner, at, open)
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f := field{name: name, tagged: name != "", index: at}
		if name == "" {
			f.name = sf.Name
		}
		f.key = string(append(appendString(nil, f.name), ':'))
		for opt := range strings.SplitSeq(opts, ",") {
			f.omitEmpty = f.omitEmpty || opt == "omitempty"
			f.omitZero = f.omitZero || opt == "omitzero"
			f.quoted = f.quoted || opt == "string" && scalarKind(inner)
		}
		list = append(list, f)
	}
	return list
}

// dominant keeps of each name the least nested field, of equally nested ones the tagged one, and none when that does
// not decide. The order of declaration stays.
func dominant(list []field) []field {
	beats := func(a, b *field) bool {
		if len(a.index) != len(b.index) {
			return len(a.index) < len(b.index)
		}
		return a.tagged && !b.tagged
	}
	var kept []field
	for i := range list {
		keep := true
		for j := range list {
			if i != j && list[i].name == list[j].name && !beats(&list[i], &list[j]) {
				keep = false
			}
		}
		if keep {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// scalarKind tells whether the "string" option applies to type t.
func scalarKind(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	k := t.Kind()
	return k == reflect.String || k >= reflect.Bool && k <= reflect.Float64
}

// empty is the test of the "omitempty" option.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// zero is the test of the "omitzero" option.
func zero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}
