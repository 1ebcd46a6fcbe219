package middleware

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileNameBytes is what common file systems take.
const maxFileNameBytes = 255

// CleanFileName makes a name for a file of what a peer calls it: the last element
// behind slashes and backslashes, without control and formatting characters, with
// "_" for what FAT does not take and for bytes that are no UTF-8, without dots
// and spaces at its ends, cut to 255 bytes with its extension kept. It is "" if
// nothing is left. It is no path, and still the peer's: two files may have it.
func CleanFileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > maxFileNameBytes {
		ext := ""
		if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 16 {
			ext = name[i:]
		}
		name = strings.TrimRight(cutText(name, maxFileNameBytes-len(ext)), ". ") + ext
	}
	return name
}

// cutText cuts s to at most n bytes between two characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// extendedText decodes filename*=UTF-8”name, RFC 8187, which no browser sends
// for a form, but some programs do.
func extendedText(v string) (string, bool) {
	set, rest, ok := strings.Cut(v, "'")
	_, text, also := strings.Cut(rest, "'")
	if !ok || !also || !strings.EqualFold(set, "utf-8") {
		return "", false
	}
	b, ok := unescape(nil, []byte(strings.ReplaceAll(text, "+", "%2B")))
	return string(b), ok && utf8.Valid(b)
}
