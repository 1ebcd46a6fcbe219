package middleware

import (
	"unicode/utf8"

	"github.com/edgesio/edgesio/webapp"
)

// RawOptions bound bodies that are taken as they are. The zero value is ready to
// use.
type RawOptions struct {
	// Limit in bytes (413). Default 100 KiB.
	Limit int
	// Types that are taken. Default "application/octet-stream".
	Types []string
}

// Raw reads bodies as they are: req.Parsed() is a []byte.
func Raw(o RawOptions) webapp.Middleware {
	if o.Types == nil {
		o.Types = []string{"application/octet-stream"}
	}
	return parse(o.Limit, o.Types, func(body []byte, _ string) (any, error) { return body, nil })
}

// TextOptions bound text bodies. The zero value is ready to use.
type TextOptions struct {
	// Limit in bytes (413). Default 100 KiB.
	Limit int
	// Types that are taken. Default "text/plain".
	Types []string
}

// Text reads text: req.Parsed() is a string of UTF-8. Bodies in UTF-8, US-ASCII
// and ISO-8859-1 are taken, others are 415.
func Text(o TextOptions) webapp.Middleware {
	if o.Types == nil {
		o.Types = []string{"text/plain"}
	}
	return parse(o.Limit, o.Types, func(body []byte, params string) (any, error) {
		switch c := charset(params); c {
		case "utf-8", "us-ascii":
			if !utf8.Valid(body) {
				return nil, &webapp.Error{Status: 400, Message: "text body is not UTF-8"}
			}
			return string(body), nil
		case "iso-8859-1":
			runes := make([]rune, len(body))
			for i, b := range body {
				runes[i] = rune(b)
			}
			return string(runes), nil
		default:
			return nil, errCharset(c)
		}
	})
}
