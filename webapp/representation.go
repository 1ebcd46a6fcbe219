package webapp

import (
	"hash/crc64"
	"io"
	"io/fs"
	"reflect"
	"strconv"
	"time"
)

// representation is what a request gets of a file: RFC 9110 section 8.
type representation struct {
	*found
	kind    string // media type
	tag     string // ETag, or empty
	changed time.Time
	settled bool // changed is a strong validator
}

// sendFound completes the response with a file, which it closes: the whole, a part,
// or word that the peer has it.
func (r *Response) sendFound(f *found, u *rules) {
	if u.setHeaders != nil && !r.hook(f, u) {
		return
	}
	req := r.c.req // nil: it was not kept, and its headers are gone
	if req != nil && (r.status != 200 || req.head.method != "GET" && req.head.method != "HEAD") {
		req = nil
	}
	shrinks := r.negotiate(req, f, u)
	p := r.describe(f, u)
	if req != nil {
		switch req.judge(p.tag, p.changed) {
		case notModified:
			f.file.Close()
			r.remove("Content-Type").remove("Content-Encoding").setStatus(304)
			r.finishEmpty(0)
			return
		case failed:
			f.file.Close()
			r.remove("Content-Disposition").Fail(&Error{412, StatusText(412)})
			return
		}
	}
	if shrinks {
		r.sendShrunk(f)
		return
	}
	r.sendExtents(req, &p, u)
}

// hook calls the application's function, and tells whether the file is still to be
// sent: it may have ended the response, or panic.
func (r *Response) hook(f *found, u *rules) (goOn bool) {
	defer func() {
		if !goOn {
			f.file.Close()
		}
	}()
	u.setHeaders(r, f.name, f.info)
	return !r.Ended()
}

// negotiate chooses a content coding, section 12.5.3: a variant that lies beside the
// file, or else, by the result, one that is made now. Who asks for a range gets the
// bytes of the file itself.
func (r *Response) negotiate(req *Request, f *found, u *rules) (shrinks bool) {
	if req == nil || !u.variants && u.gzipBytes == 0 || r.field("Content-Encoding") != "" ||
		!compressible(typeByExtension(f.name)) {
		return false
	}
	r.vary("Accept-Encoding")
	if _, ranged := req.lookup("Range"); ranged {
		return false
	}
	if u.variants && (f.prefer(req, "br", ".br") || f.prefer(req, "gzip", ".gz")) {
		r.set("Content-Encoding", f.coding)
		return false
	}
	size := f.info.Size()
	if size < minGzipBytes || size > u.gzipBytes || !req.AcceptsEncoding("gzip") {
		return false
	}
	f.coding = "gzip"
	r.set("Content-Encoding", "gzip")
	return true
}

// prefer takes the variant of a coding if it is there and the request accepts it.
func (f *found) prefer(req *Request, coding, ending string) bool {
	if !req.AcceptsEncoding(coding) {
		return false
	}
	file, info, err := openFile(f.root, f.name+ending)
	if err != nil {
		return false
	}
	f.file.Close()
	f.file, f.info, f.coding = file, info, coding
	return true
}

// describe sets the headers of a representation that are not set.
func (r *Response) describe(f *found, u *rules) representation {
	p := representation{found: f, changed: f.info.ModTime()}
	now := r.c.srv.loop.Time()
	p.settled = now.Sub(p.changed) >= settleTime
	r.defaultType(typeByExtension(f.name))
	p.kind = r.field("Content-Type")
	if !u.noETag && r.field("ETag") == "" {
		if tag := r.c.srv.entityTag(&p); tag != "" {
			r.set("ETag", tag)
		}
	}
	p.tag = r.field("ETag")
	if !u.noLastModified && !p.changed.IsZero() && r.field("Last-Modified") == "" {
		shown := p.changed
		if shown.After(now) { // of a clock that was wrong at one time; RFC 9110 section 8.8.2.1
			shown = now
		}
		r.set("Last-Modified", shown.UTC().Format(httpDate))
	}
	if u.cacheControl != "" && r.field("Cache-Control") == "" {
		r.set("Cache-Control", u.cacheControl)
	}
	return p
}

// entityTag makes a tag: of size and time, strong once the file has settled; or
// strong of the bytes where the file has no time, as in an embed.FS. Each coding has
// its own.
func (s *Server) entityTag(p *representation) string {
	var b []byte
	if !p.changed.IsZero() {
		if !p.settled {
			b = append(b, "W/"...)
		}
		b = append(b, '"')
		b = strconv.AppendInt(b, p.info.Size(), 16)
		b = append(b, '-')
		b = strconv.AppendInt(b, p.changed.UnixNano(), 16)
	} else {
		sum := s.contentTag(p.found)
		if sum == "" {
			return ""
		}
		b = append(append(b, '"'), sum...)
	}
	if p.coding != "" {
		b = append(append(b, '-'), p.coding...)
	}
	return string(append(b, '"'))
}

const (
	// maxHashBytes is the largest file that is read for its tag: it is done on the
	// loop, once.
	maxHashBytes = 4 << 20
	// maxTags is how many checksums are kept; with more all are forgotten.
	maxTags = 256
)

// tagKey names a file without a time.
type tagKey struct {
	root fs.FS
	name string
}

// contentTag is the checksum of a file without a time, made once and kept. Empty:
// it has none.
func (s *Server) contentTag(f *found) string {
	if !reflect.ValueOf(f.root).Comparable() { // a file system that is a map, in tests
		return checksum(f)
	}
	key := tagKey{f.root, f.name + "-" + f.coding}
	if tag, ok := s.tags[key]; ok {
		return tag
	}
	if s.tags == nil || len(s.tags) >= maxTags {
		s.tags = make(map[tagKey]string)
	}
	tag := checksum(f)
	s.tags[key] = tag
	return tag
}

var crcTable = crc64.MakeTable(crc64.ECMA)

func checksum(f *found) string {
	at, ok := f.file.(io.ReaderAt)
	if !ok || f.info.Size() > maxHashBytes {
		return ""
	}
	h := crc64.New(crcTable)
	n, err := io.Copy(h, io.NewSectionReader(at, 0, f.info.Size()))
	if err != nil || n != f.info.Size() {
		return ""
	}
	return strconv.FormatInt(n, 16) + "-" + strconv.FormatUint(h.Sum64(), 16)
}

// sendExtents sends the parts that are asked for, or all.
func (r *Response) sendExtents(req *Request, p *representation, u *rules) {
	size := p.info.Size()
	parts, length := []filePart{{extent: extent{0, size}}}, size
	_, seeks := p.file.(io.ReaderAt)
	if seeks && !u.noRanges && r.status == 200 {
		r.set("Accept-Ranges", "bytes")
		switch extents, result := req.extents(p); {
		case result == unsatisfiable:
			p.file.Close()
			r.set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
			r.remove("Content-Disposition").Fail(&Error{416, StatusText(416)})
			return
		case result == someParts && len(extents) == 1:
			r.setStatus(206).set("Content-Range", string(appendContentRange(nil, extents[0], size)))
			parts, length = []filePart{{extent: extents[0]}}, extents[0].n
		case result == someParts:
			boundary := r.c.srv.boundary()
			parts, length = byteRanges(extents, size, p.kind, boundary)
			r.setStatus(206).set("Content-Type", "multipart/byteranges; boundary="+boundary)
		}
	}
	if r.flags&toHead != 0 {
		p.file.Close()
		r.finishEmpty(length)
		return
	}
	r.sendParts(p.file, parts, length)
}

// extents are the parts that a GET asks for.
func (r *Request) extents(p *representation) ([]extent, rangeResult) {
	if r == nil || r.head.method != "GET" {
		return nil, wholeFile
	}
	header, ok := r.lookup("Range")
	if !ok || !r.permitsRange(p.tag, p.changed, p.settled) {
		return nil, wholeFile
	}
	return parseRange(header, p.info.Size())
}

// finishEmpty ends a response whose body is left out, but not its length.
func (r *Response) finishEmpty(length int64) {
	r.c.write(r.appendHead(r.c.pc.Out(), length))
	r.finish()
}

// Fresh tells whether the request has what the ETag that was set names: then the
// response has been ended with 304. It is for handlers with their own tags.
func (r *Response) Fresh(req *Request) bool {
	list, ok := req.lookup("If-None-Match")
	if !ok || r.Ended() || !lists(list, r.field("ETag"), sameWeak) {
		return false
	}
	r.setStatus(304).end("")
	return true
}
