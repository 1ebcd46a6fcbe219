package sio

import "hash/maphash"

// socketTable finds the sockets of a namespace by id. The chains run through the sockets themselves, so a socket costs
// four to eight bytes here and nothing is left behind by those that went.
type socketTable struct {
	heads []*Socket // a power of two, or empty
	count int
	seed  maphash.Seed
}

const (
	minTable = 8
	maxChain = 2 // sockets for a head
)

// slot is where the chain of an id begins.
func (t *socketTable) slot(sum uint64) *(*Socket) { return &t.heads[sum&uint64(len(t.heads)-1)] }

// insert adds a socket.
func (t *socketTable) insert(s *Socket) {
	if t.heads == nil {
		t.seed = maphash.MakeSeed()
		t.heads = make([]*Socket, minTable)
	}
	if t.count >= maxChain*len(t.heads) {
		t.resize(2 * len(t.heads))
	}
	at := t.slot(maphash.String(t.seed, s.id))
	s.chain, *at = *at, s
	t.count++
}

// remove takes a socket out and tells whether it was in.
func (t *socketTable) remove(s *Socket) bool {
	if t.count == 0 {
		return false
	}
	for at := t.slot(maphash.String(t.seed, s.id)); *at != nil; at = &(*at).chain {
		if *at != s {
			continue
		}
		*at, s.chain = s.chain, nil
		t.count--
		if len(t.heads) > minTable && t.count < len(t.heads)/4 {
			t.resize(len(t.heads) / 2)
		}
		return true
	}
	return false
}

// find returns the socket with an id.
func (t *socketTable) find(id string) *Socket {
	if t.count == 0 {
		return nil
	}
	s := *t.slot(maphash.String(t.seed, id))
	for s != nil && s.id != id {
		s = s.chain
	}
	return s
}

// resize moves every chain to a table of another size.
func (t *socketTable) resize(size int) {
	old := t.heads
	t.heads = make([]*Socket, size)
	for _, s := range old {
		for s != nil {
			next := s.chain
			at := t.slot(maphash.String(t.seed, s.id))
			s.chain, *at = *at, s
			s = next
		}
	}
}
