package webapp

import (
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// StaticOptions describe what a directory's files are answered with. The zero
// value is ready to use.
type StaticOptions struct {
	// Index is what a directory stands for. Default "index.html"; "-" for none.
	Index string
	// MaxAge is how long a browser may use its copy without asking. Default 30
	// days; negative makes it ask each time.
	MaxAge time.Duration
	// NoETag, NoLastModified and NoCacheControl leave a header out.
	NoETag, NoLastModified, NoCacheControl bool
	// NoFallthrough answers 404 for what is not there, and 405 for other methods,
	// instead of calling next.
	NoFallthrough bool
	// Dotfiles serves names that begin with a dot.
	Dotfiles bool
}

// Static serves the files of root to GET and HEAD, below the path that it is
// used at. [Dir] makes a root of a directory; an embed.FS is one, too.
func Static(root fs.FS, o StaticOptions) Middleware {
	set(&o.Index, "index.html")
	set(&o.MaxAge, 30*24*time.Hour)
	age := "public, max-age=" + strconv.FormatInt(max(0, int64(o.MaxAge/time.Second)), 10)
	return func(req *Request, res *Response, next Next) {
		if req.Method() != "GET" && req.Method() != "HEAD" {
			o.miss(res.allowIf(o.NoFallthrough), next, &Error{405, StatusText(405)})
			return
		}
		path := req.SubPath()
		f, info, err := o.open(root, path)
		switch {
		case err == nil && info == nil:
			res.Status(301).Redirect(string(req.head.rawPath.of(req.raw)) + "/" + query(req))
		case err == nil:
			if !o.NoCacheControl {
				res.Set("Cache-Control", age)
			}
			res.sendFile(f, info, &o)
		default:
			o.miss(res, next, &Error{404, StatusText(404)})
		}
	}
}

// open finds the file that a path stands for. No error and no info: a directory
// whose path lacks its slash.
func (o *StaticOptions) open(root fs.FS, path string) (fs.File, fs.FileInfo, error) {
	name := strings.TrimPrefix(path, "/")
	if !o.Dotfiles && (strings.HasPrefix(name, ".") || strings.Contains(name, "/.")) {
		return nil, nil, fs.ErrNotExist
	}
	if name != "" && !strings.HasSuffix(name, "/") {
		f, info, err := openFile(root, name)
		if err != nil && o.isDir(root, name) {
			return nil, nil, nil
		}
		return f, info, err
	}
	if o.Index == "-" {
		return nil, nil, fs.ErrNotExist
	}
	return openFile(root, name+o.Index)
}

// isDir tells whether name is a directory with an index.
func (o *StaticOptions) isDir(root fs.FS, name string) bool {
	if o.Index == "-" {
		return false
	}
	info, err := fs.Stat(root, name+"/"+o.Index)
	return err == nil && info.Mode().IsRegular()
}

func (o *StaticOptions) miss(res *Response, next Next, e *Error) {
	if o.NoFallthrough {
		res.Fail(e)
	} else {
		next(nil)
	}
}

// allowIf names the methods of files.
func (r *Response) allowIf(really bool) *Response {
	if really {
		r.Set("Allow", "GET, HEAD")
	}
	return r
}

// query is the request's query with its question mark, or nothing.
func query(req *Request) string {
	if q := req.RawQuery(); len(q) > 0 {
		return "?" + string(q)
	}
	return ""
}
