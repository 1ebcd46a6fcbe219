package middleware

import "github.com/edgesio/edgesio/webapp"

// EOS identifies the request, so that those behind it find the user in its EOS: it
// is [webapp.EOSMiddleware].
func EOS() webapp.Middleware { return webapp.EOSMiddleware() }
