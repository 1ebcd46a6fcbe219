package ws

import (
	"strings"
	"testing"

	gobwas "github.com/gobwas/ws"
)

func TestParseClose(t *testing.T) {
	for _, c := range []struct {
		payload string
		code    StatusCode
		reason  string
		err     error
	}{
		{"", StatusNoStatusRcvd, "", nil},
		{"\x03", 0, "", ErrCloseLength},
		{closeBody(1000, ""), 1000, "", nil},
		{closeBody(1001, "going away"), 1001, "going away", nil},
		{closeBody(4999, "€"), 4999, "€", nil},
		{closeBody(1000, "\xe2\x82"), 0, "", ErrCloseReason},
		{closeBody(1000, "\xed\xa0\x80"), 0, "", ErrCloseReason},
		{closeBody(999, "\xff"), 0, "", ErrCloseCode},
	} {
		code, reason, err := ParseClose([]byte(c.payload))
		if code != c.code || string(reason) != c.reason || err != c.err {
			t.Errorf("% x: %d, %q, %v", c.payload, code, reason, err)
		}
	}
}

// Every status code there is. Where gobwas/ws judges otherwise, the registry has moved on (1012 to 1014) or its range
// has no end (5000).
func TestCloseCodes(t *testing.T) {
	for code := range 1 << 16 {
		c := uint16(code)
		want := gobwas.CheckCloseFrameData(gobwas.StatusCode(c), "") == nil && c < 5000 || 1012 <= c && c <= 1014
		if _, _, err := ParseClose([]byte(closeBody(c, ""))); (err == nil) != want {
			t.Errorf("%d: %v", c, err)
		}
	}
}

func TestAppendClose(t *testing.T) {
	long := strings.Repeat("*", 121)
	for _, c := range []struct {
		code         StatusCode
		reason, want string
	}{
		{0, "", "\x88\x00"},
		{0, "left out", "\x88\x00"},
		{StatusNoStatusRcvd, "left out", "\x88\x00"},
		{StatusNormalClosure, "", "\x88\x02\x03\xe8"},
		{StatusMessageTooBig, "", "\x88\x02\x03\xf1"},
		{4000, "bye", "\x88\x05\x0f\xa0bye"},
		{StatusAbnormalClosure, "", "\x88\x02\x03\xf3"},
		{999, "x", "\x88\x03\x03\xf3x"},
		{5000, "", "\x88\x02\x03\xf3"},
		{1000, "\xff", "\x88\x02\x03\xe8"},
		{1000, long + "ab", "\x88\x7d\x03\xe8" + long + "ab"},
		{1000, long + "abc", "\x88\x7d\x03\xe8" + long + "ab"},
		{1000, long + "é", "\x88\x7d\x03\xe8" + long + "é"},
		{1000, long + "aé", "\x88\x7c\x03\xe8" + long + "a"},
		{1000, long + "😀", "\x88\x7b\x03\xe8" + long},
	} {
		if got := string(AppendClose(nil, c.code, c.reason)); got != c.want {
			t.Errorf("%d %q: % x", c.code, c.reason, got)
		}
	}
}
