package middleware

import (
	"bytes"
	"unicode/utf8"

	"github.com/edgesio/edgesio/webapp"
)

// A Form is the fields and files of a urlencoded or multipart body, or of a
// query, in their order. It is flat: "a[b]=1" is the field named "a[b]", so that
// no name builds a structure and none reaches into a prototype.
type Form struct {
	fields []formField
	files  []*File
}

type formField struct{ name, value string }

// Get is the value of the first field of that name, "" if there is none.
func (f *Form) Get(name string) string {
	v, _ := f.Lookup(name)
	return v
}

// Lookup is Get that tells whether the field is there.
func (f *Form) Lookup(name string) (value string, ok bool) {
	if f != nil {
		for i := range f.fields {
			if f.fields[i].name == name {
				return f.fields[i].value, true
			}
		}
	}
	return "", false
}

// All returns the values of all fields of that name.
func (f *Form) All(name string) (values []string) {
	f.Each(func(n, v string) bool {
		if n == name {
			values = append(values, v)
		}
		return true
	})
	return values
}

// Each calls fn for each field until it returns false.
func (f *Form) Each(fn func(name, value string) bool) {
	if f == nil {
		return
	}
	for i := range f.fields {
		if !fn(f.fields[i].name, f.fields[i].value) {
			return
		}
	}
}

// Len is the number of fields.
func (f *Form) Len() int {
	if f == nil {
		return 0
	}
	return len(f.fields)
}

// Files are the files of a multipart body.
func (f *Form) Files() []*File {
	if f == nil {
		return nil
	}
	return f.files
}

// File is the first file of a field, nil if there is none.
func (f *Form) File(name string) *File {
	for _, file := range f.Files() {
		if file.Field == name {
			return file
		}
	}
	return nil
}

// FormOf is the form that [URLEncoded] or [Multipart] made of the request's body,
// nil if there is none; a nil Form is empty.
func FormOf(req *webapp.Request) *Form {
	f, _ := req.Parsed().(*Form)
	return f
}

// What is wrong with a form.
var (
	errParameters = &webapp.Error{Status: 413, Message: "too many form parameters"}
	errEscape     = &webapp.Error{Status: 400, Message: "malformed escape in form"}
	errFormText   = &webapp.Error{Status: 400, Message: "form is not UTF-8"}
)

// parseForm parses application/x-www-form-urlencoded of at most max parameters,
// as the URL standard has it, but for escapes that are malformed: they are
// refused, never passed on as text. Nothing is set aside before the number of
// parameters is known.
func parseForm(b []byte, max int) (*Form, error) {
	n := 0
	for rest := b; len(rest) > 0; {
		var pair []byte
		if pair, rest, _ = bytes.Cut(rest, []byte{'&'}); len(pair) > 0 {
			if n++; n > max {
				return nil, errParameters
			}
		}
	}
	f := &Form{fields: make([]formField, 0, n)}
	var buf []byte
	for rest := b; len(rest) > 0; {
		var pair []byte
		if pair, rest, _ = bytes.Cut(rest, []byte{'&'}); len(pair) == 0 {
			continue
		}
		k, v, _ := bytes.Cut(pair, []byte{'='})
		var ok, also bool
		buf, ok = unescape(buf[:0], k)
		split := len(buf)
		buf, also = unescape(buf, v)
		switch {
		case !ok || !also:
			return nil, errEscape
		case !utf8.Valid(buf[:split]) || !utf8.Valid(buf[split:]):
			return nil, errFormText
		}
		f.fields = append(f.fields, formField{string(buf[:split]), string(buf[split:])})
	}
	return f, nil
}

// unescape appends the decoded part; "+" is a space.
func unescape(dst, part []byte) ([]byte, bool) {
	for i := 0; i < len(part); i++ {
		switch c := part[i]; c {
		case '+':
			dst = append(dst, ' ')
		case '%':
			if len(part)-i < 3 || !isHex(part[i+1]) || !isHex(part[i+2]) {
				return dst, false
			}
			dst = append(dst, digit(part[i+1])<<4|digit(part[i+2]))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst, true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// digit is the value of a hexadecimal digit.
func digit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
