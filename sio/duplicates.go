package sio

import "slices"

// De-duplication. A client with the option retries sends an event again when no ack came, as a new packet: only the
// application can tell that it is the same, by an id that it puts into the arguments.

// answered is what is remembered of an event: its id, and the answer once it was given.
type answered struct {
	id     string
	answer []byte // JSON array
	done   bool
}

// duplicates are the latest ids of a namespace.
type duplicates struct {
	key   func(*Event) string
	ring  []*answered
	next  int
	known map[string]*answered
}

// Deduplicate makes the namespace handle events with an ack once only. key returns what is the same for an event and
// its repetitions, such as an id among the arguments, and "" for an event that may repeat. The latest keep ids are
// remembered with the answers that were given; a repetition gets the same answer, with its attachments left out, and no
// handler is called; one that comes before the answer is dropped, since the client will ask again.
func (ns *Namespace) Deduplicate(keep int, key func(e *Event) string) {
	ns.duplicates = newDuplicates(keep, key)
}

func newDuplicates(keep int, key func(e *Event) string) *duplicates {
	return &duplicates{key: key, ring: make([]*answered, max(keep, 1)), known: make(map[string]*answered)}
}

// repeated tells whether an event was handled before; then it is answered.
func (d *duplicates) repeated(s *Socket, e *Event) bool {
	id := d.key(e)
	if id == "" {
		return false
	}
	if a := d.known[id]; a != nil {
		if a.done && e.take() {
			enc := s.client.server.open(s.ns.wire)
			enc.buf = append(enc.buf, a.answer...)
			s.finish(enc, typeAck, e.id, true, false)
		}
		return true
	}
	a := &answered{id: id}
	d.add(a)
	e.first = a
	return false
}

// add remembers an event instead of the oldest one.
func (d *duplicates) add(a *answered) {
	if d.known[a.id] != nil {
		return
	}
	if old := d.ring[d.next]; old != nil {
		delete(d.known, old.id)
	}
	d.ring[d.next], d.known[a.id] = a, a
	d.next = (d.next + 1) % len(d.ring)
}

// remember keeps the answer that an encoder holds.
func (a *answered) remember(enc *encoder) {
	a.answer, a.done = slices.Clone(enc.buf[enc.room:]), true
	if len(enc.atts) > 0 {
		a.answer = []byte("[]")
	}
}
