package sio

import (
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
