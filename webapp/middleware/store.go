package middleware

import (
	"time"

	"github.com/edgesio/edgesio/poll"
)

// A Store keeps sessions. done is called once, now or in a later turn, on the
// loop's goroutine: a store that is slow does its work with Loop.Go. Where two
// requests of one session are under way at once the last Save counts.
type Store interface {
	// Load hands over the values of a session, nil if it is not there or expired.
	// The map is the caller's until Save.
	Load(id string, done func(values map[string]any, err error))
	// Save keeps values for maxAge from now on. An error is the store's to report.
	Save(id string, values map[string]any, maxAge time.Duration)
	// Delete forgets a session, if it is there.
	Delete(id string)
}

// An Updater is a Store that can tell a session that is there from one that was
// deleted. Without it a request that began before Destroy or Regenerate and ends
// after it brings the session back under its old id.
type Updater interface {
	Store
	// Update is Save for a session that is still there; one that is not stays so.
	Update(id string, values map[string]any, maxAge time.Duration)
}

// MemoryStore keeps sessions in memory: at most max of them, the one that was not
// used for longest is forgotten first. Requests of one session share its values.
type MemoryStore struct {
	loop *poll.Loop
	all  *lru[string, stored]
}

type stored struct {
	values map[string]any
	until  int64 // ms of the loop
}

// NewMemoryStore makes a store of at most max sessions.
func NewMemoryStore(loop *poll.Loop, max int) *MemoryStore {
	return &MemoryStore{loop: loop, all: newLRU[string, stored](max)}
}

// Len is the number of sessions, expired ones that nobody asked for included.
func (m *MemoryStore) Len() int { return m.all.len() }

// Load hands over a session at once.
func (m *MemoryStore) Load(id string, done func(values map[string]any, err error)) {
	s := m.all.get(id)
	if s == nil || m.loop.Now() >= s.until {
		m.all.remove(id)
		done(nil, nil)
		return
	}
	done(s.values, nil)
}

// Save keeps a session, and forgets what has expired of those that were not used
// for longest.
func (m *MemoryStore) Save(id string, values map[string]any, maxAge time.Duration) {
	now := m.loop.Now()
	for key, s := m.all.oldest(); s != nil && now >= s.until; key, s = m.all.oldest() {
		m.all.remove(key)
	}
	v := stored{values: values, until: now + maxAge.Milliseconds()}
	if s := m.all.get(id); s != nil {
		*s = v
	} else {
		m.all.add(id, v)
	}
}

// Update is Save for a session that is still there.
func (m *MemoryStore) Update(id string, values map[string]any, maxAge time.Duration) {
	if m.all.get(id) != nil {
		m.Save(id, values, maxAge)
	}
}

// Delete forgets a session.
func (m *MemoryStore) Delete(id string) { m.all.remove(id) }
