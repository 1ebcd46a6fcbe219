package poll

// outbuf is the unwritten output of a connection: bytes of its own, and slices
// shared with other connections that stand between them.
//
//	0 <= off <= shared[0].at <= shared[1].at ... <= len(own)
//
// and size is what remains to be written of both.
type outbuf struct {
	own    []byte // from the loop's spare list; nil when there is no output
	shared []segment
	off    int // bytes of own that are written
	size   int
}

// segment is a shared slice that follows the first at bytes of own.
type segment struct {
	at int
	b  []byte
}

// vector appends what is unwritten to iov, at most its capacity's worth.
func (o *outbuf) vector(iov [][]byte) [][]byte {
	from := o.off
	for _, s := range o.shared {
		if len(iov)+2 > cap(iov) {
			return iov
		}
		if s.at > from {
			iov = append(iov, o.own[from:s.at])
			from = s.at
		}
		iov = append(iov, s.b)
	}
	if from < len(o.own) && len(iov) < cap(iov) {
		iov = append(iov, o.own[from:])
	}
	return iov
}

// moveBytes is the least written part of own that is worth moving the rest for.
const moveBytes = 4 << 10

// advance drops the first n unwritten bytes. Once half of own is written the rest
// is moved down: a peer that never catches up must not make own grow for ever.
func (o *outbuf) advance(n int) {
	o.size -= n
	for n > 0 {
		upto := len(o.own)
		if len(o.shared) > 0 {
			upto = o.shared[0].at
		}
		if k := min(n, upto-o.off); k > 0 {
			o.off += k
			n -= k
			continue
		}
		s := &o.shared[0]
		k := min(n, len(s.b))
		s.b = s.b[k:]
		n -= k
		if len(s.b) == 0 {
			s.b = nil
			o.shared = o.shared[1:]
		}
	}
	if o.off >= moveBytes && 2*o.off >= len(o.own) {
		o.own = o.own[:copy(o.own, o.own[o.off:])]
		for i := range o.shared {
			o.shared[i].at -= o.off
		}
		o.off = 0
	}
}

// check tells whether the marks stand in their order. Tests call it after each
// change.
func (o *outbuf) check() bool {
	at, size := o.off, len(o.own)-o.off
	for _, s := range o.shared {
		if s.at < at || len(s.b) == 0 {
			return false
		}
		at = s.at
		size += len(s.b)
	}
	return at <= len(o.own) && size == o.size
}

// spareList keeps out buffers between uses, the last one on top since it is
// still in the cache.
type spareList struct {
	list         [][]byte
	bytes, limit int
}

const (
	newOutBytes  = 2 << 10  // what a connection starts with
	keepOutBytes = 64 << 10 // a buffer that grew beyond is not kept: one large answer must not pin it
)

func (s *spareList) take() []byte {
	n := len(s.list) - 1
	if n < 0 {
		return make([]byte, 0, newOutBytes)
	}
	b := s.list[n]
	s.list[n] = nil
	s.list = s.list[:n]
	s.bytes -= cap(b)
	return b
}

func (s *spareList) give(b []byte) {
	if c := cap(b); c > 0 && c <= keepOutBytes && s.bytes+c <= s.limit {
		s.list = append(s.list, b[:0])
		s.bytes += c
	}
}
