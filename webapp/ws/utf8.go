package ws

import "unicode/utf8"

// textState validates UTF-8 that arrives in pieces, cut at any byte, and fails at the first byte that nothing behind it
// could make good (RFC 3629, section 4). Within a character it holds how many bytes are still to come and the range of
// the next one. The zero textState stands between two characters.
type textState struct {
	need, low, high uint8
}

// write takes the next piece and reports whether the text so far is the start of a valid one. If not, that was the end.
func (s *textState) write(p []byte) bool {
	p, ok := s.finish(p)
	if !ok {
		return false
	}
	whole := len(p) - unfinished(p)
	if !utf8.Valid(p[:whole]) {
		return false
	}
	if whole < len(p) {
		*s = afterLead(p[whole])
		_, ok = s.finish(p[whole+1:])
	}
	return ok
}

// complete reports whether the text may end here.
func (s textState) complete() bool { return s.need == 0 }

// finish takes from p the bytes that the character still needs, if they are valid, and returns the rest.
func (s *textState) finish(p []byte) (rest []byte, ok bool) {
	for s.need > 0 && len(p) > 0 {
		if p[0] < s.low || p[0] > s.high {
			return nil, false
		}
		s.need, s.low, s.high = s.need-1, 0x80, 0xbf
		p = p[1:]
	}
	return p, true
}

// unfinished is the length of the character that p ends in the middle of, as far as it is there, or 0.
func unfinished(p []byte) int {
	for n := 1; n <= 3 && n <= len(p); n++ {
		c := p[len(p)-n]
		if utf8.RuneStart(c) {
			if int(afterLead(c).need) >= n {
				return n
			}
			return 0
		}
	}
	return 0
}

// afterLead is the state behind the first byte of a character: the rows of RFC 3629's UTF8-octets that are longer than
// one byte. Behind any other byte it is the zero textState.
func afterLead(c byte) textState {
	switch {
	case c < 0xc2: // ASCII, continuations, and what could only be overlong
		return textState{}
	case c <= 0xdf:
		return textState{1, 0x80, 0xbf}
	case c == 0xe0: // not overlong
		return textState{2, 0xa0, 0xbf}
	case c == 0xed: // no surrogates
		return textState{2, 0x80, 0x9f}
	case c <= 0xef:
		return textState{2, 0x80, 0xbf}
	case c == 0xf0: // not overlong
		return textState{3, 0x90, 0xbf}
	case c <= 0xf3:
		return textState{3, 0x80, 0xbf}
	case c == 0xf4: // nothing above U+10FFFF
		return textState{3, 0x80, 0x8f}
	}
	return textState{}
}
