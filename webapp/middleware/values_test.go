package middleware

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzBasic: who is let in as somebody is the same for net/http; what it writes is read.
func FuzzBasic(f *testing.F) {
	for _, s := range []string{"Basic YTpi", "basic  YTpi", "Basic", "Basic YTpi=", "Basic Og==", "Bearer YTpi",
		"Basic YTo6Yg=="} {
		f.Add(s, "a", "b:c")
	}
	f.Fuzz(func(t *testing.T, header, user, word string) {
		if c, ok := parseBasic(header); ok && !strings.ContainsAny(header, "\r\n") {
			scheme, token, _ := strings.Cut(header, " ")
			r := &http.Request{Header: http.Header{"Authorization": {scheme + " " + strings.TrimLeft(token, " ")}}}
			if u, p, there := r.BasicAuth(); !there || u != c.User || p != c.Password {
				t.Errorf("%q: %+v, net/http %q %q %v", header, c, u, p, there)
			}
		}
		text := user + ":" + word
		fine := utf8.ValidString(text) && isFieldText([]byte(text)) && !strings.Contains(user, ":")
		c, ok := parseBasic("Basic " + base64.StdEncoding.EncodeToString([]byte(text)))
		if fine && (!ok || c.User != user || c.Password != word) {
			t.Errorf("%q: %+v %v", text, c, ok)
		}
	})
}

// FuzzFileName: what comes of any name is one that a file can have, and stays as it is.
func FuzzFileName(f *testing.F) {
	for _, s := range []string{"a.txt", "../../etc/passwd", `C:\a\b.txt`, "...", " a. ", "a\x00b", "a\xffb",
		"\u202egpj.exe", "a:b",
		strings.Repeat("\u20ac", 100) + ".jpeg", strings.Repeat("a", 250) + ". .txt", strings.Repeat("a.", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := CleanFileName(name)
		if len(got) > maxFileNameBytes || !utf8.ValidString(got) || strings.ContainsAny(got, `/\<>:"|?*`) ||
			got != strings.Trim(got, ". ") || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q from %q", got, name)
		}
		if again := CleanFileName(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
	})
}
