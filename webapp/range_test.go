package webapp

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// rangeVectors are headers for a file of 1000 bytes: the parts, "whole" or "none".
var rangeVectors = []struct{ header, want string }{
	{"bytes=0-0", "0+1"},
	{"bytes=0-", "0+1000"},
	{"bytes=0-999", "0+1000"},
	{"bytes=0-5000", "0+1000"},
	{"bytes=990-", "990+10"},
	{"bytes=-1", "999+1"},
	{"bytes=-5000", "0+1000"},
	{"bytes=-0", "none"},
	{"bytes=1000-", "none"},
	{"bytes=1000-2000,-0", "none"},
	{"bytes=1000-,5-6", "5+2"},
	{"Bytes=5-6", "5+2"},
	{"bytes= 5-6 ,\t700-701", "5+2 700+2"},
	{"bytes=700-701,5-6", "700+2 5+2"},
	{"bytes=0-99,50-199", "0+200"},
	{"bytes=50-199,0-99", "0+200"},
	{"bytes=0-9,80-89", "0+90"},
	{"bytes=0-9,100-109", "0+10 100+10"},
	{"bytes=0-9,300-309,5-305", "0+310"},
	{"bytes=0-,0-,0-", "0+1000"},
	{"bytes=,,1-2,", "1+2"},
	{"bytes=0-99999999999999999999999999", "0+1000"},
	{"bytes=-99999999999999999999999999", "0+1000"},
	{"bytes=99999999999999999999999999-", "none"},
	{"bytes=9223372036854775807-9223372036854775807", "none"},
	{"bytes=", "whole"},
	{"bytes", "whole"},
	{"bytes=-", "whole"},
	{"bytes=a-b", "whole"},
	{"bytes=5-4", "whole"},
	{"bytes=5", "whole"},
	{"bytes=1-2-3", "whole"},
	{"bytes=+1-2", "whole"},
	{"bytes=1-2,x", "whole"},
	{"bytes=1 -2", "whole"},
	{"lines=1-2", "whole"},
	{"bytes=" + strings.Repeat("0-0,", maxRanges), "0+1"},
	{"bytes=" + strings.Repeat("0-0,", maxRanges+1), "whole"},
}

func describeRange(header string, size int64) string {
	extents, result := parseRange([]byte(header), size)
	switch result {
	case wholeFile:
		return "whole"
	case unsatisfiable:
		return "none"
	}
	var parts []string
	for _, e := range extents {
		parts = append(parts, fmt.Sprintf("%d+%d", e.at, e.n))
	}
	return strings.Join(parts, " ")
}

func TestParseRange(t *testing.T) {
	for _, v := range rangeVectors {
		if got := describeRange(v.header, 1000); got != v.want {
			t.Errorf("%q: %s, want %s", v.header, got, v.want)
		}
		if got := describeRange(v.header, 0); got != "whole" {
			t.Errorf("%q of an empty file: %s", v.header, got)
		}
	}
}

// FuzzParseRange: parts are within the file, apart, and hold every byte that one of
// the ranges names, each asked for alone.
func FuzzParseRange(f *testing.F) {
	for _, v := range rangeVectors {
		f.Add([]byte(v.header), int64(1000))
		f.Add([]byte(v.header), int64(1)<<62)
	}
	f.Fuzz(func(t *testing.T, header []byte, size int64) {
		extents, result := parseRange(header, size)
		if (result == someParts) != (len(extents) > 0) || len(extents) > maxRanges {
			t.Fatalf("%d: %v", result, extents)
		}
		for i, a := range extents {
			if a.at < 0 || a.n <= 0 || a.n > size || a.at > size-a.n {
				t.Fatalf("%v of %d", a, size)
			}
			for _, b := range extents[:i] {
				if a.at <= b.at+b.n && b.at <= a.at+a.n {
					t.Fatalf("%v and %v", b, a)
				}
			}
		}
		if result != someParts {
			return
		}
		for item, rest, ok := nextItem(header[len("bytes="):]); ok; item, rest, ok = nextItem(rest) {
			one, _ := parseRange(append([]byte("bytes="), item...), size)
			if len(one) > 0 && !slices.ContainsFunc(extents, func(e extent) bool {
				return e.at <= one[0].at && e.at+e.n >= one[0].at+one[0].n
			}) {
				t.Fatalf("%q is not in %v", item, extents)
			}
		}
	})
}

// FuzzParseDate: what is a date is the same date in the present form, and within
// the years that a header can name.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994", "Sunday, 29-Feb-00 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", ""} {
		f.Add([]byte(s))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := parseDate(b, now)
		if !ok {
			return
		}
		again, ok := parseDate([]byte(d.Format(httpDate)), now)
		if !ok || !again.Equal(d.Truncate(time.Second)) || d.Year() < 0 || d.Year() > 9999 {
			t.Fatalf("%q is %v, and that is %v", b, d, again)
		}
	})
}

// bytesRig serves one file of 300,000 bytes from a directory, or from memory.
func bytesRig(t *testing.T, seed uint64, f polltest.Faults, o StaticOptions) (*rig, string) {
	t.Helper()
	content := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 300_000/36+1)[:300_000]
	dir := t.TempDir()
	writeFile(t, dir+"/f.bin", content)
	settle(t, dir+"/f.bin")
	r := newFaultyRig(t, seed, f, Options{}, func(app *App) { app.Use("/", Static(must(Dir(dir)), o)) })
	return r, content
}

// settle gives a file a time of 2020.
func settle(t *testing.T, path string) {
	t.Helper()
	past := time.Date(2020, 1, 2, 3, 4, 5, 678, time.UTC)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
}

func TestRanges(t *testing.T) {
	r, content := bytesRig(t, 1, polltest.Faults{}, StaticOptions{})
	for _, v := range []struct {
		header, contentRange string
		status               int
		body                 string
	}{
		{"bytes=0-0", "bytes 0-0/300000", 206, "0"},
		{"bytes=36-", "bytes 36-299999/300000", 206, content[36:]},
		{"bytes=-100000", "bytes 200000-299999/300000", 206, content[200_000:]},
		{"bytes=300000-", "bytes */300000", 416, "Range Not Satisfiable"},
		{"bytes=x", "", 200, content},
	} {
		c := r.dial().send(get("/f.bin", "Range: "+v.header) + get("/none"))
		res := c.next("GET")
		if res.StatusCode != v.status || res.body != v.body || res.Header.Get("Content-Range") != v.contentRange {
			t.Errorf("%s: %d %v, %d bytes", v.header, res.StatusCode, res.Header, len(res.body))
		}
		if v.status < 300 && res.Header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%s: %v", v.header, res.Header)
		}
		c.want(404, "Cannot GET /none") // the connection goes on
		c.Close()
	}
	if res := r.once(request("HEAD", "/f.bin", "", "Range: bytes=0-0")); res.StatusCode != 200 ||
		res.ContentLength != 300_000 {
		t.Errorf("HEAD: %d %v", res.StatusCode, res.Header)
	}
	off, content := bytesRig(t, 1, polltest.Faults{}, StaticOptions{NoRanges: true})
	if res := off.once(get("/f.bin", "Range: bytes=0-0")); res.body != content || res.Header.Get("Accept-Ranges") != "" {
		t.Errorf("NoRanges: %d %v", res.StatusCode, res.Header)
	}
}

func TestMultipleRanges(t *testing.T) {
	r, content := bytesRig(t, 1, polltest.Faults{}, StaticOptions{})
	for _, header := range []string{"bytes=0-9,200-209,100000-299999", "bytes=1000-1010,0-0,-1"} {
		res := r.once(get("/f.bin", "Range: "+header))
		kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
		if res.StatusCode != 206 || err != nil || kind != "multipart/byteranges" || res.Header.Get("Content-Range") != "" {
			t.Fatal(res.StatusCode, res.Header)
		}
		parts := multipart.NewReader(strings.NewReader(res.body), params["boundary"])
		extents, _ := parseRange([]byte(header), 300_000)
		for _, e := range extents {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(part)
			if want := fmt.Sprintf("bytes %d-%d/300000", e.at, e.at+e.n-1); part.Header.Get("Content-Range") != want ||
				part.Header.Get("Content-Type") != "application/octet-stream" || string(b) != content[e.at:e.at+e.n] {
				t.Errorf("%v, %d bytes, want %s", part.Header, len(b), want)
			}
		}
		if _, err := parts.NextPart(); err != io.EOF {
			t.Error(err)
		}
	}
}

// Files of the system through every fault, in any number of parts, by peers that
// come and go: who stays gets the bytes, and nothing is left open.
func TestFilesThroughFaults(t *testing.T) {
	polltest.Seeds(t, 60, func(t *testing.T, seed uint64) {
		f := polltest.Faults{ShortRead: .2, ShortWrite: .2, EAGAIN: .1, EINTR: .1}
		r, content := bytesRig(t, seed, f, StaticOptions{})
		r.k.NoSendFile = r.k.Coin(.3)
		r.k.SendBytes = 1 + r.k.IntN(100_000)
		var stay []*client
		var want []string
		for range 8 {
			c, from := r.dial(), r.k.IntN(300_000)
			for range 3 {
				c.send(get("/f.bin", fmt.Sprintf("Range: bytes=%d-", from)))
			}
			if r.k.Coin(.4) {
				c.Stall()
				r.k.After(time.Duration(r.k.IntN(200))*time.Millisecond, c.Reset)
				continue
			}
			stay, want = append(stay, c), append(want, content[from:])
		}
		for i, c := range stay {
			for range 3 {
				c.want(206, want[i])
			}
			c.Close()
		}
		r.k.Sleep(r.loop, time.Second)
	})
}
