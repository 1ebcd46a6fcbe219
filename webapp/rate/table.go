package rate

import "net/netip"

// DefaultAddresses is how many addresses a Table remembers by default.
const DefaultAddresses = 1024

// A Table has a bucket, and a count of open connections, for each address that
// came lately. An IPv6 address counts as its /64, which is what one subscriber
// has; an invalid one, of a unix socket, is not limited. The zero Table has
// Limit and Max to be set and holds no memory: an address takes some 60 bytes
// until its bucket is full and its connections are closed. Not for more than one
// goroutine.
//
// What it forgets. An entry whose bucket is full says nothing and goes first, the
// one that was not seen for longest before others; each newcomer sweeps two of
// them away. While Max entries are not full, newcomers get none: those of an IPv4
// /16 or an IPv6 /48 share one of 64 buckets of the crowd. So spraying addresses
// makes it forget nobody: that takes as long as waiting for the bucket to fill.
// Who keeps all entries busy, at no less than Limit from each of Max addresses,
// slows newcomers of the neighbourhood that the spray comes from. Entries with
// connections are beside Max: the connections bound them.
type Table struct {
	Limit Rate
	Max   int // 0 is DefaultAddresses

	index   map[uint64]int32
	entries []entry // entries[0] is the end of the ring of those without connections
	free    int32   // list of unused ones, by next; 0 is none
	listed  int     // in the ring
	crowd   *[crowdBuckets]Bucket
}

// entry is one address.
type entry struct {
	key        uint64
	prev, next int32 // in the ring: next is towards the oldest
	conns      int32
	bucket     Bucket
}

const (
	crowdBuckets = 64
	crowdShift   = 64 - 6
	keepEntries  = 64 // that a table may hold room for although they are gone
	secondLooks  = 4  // at old entries that are not full
	sweeps       = 2  // of old entries that are, for each newcomer
)

// key is an address as a number. No source has the prefix that stands for IPv4:
// it is multicast.
func key(a netip.Addr) uint64 {
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		return 0xffffffff<<32 | uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	}
	b := a.As16()
	k := uint64(0)
	for _, c := range b[:8] {
		k = k<<8 | uint64(c)
	}
	return k
}

// Take takes n tokens of an address if its bucket has them, and tells in how many
// milliseconds it will otherwise.
func (t *Table) Take(a netip.Addr, now int64, n int) (wait int64) {
	if !a.IsValid() || t.Limit.Unlimited() {
		return 0
	}
	b := t.bucket(key(a), now)
	if b.Take(&t.Limit, now, n) {
		return 0
	}
	return max(b.Wait(&t.Limit, now, n), 1)
}

// Wait is Take that takes nothing.
func (t *Table) Wait(a netip.Addr, now int64, n int) int64 {
	if !a.IsValid() || t.Limit.Unlimited() {
		return 0
	}
	k := key(a)
	if i, ok := t.index[k]; ok {
		return t.entries[i].bucket.Wait(&t.Limit, now, n)
	}
	if t.crowd != nil && t.listed >= t.max() {
		return t.crowd[crowdOf(k)].Wait(&t.Limit, now, n)
	}
	return 0
}

// Give puts back n tokens that Take took.
func (t *Table) Give(a netip.Addr, now int64, n int) {
	if !a.IsValid() || t.Limit.Unlimited() {
		return
	}
	if i, ok := t.index[key(a)]; ok {
		t.entries[i].bucket.Give(&t.Limit, now, n)
	} else if t.crowd != nil {
		t.crowd[crowdOf(key(a))].Give(&t.Limit, now, n)
	}
}

// Enter counts a connection of an address and tells how many it has then. Leave
// is due when it is closed.
func (t *Table) Enter(a netip.Addr, now int64) (conns int) {
	if !a.IsValid() {
		return 0
	}
	k := key(a)
	i, ok := t.index[k]
	if !ok {
		t.sweep(now)
		i = t.add(k)
	} else if t.entries[i].conns == 0 {
		t.unlink(i)
	}
	e := &t.entries[i]
	e.conns++
	return int(e.conns)
}

// Leave counts a connection that is closed.
func (t *Table) Leave(a netip.Addr, now int64) {
	if !a.IsValid() {
		return
	}
	i, ok := t.index[key(a)]
	if !ok || t.entries[i].conns == 0 {
		return
	}
	e := &t.entries[i]
	if e.conns--; e.conns > 0 {
		return
	}
	t.link(i)
	if e.bucket.Full(&t.Limit, now) {
		t.remove(i)
	} else if t.listed > t.max() {
		t.remove(t.entries[0].prev)
	}
}

// Len is the number of addresses that are remembered.
func (t *Table) Len() int { return len(t.index) }

func (t *Table) max() int {
	if t.Max > 0 {
		return t.Max
	}
	return DefaultAddresses
}

// bucket is the one that counts for an address.
func (t *Table) bucket(k uint64, now int64) *Bucket {
	if i, ok := t.index[k]; ok {
		if t.entries[i].conns == 0 {
			t.unlink(i)
			t.link(i)
		}
		return &t.entries[i].bucket
	}
	t.sweep(now)
	if t.listed >= t.max() && !t.room(now) {
		if t.crowd == nil {
			t.crowd = new([crowdBuckets]Bucket)
		}
		return &t.crowd[crowdOf(k)]
	}
	i := t.add(k)
	t.link(i)
	return &t.entries[i].bucket
}

// crowdOf is the bucket of an address's neighbourhood: /16 of IPv4, /48 of IPv6.
func crowdOf(k uint64) uint64 { return k >> 16 * 0x9e3779b97f4a7c15 >> crowdShift }

// sweep drops entries that say nothing, so that a table shrinks as fast as it
// grew.
func (t *Table) sweep(now int64) {
	for range sweeps {
		if t.listed == 0 || !t.stale(t.entries[0].prev, now) {
			return
		}
		t.remove(t.entries[0].prev)
	}
}

// room makes some among the oldest; who is busy there gets another round.
func (t *Table) room(now int64) bool {
	for range secondLooks {
		i := t.entries[0].prev
		if t.stale(i, now) {
			t.remove(i)
			return true
		}
		t.unlink(i)
		t.link(i)
	}
	return false
}

func (t *Table) stale(i int32, now int64) bool { return t.entries[i].bucket.Full(&t.Limit, now) }

// add makes an entry, which is not in the ring yet.
func (t *Table) add(k uint64) int32 {
	if t.index == nil {
		t.index, t.entries = make(map[uint64]int32), make([]entry, 1, 8)
	}
	i := t.free
	if i != 0 {
		t.free = t.entries[i].next
	} else {
		i = int32(len(t.entries))
		t.entries = append(t.entries, entry{})
	}
	t.entries[i] = entry{key: k}
	t.index[k] = i
	return i
}

// remove forgets an entry of the ring. Maps and slices do not shrink by
// themselves.
func (t *Table) remove(i int32) {
	t.unlink(i)
	delete(t.index, t.entries[i].key)
	t.entries[i] = entry{next: t.free}
	t.free = i
	switch n := len(t.index); {
	case n == 0:
		t.index, t.entries, t.free = nil, nil, 0
		t.crowd = nil
	case len(t.entries) > keepEntries && n < len(t.entries)/4:
		t.shrink()
	}
}

// shrink moves what is left into as much room as it needs.
func (t *Table) shrink() {
	old := t.entries
	n := len(t.index)
	t.index, t.entries, t.free, t.listed = make(map[uint64]int32, n), make([]entry, 1, n+n/2+1), 0, 0
	for i := old[0].prev; i != 0; i = old[i].prev { // from the oldest
		at := t.add(old[i].key)
		t.entries[at].bucket = old[i].bucket
		t.link(at)
	}
	for _, e := range old[1:] {
		if e.conns > 0 {
			t.entries[t.add(e.key)] = entry{key: e.key, conns: e.conns, bucket: e.bucket}
		}
	}
}

func (t *Table) link(i int32) {
	first := t.entries[0].next
	t.entries[i].prev, t.entries[i].next = 0, first
	t.entries[first].prev = i
	t.entries[0].next = i
	t.listed++
}

func (t *Table) unlink(i int32) {
	e := &t.entries[i]
	t.entries[e.prev].next, t.entries[e.next].prev = e.next, e.prev
	t.listed--
}
