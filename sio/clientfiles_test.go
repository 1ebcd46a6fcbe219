package sio

import (
	"compress/gzip"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// fetch returns the status, the head and the body of a GET.
func (r *rig) fetch(path string, headers ...string) (status, head, body string) {
	r.t.Helper()
	p := r.k.Dial("127.0.0.1:80")
	p.Printf("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n", path, strings.Join(append(headers, ""), "\r\n"))
	all := ""
	r.k.Run(r.loop, func() bool { all += string(p.Read()); return p.Ended() }, 1e9)
	head, body, _ = strings.Cut(all, "\r\n\r\n")
	status, head, _ = strings.Cut(head, "\r\n")
	return strings.TrimPrefix(status, "HTTP/1.1 "), head + "\r\n", body
}

func TestClientFiles(t *testing.T) {
	r := newRig(t, Options{ClientFS: fstest.MapFS{
		"VERSION": file("4.8.1\n"), "socket.io.js": file("js"), "socket.io.js.map": file("map"),
		"socket.io.min.js": file("min"), "socket.io.min.js.gz": file("zipped"), "secret.js": file("no"),
	}})
	for _, c := range []struct {
		path, header, status, body string
		has                        []string
	}{
		{"socket.io.js", "X: y", "200 OK", "js", []string{`ETag: "4.8.1"`, "Cache-Control: public, max-age=0",
			"Content-Type: application/javascript; charset=utf-8"}},
		{"socket.io.js?buster=1", "X: y", "200 OK", "js", nil},
		{"socket.io.js.map", "X: y", "200 OK", "map", []string{"Content-Type: application/json; charset=utf-8"}},
		{"socket.io.js", `If-None-Match: "4.8.1"`, "304 Not Modified", "", []string{`ETag: "4.8.1"`}},
		{"socket.io.js", `If-None-Match: W/"4.8.1"`, "304 Not Modified", "", nil},
		{"socket.io.js", `If-None-Match: "nope"`, "200 OK", "js", nil},
		{"socket.io.min.js", "Accept-Encoding: gzip, br", "200 OK", "zipped", []string{"Content-Encoding: gzip",
			"Vary: Accept-Encoding", "Content-Type: application/javascript; charset=utf-8"}},
		{"socket.io.min.js", "Accept-Encoding: br", "200 OK", "min", []string{"Vary: Accept-Encoding"}},
		{"socket.io.esm.min.js", "X: y", "404 Not Found", noBundle, nil},
		{"secret.js", "X: y", "400 Bad Request", `{"code":0,"message":"Transport unknown"}`, nil},
		{"VERSION", "X: y", "400 Bad Request", `{"code":0,"message":"Transport unknown"}`, nil},
		{"socket.io.jsx", "X: y", "400 Bad Request", `{"code":0,"message":"Transport unknown"}`, nil},
		{"socket.io.js/x", "X: y", "400 Bad Request", `{"code":0,"message":"Transport unknown"}`, nil},
	} {
		status, head, body := r.fetch("/socket.io/"+c.path, c.header)
		if status != c.status || body != c.body {
			t.Errorf("%s %s: %s %q", c.path, c.header, status, body)
		}
		for _, h := range c.has {
			if !strings.Contains(head, h+"\r\n") {
				t.Errorf("%s: no %q in %q", c.path, h, head)
			}
		}
	}
}

func TestClientFilesWithoutVersion(t *testing.T) {
	r := newRig(t, Options{Path: "/chat", ClientFS: fstest.MapFS{"socket.io.js": file("js")}})
	_, head, body := r.fetch("/chat/socket.io.js")
	_, tag, ok := strings.Cut(head, "ETag: ")
	tag, _, _ = strings.Cut(tag, "\r\n")
	if !ok || body != "js" || len(tag) < 3 {
		t.Fatalf("%q %q", head, body)
	}
	if status, _, _ := r.fetch("/chat/socket.io.js", "If-None-Match: "+tag); status != "304 Not Modified" {
		t.Error(status)
	}
}

func TestServeClientOff(t *testing.T) {
	r := newRig(t, Options{NoServeClient: true, ClientFS: fstest.MapFS{"socket.io.js": file("js")}})
	if status, _, _ := r.fetch("/socket.io/socket.io.js"); status != "400 Bad Request" {
		t.Error(status)
	}
}

// The bundle is the npm package's files, whether the client takes gzip or not; without make there is none.
func TestBundle(t *testing.T) {
	if _, err := fs.Stat(bundle(), "VERSION"); err != nil {
		t.Skip("no bundle: make bundle brings it")
	}
	r := newRig(t, Options{})
	names := []string{"socket.io.js", "socket.io.min.js"}
	if d, _ := sourceMaps.ReadDir("."); len(d) > 0 { // not with the tag nosourcemaps
		names = append(names, "socket.io.msgpack.min.js.map")
	}
	for _, name := range names {
		status, head, plain := r.fetch("/socket.io/" + name)
		if status != "200 OK" || !strings.Contains(head, "Content-Length: "+strconv.Itoa(len(plain))+"\r\n") {
			t.Errorf("%s: %s, %d bytes, %s", name, status, len(plain), head)
		}
		_, head, packed := r.fetch("/socket.io/"+name, "Accept-Encoding: gzip")
		z, err := gzip.NewReader(strings.NewReader(packed))
		if err != nil || !strings.Contains(head, "Content-Encoding: gzip\r\n") {
			t.Fatalf("%s: %v, %s", name, err, head)
		}
		if b, err := io.ReadAll(z); err != nil || string(b) != plain || len(b) < 10000 {
			t.Errorf("%s: %d bytes and %d inflated, %v", name, len(plain), len(b), err)
		}
		if _, _, part := r.fetch("/socket.io/"+name, "Range: bytes=5-9"); part != plain && part != plain[5:10] {
			t.Errorf("%s: a part of %d bytes", name, len(part))
		}
	}
	for _, name := range []string{"nothing.js", "VERSION.gz", "../VERSION", ""} {
		if f, err := bundle().Open(name); err == nil {
			t.Errorf("%q opens %v", name, f)
		}
	}
}
