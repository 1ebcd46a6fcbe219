package v06

import (
	"errors"
	"hash/crc32"
	"io/fs"
	"strconv"

	"github.com/edgesio/edgesio/webapp"
)

const (
	scriptFile = "socket.io.js"
	movieFile  = "lib/vendor/web-socket-js/WebSocketMain.swf"
)

// fileRoutes are the paths of the client's files.
func (l *Listener) fileRoutes(base string) (routes []route, err error) {
	root := l.options.ClientFS
	if root == nil {
		return nil, nil
	}
	add := func(path, name, kind string) error {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		tag := `"` + strconv.FormatUint(uint64(crc32.ChecksumIEEE(b)), 16) + `"`
		path = base + path
		routes = append(routes, route{path, func(req *webapp.Request, res *webapp.Response) {
			if m := req.Method(); req.Path() != path || m != "GET" && m != "HEAD" {
				l.web.Pass(path, req, res)
				return
			}
			if res.Set("ETag", tag); res.Fresh(req) {
				return
			}
			res.Type(kind).Set("X-Content-Type-Options", "nosniff").SendFileFS(root, name)
		}})
		return nil
	}
	if err := add(scriptFile, scriptFile, "text/javascript; charset=utf-8"); err != nil {
		return nil, err
	}
	for _, path := range []string{movieFile, "WebSocketMain.swf"} { // the latter is the path of early clients
		err := add(path, movieFile, "application/x-shockwave-flash")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return routes, nil
}
