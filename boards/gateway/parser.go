package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/sio/msgpack"
)

// A server and all of its clients speak one wire form: socket.io-parser's (json), or socket.io-msgpack-parser's.
const (
	parserJSON    = "json"
	parserMsgpack = "msgpack"
)

// parserOf is the wire form of a name, nil for the usual one.
func parserOf(name string) (sio.Parser, error) {
	switch name {
	case "", parserJSON:
		return nil, nil
	case parserMsgpack:
		return msgpack.New(msgpack.Options{}), nil
	}
	return nil, fmt.Errorf("parser: want %s or %s, not %.20q", parserJSON, parserMsgpack, name)
}

// msgpackPages are pages that load the client with the other wire form.
type msgpackPages struct{ fs.FS }

// Open opens a page with the script's name changed.
func (p msgpackPages) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".html") {
		return p.FS.Open(name)
	}
	text, err := fs.ReadFile(p.FS, name)
	if err != nil {
		return nil, err
	}
	for _, client := range []string{"socket.io.js", "socket.io.min.js"} {
		text = bytes.ReplaceAll(text, []byte("/socket.io/"+client), []byte("/socket.io/socket.io.msgpack.min.js"))
	}
	return &page{Reader: bytes.NewReader(text), name: name}, nil
}

// page is a file in memory, and its own description.
type page struct {
	*bytes.Reader
	name string
}

// Stat is the page itself.
func (p *page) Stat() (fs.FileInfo, error) { return p, nil }

// Close does nothing.
func (p *page) Close() error { return nil }

// Name is the file's name.
func (p *page) Name() string { return p.name }

// Mode is that of a file that is only read.
func (p *page) Mode() fs.FileMode { return 0o444 }

// ModTime is no time, as for all files in the program.
func (p *page) ModTime() time.Time { return time.Time{} }

// IsDir is false.
func (p *page) IsDir() bool { return false }

// Sys is nil.
func (p *page) Sys() any { return nil }
