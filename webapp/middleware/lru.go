package middleware

// lru is a map of at most max entries that forgets the one that was not used for
// longest. Entries are in a ring of their order of use; root is its end.
type lru[K comparable, V any] struct {
	max   int
	byKey map[K]*entry[K, V]
	root  entry[K, V] // next is the latest, prev the oldest
}

type entry[K comparable, V any] struct {
	prev, next *entry[K, V]
	key        K
	value      V
}

func newLRU[K comparable, V any](max int) *lru[K, V] {
	l := &lru[K, V]{max: max, byKey: make(map[K]*entry[K, V])}
	l.root.prev, l.root.next = &l.root, &l.root
	return l
}

// get returns an entry and makes it the latest; nil if it is not there.
func (l *lru[K, V]) get(key K) *V {
	e := l.byKey[key]
	if e == nil {
		return nil
	}
	l.unlink(e)
	l.link(e)
	return &e.value
}

// add returns a new entry, which must not be there yet.
func (l *lru[K, V]) add(key K, value V) *V {
	if len(l.byKey) >= l.max {
		l.remove(l.root.prev.key)
	}
	e := &entry[K, V]{key: key, value: value}
	l.byKey[key] = e
	l.link(e)
	return &e.value
}

func (l *lru[K, V]) remove(key K) {
	if e := l.byKey[key]; e != nil {
		l.unlink(e)
		delete(l.byKey, key)
	}
}

// oldest is the entry that would be forgotten next; nil if there is none.
func (l *lru[K, V]) oldest() (key K, value *V) {
	if e := l.root.prev; e != &l.root {
		return e.key, &e.value
	}
	return key, nil
}

func (l *lru[K, V]) len() int { return len(l.byKey) }

func (l *lru[K, V]) unlink(e *entry[K, V]) {
	e.prev.next, e.next.prev = e.next, e.prev
}

func (l *lru[K, V]) link(e *entry[K, V]) {
	e.prev, e.next = &l.root, l.root.next
	e.prev.next, e.next.prev = e, e
}
