package jstext

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// FuzzCut: the length is that of package utf16, and a cut is where it would be among its units.
func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "abc", "\u20ac\U0001f600x", "\xff", "a\xe2\x82", "\xed\xa0\x80"} {
		f.Add([]byte(s), uint64(2))
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint64) {
		units := utf16.Encode([]rune(string(b)))
		if utf8.Valid(b) && Units(b) != len(units) {
			t.Fatalf("%q has %d units, not %d", b, len(units), Units(b))
		}
		at, ok := Cut(b, n)
		if ok && (!utf8.Valid(b[:at]) || uint64(len(utf16.Encode([]rune(string(b[:at]))))) != n) {
			t.Fatalf("%q is not %d units", b[:at], n)
		}
		if !ok && utf8.Valid(b) && n <= uint64(len(units)) && (n == 0 || !utf16.IsSurrogate(rune(units[n-1])) ||
			units[n-1] >= 0xdc00) {
			t.Fatalf("%q has no cut at %d of %d", b, n, len(units))
		}
	})
}

// FuzzFormValue: a field has the value that net/url finds; one that is there twice or malformed is refused.
func FuzzFormValue(f *testing.F) {
	for _, s := range []string{"", "d=a", "d=a&d=b", "x=1&d=%41+b", "d=%", "d", "dd=a&d=", "d=a&%64=b", "d=a;b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var raw []string
		for field := range strings.SplitSeq(string(body), "&") {
			if k, v, is := strings.Cut(field, "="); is && k == "d" {
				raw = append(raw, v)
			}
		}
		value, ok := FormValue(bytes.Clone(body), "d")
		switch {
		case len(raw) == 0:
			if value != nil {
				t.Fatalf("%q from nothing", value)
			}
		case len(raw) > 1:
			if ok {
				t.Fatalf("%q is taken from %q", value, raw)
			}
		default:
			want, err := url.QueryUnescape(raw[0])
			if ok != (err == nil) || ok && string(value) != want {
				t.Fatalf("%q %v, want %q %v", value, ok, want, err)
			}
		}
	})
}
