package middleware

import (
	"io/fs"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// Static serves the files of root: it is [webapp.Static].
func Static(root fs.FS, o webapp.StaticOptions) webapp.Middleware {
	return webapp.Member(eos.MiddlewareServeStatic, webapp.Static(root, o))
}
