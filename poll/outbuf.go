package poll

// outbuf is the unwritten output of a connection: bytes of its own, and slices
// shared with other connections that stand between them.
//
//	0 <= off <= shared[first].at <= shared[first+1].at ... <= len(own)
//
// and size is what remains to be written of both, and of wire: what a Layer made
// of bytes before them. Parts of files follow, see SendFile. A connection has one
// only while output is unwritten.
type outbuf struct {
	own    []byte
	shared []segment
	wire   []byte
	first  int // entries of shared before this one are written
	off    int // bytes of own that are written
	size   int
	file   *filePart // the first of those that follow size
	held   int       // bytes behind files
}

// empty: there is nothing to write.
func (o *outbuf) empty() bool { return o.size == 0 && o.file == nil }

// segment is a shared slice that follows the first at bytes of own.
type segment struct {
	at int
	b  []byte
}

// vector appends what is unwritten to iov, at most its capacity's worth.
func (o *outbuf) vector(iov [][]byte) [][]byte {
	from := o.off
	for _, s := range o.shared[o.first:] {
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

// front is the first unwritten bytes of own and shared, as many as dst has room
// for: a view if they lie together, else gathered in dst. iov is for its use.
func (o *outbuf) front(dst []byte, iov [][]byte) []byte {
	iov = o.vector(iov)
	defer clear(iov)
	if len(iov) == 1 || len(iov[0]) >= cap(dst) {
		return iov[0][:min(len(iov[0]), cap(dst))]
	}
	for _, b := range iov {
		dst = append(dst, b[:min(len(b), cap(dst)-len(dst))]...)
	}
	return dst
}

// moveBytes is the least written part of own that is worth moving the rest for.
const moveBytes = 4 << 10

// advance drops the first n unwritten bytes. Once half of own is written the rest
// is moved down: a peer that never catches up must not make own grow for ever.
func (o *outbuf) advance(n int) {
	o.size -= n
	for n > 0 {
		upto := len(o.own)
		if o.first < len(o.shared) {
			upto = o.shared[o.first].at
		}
		if k := min(n, upto-o.off); k > 0 {
			o.off += k
			n -= k
			continue
		}
		s := &o.shared[o.first]
		k := min(n, len(s.b))
		s.b = s.b[k:]
		n -= k
		if len(s.b) == 0 {
			s.b = nil
			o.first++
		}
	}
	if o.first == len(o.shared) {
		o.shared, o.first = o.shared[:0], 0
	}
	if o.off >= moveBytes && 2*o.off >= len(o.own) {
		o.own = o.own[:copy(o.own, o.own[o.off:])]
		for i := range o.shared[o.first:] {
			o.shared[o.first+i].at -= o.off
		}
		o.off = 0
	}
}

// check tells whether the marks stand in their order. Tests call it after each
// change.
func (o *outbuf) check() bool {
	at, size := o.off, len(o.own)-o.off+len(o.wire)
	for _, s := range o.shared[o.first:] {
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
	list         []*outbuf
	bytes, limit int
	lent         int
}

const (
	newOutBytes  = 2 << 10  // what a connection starts with
	keepOutBytes = 64 << 10 // a buffer that grew beyond is not kept: one large answer must not pin it
)

// short tells that so many buffers are lent that the next ones would become
// garbage instead of spares.
func (s *spareList) short() bool { return len(s.list) == 0 && s.lent*newOutBytes >= s.limit }

func (s *spareList) take() *outbuf {
	s.lent++
	n := len(s.list) - 1
	if n < 0 {
		return &outbuf{own: make([]byte, 0, newOutBytes)}
	}
	o := s.list[n]
	s.list[n] = nil
	s.list = s.list[:n]
	s.bytes -= cap(o.own)
	return o
}

func (s *spareList) give(o *outbuf) {
	s.lent--
	if c := cap(o.own); c <= keepOutBytes && s.bytes+c <= s.limit {
		clear(o.shared)
		*o = outbuf{own: o.own[:0], shared: o.shared[:0]}
		s.list = append(s.list, o)
		s.bytes += c
	}
}
