package middleware

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// QueryOptions bound queries. The zero value is ready to use.
type QueryOptions struct {
	// MaxParameters (400). Default 1000. How long a query may be at all is
	// webapp.Options.MaxURIBytes.
	MaxParameters int
}

type queryKey struct{}

// Query parses the query once, for [QueryOf]. Those who need one parameter only
// may ask the request itself, which costs less.
func Query(o QueryOptions) webapp.Middleware {
	set(&o.MaxParameters, 1000)
	return webapp.Member(eos.MiddlewareQueryParser, func(req *webapp.Request, _ *webapp.Response, next webapp.Next) {
		f, err := parseForm(req.RawQuery(), o.MaxParameters)
		switch err {
		case nil:
			req.SetValue(queryKey{}, f)
		case errParameters:
			err = &webapp.Error{Status: 400, Message: "too many query parameters"}
		default:
			err = &webapp.Error{Status: 400, Message: "malformed query"}
		}
		next(err)
	})
}

// QueryOf is the query that Query parsed, nil if it did not run; a nil Form is
// empty.
func QueryOf(req *webapp.Request) *Form {
	f, _ := req.Value(queryKey{}).(*Form)
	return f
}
