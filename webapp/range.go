package webapp

import (
	"bytes"
	"math"
	"slices"
	"strconv"
)

// Range requests, RFC 9110 section 14.

// extent is a part of a representation: 0 <= at, 0 < n, at+n <= size.
type extent struct{ at, n int64 }

// rangeResult is what a Range header asks for.
type rangeResult uint8

const (
	wholeFile     rangeResult = iota // none, or one that is passed over
	someParts                        // 206
	unsatisfiable                    // 416
)

const (
	// maxRanges is how many ranges one request may ask for: media players and
	// viewers of documents ask for a few, only an attack asks for hundreds. With
	// more the whole is sent, as section 14.2 allows.
	maxRanges = 16
	// gapBytes is less than a part's head costs: parts that are not farther apart
	// are sent as one.
	gapBytes = 80
)

// parseRange finds the parts that a Range header asks for, in its order; those
// that overlap, or nearly touch, are one. A unit that is not bytes, a set that is
// malformed and one of more than maxRanges ask for the whole.
func parseRange(header []byte, size int64) (dst []extent, _ rangeResult) {
	const unit = "bytes="
	if size <= 0 || len(header) < len(unit) || !fold(header[:len(unit)], unit) {
		return nil, wholeFile
	}
	count := 0
	for item, rest, ok := nextItem(header[len(unit):]); ok; item, rest, ok = nextItem(rest) {
		s, valid := parseExtent(item, size)
		if count++; !valid || count > maxRanges {
			return nil, wholeFile
		}
		if s.n > 0 {
			dst = append(dst, s)
		}
	}
	switch {
	case count == 0:
		return nil, wholeFile
	case len(dst) == 0:
		return nil, unsatisfiable
	}
	return joinExtents(dst), someParts
}

// parseExtent parses first-last, first- or -length. One that is beyond the end is
// valid and has no bytes.
func parseExtent(item []byte, size int64) (s extent, valid bool) {
	i := bytes.IndexByte(item, '-')
	if i < 0 {
		return s, false
	}
	first, last := item[:i], item[i+1:]
	if len(first) == 0 {
		n, ok := clamped(last)
		n = min(n, size)
		return extent{size - n, n}, ok
	}
	from, ok := clamped(first)
	if !ok {
		return s, false
	}
	to := int64(math.MaxInt64)
	if len(last) > 0 {
		if to, ok = clamped(last); !ok || to < from {
			return s, false
		}
	}
	if from >= size {
		return s, true
	}
	return extent{from, min(to, size-1) - from + 1}, true
}

// clamped is decimal for numbers of any length: what is too large is as large as
// can be (section 14.1.1).
func clamped(b []byte) (int64, bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, ok := decimal(b)
	if !ok || n > math.MaxInt64 {
		n = math.MaxInt64
	}
	return int64(n), len(b) > 0
}

// joinExtents joins what overlaps or nearly touches. A joined part stands where the
// first of it stood.
func joinExtents(s []extent) []extent {
	for i := 0; i < len(s); i++ {
		for j := i + 1; j < len(s); {
			a, b := s[i], s[j]
			if b.at > a.at+a.n && b.at-(a.at+a.n) > gapBytes || a.at > b.at+b.n && a.at-(b.at+b.n) > gapBytes {
				j++
				continue
			}
			from := min(a.at, b.at)
			s[i] = extent{from, max(a.at+a.n, b.at+b.n) - from}
			s = slices.Delete(s, j, j+1)
			j = i + 1 // it is larger: look at all again
		}
	}
	return s
}

// appendContentRange appends the value of Content-Range for a part.
func appendContentRange(b []byte, s extent, size int64) []byte {
	b = append(b, "bytes "...)
	b = strconv.AppendInt(b, s.at, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, s.at+s.n-1, 10)
	b = append(b, '/')
	return strconv.AppendInt(b, size, 10)
}

// filePart is an extent with the text in front of it.
type filePart struct {
	text string
	extent
}

// byteRanges puts the heads of multipart/byteranges in front of extents, section
// 14.6, and tells the length of it all. The last part is the closing delimiter.
func byteRanges(extents []extent, size int64, kind, boundary string) (parts []filePart, length int64) {
	lead := "--"
	for _, s := range extents {
		b := append([]byte(lead), boundary...)
		if kind != "" {
			b = append(append(b, "\r\nContent-Type: "...), kind...)
		}
		b = appendContentRange(append(b, "\r\nContent-Range: "...), s, size)
		b = append(b, "\r\n\r\n"...)
		parts = append(parts, filePart{string(b), s})
		length += int64(len(b)) + s.n
		lead = "\r\n--"
	}
	last := lead + boundary + "--\r\n"
	return append(parts, filePart{text: last}), length + int64(len(last))
}

// boundary makes a delimiter that no file can foresee.
func (s *Server) boundary() string {
	const digits = "0123456789abcdef"
	var random [12]byte
	s.loop.Random(random[:])
	b := make([]byte, 0, 2*len(random))
	for _, c := range random {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}
