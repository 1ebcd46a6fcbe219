package eio

import (
	"encoding/base64"
	"math/bits"
)

// sidBytes of randomness make an id of 20 URL-safe characters, as the reference.
const sidBytes = 15

// newSID makes a session id from the loop's random source.
func (e *Server) newSID() string {
	var text [sidBytes / 3 * 4]byte
	e.loop.Random(e.raw[:])
	base64.RawURLEncoding.Encode(text[:], e.raw[:])
	return string(text[:])
}

// table finds sessions by id. It is a chained hash table whose links are in the
// sessions: half of a Go map's memory, and it shrinks after a peak.
type table struct {
	buckets []*Session // length is a power of two
	n       int
}

const (
	minBuckets = 16
	maxChain   = 2 // sessions for a bucket
)

// slot hashes with FNV-1a, by words as long as there are any: a multiplication by
// an odd number loses nothing, and the fold at the end brings its upper half down.
// The ids in the table are ours and random, so nobody can make them collide; a
// guessed one costs a walk of a short chain.
func slot[T string | []byte](t *table, id T) **Session {
	h := uint32(2166136261)
	for len(id) >= 4 {
		w := uint32(id[0]) | uint32(id[1])<<8 | uint32(id[2])<<16 | uint32(id[3])<<24
		h = bits.RotateLeft32((h^w)*16777619, 15)
		id = id[4:]
	}
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return &t.buckets[(h^h>>16)&uint32(len(t.buckets)-1)]
}

// find returns the session of id or nil.
func find[T string | []byte](t *table, id T) *Session {
	if t.n == 0 {
		return nil
	}
	s := *slot(t, id)
	for s != nil && s.id != string(id) {
		s = s.chain
	}
	return s
}

// insert adds s; its id must not be there yet.
func (t *table) insert(s *Session) {
	if t.buckets == nil {
		t.buckets = make([]*Session, minBuckets)
	}
	if t.n == maxChain*len(t.buckets) {
		t.resize(2 * len(t.buckets))
	}
	p := slot(t, s.id)
	s.chain, *p = *p, s
	t.n++
}

// remove takes s out; one that is not there is passed over.
func (t *table) remove(s *Session) {
	if t.n == 0 {
		return
	}
	p := slot(t, s.id)
	for *p != s {
		if *p == nil {
			return
		}
		p = &(*p).chain
	}
	*p, s.chain = s.chain, nil
	t.n--
	if t.n < len(t.buckets)/8 && len(t.buckets) > minBuckets {
		t.resize(len(t.buckets) / 2)
	}
}

func (t *table) resize(n int) {
	old := t.buckets
	t.buckets = make([]*Session, n)
	for _, s := range old {
		for s != nil {
			next := s.chain
			p := slot(t, s.id)
			s.chain, *p = *p, s
			s = next
		}
	}
}

// each calls fn for each session; fn may change nothing.
func (t *table) each(fn func(*Session)) {
	for _, s := range t.buckets {
		for ; s != nil; s = s.chain {
			fn(s)
		}
	}
}

// all calls fn for each session; fn may remove the one that it is given.
func (t *table) all(fn func(*Session)) {
	list := make([]*Session, 0, t.n)
	for _, s := range t.buckets {
		for ; s != nil; s = s.chain {
			list = append(list, s)
		}
	}
	for _, s := range list {
		fn(s)
	}
}
