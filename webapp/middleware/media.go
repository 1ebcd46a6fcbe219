package middleware

import (
	"strings"

	"github.com/edgesio/edgesio/webapp"
)

// mediaType takes a Content-Type apart, RFC 9110 section 8.3: the type in lower
// case, and a function for its parameters. ok is false if it is malformed.
func mediaType(header string) (kind, params string, ok bool) {
	kind, params, _ = strings.Cut(header, ";")
	kind = strings.ToLower(strings.Trim(kind, " \t"))
	major, minor, slash := strings.Cut(kind, "/")
	return kind, params, slash && isToken(major) && isToken(minor)
}

// nextParam takes the first of "; name=value; name="value"" off. Names come in
// lower case, values without quotes. Within quotes a backslash takes effect before
// a quote only: browsers of the past send whole Windows paths. ok is false at the
// end, with rest "", or where the list is malformed, with what is left.
func nextParam(list string) (name, value, rest string, ok bool) {
	list = strings.TrimLeft(list, "; \t")
	if list == "" {
		return "", "", "", false
	}
	name, after, found := strings.Cut(list, "=")
	name = strings.ToLower(strings.Trim(name, " \t"))
	if !found || !isToken(name) {
		return "", "", list, false
	}
	after = strings.TrimLeft(after, " \t")
	if after == "" || after[0] != '"' {
		value, rest, _ = strings.Cut(after, ";")
		value = strings.Trim(value, " \t")
		return name, value, rest, isVisible(value)
	}
	var b strings.Builder
	for i := 1; i < len(after); i++ {
		switch c := after[i]; {
		case c == '"':
			rest = strings.TrimLeft(after[i+1:], " \t")
			return name, b.String(), rest, rest == "" || rest[0] == ';'
		case c == '\\' && i+1 < len(after) && after[i+1] == '"':
			i++
			b.WriteByte('"')
		default:
			b.WriteByte(c)
		}
	}
	return "", "", list, false // no closing quote
}

// param is the value of one parameter.
func param(params, name string) (value string, ok bool) {
	for {
		k, v, rest, more := nextParam(params)
		if !more {
			return "", false
		}
		if k == name {
			return v, true
		}
		params = rest
	}
}

// isToken checks a token, RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isVisible is wider than a token: boundaries come with slashes and equal signs
// and without the quotes that they need.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' {
			return false
		}
	}
	return s != ""
}

// matches compares a type with "a/b", "a/*", "*/*" or "+suffix".
func matches(kind string, patterns []string) bool {
	for _, p := range patterns {
		switch {
		case p == "*/*", p == kind,
			strings.HasSuffix(p, "/*") && strings.HasPrefix(kind, p[:len(p)-1]),
			p[0] == '+' && strings.HasSuffix(kind, p):
			return true
		}
	}
	return false
}

// charset is the charset of a text body in lower case, "utf-8" if none is named.
func charset(params string) string {
	if c, ok := param(params, "charset"); ok {
		return strings.ToLower(c)
	}
	return "utf-8"
}

// checkTypes panics on a pattern that would never match: a program's mistake.
func checkTypes(patterns []string) {
	for _, p := range patterns {
		if p == "" || p[0] != '+' && strings.Count(p, "/") != 1 || p != strings.ToLower(p) {
			panic("middleware: " + `"` + p + `" is no media type in lower case`)
		}
	}
}

func errCharset(name string) error {
	return &webapp.Error{Status: 415, Message: "charset " + webapp.Quote([]byte(name)) + " is not supported"}
}
