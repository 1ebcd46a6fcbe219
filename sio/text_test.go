package sio

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"unicode/utf8"
)

// Texts are written as JSON.stringify writes them and read as JSON.parse reads them.
func TestStrings(t *testing.T) {
	for text, want := range map[string]string{
		"":                       `""`,
		"plain":                  `"plain"`,
		"é€😀":                    `"é€😀"`,
		"<>&\u2028\u2029\x7f":    "\"<>&\u2028\u2029\x7f\"",
		"\"\\\b\f\n\r\t\x00\x1f": `"\"\\\b\f\n\r\t\u0000\u001f"`,
	} {
		got := string(appendString(nil, text))
		if got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
		if back := string(appendUnquoted(nil, []byte(got[1:len(got)-1]))); back != text {
			t.Errorf("%s is read %q", got, back)
		}
	}
	for text, want := range map[string]string{"a\xffb\xc3": `"a` + "\ufffd" + `b` + "\ufffd" + `"`} {
		if got := string(appendString(nil, text)); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
	for raw, want := range map[string]string{
		`\u0041\/\"`: `A/"`, `\ud83d\ude00`: "😀", `\ud83d`: "\ufffd", `\ude00x`: "\ufffdx", `\ud83d\u0041`: "\ufffdA",
		`\ud83d\n`: "\ufffd\n",
	} {
		if got := string(appendUnquoted(nil, []byte(raw))); got != want {
			t.Errorf("%s is read %q, want %q", raw, got, want)
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("a\"\\\u2028\xff\x00")
	f.Fuzz(func(t *testing.T, text string) {
		b := appendString(nil, text)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		mine := string(appendUnquoted(nil, b[1:len(b)-1]))
		if mine != back || utf8.ValidString(text) && back != text {
			t.Fatalf("%q: %q, %q", text, back, mine)
		}
	})
}

func TestNumbers(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 1e20: "100000000000000000000", 1e21: "1e+21", 1.5e-7: "1.5e-7", 1e-6: "0.000001",
		123456789012: "123456789012", 5e-324: "5e-324", math.MaxFloat64: "1.7976931348623157e+308", 0.1: "0.1",
		math.Inf(1): "null", math.Inf(-1): "null", 1e-10: "1e-10",
	} {
		if got := string(appendFloat(nil, f, 64)); got != want {
			t.Errorf("%v is written %s, want %s", f, got, want)
		}
	}
	if got := string(appendFloat(nil, math.Copysign(0, -1), 64)); got != "0" {
		t.Errorf("-0 is written %s", got)
	}
	if got := string(appendFloat(nil, math.NaN(), 64)); got != "null" {
		t.Errorf("NaN is written %s", got)
	}
	for raw, want := range map[string]int64{
		"0": 0, "-0": 0, "12": 12, "-7": -7, "1e3": 1000, "2.0": 2, "9223372036854775807": math.MaxInt64,
		"-9223372036854775808": math.MinInt64, "9007199254740992.0": 1 << 53, "-1E1": -10,
	} {
		if got, ok := parseInt([]byte(raw)); !ok || got != want {
			t.Errorf("%s is read %d, %t", raw, got, ok)
		}
	}
	for _, raw := range []string{"0.5", "1e-1", "9223372036854775808", "1e400", "-1e19", "9007199254740994.0"} {
		if got, ok := parseInt([]byte(raw)); ok {
			t.Errorf("%s is read %d", raw, got)
		}
	}
	if f := parseFloat([]byte("1e400")); !math.IsInf(f, 1) {
		t.Errorf("1e400 is %v", f)
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(1.5e-7)
	f.Fuzz(func(t *testing.T, x float64) {
		b := appendFloat(nil, x, 64)
		if _, ok := scanNumber(b, 0); !ok && string(b) != "null" {
			t.Fatalf("%v is written %s", x, b)
		}
		if y, err := strconv.ParseFloat(string(b), 64); err == nil && y != x {
			t.Fatalf("%v is read back %v", x, y)
		}
	})
}
