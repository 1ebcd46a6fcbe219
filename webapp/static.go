package webapp

import (
	"github.com/edgesio/edgesio/eos"
	"io/fs"
	"path"
	"strings"
	"time"
)

// StaticOptions describe what a directory's files are answered with. The zero
// value is ready to use.
type StaticOptions struct {
	// Index is what a directory stands for. Default "index.html"; "-" for none.
	Index string
	// Extensions are tried in turn for a name without one that is not there: "html"
	// makes /about find about.html. Default: none.
	Extensions []string
	// MaxAge is how long a browser may use its copy without asking. Default 30
	// days; negative makes it ask each time.
	MaxAge time.Duration
	// Immutable tells that files never change within MaxAge: names with a hash.
	Immutable bool
	// NoETag, NoLastModified, NoCacheControl and NoRanges leave something out.
	NoETag, NoLastModified, NoCacheControl, NoRanges bool
	// NoRedirect answers for a directory without its slash as for what is not
	// there, instead of sending the browser to the name with a slash.
	NoRedirect bool
	// NoFallthrough answers 404 for what is not there, and 405 for other methods,
	// instead of calling next.
	NoFallthrough bool
	// Dotfiles is about names like ".config" and ".git/HEAD". Default: they are
	// not there.
	Dotfiles Dotfiles
	// NoPrecompressed does not look for name.br and name.gz beside a file of text,
	// which are sent in its place to who accepts them. A variant that is older
	// than its file is sent, too.
	NoPrecompressed bool
	// GzipBytes is the largest file of text without a variant that is compressed
	// for who accepts it, from 1 KiB on. That is done on the loop for each answer
	// and nothing is kept, so what is asked for often deserves its .gz file.
	// Default 0: none; the compressor takes 1.2 MB once it was used.
	GzipBytes int64
	// SetHeaders is called before a file is sent; what it sets wins.
	SetHeaders func(res *Response, name string, info fs.FileInfo)
}

// minGzipBytes is what compression gains nothing below: it goes out in one packet.
const minGzipBytes = 1 << 10

// Static serves the files of root to GET and HEAD, below the path that it is
// used at. [Dir] makes a root of a directory; an embed.FS is one, too. Conditions
// and ranges of requests are heeded (RFC 9110 sections 13 and 14).
func Static(root fs.FS, o StaticOptions) Middleware {
	set(&o.Index, "index.html")
	set(&o.MaxAge, 30*24*time.Hour)
	u := rules{
		dotfiles: o.Dotfiles, noETag: o.NoETag, noLastModified: o.NoLastModified, noRanges: o.NoRanges,
		variants: !o.NoPrecompressed, gzipBytes: o.GzipBytes, setHeaders: o.SetHeaders,
	}
	if !o.NoCacheControl {
		u.cacheControl = cacheControl(o.MaxAge, o.Immutable)
	}
	return Member(eos.WebAppStatic, func(req *Request, res *Response, next Next) {
		if req.head.method != "GET" && req.head.method != "HEAD" {
			o.miss(res.allowIf(o.NoFallthrough), next, &Error{405, StatusText(405)})
			return
		}
		f, err := o.open(&u, root, string(req.subPath()))
		switch {
		case err == nil && f == nil:
			res.setStatus(301).redirect(string(req.head.rawPath.of(req.raw)) + "/" + query(req))
		case err == nil:
			res.sendFound(f, &u)
		case err == error(errHidden), isTrouble(err):
			res.missing(err)
		default:
			o.miss(res, next, &Error{404, StatusText(404)})
		}
	})
}

// open finds the file that a path stands for. No error and no file: a directory
// whose path lacks its slash.
func (o *StaticOptions) open(u *rules, root fs.FS, sub string) (*found, error) {
	name := strings.TrimPrefix(sub, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		if o.Index == "-" {
			return nil, fs.ErrNotExist
		}
		return u.find(root, name+o.Index)
	}
	f, err := u.find(root, name)
	if err == nil || err == error(errHidden) || isTrouble(err) {
		return f, err
	}
	if o.Index != "-" && !o.NoRedirect {
		if index, e := u.find(root, name+"/"+o.Index); e == nil {
			index.file.Close()
			return nil, nil
		}
	}
	for _, ext := range o.Extensions {
		if path.Ext(name) != "" {
			break
		}
		if f, e := u.find(root, name+"."+strings.TrimPrefix(ext, ".")); e == nil {
			return f, nil
		}
	}
	return nil, err
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
		r.set("Allow", "GET, HEAD")
	}
	return r
}

// query is the request's query with its question mark, or nothing.
func query(req *Request) string {
	if q := req.rawQuery(); len(q) > 0 {
		return "?" + string(q)
	}
	return ""
}
