package webapp

import (
	"strings"
	"time"
)

// Conditional requests, RFC 9110 section 13: what a request says of the copy that
// its sender has, against the ETag and the time of what would be sent.

// judgement is what the preconditions of a request come to.
type judgement uint8

const (
	proceed     judgement = iota
	notModified           // 304: the sender has it
	failed                // 412
)

// settleTime is how long a file must have been left alone for its size and time to
// tell each of its versions apart: times of files come in steps of up to two
// seconds. Younger ones get weak validators (section 8.8.1).
const settleTime = 2 * time.Second

// judge evaluates the preconditions in the order of section 13.2.2: tag is the
// representation's ETag, or empty; changed its time, or zero.
func (r *Request) judge(tag string, changed time.Time) judgement {
	changed = changed.Truncate(time.Second)
	if list, ok := r.lookup("If-Match"); ok {
		if !lists(list, tag, sameStrong) {
			return failed
		}
	} else if since, ok := r.date("If-Unmodified-Since"); ok && !changed.IsZero() && changed.After(since) {
		return failed
	}
	if list, ok := r.lookup("If-None-Match"); ok {
		if lists(list, tag, sameWeak) {
			return notModified
		}
	} else if since, ok := r.date("If-Modified-Since"); ok && !changed.IsZero() && !changed.After(since) {
		return notModified
	}
	return proceed
}

// permitsRange judges If-Range, section 13.1.5: a range is sent only of what the
// sender has the rest of. settled tells that changed is a strong validator.
func (r *Request) permitsRange(tag string, changed time.Time, settled bool) bool {
	v, ok := r.lookup("If-Range")
	if !ok {
		return true
	}
	if t, rest, isTag := nextTag(v); isTag {
		return len(trim(rest)) == 0 && sameStrong(t, tag)
	}
	since, ok := parseDate(v, r.c.srv.loop.Time())
	return ok && settled && !changed.IsZero() && changed.Truncate(time.Second).Equal(since)
}

// date is the time that a header tells.
func (r *Request) date(name string) (time.Time, bool) {
	v, ok := r.lookup(name)
	if !ok {
		return time.Time{}, false
	}
	return parseDate(v, r.c.srv.loop.Time())
}

// lists tells whether a list of entity tags has one that is the same as tag; "*"
// is every representation there is.
func lists(list []byte, tag string, same func([]byte, string) bool) bool {
	if string(trim(list)) == "*" {
		return true
	}
	for t, rest, ok := nextTag(list); ok; t, rest, ok = nextTag(rest) {
		if same(t, tag) {
			return true
		}
	}
	return false
}

// nextTag cuts the first entity-tag of a list, with its quotes and its W/, section
// 8.8.3. ok is false at the end, and where something else stands: a comma within
// quotes belongs to the tag.
func nextTag(list []byte) (tag, rest []byte, ok bool) {
	for len(list) > 0 && (list[0] == ',' || list[0] == ' ' || list[0] == '\t') {
		list = list[1:]
	}
	n := 0
	if len(list) > 2 && list[0] == 'W' && list[1] == '/' {
		n = 2
	}
	if n >= len(list) || list[n] != '"' {
		return nil, nil, false
	}
	for n++; n < len(list); n++ {
		if list[n] == '"' {
			return list[:n+1], list[n+1:], true
		}
		if c := list[n]; c <= ' ' || c == 0x7f {
			break
		}
	}
	return nil, nil, false
}

// sameStrong: both are strong and equal. sameWeak: equal but for W/.
func sameStrong(a []byte, tag string) bool {
	return tag != "" && tag[0] == '"' && string(a) == tag
}

func sameWeak(a []byte, tag string) bool {
	if len(a) > 2 && a[0] == 'W' {
		a = a[2:]
	}
	return tag != "" && string(a) == strings.TrimPrefix(tag, "W/")
}

// dateLayouts are the forms of HTTP-date, section 5.6.7: the present one and two
// that are obsolete.
var dateLayouts = [...]string{httpDate, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC}

// parseDate parses an HTTP-date. A year of two digits that seems to be more than
// 50 years in the future is of the century before.
func parseDate(b []byte, now time.Time) (time.Time, bool) {
	if len(b) < len(time.ANSIC) || len(b) > len("Wednesday, 02-Jan-06 15:04:05 GMT") {
		return time.Time{}, false
	}
	s := string(b)
	for i, layout := range dateLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if i == 1 {
			century := now.Year() / 100 * 100
			t = t.AddDate(century+t.Year()%100-t.Year(), 0, 0)
			if t.After(now.AddDate(50, 0, 0)) {
				t = t.AddDate(-100, 0, 0)
			}
		}
		return t, true
	}
	return time.Time{}, false
}
