package middleware

import "github.com/edgesio/edgesio/webapp"

// URLEncodedOptions bound urlencoded bodies. The zero value is ready to use.
type URLEncodedOptions struct {
	// Limit in bytes (413). Default 100 KiB.
	Limit int
	// Types that are parsed. Default "application/x-www-form-urlencoded".
	Types []string
	// MaxParameters (413). Default 1000.
	MaxParameters int
}

// URLEncoded reads forms as browsers send them by default: [FormOf] returns them.
func URLEncoded(o URLEncodedOptions) webapp.Middleware {
	if o.Types == nil {
		o.Types = []string{"application/x-www-form-urlencoded"}
	}
	set(&o.MaxParameters, 1000)
	return parse(o.Limit, o.Types, func(body []byte, params string) (any, error) {
		if c := charset(params); c != "utf-8" && c != "us-ascii" {
			return nil, errCharset(c)
		}
		f, err := parseForm(body, o.MaxParameters)
		if err != nil {
			return nil, err
		}
		return f, nil
	})
}
