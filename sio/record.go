package sio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// The form in which a process hands its recovery state over to the next one, which may be a newer program: a magic
// number with the version, then records of kind, length and fields, the last one of kind recordEnd. Numbers are
// uvarints, strings and bytes have their length in front. A reader takes what this package writes and nothing else.

const recordMagic = "EIOR\x01"

const (
	recordHead      = 'H' // prefix, last number, after, clients that are about to come
	recordNamespace = 'N' // name, number of the latest packet that is forgotten; later records name it by its place
	recordSession   = 'S' // namespace, age, id, pid, acoid, since, rooms, Data as JSON
	recordPacket    = 'P' // namespace, age, number, flags, deaf, message, attachments, rooms, except
	recordAnswer    = 'D' // namespace, id of an event, answer
	recordEnd       = 'E' // number of records before
)

// errRecord is what is wrong with state that this package did not write.
var errRecord = errors.New("sio: recovery state is malformed, truncated, too large, or another version's")

// record is one in the making, or one that is being read.
type record struct {
	b   []byte
	bad bool // a field was not there
}

func (r *record) putNumber(n uint64) { r.b = binary.AppendUvarint(r.b, n) }

func (r *record) putString(s string) { r.b = append(binary.AppendUvarint(r.b, uint64(len(s))), s...) }

func (r *record) putList(list []string) {
	r.putNumber(uint64(len(list)))
	for _, s := range list {
		r.putString(s)
	}
}

// number takes a uvarint in its shortest form.
func (r *record) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || size > 1 && r.b[size-1] == 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

// bytes takes a string that is valid until the next record is read.
func (r *record) bytes() []byte {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *record) string() string { return string(r.bytes()) }

// count takes how many elements follow, of a byte each at least.
func (r *record) count() int {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *record) list() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]string, 0, min(n, 1024))
	for range n {
		list = append(list, r.string())
	}
	return list
}

// recordWriter writes records until the first error.
type recordWriter struct {
	record
	w   io.Writer
	n   uint64
	err error
}

// flush writes the fields that were put as a record of a kind.
func (w *recordWriter) flush(kind byte) {
	if w.err == nil {
		var head [1 + binary.MaxVarintLen64]byte
		head[0] = kind
		_, w.err = w.w.Write(binary.AppendUvarint(head[:1], uint64(len(w.b))))
	}
	if w.err == nil {
		_, w.err = w.w.Write(w.b)
	}
	w.n++
	if w.b = w.b[:0]; cap(w.b) > keepEncoded {
		w.b = nil
	}
}

// keepEncoded is the largest record whose buffer is used again.
const keepEncoded = 64 << 10

// recordReader reads records of at most limit bytes.
type recordReader struct {
	record
	r     *bufio.Reader
	buf   []byte
	limit uint64
	n     uint64
}

// next reads a record and returns its kind.
func (r *recordReader) next() (kind byte, err error) {
	kind, err = r.r.ReadByte()
	if err != nil {
		return 0, errRecord
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil || n > r.limit {
		return 0, errRecord
	}
	r.buf = r.buf[:0]
	for uint64(len(r.buf)) < n { // memory grows with what has come, not with what was announced
		part := int(min(n-uint64(len(r.buf)), keepEncoded))
		from := len(r.buf)
		r.buf = append(r.buf, make([]byte, part)...)
		if _, err := io.ReadFull(r.r, r.buf[from:]); err != nil {
			return 0, errRecord
		}
	}
	r.n++
	r.b, r.bad = r.buf, false
	return kind, nil
}

// whole tells whether the fields of a record were all there, and nothing more.
func (r *recordReader) whole() bool { return !r.bad && len(r.b) == 0 }
