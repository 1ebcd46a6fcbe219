package webapp

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// parsed is a request as the wire has it, or nil.
func parsed(wire string) *Request {
	req := &Request{c: &conn{srv: &Server{}}}
	limits := headLimits{uri: 1 << 12, bytes: 1 << 14, fields: 20, cookies: 20, params: 20}
	n, e := req.head.parse([]byte(wire), &scan{}, &limits)
	if e != nil || n != len(wire) {
		return nil
	}
	req.raw = []byte(wire)
	return req
}

// FuzzQuery: a query comes to what net/url makes of each of its pairs.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{"", "a=b", "a=b&a=c", "a", "=", "&&a=&=b&", "a=b=c", "%61=%62+c", "a+b=%2B", "%00=%ff",
		"a;b=c", "a=%", "a=%4", "sid=__proto__&EIO=4"} {
		f.Add(q, "a")
	}
	f.Fuzz(func(t *testing.T, query, name string) {
		req := parsed("GET /?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n")
		if req == nil {
			return
		}
		var want, got []string
		var values []string
		for pair := range strings.SplitSeq(query, "&") {
			if pair == "" {
				continue
			}
			k, v, _ := strings.Cut(pair, "=")
			key, err := url.QueryUnescape(k)
			value, err2 := url.QueryUnescape(v)
			if err != nil || err2 != nil {
				t.Fatalf("%q was let through: %v, %v", pair, err, err2)
			}
			if want = append(want, key, value); key == name {
				values = append(values, value)
			}
		}
		req.EachQuery(func(k, v []byte) bool {
			got = append(got, string(k), string(v))
			return true
		})
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		v, ok := req.QueryLookup(name)
		if ok != (len(values) > 0) || ok && string(v) != values[0] || !slices.Equal(req.QueryAll(name), values) {
			t.Errorf("%q: %q %v, want %q", name, v, ok, values)
		}
	})
}

// FuzzCookies: every cookie with a value that net/http finds is found too, in its order.
func FuzzCookies(f *testing.F) {
	for _, c := range []string{"", "a=b", "a=b; c=d", "a=\"b\"; a=c", "a;=b;c=", " a = b ;;", "a=b,c", "a=\x80",
		"io=1;a=;b"} {
		f.Add(c, "a")
	}
	f.Fuzz(func(t *testing.T, list, name string) {
		wire := "GET / HTTP/1.1\r\nHost: a\r\nCookie: " + list + "\r\n\r\n"
		req := parsed(wire)
		if req == nil || strings.ContainsAny(list, "\r\n") {
			return
		}
		var got [][2]string
		req.EachCookie(func(k, v []byte) bool {
			got = append(got, [2]string{string(k), string(v)})
			return true
		})
		theirs := &http.Request{Header: http.Header{"Cookie": {list}}}
		at := 0
		for _, c := range theirs.Cookies() {
			if c.Value == "" || strings.ContainsAny(c.Value, " \t\"") { // theirs need no equal sign, and keep blanks
				continue
			}
			i := slices.Index(got[at:], [2]string{c.Name, c.Value})
			if i < 0 {
				t.Fatalf("%q of %q is not in %q", c, list, got[at:])
			}
			at += i + 1
		}
		i := slices.IndexFunc(got, func(c [2]string) bool { return c[0] == name })
		if v, ok := req.CookieLookup(name); ok != (i >= 0) || ok && string(v) != got[i][1] {
			t.Errorf("%q is %q %v in %q", name, v, ok, got)
		}
	})
}

// FuzzTags: a list of entity tags comes to the same when it is written again from its tags, and a representation
// matches exactly if its tag is one of them.
func FuzzTags(f *testing.F) {
	for _, l := range []string{`"a"`, `W/"a", "b"`, `"a,b"`, ` ,, "a"`, `"a" "b"`, `"a`, `*`, `W/`, `"\"`, `""`, `w/"a"`} {
		f.Add([]byte(l), `"a"`)
	}
	all := func(list []byte) (tags []string) {
		for tag, rest, ok := nextTag(list); ok; tag, rest, ok = nextTag(rest) {
			tags = append(tags, string(tag))
		}
		return tags
	}
	f.Fuzz(func(t *testing.T, list []byte, own string) {
		tags := all(list)
		if again := all([]byte(strings.Join(tags, ", "))); !slices.Equal(again, tags) {
			t.Errorf("%q, then %q", tags, again)
		}
		weak, strong := false, false
		for _, tag := range tags {
			opaque := strings.TrimPrefix(tag, "W/")
			if len(opaque) < 2 || strings.Count(opaque, `"`) != 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
				t.Errorf("%q is no entity tag", tag)
			}
			weak = weak || own != "" && opaque == strings.TrimPrefix(own, "W/")
			strong = strong || own != "" && tag == own && own[0] == '"'
		}
		star := string(bytes.Trim(list, " \t")) == "*"
		if lists(list, own, sameWeak) != (weak || star) || lists(list, own, sameStrong) != (strong || star) {
			t.Errorf("%q in %q: weak %v, strong %v", own, tags, weak, strong)
		}
	})
}
