package ws

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// Group 6 of the public conformance cases: text.

const greek = "Hello-µ@ßöäüàá-UTF-8!!"
const kosme = "\u03ba\u1f79\u03c3\u03bc\u03b5"

func utf8Basics() []conformanceCase {
	part := kosme + "\xed\xa0\x80" + "edited"
	beyond := kosme + "\xf4\x90\x80\x80" + "edited"
	return []conformanceCase{
		{"6.1.1", text(""), `text ""`, 0},
		{"6.1.2", startText("") + more("") + last(""), `text ""`, 0},
		{"6.1.3", startText("") + more("middle frame payload") + last(""), `text "middle frame payload"`, 0},
		{"6.2.1", text(greek), line("text", greek), 0},
		{"6.2.2", startText(greek[:12]) + last(greek[12:]), line("text", greek), 0},
		{"6.2.3", fragmented(OpText, greek, 1), line("text", greek), 0},
		{"6.2.4", fragmented(OpText, kosme, 1), line("text", kosme), 0},
		{"6.3.1", text(part), failure(ErrText), 0},
		{"6.3.2", fragmented(OpText, part, 1), failure(ErrText), 0},
		// 6.4 is about when it fails: see TestTextFailsFast.
		{"6.4.1", startText(kosme) + more("\xf4\x90\x80\x80") + last("edited"), failure(ErrText), 0},
		{"6.4.2", startText(kosme+"\xf4") + more("\x90") + more("\x80\x80edited"), failure(ErrText), 0},
		{"6.4.3", text(beyond), failure(ErrText), 0},
		{"6.4.4", text(beyond), failure(ErrText), 1},
	}
}

// Groups 6.5 to 6.23: payloads by number; whether they are text is for unicode/utf8 to say, and for the count of bad
// ones in each group, which is the suite's.
var utf8Groups = []struct {
	group, bad int
	payloads   []string
}{
	{5, 0, []string{greek, kosme, "hello\u0024world", "hello\u00a2world", "hello\u20acworld", "hello\U00024b62world"}},
	{6, 6, prefixes(kosme)},
	{7, 0, []string{"\x00", "\u0080", "\u0800", "\U00010000"}},
	{8, 2, []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
	{9, 0, []string{"\x7f", "\u07ff", "\uffff", "\U0010ffff"}},
	{10, 3, []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
	{11, 1, []string{"\ud7ff", "\ue000", "\ufffd", "\U0010ffff", "\xf4\x90\x80\x80"}},
	{12, 8, []string{"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80",
		"\x80\xbf\x80\xbf\x80\xbf", everyByte(0x80, 0xbf, "")}},
	{13, 5, []string{everyByte(0xc0, 0xdf, " "), everyByte(0xe0, 0xef, " "), everyByte(0xf0, 0xf7, " "),
		everyByte(0xf8, 0xfb, " "), everyByte(0xfc, 0xfd, " ")}},
	{14, 10, lastByteMissing},
	{15, 1, []string{strings.Join(lastByteMissing, "")}},
	{16, 3, []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
	{17, 5, []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
	{18, 5, []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
	{19, 5, []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
	{20, 7, []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80",
		"\xed\xbf\xbf"}},
	{21, 8, []string{"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80",
		"\xed\xad\xbf\xed\xbf\xbf", "\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80",
		"\xed\xaf\xbf\xed\xbf\xbf"}},
	{22, 0, nonCharacters()},
	{23, 0, []string{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"}},
}

var lastByteMissing = []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80", "\xdf",
	"\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}

func prefixes(s string) (all []string) {
	for i := range len(s) {
		all = append(all, s[:i+1])
	}
	return all
}

func everyByte(from, to byte, between string) (s string) {
	for c := int(from); c <= int(to); c++ {
		s += string([]byte{byte(c)}) + between
	}
	return s
}

func nonCharacters() (all []string) {
	for plane := rune(0); plane <= 16; plane++ {
		all = append(all, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return all
}

func utf8Table() (cases []conformanceCase) {
	for _, g := range utf8Groups {
		for i, payload := range g.payloads {
			want := failure(ErrText)
			if utf8.ValidString(payload) {
				want = line("text", payload)
			}
			cases = append(cases, conformanceCase{fmt.Sprintf("6.%d.%d", g.group, i+1), text(payload), want, 0})
		}
	}
	return cases
}

func TestConformanceBadTexts(t *testing.T) {
	for _, g := range utf8Groups {
		bad := 0
		for _, payload := range g.payloads {
			if strings.HasPrefix(outcome(t, nil, text(payload)), "fail 1007") {
				bad++
			}
		}
		if bad != g.bad {
			t.Errorf("6.%d: %d payloads are refused, want %d", g.group, bad, g.bad)
		}
	}
}

// 6.4: the connection fails with the first byte that makes the text invalid, not with the end of frame or message.
func TestTextFailsFast(t *testing.T) {
	edited := text(kosme + "\xf4\x90\x80\x80edited")
	cut := 6 + len(kosme) + 1
	for _, c := range []struct{ good, bad string }{
		{startText(kosme), more("\xf4\x90")},
		{startText(kosme + "\xf4"), more("\x90")},
		{edited[:cut], edited[cut:][:1]},
		{text("\xed\xa0\x80")[:7], text("\xed\xa0\x80")[7:8]},
		{text("\xe2\x82a")[:8], text("\xe2\x82a")[8:9]},
	} {
		var r Reader
		if err := r.Feed([]byte(c.good), &discard{}); err != nil {
			t.Errorf("%q fails early: %v", c.good, err)
		}
		if err := r.Feed([]byte(c.bad), &discard{}); err != ErrText {
			t.Errorf("%q then %q: %v", c.good, c.bad, err)
		}
	}
}

// Every sequence of up to four of the bytes at which the table of valid sequences changes, cut everywhere: the verdict
// is unicode/utf8's, and a prefix passes exactly when something can make it good.
func TestTextStateExhaustively(t *testing.T) {
	edges := []byte("\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff")
	viable := map[string]bool{}
	var note func(p []byte)
	note = func(p []byte) {
		if utf8.Valid(p) {
			for i := range len(p) + 1 {
				viable[string(p[:i])] = true
			}
		}
		if len(p) < 4 {
			for _, c := range edges {
				note(append(p, c))
			}
		}
	}
	note(nil)
	var walk func(p []byte)
	walk = func(p []byte) {
		valid, passes := utf8.Valid(p), viablePieces(p, viable)
		for cut := range len(p) + 1 {
			var s textState
			ok := s.write(p[:cut]) && s.write(p[cut:])
			if got := ok && s.complete(); got != valid {
				t.Fatalf("% x cut at %d: %v", p, cut, got)
			}
			if ok != passes {
				t.Fatalf("% x cut at %d: passes %v, want %v", p, cut, ok, passes)
			}
		}
		if len(p) < 4 {
			for _, c := range edges {
				walk(append(p, c))
			}
		}
	}
	walk(nil)
}

// viablePieces reports whether p is valid text and then a viable rest.
func viablePieces(p []byte, viable map[string]bool) bool {
	for i := range len(p) + 1 {
		if utf8.Valid(p[:i]) && viable[string(p[i:])] {
			return true
		}
	}
	return false
}
