package sio

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRecoveryFields: what is taken out of an auth payload is what encoding/json finds there, and the rest is the
// payload without it.
func FuzzRecoveryFields(f *testing.F) {
	for _, s := range []string{`{}`, `{"pid":"a","offset":"b"}`, `{"pid":"a","x":[1,{"pid":"no"}]}`,
		`{"x":"\"pid\"","pid":"b"}`, `{"pid":1,"offset":null}`, `{"pid":"a","offset":7}`,
		` { "token" : "t" , "pid" : "p" } `, `{"pid":"a","pid":"b"}`,
		`{"p\u0069d":"a"}`, `{"offset":"o","pid":"p","a":{"b":[]}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, auth string) {
		if !strings.HasPrefix(auth, "{") || !json.Valid([]byte(auth)) || !utf8.ValidString(auth) {
			return
		}
		pid, offset, rest := cutRecovery(auth)
		var whole, kept map[string]json.RawMessage
		if err := json.Unmarshal([]byte(auth), &whole); err != nil {
			t.Fatal(err)
		}
		if rest != "" {
			if err := json.Unmarshal([]byte(rest), &kept); err != nil {
				t.Fatalf("%q leaves %q: %v", auth, rest, err)
			}
		}
		if strings.Contains(auth, `\`) || strings.Count(auth, `"pid"`) != 1 || strings.Count(auth, `"offset"`) > 1 {
			return // spelt otherwise, or twice: that it stays JSON is enough
		}
		for name, got := range map[string]string{"pid": pid, "offset": offset} {
			var text string
			if raw, there := whole[name]; got != "" && (!there || json.Unmarshal(raw, &text) != nil || text != got) {
				t.Errorf("%s of %q is %q, not %q", name, auth, got, raw)
			}
		}
		if _, top := whole["pid"]; !top {
			return
		}
		delete(whole, "pid")
		delete(whole, "offset")
		if len(whole)+len(kept) > 0 && !reflect.DeepEqual(whole, kept) {
			t.Errorf("%q leaves %q", auth, rest)
		}
	})
}

// FuzzNamespaceQuery: the query of a namespace as JSON is that of net/url.
func FuzzNamespaceQuery(f *testing.F) {
	for _, s := range []string{"", "a=b", "a=b&a=c", "a", "=b", "a=%zz&b=1", "a=\"\\&\u20ac=\u2028", "%ff=%00", "a;b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		text := queryJSON(query)
		got := map[string]any{}
		if text != "" {
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatalf("%q becomes %q: %v", query, text, err)
			}
		}
		pairs := 0
		for pair := range strings.SplitSeq(query, "&") {
			k, v, _ := strings.Cut(pair, "=")
			k, err := url.QueryUnescape(k)
			v, err2 := url.QueryUnescape(v)
			if err != nil || err2 != nil || k == "" {
				continue
			}
			pairs++
			if have, there := got[string([]rune(k))]; !there && pairs <= maxQueryPairs {
				t.Errorf("%q of %q is not in %q", k, query, text)
			} else if one, is := have.(string); is && string([]rune(v)) != one && strings.Count(query, "&") == 0 {
				t.Errorf("%q is %q, not %q", k, one, v)
			}
		}
		if pairs == 0 != (text == "") || len(got) > pairs {
			t.Errorf("%q becomes %q", query, text)
		}
	})
}
