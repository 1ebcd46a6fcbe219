package rfc6455

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Texts of group 6: kosme is valid and of two and three octets a character; greek mixes in ASCII.
const (
	kosme = "\u03ba\u1f79\u03c3\u03bc\u03b5"
	greek = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"
)

func texts(d dialect) []row {
	surrogate := kosme + "\xed\xa0\x80edited"
	empty := d.told("")
	byCharacter := func(s string) string { return fragments(opText, d.prefix+s, 1) }
	return []row{
		sound("6.1.1", "5.6", "text without payload", whole(d.text("")), empty),
		sound("6.1.2", "5.4", "three fragments without payload", whole(d.first(""), more(""), last("")), empty),
		sound("6.1.3", "5.4", "three fragments, only the second has payload",
			whole(d.first(""), more("middle frame payload"), last("")), d.told("middle frame payload")),
		sound("6.2.1", "8.1", "valid UTF-8", whole(d.text(greek)), d.told(greek)),
		sound("6.2.2", "8.1", "valid UTF-8, two fragments cut between characters",
			whole(d.first(greek[:12]), last(greek[12:])), d.told(greek)),
		sound("6.2.3", "8.1", "valid UTF-8, fragments of one octet", whole(byCharacter(greek)), d.told(greek)),
		sound("6.2.4", "8.1", "valid UTF-8 of many octets each, fragments of one octet", whole(byCharacter(kosme)),
			d.told(kosme)),
		fails("6.3.1", "8.1", "surrogate within a text", badData, whole(d.text(surrogate))),
		fails("6.3.2", "8.1", "the same, fragments of one octet", badData, whole(byCharacter(surrogate))),
	}
}

// failFast is 6.4: a text becomes invalid in the second of three parts, and that is when the connection fails: what
// follows is sent only after the close frame came. It has not come after the first.
func failFast(d dialect) []row {
	const beyond, edited = "\xf4\x90\x80\x80", "edited"
	late := func(parts ...string) []step {
		return []step{{wire: parts[0], quiet: true}, {wire: parts[1], await: 1}, {wire: parts[2]}}
	}
	message := d.text(kosme + beyond + edited)
	at := len(message) - len(beyond+edited)
	return []row{
		fails("6.4.1", "8.1", "three fragments, the second goes beyond U+10FFFF: it fails at once", badData,
			late(d.first(kosme), more(beyond), last(edited))),
		fails("6.4.2", "8.1", "the same, cut behind the octet that makes it invalid", badData,
			late(d.first(kosme+"\xf4"), more("\x90"), last("\x80\x80"+edited))),
		fails("6.4.3", "8.1", "one frame in three pieces, the second goes beyond U+10FFFF", badData,
			late(message[:at], message[at:at+4], message[at+4:])),
		fails("6.4.4", "8.1", "the same, cut behind the octet that makes it invalid", badData,
			late(message[:at+1], message[at+1:at+2], message[at+2:])),
	}
}

// Groups 6.5 to 6.23 are texts by number. bad is how many of a group the public suite calls invalid; which, package
// unicode/utf8 says.
var sequences = []struct {
	what     string
	bad      int
	payloads []string
}{
	{"valid text", 0, []string{"hello$world", "hello\u00a2world", "hello\u20acworld", "hello\U00024b62world", kosme}},
	{"prefix of a valid text", 6, prefixes(kosme)},
	{"first sequence of its length", 0, []string{"\x00", "\u0080", "\u0800", "\U00010000"}},
	{"first sequence of 5 or 6 octets", 2, []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
	{"last sequence of its length", 0, []string{"\x7f", "\u07ff", "\uffff", "\U0010ffff"}},
	{"last sequence of 4, 5 or 6 octets", 3,
		[]string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
	{"at a boundary", 1, []string{"\ud7ff", "\ue000", "\ufffd", "\U0010ffff", "\xf4\x90\x80\x80"}},
	{"continuation octets alone", 8, append(alternating(7), octetsFrom(0x80, 0xbe, ""))},
	{"first octets alone", 5, []string{octetsFrom(0xc0, 0xde, " "), octetsFrom(0xe0, 0xee, " "),
		octetsFrom(0xf0, 0xf6, " "), octetsFrom(0xf8, 0xfa, " "), octetsFrom(0xfc, 0xfc, " ")}},
	{"last octet missing", 10, lastMissing},
	{"all of these in a row", 1, []string{strings.Join(lastMissing, "")}},
	{"impossible octets", 3, []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
	{"overlong /", 5, []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf",
		"\xfc\x80\x80\x80\x80\xaf"}},
	{"largest overlong sequence", 5, []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf",
		"\xfc\x83\xbf\xbf\xbf\xbf"}},
	{"overlong NUL", 5, []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80",
		"\xfc\x80\x80\x80\x80\x80"}},
	{"surrogate", 7, surrogates},
	{"surrogate pair", 8, surrogatePairs()},
	{"no character, but valid", 0, nonCharacters()},
	{"special, but valid", 0, []string{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"}},
}

func sequenceRows(d dialect) (rows []row) {
	for group, s := range sequences {
		for i, payload := range s.payloads {
			id, what := fmt.Sprintf("6.%d.%d", group+5, i+1), fmt.Sprintf("%s: % x", s.what, payload)
			if len(payload) > 24 {
				what = fmt.Sprintf("%s: % x and so on", s.what, payload[:8])
			}
			if utf8.ValidString(payload) {
				rows = append(rows, sound(id, "8.1", what, whole(d.text(payload)), d.told(payload)))
			} else {
				rows = append(rows, fails(id, "8.1", what, badData, whole(d.text(payload))))
			}
		}
	}
	return rows
}

var lastMissing = []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80", "\xdf",
	"\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}

var surrogates = []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80",
	"\xed\xbe\x80", "\xed\xbf\xbf"}

// surrogatePairs are the first and last of the high ones, private ones included, each with the first and the last of
// the low ones.
func surrogatePairs() (all []string) {
	for _, high := range surrogates[:4] {
		all = append(all, high+surrogates[4], high+surrogates[6])
	}
	return all
}

func prefixes(s string) (all []string) {
	for i := range len(s) {
		all = append(all, s[:i+1])
	}
	return all
}

// alternating are two continuation octets alone and in rows of up to n-1.
func alternating(n int) []string {
	all := []string{"\x80", "\xbf"}
	for i := 2; i < n; i++ {
		all = append(all, strings.Repeat("\x80\xbf", n)[:i])
	}
	return all
}

func octetsFrom(from, to int, behind string) (s string) {
	for c := from; c <= to; c++ {
		s += string([]byte{byte(c)}) + behind
	}
	return s
}

func nonCharacters() (all []string) {
	for plane := rune(0); plane <= 16; plane++ {
		all = append(all, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return all
}
