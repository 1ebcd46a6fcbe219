package sio

import (
	"hash/crc32"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/webapp"
)

// The files that browsers load: <path>/socket.io.js and its kin. They come from npm through make, which puts them into
// dist (see bundled.go); a binary that was built without them says so.

// clientNames are the files that are served; everything else below the path is the engine's.
var clientNames = []string{
	"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js",
	"socket.io.dev.js", "socket.io.slim.js", // of 2.x bundles
}

const noBundle = "The Socket.IO client is not part of this build. Run \"make bundle\" and build again, or set " +
	"Options.ClientFS to a folder that has the file; everything else works without it.\n"

// clientFiles serves the bundle. The ETag is the bundle's version, as the reference has it; a folder without a VERSION
// file gets a checksum of each file instead.
type clientFiles struct {
	root fs.FS
	base string // path of the folder in URLs
	tag  string // quoted version, or empty
	tags map[string]string
	next webapp.Handler
}

// newClientFiles makes the handler for the files of root below base; next gets all other requests.
func newClientFiles(root fs.FS, base string, next webapp.Handler) *clientFiles {
	c := &clientFiles{root: undated{root}, base: base, tags: make(map[string]string), next: next}
	if v, err := fs.ReadFile(root, "VERSION"); err == nil {
		c.tag = quoteTag(strings.TrimSpace(string(v)))
	}
	return c
}

// quoteTag makes an entity tag, empty when text cannot be one.
func quoteTag(text string) string {
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '"' {
			return ""
		}
	}
	if text == "" {
		return ""
	}
	return `"` + text + `"`
}

// handle serves GET and HEAD of a client file.
func (c *clientFiles) handle(req *webapp.Request, res *webapp.Response) {
	name := strings.TrimPrefix(req.Path(), c.base)
	if m := req.Method(); m != "GET" && m != "HEAD" || !clientFile(name) {
		c.next(req, res)
		return
	}
	if _, err := fs.Stat(c.root, name); err != nil {
		res.Status(404).Type("text/plain; charset=utf-8").Set("Cache-Control", "no-store").End(noBundle)
		return
	}
	res.Set("Cache-Control", "public, max-age=0").Set("ETag", c.entityTag(name))
	if res.Fresh(req) {
		return
	}
	kind := "application/javascript; charset=utf-8"
	if strings.HasSuffix(name, ".map") {
		kind = "application/json; charset=utf-8"
	}
	res.Type(kind).Set("X-Content-Type-Options", "nosniff")
	if zipped := name + ".gz"; c.has(zipped) {
		res.Set("Vary", "Accept-Encoding")
		if req.AcceptsEncoding("gzip") {
			res.Set("Content-Encoding", "gzip")
			name = zipped
		}
	}
	res.SendFileFS(c.root, name)
}

// clientFile tells whether name is one of the files, or the source map of one.
func clientFile(name string) bool {
	name = strings.TrimSuffix(name, ".map")
	for _, n := range clientNames {
		if n == name {
			return true
		}
	}
	return false
}

func (c *clientFiles) has(name string) bool {
	_, err := fs.Stat(c.root, name)
	return err == nil
}

// entityTag is the quoted tag of a file.
func (c *clientFiles) entityTag(name string) string {
	if c.tag != "" {
		return c.tag
	}
	if tag := c.tags[name]; tag != "" {
		return tag
	}
	b, err := fs.ReadFile(c.root, name)
	if err != nil {
		return `"0"`
	}
	tag := `"` + strconv.FormatUint(uint64(crc32.ChecksumIEEE(b)), 16) + `"`
	c.tags[name] = tag
	return tag
}

// undated is a file system without modification times: a file's version is its tag.
type undated struct{ fs.FS }

// Open opens a file.
func (u undated) Open(name string) (fs.File, error) {
	f, err := u.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return undatedFile{f}, nil
}

type undatedFile struct{ fs.File }

// Stat is the file's description without its time.
func (f undatedFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil {
		return nil, err
	}
	return undatedInfo{info}, nil
}

type undatedInfo struct{ fs.FileInfo }

// ModTime is no time.
func (undatedInfo) ModTime() time.Time { return time.Time{} }
