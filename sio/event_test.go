package sio

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// received is an event as it comes off the wire, with attachments.
func received(t testing.TB, payload string, atts ...[]byte) *Event {
	t.Helper()
	e := new(Event)
	p := packet{kind: typeEvent, data: []byte(payload), attachments: len(atts), hasID: true, id: 3}
	if len(atts) > 0 {
		p.kind = typeBinaryEvent
	}
	check(t, e.load(new(scanner), &p, atts, &testLimits))
	o, err := Options{}.withDefaults()
	check(t, err)
	e.socket = &Socket{client: &Client{server: &Server{opts: o}}}
	return e
}

func TestEventGetters(t *testing.T) {
	e := received(t, `["ev","a\u0062",12,-1.5,true,false,null,[1],{"x":"y"},{"_placeholder":true,"num":0},"c\td"]`,
		[]byte{1, 2})
	if e.Name() != "ev" || e.Len() != 10 || !e.HasAck() {
		t.Fatal(e.Name(), e.Len(), e.HasAck())
	}
	if e.String(0) != "ab" || e.Int(1) != 12 || e.Float(1) != 12 || e.Float(2) != -1.5 || !e.Bool(3) || e.Bool(4) ||
		string(e.Raw(6)) != "[1]" || string(e.Bytes(8)) != "\x01\x02" || !e.IsNull(5) || !e.IsNull(99) || e.IsNull(6) {
		t.Error("a getter is wrong")
	}
	if a, b := e.Text(0), e.Text(9); string(a) != "ab" || string(b) != "c\td" {
		t.Errorf("texts %q, %q", a, b)
	}
	if e.Err() != nil {
		t.Error(e.Err())
	}
	for i, want := range []string{"ab", "12", "-1.5", "true", "false", "null", "[1]", `{"x":"y"}`} {
		if got := e.Arg(i).String(); got != want {
			t.Errorf("argument %d prints %q", i, got)
		}
	}
	if e.Arg(-1).String() != "" || e.Arg(10).Any() != nil || len(e.Args()) != 10 {
		t.Error("missing arguments")
	}
}

func TestEventMismatch(t *testing.T) {
	for _, c := range []struct {
		get       func(*Event)
		want, got string
		index     int
	}{
		{func(e *Event) { e.String(1) }, "string", "number", 1},
		{func(e *Event) { e.Text(2) }, "string", "null", 2},
		{func(e *Event) { e.Int(0) }, "number", "string", 0},
		{func(e *Event) { e.Int(3) }, "whole number", "number", 3},
		{func(e *Event) { e.Float(4) }, "number", "array", 4},
		{func(e *Event) { e.Bool(5) }, "boolean", "object", 5},
		{func(e *Event) { e.Bytes(0) }, "binary", "string", 0},
		{func(e *Event) { e.Bytes(-1) }, "binary", "nothing", -1},
		{func(e *Event) { e.String(6) }, "string", "binary", 6},
		{func(e *Event) { e.String(7); e.Int(0) }, "string", "nothing", 7},
		{func(e *Event) { _ = e.Bind(7, nil) }, "value", "nothing", 7},
	} {
		e := received(t, `["ev","s",1,null,0.5,[],{},{"_placeholder":true,"num":0}]`, nil)
		c.get(e)
		var err *ArgError
		if !errors.As(e.Err(), &err) || err.Want != c.want || err.Got != c.got || err.Index != c.index || err.Event != "ev" {
			t.Errorf("got %v, want %s instead of %s at %d", e.Err(), c.want, c.got, c.index)
		}
	}
}

func TestEventNames(t *testing.T) {
	for payload, want := range map[string]string{
		`["a\u0062\n"]`: "ab\n", `[5]`: "5", `[5.0]`: "5", `[-0]`: "0", `[1e21]`: "1e+21", `["__proto__"]`: "__proto__",
		`[""]`: "",
	} {
		if got := received(t, payload).Name(); got != want {
			t.Errorf("%s is named %q", payload, got)
		}
	}
	for payload, want := range map[string]error{
		`[]`: errPayload, `[null]`: errPayload, `[[]]`: errPayload, `[{"toString":"x"}]`: errPayload,
		`["connect"]`:          errReserved,
		`["new\u004cistener"]`: errReserved, `["` + strings.Repeat("x", 33) + `"]`: errEventName,
	} {
		p := packet{kind: typeEvent, data: []byte(payload)}
		if err := new(Event).load(new(scanner), &p, nil, &testLimits); err != want {
			t.Errorf("%s: %v, want %v", payload, err, want)
		}
	}
}

func TestBind(t *testing.T) {
	type part struct {
		Name string
		Data []byte
		More []Binary
	}
	e := received(t, `["ev",{"name":"n","data":{"_placeholder":true,"num":1},"more":[{"num":0,"_placeholder":true}]},`+
		`{"_placeholder":true,"num":0},[1,"a",{"b":{"_placeholder":true,"num":1}}]]`, []byte{0xff}, []byte("two"))
	var p part
	check(t, e.Bind(0, &p))
	if !reflect.DeepEqual(p, part{"n", []byte("two"), []Binary{{0xff}}}) {
		t.Errorf("got %+v", p)
	}
	var b []byte
	var bin Binary
	var v any
	check(t, errors.Join(e.Bind(1, &b), e.Bind(1, &bin), e.Bind(2, &v)))
	if string(b) != "\xff" || string(bin) != "\xff" {
		t.Errorf("got %x and %x", b, bin)
	}
	if want := []any{1.0, "a", map[string]any{"b": []byte("two")}}; !reflect.DeepEqual(v, want) {
		t.Errorf("got %v", v)
	}
	if err := e.Bind(0, &[]int{}); err == nil {
		t.Error("an object is bound to a slice")
	}
}

// Any gives what encoding/json gives.
func TestAny(t *testing.T) {
	for _, v := range validJSON {
		if len(v) > 200 || strings.Contains(v, "1e400") {
			continue
		}
		var want any
		check(t, json.Unmarshal([]byte(v), &want))
		if got := received(t, `["ev",`+v+`]`).Any(0); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", v, got, want)
		}
	}
	if f, _ := received(t, `["ev",1e400]`).Any(0).(float64); !math.IsInf(f, 1) {
		t.Error("1e400 is", f)
	}
}

func FuzzAny(f *testing.F) {
	for _, v := range validJSON[:len(validJSON)-3] {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		var want any
		if json.Unmarshal([]byte(v), &want) != nil || new(scanner).scan([]byte(v), 0, 0) != nil ||
			strings.ContainsAny(v, "eE") {
			return
		}
		e := new(Event)
		p := packet{kind: typeEvent, data: []byte(`["ev",` + v + `]`)}
		if e.load(new(scanner), &p, nil, &testLimits) != nil {
			return
		}
		e.socket = &Socket{client: &Client{server: &Server{opts: Options{MaxElements: 1 << 20}}}}
		if got := e.Any(0); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %#v, want %#v", v, got, want)
		}
	})
}

func TestElementBudget(t *testing.T) {
	e := received(t, `["ev",[`+strings.Repeat("{},", 50)+`{}]]`)
	e.socket.client.server.opts.MaxElements = 100
	if v, ok := e.Any(0).([]any); ok || v != nil {
		t.Error("too many values are decoded")
	}
	var v []struct{}
	if err := e.Bind(0, &v); err != ErrTooLarge {
		t.Error(err)
	}
	e.socket.client.server.opts.MaxElements = 1000
	if err := e.Bind(0, &v); err != nil || len(v) != 51 {
		t.Error(err, len(v))
	}
}
