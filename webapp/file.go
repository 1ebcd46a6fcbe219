package webapp

import (
	"errors"
	"github.com/edgesio/edgesio/eos"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Dotfiles says what becomes of names of which a part begins with a dot.
type Dotfiles uint8

const (
	// IgnoreDotfiles: they are not there.
	IgnoreDotfiles Dotfiles = iota
	// AllowDotfiles serves them as any other.
	AllowDotfiles
	// DenyDotfiles answers 403.
	DenyDotfiles
)

// FileOptions are what one file is sent with. The zero value is SendFile's.
type FileOptions struct {
	// Root is where the name begins. Default Options.Root.
	Root fs.FS
	// MaxAge is how long the browser may use its copy without asking; negative
	// makes it ask each time. Default: no Cache-Control header.
	MaxAge time.Duration
	// Immutable tells that the file never changes within MaxAge.
	Immutable bool
	// Dotfiles is about names like ".config" and ".git/HEAD". Default: 404.
	Dotfiles Dotfiles
	// Headers are set once the file is found, and win over what would be set else.
	Headers Fields
	// NoETag, NoLastModified and NoRanges leave something out.
	NoETag, NoLastModified, NoRanges bool

	save string // the name for Attachment
}

// rules is what Static and SendFile have in common.
type rules struct {
	cacheControl                     string
	dotfiles                         Dotfiles
	noETag, noLastModified, noRanges bool
	variants                         bool  // precompressed ones are looked for
	gzipBytes                        int64 // files up to this size are compressed
	setHeaders                       func(res *Response, name string, info fs.FileInfo)
}

// cacheControl is the value of that header.
func cacheControl(age time.Duration, immutable bool) string {
	s := "public, max-age=" + strconv.FormatInt(max(0, int64(age/time.Second)), 10)
	if immutable {
		s += ", immutable"
	}
	return s
}

// Dir is a directory as a file system that nothing below leads out of: neither
// names with "..", nor symbolic links; those that stay below are followed. Only
// regular files are there: see [poll.OpenRegular], also for what opening costs. It
// stays open as long as the program runs.
func Dir(path string) (fs.FS, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return directory{root}, nil
}

// directory is an fs.FS and fs.StatFS of a directory of the system.
type directory struct{ root *os.Root }

// Open opens a regular file.
func (d directory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, _, err := poll.OpenRegular(d.root, name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Stat describes what a name stands for, directories included.
func (d directory) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return d.root.Stat(name)
}

// SendFile completes the response with a file below Options.Root: its type by the
// name, ETag (unless one is set) and Last-Modified, 304 where the request has the
// same already, a part where it asks for that. A file that is not there is 404. The
// name is the program's: slashes, no "..".
func (r *Response) SendFile(name string) { r.SendFileWith(name, FileOptions{}) }

// SendFileFS is SendFile for another file system. Files of the system, as those of
// [Dir], go out by [poll.Conn.SendFile], others piece by piece. One without a time of
// its own, as in an embed.FS, is taken never to change: its ETag is a checksum that is
// made once.
func (r *Response) SendFileFS(root fs.FS, name string) {
	r.SendFileWith(name, FileOptions{Root: root})
}

// SendFileWith is SendFile with options.
func (r *Response) SendFileWith(name string, o FileOptions) {
	if !r.mayEnd(eos.ResponseSendFile) {
		return
	}
	if r.Ended() {
		return
	}
	if o.Root == nil {
		root, err := r.c.srv.fileRoot()
		if err != nil {
			r.Fail(err)
			return
		}
		o.Root = root
	}
	u := rules{
		dotfiles: o.Dotfiles, noETag: o.NoETag, noLastModified: o.NoLastModified, noRanges: o.NoRanges,
	}
	if o.MaxAge != 0 {
		u.cacheControl = cacheControl(o.MaxAge, o.Immutable)
	}
	f, err := u.find(o.Root, strings.TrimPrefix(name, "/"))
	if err != nil {
		r.missing(err)
		return
	}
	if o.save != "" {
		r.attachment(o.save)
	}
	r.SetFields(o.Headers)
	r.sendFound(f, &u)
}

// fileRoot is Options.Root; the working directory is opened at the first use.
func (s *Server) fileRoot() (fs.FS, error) {
	o := &s.options
	if o.Root == nil {
		root, err := Dir(".")
		if err != nil {
			return nil, err
		}
		o.Root = root
	}
	return o.Root, nil
}

// Download is SendFile of what the browser is to save, under the name as or, if
// that is empty, the file's own.
func (r *Response) Download(name, as string) {
	if as == "" {
		as = path.Base(name)
	}
	r.SendFileWith(name, FileOptions{save: as})
}

// errHidden is a name that DenyDotfiles is about.
var errHidden = &Error{403, StatusText(403)}

// missing answers for a file that cannot be sent. Which of the reasons that a name
// has for leading nowhere it was is not told.
func (r *Response) missing(err error) {
	switch {
	case err == error(errHidden):
		r.Fail(errHidden)
	case isTrouble(err):
		r.c.srv.report(err)
		r.Fail(&Error{503, StatusText(503)})
	default:
		r.Fail(&Error{404, StatusText(404)})
	}
}

// isTrouble tells the system's own troubles, such as a full descriptor table, from
// what is wrong with a name.
func isTrouble(err error) bool {
	var errno poll.Errno
	return errors.As(err, &errno) && errno.Temporary()
}

// found is a file that is open.
type found struct {
	root   fs.FS
	name   string // without the ending of a coding
	coding string // content coding: "", "br" or "gzip"
	file   fs.File
	info   fs.FileInfo
}

// find opens the file of a name.
func (u *rules) find(root fs.FS, name string) (*found, error) {
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		switch u.dotfiles {
		case IgnoreDotfiles:
			return nil, fs.ErrNotExist
		case DenyDotfiles:
			return nil, errHidden
		}
	}
	file, info, err := openFile(root, name)
	if err != nil {
		return nil, err
	}
	return &found{root: root, name: name, file: file, info: info}, nil
}

// openFile opens a regular file; anything else is fs.ErrNotExist, and not opened
// where the file system can tell before.
func openFile(root fs.FS, name string) (fs.File, fs.FileInfo, error) {
	if d, ok := root.(directory); ok && fs.ValidPath(name) {
		f, info, err := poll.OpenRegular(d.root, name)
		if err != nil {
			return nil, nil, err
		}
		return f, info, nil
	}
	if s, ok := root.(fs.StatFS); ok {
		if info, err := s.Stat(name); err != nil || !info.Mode().IsRegular() {
			return nil, nil, fs.ErrNotExist
		}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
