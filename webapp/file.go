package webapp

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Dir is a directory as a file system that nothing below leads out of: neither
// names with "..", nor symbolic links. It stays open as long as the program runs.
func Dir(path string) (fs.FS, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return root.FS(), nil
}

// SendFile completes the response with a file below Options.Root: its type by
// the name, ETag (unless one is set) and Last-Modified, 304 where the request has the same already.
// A file that is not there is 404. The name is the program's: slashes, no "..".
func (r *Response) SendFile(name string) {
	if r.Ended() {
		return
	}
	o := &r.c.srv.options
	if o.Root == nil {
		root, err := Dir(".")
		if err != nil {
			r.Fail(err)
			return
		}
		o.Root = root
	}
	r.SendFileFS(o.Root, name)
}

// SendFileFS is SendFile for another file system.
func (r *Response) SendFileFS(root fs.FS, name string) {
	if r.Ended() {
		return
	}
	f, info, err := openFile(root, strings.TrimPrefix(name, "/"))
	switch {
	case err == nil:
		r.sendFile(f, info, &StaticOptions{})
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		r.Fail(&Error{404, StatusText(404)})
	default:
		r.c.srv.report(err)
		r.Fail(err)
	}
}

// openFile opens a regular file; a directory is fs.ErrNotExist.
func openFile(root fs.FS, name string) (fs.File, fs.FileInfo, error) {
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

// sendFile sets what describes the file, and sends it unless the peer has it.
func (r *Response) sendFile(f fs.File, info fs.FileInfo, o *StaticOptions) {
	r.defaultType(typeByExtension(info.Name()))
	changed := info.ModTime()
	if !o.NoETag && !changed.IsZero() && r.Get("ETag") == "" {
		r.Set("ETag", `W/"`+strconv.FormatInt(info.Size(), 16)+"-"+strconv.FormatInt(changed.UnixMilli(), 16)+`"`)
	}
	if !o.NoLastModified && !changed.IsZero() {
		r.Set("Last-Modified", changed.UTC().Format(httpDate))
	}
	switch {
	case r.unchanged(changed):
		r.Remove("Content-Type")
		r.Status(304)
		fallthrough
	case r.flags&toHead != 0:
		f.Close()
		r.finishEmpty(info.Size())
	default:
		r.stream(f, info.Size())
	}
}

// finishEmpty ends a response whose body is left out, but not its length.
func (r *Response) finishEmpty(length int64) {
	r.c.write(r.appendHead(r.c.pc.Out(), length))
	r.finish()
}

// unchanged judges If-None-Match, or else If-Modified-Since, RFC 9110 section
// 13.2.2. A request that was not kept has neither.
func (r *Response) unchanged(changed time.Time) bool {
	req := r.c.req
	if req == nil || r.status != 200 || req.Method() != "GET" && req.Method() != "HEAD" {
		return false
	}
	if list, ok := req.HeaderLookup("If-None-Match"); ok {
		return r.matches(list)
	}
	since, err := time.Parse(httpDate, req.Header("If-Modified-Since"))
	return err == nil && !changed.IsZero() && !changed.Truncate(time.Second).After(since)
}

// matches compares If-None-Match with the ETag that is set, weakly.
func (r *Response) matches(list []byte) bool {
	tag := strings.TrimPrefix(r.Get("ETag"), "W/")
	for item, rest, ok := nextItem(list); ok; item, rest, ok = nextItem(rest) {
		if string(item) == "*" || tag != "" && strings.TrimPrefix(string(item), "W/") == tag {
			return true
		}
	}
	return false
}

// Fresh tells whether the request has what the ETag that was set names: then the
// response has been ended with 304. It is for handlers with their own tags.
func (r *Response) Fresh(req *Request) bool {
	list, ok := req.HeaderLookup("If-None-Match")
	if !ok || r.Ended() || !r.matches(list) {
		return false
	}
	r.Status(304).End("")
	return true
}

const (
	fileChunkBytes = 16 << 10  // one read of a file
	fileTurnBytes  = 256 << 10 // what one file may take of a turn
)

// fileSender streams a file as the peer takes it.
type fileSender struct {
	file  fs.File
	left  int64
	after Aborter
}

// stream sends length bytes of f.
func (r *Response) stream(f fs.File, length int64) {
	s := &fileSender{file: f, left: length, after: r.aborter}
	r.aborter = s
	r.flags |= isSending
	r.c.write(r.appendHead(r.c.pc.Out(), length))
	s.OnDrain(r)
}

// OnDrain sends on, until the peer is slower than the file, or it is the turn
// of others.
func (s *fileSender) OnDrain(r *Response) {
	for turn := 0; s.left > 0; {
		if turn >= fileTurnBytes {
			r.c.deadline(0)
			return
		}
		n := int(min(s.left, fileChunkBytes))
		out := r.c.pc.Out()
		b := slices.Grow(out, n)[:len(out)+n]
		if _, err := io.ReadFull(s.file, b[len(out):]); err != nil {
			s.file.Close()
			r.drop() // it was promised longer
			return
		}
		s.left -= int64(n)
		turn += n
		if st := r.c.write(b); st != poll.OK && s.left > 0 {
			return // OnDrain or OnAbort follows
		}
	}
	s.file.Close()
	r.finish()
}

// OnAbort closes the file.
func (s *fileSender) OnAbort(r *Response) {
	s.file.Close()
	if s.after != nil {
		s.after.OnAbort(r)
	}
}
