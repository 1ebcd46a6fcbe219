package middleware

import "github.com/edgesio/edgesio/webapp"

// Cors applies c to all that comes behind it: it is c.Middleware, and panics
// likewise if c.Check finds fault.
func Cors(c webapp.Cors) webapp.Middleware { return c.Middleware() }
