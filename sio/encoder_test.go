package sio

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"net"
	"strconv"
	"testing"
	"time"
)

// encode is the packet of an event with args, its attachments appended in hexadecimal.
func encode(args ...any) (string, error) {
	var e encoder
	e.begin(nil, "/n,")
	e.event("e", args)
	if e.err != nil {
		return "", e.err
	}
	out := string(e.end(typeEvent, "/n,", 7, true))
	for _, a := range e.atts {
		out += " " + hex.EncodeToString(a)
	}
	return out, nil
}

const ph = `{"_placeholder":true,"num":`

type inner struct {
	P string `json:"p,omitempty"`
	Q int
}

type outer struct {
	inner
	*Tree  `json:"tree,omitempty"`
	B      []byte            `json:"b"`
	M      map[string]Binary `json:"m,omitempty"`
	S      int               `json:"s,string"`
	Skip   string            `json:"-"`
	Z      time.Time         `json:"z,omitzero"`
	Any    any
	hidden int
}

// Tree embeds a pointer to itself.
type Tree struct {
	*Tree
	Leaf Binary `json:"leaf"`
}

type celsius float32

type marshals struct{ b []byte }

func (m marshals) MarshalJSON() ([]byte, error) { return m.b, nil }

type fails struct{}

func (fails) MarshalJSON() ([]byte, error) { panic("no") }

func TestEncodeValues(t *testing.T) {
	text, blob := "t", []byte{9}
	for _, c := range []struct {
		args []any
		want string
	}{
		{nil, `2/n,7["e"]`},
		{[]any{nil, true, "x", 1, int64(-2), uint64(3), 1.5, int8(4), uint32(5), float32(0.1), celsius(2.5)},
			`2/n,7["e",null,true,"x",1,-2,3,1.5,4,5,0.1,2.5]`},
		{[]any{math.NaN(), math.Copysign(0, -1), 1e21, 1.0}, `2/n,7["e",null,0,1e+21,1]`},
		{[]any{time.Date(2020, 1, 2, 3, 4, 5, 6789e3, time.FixedZone("", 3600))}, `2/n,7["e","2020-01-02T02:04:05.006Z"]`},
		{[]any{[]any{1, "a", nil}, map[string]any{"b": 1, "a": []any{}}, []any(nil), map[string]any(nil)},
			`2/n,7["e",[1,"a",null],{"a":[],"b":1},null,null]`},
		{[]any{[]byte{1, 2}, "x", Binary{3}}, `52-/n,7["e",` + ph + `0},"x",` + ph + `1}] 0102 03`},
		{[]any{[]byte(nil)}, `51-/n,7["e",` + ph + `0}] `},
		{[]any{Raw(`{"x":1}`), json.RawMessage(` [1] `), Raw(nil)}, `2/n,7["e",{"x":1}, [1] ,null]`},
		{[]any{&text, &blob, (*string)(nil), (*[]byte)(nil)}, `51-/n,7["e","t",` + ph + `0},null,null] 09`},
		{[]any{outer{inner: inner{Q: 1}, B: []byte{1}, M: map[string]Binary{"z": {2}, "y": {3}}, S: 5, Any: []byte{4}}},
			`54-/n,7["e",{"Q":1,"b":` + ph + `0},"m":{"y":` + ph + `1},"z":` + ph +
				`2}},"s":"5","Any":` + ph + `3}}] 01 03 02 04`},
		{[]any{Tree{Leaf: Binary{1}}}, `51-/n,7["e",{"leaf":` + ph + `0}}] 01`},
		{[]any{[][]byte{{1}, {2}}, [2]byte{1, 2}, []string{"a"}, map[int]string{2: "b", 10: "a"}},
			`52-/n,7["e",[` + ph + `0},` + ph + `1}],[1,2],["a"],{"10":"a","2":"b"}] 01 02`},
		{[]any{net.IPv4(1, 2, 3, 4), time.Unix(0, 0).UTC(), ptr(time.Unix(1, 0))},
			`2/n,7["e","1.2.3.4","1970-01-01T00:00:00.000Z","1970-01-01T00:00:01.000Z"]`},
		{[]any{marshals{[]byte(`"J"`)}, &marshals{[]byte("{}")}, map[string]json.Marshaler{"a": nil}},
			`2/n,7["e","J",{},{"a":null}]`},
		{[]any{errors.New("x"), struct{}{}}, `2/n,7["e",{},{}]`},
		{[]any{Value{}}, `2/n,7["e",null]`},
	} {
		got, err := encode(c.args...)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
		} else if got != c.want {
			t.Errorf("%v:\n got  %s\n want %s", c.args, got, c.want)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestEncodeFailures(t *testing.T) {
	loop := []any{nil}
	loop[0] = loop
	round := map[string]any{}
	round["a"] = round
	tree := &Tree{}
	tree.Tree = tree
	type ring struct{ Next *ring }
	r := &ring{}
	r.Next = r
	for _, c := range []struct {
		v    any
		want error
	}{
		{make(chan int), ErrUnsupported}, {func() {}, ErrUnsupported}, {1i, ErrUnsupported},
		{map[complex64]int{1: 1}, ErrUnsupported}, {json.Number("x"), ErrInvalidJSON},
		{struct{ F func() }{func() {}}, ErrUnsupported},
		{loop, ErrNesting}, {round, ErrNesting}, {r, ErrNesting},
		{json.RawMessage("{"), ErrInvalidJSON}, {marshals{[]byte("x")}, ErrInvalidJSON},
	} {
		if _, err := encode(c.v); !errors.Is(err, c.want) {
			t.Errorf("%T: %v, want %v", c.v, err, c.want)
		}
	}
	var p *PanicError
	if _, err := encode([]any{1, fails{}}); !errors.As(err, &p) || p.Value != "no" {
		t.Errorf("a panicking marshaler: %v", err)
	}
	if _, err := encode(tree); err != nil {
		t.Errorf("a struct that embeds itself: %v", err)
	}
}

type tagged struct {
	A int `json:"x"`
	B int `json:"y"`
	inner2
	Inner3
	*Inner4
	C  map[string]int  `json:",omitempty"`
	D  *int            `json:"d,omitempty"`
	E  [0]int          `json:"e,omitempty"`
	F  string          `json:"f,string"`
	G  bool            `json:",string"`
	H  json.Number     `json:"h"`
	I  any             `json:"i,omitempty"`
	J  map[int8]bool   `json:"j"`
	K  []int           `json:"k"`
	L  struct{ X int } `json:"l,omitempty"`
	M  []time.Duration `json:"-,"`
	N  float32
	O  net.IP
	P  map[string]*int
	Q  **string
	R  int64 `json:"bad name é"`
	ee int
}

type inner2 struct {
	X int `json:"x"`
	V int
	W int
}
type Inner3 struct{ V, U int }
type Inner4 struct {
	U int `json:"U"`
	T int
}

// Without binary data in it, a value is encoded as encoding/json does.
func TestEncodeLikeTheStandardLibrary(t *testing.T) {
	s := "s"
	ps := &s
	for _, v := range []any{
		tagged{}, &tagged{A: 1, D: ptr(0), C: map[string]int{"a": 1}, I: 0, J: map[int8]bool{-1: true, 5: false}, F: `"q"`,
			H: "1.5", Inner4: &Inner4{U: 7}, K: []int{}, M: []time.Duration{1}, N: 1.1, O: net.IPv6loopback,
			P: map[string]*int{"n": nil}, Q: &ps},
		[]any{tagged{H: "0"}, map[string]tagged{}}, map[uint]any{1: []int{1}}, [3]bool{true}, (*tagged)(nil), inner2{V: 1},
		[]json.Number{"1", "-2e5"}, map[string]int(nil), struct{ X, y int }{1, 2}, 1e-9, float32(16777216),
		int16(-5), uint8(200),
	} {
		if x, ok := v.(tagged); ok {
			x.H = "0"
			v = x
		}
		want, err := json.Marshal(v)
		check(t, err)
		got, err := encode(v)
		if err != nil || got != `2/n,7["e",`+string(want)+"]" {
			t.Errorf("%T: %v\n got  %s\n want %s", v, err, got, want)
		}
	}
}

func TestEncoderHeader(t *testing.T) {
	for _, c := range []struct {
		wire  string
		kind  packetType
		id    uint64
		hasID bool
		atts  int
		want  string
	}{
		{"", typeEvent, 0, false, 0, "2[]"}, {"/a,", typeAck, 0, true, 0, "3/a,0[]"},
		{"/a,", typeAck, 1<<64 - 1, true, 0, "3/a,18446744073709551615[]"}, {"", typeEvent, 5, true, 12, "512-5[]"},
	} {
		var e encoder
		e.begin(make([]byte, 0, 8), c.wire)
		e.buf = append(e.buf, "[]"...)
		e.atts = make([][]byte, c.atts)
		if got := string(e.end(c.kind, c.wire, c.id, c.hasID)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestPutDigits(t *testing.T) {
	for _, n := range []uint64{0, 7, 10, 99, 4294967295, 4294967296, 42949672950, 1 << 53, math.MaxUint64} {
		var b [20]byte
		if got := string(b[putDigits(b[:], len(b), n):]); got != strconv.FormatUint(n, 10) {
			t.Errorf("%d is written as %s", n, got)
		}
	}
}
