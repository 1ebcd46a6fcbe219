package sio

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var validJSON = []string{
	"null", "true", "false", "0", "-0", "1.5", "1e400", "-12.25E-3", `""`, `"a\u0000\ud800\"\\\/\b\f\n\r\t"`, "[]", "{}",
	`[1,[2,{"a":[]}],{}]`, `{"a":1,"a":2,"__proto__":{},"":null}`, " [ 1 , 2 ] \r\n\t", `{"a" : 1 , "b" :[ ]}`,
	`"é€😀"`,
	strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("9", 100000), "\"\x7f\"",
}

var invalidJSON = []string{
	"", " ", "nul", "nulll", "NaN", "Infinity", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", `"`, `"\x"`, `"\u12g4"`,
	`"\u123`, "\"\n\"", "\"\x00\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`,
	`{a:1}`, `{1:2}`, `{"a" 1}`, `{"a":1]`, "[1}", "[]]", "[] []", "1 2", "// x\n1",
	"\ufeff1", "\"\xff\"", "\"\xed\xa0\x80\"",
	"\"\xc0\x80\"", "'a'",
	"[1]\x00", strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), strings.Repeat(`{"a":`, 1000000),
}

func TestScanJSON(t *testing.T) {
	var s scanner
	for _, v := range validJSON {
		if err := s.scan([]byte(v), 0, 0); err != nil {
			t.Errorf("%.60q: %v", v, err)
		}
	}
	for _, v := range invalidJSON {
		if s.scan([]byte(v), 0, 0) == nil {
			t.Errorf("%.60q is accepted", v)
		}
	}
}

func TestScanArguments(t *testing.T) {
	var s scanner
	in := ` [ "a" ,1, {"x":[1,2]},[ ],[[3]] , null ]`
	check(t, s.scan([]byte(in), 0, 0))
	var got []string
	for _, a := range s.args {
		got = append(got, in[a.start:a.end])
	}
	want := []string{`"a"`, "1", `{"x":[1,2]}`, "[ ]", "[[3]]", "null"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	check(t, s.scan([]byte("["+strings.Repeat("1,", maxArgs-1)+"1]"), 0, 0))
	if err := s.scan([]byte("["+strings.Repeat("1,", maxArgs)+"1]"), 0, 0); err != errTooManyArgs {
		t.Errorf("too many arguments: %v", err)
	}
	check(t, s.scan([]byte(`[["`+strings.Repeat(`x","`, 2*maxArgs)+`"]]`), 0, 0))
}

func TestScanPlaceholders(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`["a",{"_placeholder":true,"num":0}]`, "5-34:0"},
		{`["a",{"num":1,"_placeholder":true}]`, "5-34:1"},
		{`["a",{"x":null,"_placeholder":true,"num":1,"y":[1]}]`, "5-51:1"},
		{`["a",{"_placeholder":false,"_placeholder":true,"num":7,"num":1}]`, "5-63:1"},
		{`["a",{"_placeholder":true,"_placeholder":false,"num":9}]`, ""},
		{`["a",{"_placehol\u0064er":true,"\u006eum":1}]`, "5-44:1"},
		{`["a",{"_placeholder":"true","num":9},{"_placeholder":1},{"_placeholder":[true]}]`, ""},
		{`["a",{"num":9},"_placeholder",{"_placeholder":null}]`, ""},
		{`[{"x":{"_placeholder":true,"num":1},"_placeholder":true,"num":0}]`, "1-64:0"},
		{`["a",{"_placeholder":true,"num":{"num":0}}]`, "error"},
		{`["a",{"_placeholder":true,"num":2}]`, "error"},
		{`["a",{"_placeholder":true}]`, "error"},
		{`["a",{"_placeholder":true,"num":-1}]`, "error"},
		{`["a",{"_placeholder":true,"num":1.0}]`, "error"},
		{`["a",{"_placeholder":true,"num":1e9}]`, "error"},
		{`["a",{"_placeholder":true,"num":4294967296}]`, "error"},
		{`["a",{"_placeholder":true,"num":"splice"}]`, "error"},
	} {
		var s scanner
		got := ""
		if err := s.scan([]byte(c.in), 2, 8); err == errPlaceholder {
			got = "error"
		} else if err != nil {
			got = err.Error()
		}
		for _, m := range s.marks {
			if got != "error" {
				got += strconv.Itoa(int(m.start)) + "-" + strconv.Itoa(int(m.end)) + ":" + strconv.Itoa(int(m.num))
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
		if s.scan([]byte(c.in), 0, 0) != nil || len(s.marks) != 0 {
			t.Errorf("%s: not plain data in a packet without attachments", c.in)
		}
	}
	var s scanner
	many := "[" + strings.Repeat(`{"_placeholder":true,"num":0},`, 9) + "0]"
	if err := s.scan([]byte(many), 1, 8); err != errPlaceholder {
		t.Errorf("nine references of eight: %v", err)
	}
}

// FuzzJSON: the scanner and encoding/json agree, but for what the scanner refuses on purpose.
func FuzzJSON(f *testing.F) {
	arrays := []string{`["a","b"]`, `["a","b"] `, `["a" ,"b"]`, `["a","b",1,"c"]`, `["a",]`, `["a"]]`, `["a","b`, `["a"`}
	for _, v := range slices.Concat(validJSON, invalidJSON, arrays) {
		if len(v) < 1000 {
			f.Add([]byte(v))
		}
	}
	var s scanner
	f.Fuzz(func(t *testing.T, b []byte) {
		err := s.scan(b, 0, 0)
		valid := json.Valid(b)
		switch {
		case err == nil && !valid:
			t.Fatalf("%q is accepted", b)
		case err == errJSON && valid && utf8.Valid(b):
			t.Fatalf("%q is refused", b)
		case err == nil && !utf8.Valid(b):
			t.Fatalf("%q is not UTF-8", b)
		}
		if err != nil || len(b) == 0 {
			return
		}
		for _, a := range s.args {
			if !json.Valid(b[a.start:a.end]) {
				t.Fatalf("%q: argument %q", b, b[a.start:a.end])
			}
		}
		short := slices.Clone(s.args) // a blank in front makes the scanner go the long way
		if err := s.scan(append([]byte{' '}, b...), 0, 0); err != nil || len(s.args) != len(short) {
			t.Fatalf("%q: %d arguments, the long way %d, %v", b, len(short), len(s.args), err)
		}
		for i, a := range s.args {
			if a != (span{short[i].start + 1, short[i].end + 1}) {
				t.Fatalf("%q: argument %d is %v, the long way %v", b, i, short[i], a)
			}
		}
	})
}

// TestPlainRun tries every byte at every place of a word, among neighbours that could lend to it.
func TestPlainRun(t *testing.T) {
	for _, around := range []byte{' ', 'a', '#', '!', ']', 0x7f} {
		for at := range 143 {
			b := bytes.Repeat([]byte{around}, 143)
			for c := range 256 {
				b[at] = byte(c)
				samePlainRun(t, b)
			}
		}
	}
}

func FuzzPlainRun(f *testing.F) {
	f.Add([]byte(`a string of some length, which "ends"`), uint8(0))
	f.Add([]byte("\x80 \\ \x1f"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, from uint8) { samePlainRun(t, b[min(int(from), len(b)):]) })
}

// samePlainRun holds both ways to find the end, of which a processor has one, to the table.
func samePlainRun(t *testing.T, b []byte) {
	t.Helper()
	for from := range min(9, len(b)) { // every alignment
		want := from
		for want < len(b) && plain[b[want]] {
			want++
		}
		if got := from + plainRun(b[from:]); got != want {
			t.Fatalf("%q: plain to %d, want %d", b[from:], got, want)
		}
		if got := from + plainRunAligned(b[from:]); got != want {
			t.Fatalf("%q: plain to %d by words, want %d", b[from:], got, want)
		}
	}
}
