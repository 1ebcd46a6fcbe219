package sio

import (
	"bytes"
	"compress/flate"
	"embed"
	"encoding/binary"
	"io"
	"io/fs"
	"strings"
	"time"
)

// The bundle is embedded compressed, and only so: a browser gets the bytes as they are, and who takes no gzip gets them
// inflated piece by piece. Source maps, which only a developer's tools fetch, are in a folder of their own: boards
// leave them out.

//go:embed all:dist
var dist embed.FS

// bundle is the embedded folder. It has NAME where it holds NAME.gz.
func bundle() fs.FS { return packed{} }

// packed is the bundle with and without its ".gz".
type packed struct{}

// Open opens a file. What had to be inflated has no io.ReaderAt: it is sent whole.
func (packed) Open(name string) (fs.File, error) {
	root, dir := dist, "dist/"
	if strings.HasSuffix(name, ".map") || strings.HasSuffix(name, ".map.gz") {
		root, dir = sourceMaps, "sourcemaps/"
	}
	if f, err := root.Open(dir + name); err == nil {
		return f, nil
	}
	b, err := root.ReadFile(dir + name + ".gz")
	if err != nil || !isPlainGzip(b) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &inflatedFile{Reader: flate.NewReader(bytes.NewReader(b[gzipHead:])), name: name,
		size: int64(binary.LittleEndian.Uint32(b[len(b)-4:]))}, nil
}

const (
	gzipHead = 10    // bytes of RFC 1952, section 2.3, when it has no optional fields: gzip -n
	gzipTail = 4 + 4 // CRC-32, size
)

// isPlainGzip tells whether b is a member without optional fields.
func isPlainGzip(b []byte) bool {
	return len(b) > gzipHead+gzipTail && string(b[:4]) == "\x1f\x8b\x08\x00"
}

// inflatedFile is a file that is read once, from its beginning, and its own description.
type inflatedFile struct {
	io.Reader
	name string
	size int64
}

// Stat is the file itself.
func (f *inflatedFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close does nothing: the bytes are the program's.
func (f *inflatedFile) Close() error { return nil }

// Name is the name without ".gz".
func (f *inflatedFile) Name() string { return f.name }

// Size is what comes out, in bytes.
func (f *inflatedFile) Size() int64 { return f.size }

// Mode is that of a file that is only read.
func (f *inflatedFile) Mode() fs.FileMode { return 0o444 }

// ModTime is no time: the bundle's version is its tag.
func (f *inflatedFile) ModTime() time.Time { return time.Time{} }

// IsDir is false.
func (f *inflatedFile) IsDir() bool { return false }

// Sys is nil.
func (f *inflatedFile) Sys() any { return nil }
