package webapp

import "bytes"

// The chunked transfer coding, RFC 9112 section 7.1. Bytes in, data out: whole
// size lines and trailer lines are taken, and as much data as is at hand; the
// rest stays with the caller. What we refuse although the grammar allows it:
// white space in a size line.

// Bounds of what a chunked body may hold besides its data.
const (
	maxChunkLine    = 256     // one size line with its extensions
	maxChunkExtras  = 4 << 10 // all extensions of a body together
	maxTrailerBytes = 4 << 10 // the trailer section
)

// chunkState is where a chunked body stands. What may follow:
//
//	size    -> data (a size above zero), trailer (zero)
//	data    -> end (all of the chunk is taken)
//	end     -> size (the CRLF behind the data)
//	trailer -> done (the empty line)
type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkData
	chunkEnd
	chunkTrailer
	chunkDone
)

// String returns the state's name.
func (s chunkState) String() string {
	return [...]string{"size", "data", "end", "trailer", "done"}[s]
}

// chunked takes a chunked body apart. The zero value begins one.
type chunked struct {
	left   uint64 // of the present chunk's data
	extras int32  // bytes of extensions, then of trailers
	state  chunkState
}

var chunkFollows = [...]uint8{
	chunkSize:    1<<chunkData | 1<<chunkTrailer,
	chunkData:    1 << chunkEnd,
	chunkEnd:     1 << chunkSize,
	chunkTrailer: 1 << chunkDone,
	chunkDone:    0,
}

func (d *chunked) setState(s chunkState) {
	if chunkFollows[d.state]&(1<<s) == 0 {
		panic("webapp: chunked body goes from " + d.state.String() + " to " + s.String())
	}
	d.state = s
}

// next takes one step: data is a view of b, n is how much of b is taken. No data
// and n == 0 without an error means that more bytes are needed; d.state is
// chunkDone at the end of the body.
func (d *chunked) next(b []byte) (data []byte, n int, e *Error) {
	switch d.state {
	case chunkSize:
		n, e = d.size(b)
	case chunkData:
		n = len(b)
		if uint64(n) >= d.left {
			n = int(d.left)
			d.setState(chunkEnd)
		}
		d.left -= uint64(n)
		data = b[:n]
	case chunkEnd:
		switch {
		case len(b) > 0 && b[0] != '\r' || len(b) > 1 && b[1] != '\n':
			e = errChunkEnd
		case len(b) > 1:
			n = 2
			d.setState(chunkSize)
		}
	case chunkTrailer:
		n, e = d.trailer(b)
	}
	return data, n, e
}

// chunkLine finds a line of at most limit bytes with its CRLF, and returns it
// without; n is 0 while it is not complete.
func chunkLine(b []byte, limit int, over *Error) (line []byte, n int, e *Error) {
	window := b[:min(len(b), limit)]
	i := bytes.IndexByte(window, '\n')
	if i < 0 {
		if k := bytes.IndexByte(window, '\r'); k >= 0 && k+1 < len(window) {
			return nil, 0, errBareCR
		}
		if len(b) > limit {
			return nil, 0, over
		}
		return nil, 0, nil
	}
	switch k := bytes.IndexByte(window[:i], '\r'); {
	case k < 0:
		return nil, 0, errBareLF
	case k < i-1:
		return nil, 0, errBareCR
	}
	return window[:i-1], i + 1, nil
}

// size takes a size line. A first byte that is no digit is refused at once.
func (d *chunked) size(b []byte) (int, *Error) {
	if len(b) > 0 && hex(b[0]) > 15 {
		return 0, errChunkSize
	}
	line, n, e := chunkLine(b, maxChunkLine, errChunkLine)
	if n == 0 {
		return 0, e
	}
	i := 0
	for ; i < len(line) && hex(line[i]) <= 15; i++ {
		if d.left > 1<<60-1 {
			return 0, errChunkSize
		}
		d.left = d.left<<4 | uint64(hex(line[i]))
	}
	if i < len(line) && line[i] != ';' {
		return 0, errChunkSize
	}
	if d.extras += int32(len(line) - i); d.extras > maxChunkExtras || !isExtension(line[i:]) {
		return 0, errChunkExtension
	}
	if d.left > 0 {
		d.setState(chunkData)
	} else {
		d.extras = 0
		d.setState(chunkTrailer)
	}
	return n, nil
}

// isExtension checks *( ";" token [ "=" ( token / quoted-string ) ] ).
func isExtension(b []byte) bool {
	for len(b) > 0 {
		if b[0] != ';' {
			return false
		}
		name := tokenLength(b[1:])
		if name == 0 {
			return false
		}
		if b = b[1+name:]; len(b) == 0 || b[0] != '=' {
			continue
		}
		value := tokenLength(b[1:])
		if value == 0 {
			value = quotedLength(b[1:])
		}
		if value == 0 {
			return false
		}
		b = b[1+value:]
	}
	return true
}

func tokenLength(b []byte) (n int) {
	for n < len(b) && class[b[n]]&inToken != 0 {
		n++
	}
	return n
}

// quotedLength is the length of the quoted-string that b begins with, or 0.
func quotedLength(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return i + 1
		case class[b[i]]&inValue == 0:
			return 0
		case b[i] == '\\':
			i++
			if i < len(b) && class[b[i]]&inValue == 0 {
				return 0
			}
		}
	}
	return 0
}

// trailer takes a line of the trailer section. Fields are checked and dropped;
// those that frame or route a message are refused.
func (d *chunked) trailer(b []byte) (int, *Error) {
	line, n, e := chunkLine(b, maxTrailerBytes-int(d.extras), errTrailerSize)
	if n == 0 {
		return 0, e
	}
	if len(line) == 0 {
		d.setState(chunkDone)
		return n, nil
	}
	d.extras += int32(n)
	i := bytes.IndexByte(line, ':')
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return 0, errFolded
	case i <= 0 || !isToken(line[:i]):
		return 0, errFieldName
	case !all(line[i+1:], inValue):
		return 0, errFieldValue
	}
	for _, name := range [...]string{"Content-Length", "Transfer-Encoding", "Host"} {
		if fold(line[:i], name) {
			return 0, errTrailer
		}
	}
	return n, nil
}
