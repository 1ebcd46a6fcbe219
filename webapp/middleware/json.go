package middleware

import (
	"encoding/json"
	"errors"

	"github.com/edgesio/edgesio/webapp"
)

// JSONOptions bound JSON bodies. The zero value is ready to use.
type JSONOptions struct {
	// Limit in bytes (413). Default 100 KiB.
	Limit int
	// Types that are parsed: "a/b", "a/*", "*/*" or "+suffix". Default
	// "application/json" and "+json".
	Types []string
	// AnyValue takes scalars too, not only an object or an array.
	AnyValue bool
	// MaxDepth of arrays and objects, MaxElements of values and names altogether
	// (400): decoded, a value takes forty times the bytes of its text. Default 64
	// and 10000.
	MaxDepth, MaxElements int
}

// A JSONBody is what JSON leaves: text that is well-formed and within its
// bounds, and not decoded until somebody asks for it.
type JSONBody struct{ raw []byte }

// Raw is the text. It is kept with the request and must not be changed.
func (b *JSONBody) Raw() []byte { return b.raw }

// Decode decodes the text into v, as encoding/json does; an error is an
// *[webapp.Error] with status 400.
func (b *JSONBody) Decode(v any) error {
	err := json.Unmarshal(b.raw, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return &webapp.Error{Status: 400, Message: "JSON body: " + webapp.Quote([]byte(wrong.Field)) + " is a " + wrong.Value}
	case errors.As(err, &wrong):
		return &webapp.Error{Status: 400, Message: "JSON body is a " + wrong.Value}
	}
	var invalid *json.InvalidUnmarshalError
	if errors.As(err, &invalid) {
		return err // the program's mistake: 500
	}
	return &webapp.Error{Status: 400, Message: "JSON body does not have the expected form"}
}

// Decode decodes the request's JSON body into v. Without one it is an error with
// status 415, or 400 if there is no body at all; it may be given to next.
func Decode(req *webapp.Request, v any) error {
	b, ok := req.Parsed().(*JSONBody)
	switch {
	case ok:
		return b.Decode(v)
	case req.HasBody():
		return &webapp.Error{Status: 415, Message: "request body is not JSON"}
	}
	return &webapp.Error{Status: 400, Message: "request has no body"}
}

// JSON reads JSON bodies, RFC 8259: [Decode] makes values of them, and
// req.Parsed() is a *[JSONBody]. The text must be UTF-8.
func JSON(o JSONOptions) webapp.Middleware {
	if o.Types == nil {
		o.Types = []string{"application/json", "+json"}
	}
	set(&o.MaxDepth, 64)
	set(&o.MaxElements, 10000)
	return parse(o.Limit, o.Types, func(body []byte, params string) (any, error) {
		if c := charset(params); c != "utf-8" && c != "us-ascii" {
			return nil, errCharset(c)
		}
		if message := o.check(body); message != "" {
			return nil, &webapp.Error{Status: 400, Message: "JSON body " + message}
		}
		return &JSONBody{body}, nil
	})
}

// check tells what is wrong with a text. The bounds come first: they are checked
// without any memory.
func (o *JSONOptions) check(b []byte) string {
	depth, elements, first, quoted := 0, 1, byte(0), false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quoted:
			if c == '\\' {
				i++
			}
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
			elements++
		case c == '}' || c == ']':
			depth--
		case c == ',' || c == ':':
			elements++
		}
		if first == 0 && c > ' ' {
			first = c
		}
		if depth > o.MaxDepth {
			return "is nested too deeply"
		}
		if elements > o.MaxElements {
			return "has too many elements"
		}
	}
	switch {
	case !json.Valid(b):
		return "is malformed"
	case !o.AnyValue && first != '{' && first != '[':
		return "is neither an object nor an array"
	}
	return ""
}
