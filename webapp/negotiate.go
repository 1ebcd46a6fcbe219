package webapp

import (
	"bytes"
	"strings"
)

// Content negotiation, RFC 9110 section 12.5. Each function gets what the program
// can answer with, in its order of preference, and returns what the peer likes
// best of it: the highest weight, then the most exact item of the header, then
// the order of the header, then that of the program. "" is nothing that the peer
// takes. Items with a malformed weight are passed over. Nothing is allocated.

// rank is how much a peer wants an offer.
type rank struct {
	weight int // in thousandths
	exact  int // how exactly the item names it
	at     int // which item of the header
}

// over tells whether r comes before other.
func (r rank) over(other rank) bool {
	switch {
	case r.weight != other.weight:
		return r.weight > other.weight
	case r.exact != other.exact:
		return r.exact > other.exact
	}
	return r.at < other.at
}

// prefer chooses an offer. exact tells how exactly an item of the header names an
// offer, from 1 for a wildcard on; 0 is not at all.
func (r *Request) prefer(header string, offers []string, exact func(item []byte, offer string) int) string {
	if len(offers) == 0 {
		return ""
	}
	if _, ok := r.lookup(header); !ok {
		return offers[0]
	}
	chosen, best := "", rank{}
	for _, offer := range offers {
		if k := r.rank(header, offer, exact); k.weight > 0 && (chosen == "" || k.over(best)) {
			chosen, best = offer, k
		}
	}
	return chosen
}

// rank finds the item that names the offer most exactly.
func (r *Request) rank(header, offer string, exact func(item []byte, offer string) int) (best rank) {
	at := 0
	for _, f := range r.head.fields {
		if !fold(f.name.of(r.raw), header) {
			continue
		}
		for item, rest, ok := nextItem(f.value.of(r.raw)); ok; item, rest, ok = nextItem(rest) {
			at++
			item, weight, ok := cutWeight(item)
			if n := exact(item, offer); ok && n > best.exact {
				best = rank{weight, n, at}
			}
		}
	}
	if best.exact == 0 && header == "Accept-Encoding" && offer == "identity" {
		return rank{1, 1, at + 1} // acceptable unless it is refused
	}
	return best
}

// cutWeight cuts ";q=0.5" and all parameters behind it off an item.
func cutWeight(item []byte) (_ []byte, weight int, ok bool) {
	for at := 0; ; {
		i := bytes.IndexByte(item[at:], ';')
		if i < 0 {
			return item, 1000, true
		}
		param, _, _ := bytes.Cut(item[at+i+1:], []byte{';'})
		if p := trim(param); len(p) > 1 && lower(p[0]) == 'q' && p[1] == '=' {
			weight, ok = parseWeight(p[2:])
			return trim(item[:at+i]), weight, ok
		}
		at += i + 1
	}
}

// parseWeight reads a qvalue in thousandths: 0 or 1 and at most three digits.
func parseWeight(b []byte) (n int, ok bool) {
	if len(b) == 0 || b[0] > '1' || b[0] < '0' || len(b) > 5 || len(b) > 1 && b[1] != '.' {
		return 0, false
	}
	n = int(b[0]-'0') * 1000
	for i, unit := 2, 100; i < len(b); i, unit = i+1, unit/10 {
		if b[i] < '0' || b[i] > '9' {
			return 0, false
		}
		n += int(b[i]-'0') * unit
	}
	return n, n <= 1000
}

// mediaTypeOf is a media type: itself, or that of an extension.
func mediaTypeOf(t string) string {
	if strings.IndexByte(t, '/') < 0 {
		t = typeByExtension(t)
	}
	t, _, _ = strings.Cut(t, ";")
	return strings.TrimSpace(t)
}

// Accepts chooses among media types ("text/html") and extensions ("html") by the
// header Accept.
func (r *Request) Accepts(types ...string) string { return r.prefer("Accept", types, exactType) }

func exactType(item []byte, offer string) int {
	kind, params, _ := bytes.Cut(item, []byte{';'})
	kind, want := trim(kind), mediaTypeOf(offer)
	switch slash := strings.IndexByte(want, '/'); {
	case string(kind) == "*/*":
		return 1
	case fold(kind, want):
		if len(trim(params)) > 0 { // "text/html;level=1" is not what we have
			return 0
		}
		return 3
	case len(kind) == slash+2 && kind[slash+1] == '*' && slash >= 0 && fold(kind[:slash+1], want[:slash+1]):
		return 2
	}
	return 0
}

// AcceptsEncodings chooses among content codings by Accept-Encoding; "identity" is
// taken unless it is refused.
func (r *Request) AcceptsEncodings(codings ...string) string {
	return r.prefer("Accept-Encoding", codings, exactWord)
}

// AcceptsCharsets chooses among character sets by Accept-Charset.
func (r *Request) AcceptsCharsets(charsets ...string) string {
	return r.prefer("Accept-Charset", charsets, exactWord)
}

func exactWord(item []byte, offer string) int {
	switch {
	case fold(item, offer):
		return 2
	case string(item) == "*":
		return 1
	}
	return 0
}

// AcceptsLanguages chooses among language tags by Accept-Language: "de" and
// "de-CH" take each other where nothing is more exact.
func (r *Request) AcceptsLanguages(tags ...string) string {
	return r.prefer("Accept-Language", tags, exactLanguage)
}

func exactLanguage(item []byte, offer string) int {
	switch n, m := len(item), len(offer); {
	case fold(item, offer):
		return 4
	case n < m && offer[n] == '-' && fold(item, offer[:n]):
		return 3
	case m < n && item[m] == '-' && fold(item[:m], offer):
		return 2
	case string(item) == "*":
		return 1
	}
	return 0
}

// Is returns the first of types that the request's Content-Type is, "" for none
// or without a body. A type is "text/html", "text/*", "*/*", an extension such as
// "json", or a suffix such as "+json".
func (r *Request) Is(types ...string) string {
	kind, ok := r.lookup("Content-Type")
	if !ok || !r.HasBody() {
		return ""
	}
	kind, _, _ = bytes.Cut(kind, []byte{';'})
	kind = trim(kind)
	slash := bytes.IndexByte(kind, '/')
	if slash < 0 {
		return ""
	}
	for _, t := range types {
		switch family, all := strings.CutSuffix(t, "/*"); {
		case all && (family == "*" || fold(kind[:slash], family)):
			return t
		case strings.HasPrefix(t, "+"):
			if n := len(kind) - len(t); n > slash && fold(kind[n:], t) {
				return t
			}
		case fold(kind, mediaTypeOf(t)):
			return t
		}
	}
	return ""
}
