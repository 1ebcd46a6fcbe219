package webapp

import (
	"embed"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

const (
	sameDate = "Thu, 02 Jan 2020 03:04:05 GMT" // of settle
	earlier  = "Thu, 02 Jan 2020 03:04:04 GMT"
	later    = "Thu, 02 Jan 2020 03:04:06 GMT"
)

// conditionVectors are requests for the file of bytesRig. TAG is its entity tag.
var conditionVectors = []struct {
	headers string
	status  int
}{
	{"If-Match: TAG", 200},
	{"If-Match: *", 200},
	{`If-Match: "x", TAG`, 200},
	{`If-Match: "x"`, 412},
	{"If-Match: W/TAG", 412}, // weak never matches strongly
	{"If-Match: x", 412},
	{"If-Unmodified-Since: " + sameDate, 200},
	{"If-Unmodified-Since: " + later, 200},
	{"If-Unmodified-Since: " + earlier, 412},
	{"If-Unmodified-Since: today", 200},
	{"If-Match: TAG|If-Unmodified-Since: " + earlier, 200}, // the tag decides
	{"If-None-Match: TAG", 304},
	{"If-None-Match: W/TAG", 304},
	{"If-None-Match: *", 304},
	{`If-None-Match: "a,b", W/"c" , TAG`, 304},
	{`If-None-Match: "x"`, 200},
	{`If-None-Match: "unfinished, TAG`, 200},
	{"If-Modified-Since: " + sameDate, 304},
	{"If-Modified-Since: Thursday, 02-Jan-20 03:04:05 GMT", 304},
	{"If-Modified-Since: Thu Jan  2 03:04:05 2020", 304},
	{"If-Modified-Since: " + earlier, 200},
	{"If-Modified-Since: Thu, 02 Jan 2020 03:04:05 UTC", 200},
	{`If-None-Match: "x"|If-Modified-Since: ` + sameDate, 200}, // the tag decides
	{"If-Match: TAG|If-None-Match: TAG", 304},
	{`If-Match: "x"|If-None-Match: TAG`, 412},
	{"If-Unmodified-Since: " + earlier + "|If-None-Match: TAG", 412},
	{"Range: bytes=0-1|If-Range: TAG", 206},
	{"Range: bytes=0-1|If-Range: W/TAG", 200},
	{`Range: bytes=0-1|If-Range: "x"`, 200},
	{"Range: bytes=0-1|If-Range: TAG, TAG", 200},
	{"Range: bytes=0-1|If-Range: " + sameDate, 206},
	{"Range: bytes=0-1|If-Range: " + later, 200},
	{"Range: bytes=0-1|If-Range: x", 200},
	{"Range: bytes=400000-|If-Range: \"x\"", 200},
	{"Range: bytes=400000-|If-None-Match: TAG", 304},
	{`Range: bytes=0-1|If-Match: "x"`, 412},
}

func TestConditions(t *testing.T) {
	r, content := bytesRig(t, 1, polltest.Faults{}, StaticOptions{})
	tag := r.once(get("/f.bin")).Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("the tag is %s", tag)
	}
	body := map[int]string{200: content, 206: content[:2], 304: "", 412: "Precondition Failed"}
	for _, v := range conditionVectors {
		headers := strings.Split(strings.ReplaceAll(v.headers, "TAG", tag), "|")
		res := r.once(get("/f.bin", headers...))
		if res.StatusCode != v.status || res.body != body[v.status] {
			t.Errorf("%s: %d, %d bytes, want %d", v.headers, res.StatusCode, len(res.body), v.status)
		}
		if h := res.Header; v.status == 304 && (h.Get("ETag") != tag || h.Get("Cache-Control") == "" ||
			h.Get("Last-Modified") != sameDate || h.Get("Content-Type") != "" || h.Get("Content-Length") != "") {
			t.Errorf("%s: %v", v.headers, h)
		}
		if status := r.once(request("HEAD", "/f.bin", "", headers...)).StatusCode; status != v.status &&
			!(v.status == 206 && status == 200) {
			t.Errorf("HEAD %s: %d, want %d", v.headers, status, v.status)
		}
	}
}

// A file that has just changed may change again within the step of its clock: its
// validators are weak, and do not permit to join parts.
func TestYoungFilesHaveWeakTags(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/a", "abcdef")
	r := newRig(t, Options{}, func(app *App) { app.Use("/", Static(must(Dir(dir)), StaticOptions{})) })
	now := r.k.Wall()
	for age, weak := range map[time.Duration]bool{0: true, time.Second: true, 3 * time.Second: false, -time.Hour: true} {
		at := now.Add(-age)
		if err := os.Chtimes(dir+"/a", at, at); err != nil {
			t.Fatal(err)
		}
		res := r.once(get("/a"))
		if tag := res.Header.Get("ETag"); strings.HasPrefix(tag, "W/") != weak {
			t.Errorf("age %v: %s", age, tag)
		}
		if shown, date := res.Header.Get("Last-Modified"), res.Header.Get("Date"); (shown == date) != (age <= 0) {
			t.Errorf("age %v: modified %s at %s", age, shown, date)
		}
		for _, v := range []string{res.Header.Get("ETag"), res.Header.Get("Last-Modified")} {
			if res := r.once(get("/a", "Range: bytes=1-2", "If-Range: "+v)); (res.StatusCode == 200) != weak {
				t.Errorf("age %v, If-Range %s: %d", age, v, res.StatusCode)
			}
		}
	}
}

//go:embed doc.go
var embedded embed.FS

// counted counts how often a file system is read.
type counted struct {
	fs.FS
	reads *int
}

func (c counted) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return countedFile{f, c.reads}, nil
}

type countedFile struct {
	fs.File
	reads *int
}

func (c countedFile) ReadAt(p []byte, at int64) (int, error) {
	*c.reads++
	return c.File.(interface {
		ReadAt(p []byte, at int64) (int, error)
	}).ReadAt(p, at)
}

// A file without a time has a tag of its bytes, made once.
func TestTagOfContent(t *testing.T) {
	text := string(must(embedded.ReadFile("doc.go")))
	reads := 0
	r := newRig(t, Options{}, func(app *App) {
		app.Use("/", Static(counted{embedded, &reads}, StaticOptions{}))
		app.Use("/copy", Static(embedded, StaticOptions{}))
	})
	tag := r.once(get("/doc.go")).Header.Get("ETag")
	if res := r.once(get("/doc.go", "Range: bytes=3-9", "If-Range: "+tag)); res.body != text[3:10] ||
		res.Header.Get("Last-Modified") != "" {
		t.Errorf("%q %v", res.body, res.Header)
	}
	before := reads
	for range 3 {
		if res := r.once(get("/doc.go", "If-None-Match: "+tag)); res.StatusCode != 304 {
			t.Error(res.StatusCode)
		}
	}
	if before == 0 || reads != before {
		t.Errorf("%d reads, then %d more", before, reads-before)
	}
	if other := r.once(get("/copy/doc.go")).Header.Get("ETag"); other != tag || tag[0] != '"' {
		t.Errorf("%s and %s", tag, other)
	}
}
