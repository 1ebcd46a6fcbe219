package middleware

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// defaultLimit of a parsed body, in bytes, is what the platform has.
const defaultLimit = 100 << 10

// parser makes a value of a whole body, which is its own from then on, or tells
// why it does not: an *[webapp.Error].
type parser func(body []byte, params string) (any, error)

// parse reads the body of requests whose Content-Type matches, hands it to p,
// and leaves the result with SetParsed. Requests without a body, of another type,
// or whose body was parsed before go on as they are.
func parse(limit int, types []string, p parser) webapp.Middleware {
	checkTypes(types)
	set(&limit, defaultLimit)
	return webapp.Member(eos.MiddlewareBodyParser, func(req *webapp.Request, _ *webapp.Response, next webapp.Next) {
		if !req.HasBody() || req.Parsed() != nil {
			next(nil)
			return
		}
		kind, params, ok := mediaType(req.Header("Content-Type"))
		if !ok || !matches(kind, types) {
			next(nil)
			return
		}
		req.Body(limit, func(body []byte, err error) {
			if err == nil {
				var v any
				if v, err = p(append([]byte{}, body...), params); err == nil {
					req.SetParsed(v)
				}
			}
			next(err)
		})
	})
}

// set is for defaults.
func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
