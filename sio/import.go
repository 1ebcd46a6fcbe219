package sio

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
)

// ErrInUse: recovery state may be imported only before the first client came, and continued only where it ended.
var ErrInUse = errors.New("sio: recovery state comes too late")

// maxOffsetPrefix bounds the prefix of offsets; maxRecordBytes what a record has beside the bytes of a packet.
const maxOffsetPrefix, maxRecordBytes = 32, 1 << 20

// maxExpected bounds the clients that another process says are about to come.
const maxExpected = 1 << 20

// ImportRecovery reads what ExportRecovery of another process wrote, and takes that process' place: clients come with
// the pid and the offset that they have from it. It replaces what was imported before, unless it is a continuation of
// it. The bounds of ConnectionStateRecovery hold: the oldest are forgotten. Data is what encoding/json makes of it.
//
// Namespaces must have been made before, and Deduplicate called; what belongs to others is dropped, but children of a
// dynamic namespace come to life when its match takes the name, without headers or a user. State that is malformed,
// truncated or another version's is an error and changes nothing; so is state that comes too late.
func (srv *Server) ImportRecovery(r io.Reader) error {
	h := srv.history
	if h == nil {
		return ErrNoRecovery
	}
	if err := srv.permits.Check(eos.ServerClose); err != nil {
		return err
	}
	im := &imports{srv: srv, in: recordReader{r: bufio.NewReader(r), limit: uint64(h.limit.MaxBytes) + maxRecordBytes}}
	if err := im.read(); err != nil {
		return err
	}
	continued := im.after > 0 && im.prefix == h.prefix && im.after == h.last
	if srv.engine.Stats().Handshakes > 0 || !continued && im.after > 0 {
		return ErrInUse
	}
	if !continued {
		h.clear(srv)
	}
	im.apply(h)
	return nil
}

// imports is what ImportRecovery has read and not yet applied.
type imports struct {
	srv      *Server
	in       recordReader
	prefix   string
	last     uint64
	after    uint64
	clients  uint64
	spaces   []importedSpace
	sessions []*lost
	packets  []kept
	answers  []importedAnswer
	bytes    int
}

type importedSpace struct {
	ns  *Namespace // nil: there is none
	gap uint64
}

type importedAnswer struct {
	ns *Namespace
	a  *answered
}

func (m *imports) read() error {
	var magic [len(recordMagic)]byte
	if _, err := io.ReadFull(m.in.r, magic[:]); err != nil || string(magic[:]) != recordMagic {
		return errRecord
	}
	for first := true; ; first = false {
		before := m.in.n
		kind, err := m.in.next()
		if err != nil || first != (kind == recordHead) {
			return errRecord
		}
		if kind == recordEnd {
			if m.in.number() != before || !m.in.whole() {
				return errRecord
			}
			return nil
		}
		if !m.take(kind) || !m.in.whole() {
			return errRecord
		}
	}
}

// take reads the fields of a record.
func (m *imports) take(kind byte) bool {
	switch kind {
	case recordHead:
		m.prefix, m.last, m.after, m.clients = m.in.string(), m.in.number(), m.in.number(), m.in.number()
		return len(m.prefix) > 0 && len(m.prefix) <= maxOffsetPrefix && base64Text(m.prefix) && m.after <= m.last
	case recordNamespace:
		name, gap := m.in.string(), m.in.number()
		if m.in.bad || gap > m.last || !strings.HasPrefix(name, "/") {
			return false
		}
		m.spaces = append(m.spaces, importedSpace{m.srv.known(name), gap})
		return true
	case recordSession:
		return m.session()
	case recordPacket:
		return m.packet()
	case recordAnswer:
		return m.answer()
	}
	return false
}

// space reads the place of a namespace.
func (m *imports) space() (ns *Namespace, ok bool) {
	n := m.in.number()
	if n >= uint64(len(m.spaces)) {
		return nil, false
	}
	return m.spaces[n].ns, true
}

// at reads an age, and tells when that was.
func (m *imports) at() int64 {
	h := m.srv.history
	age := m.in.number()
	return h.loop.Now() - int64(min(age, uint64(2*h.limit.MaxDisconnectionDuration.Milliseconds())))
}

func (m *imports) session() bool {
	ns, ok := m.space()
	at := m.at()
	s := &SavedSession{ID: m.in.string(), PID: m.in.string(), Acoid: m.in.string(), Since: m.in.string(),
		Rooms: m.in.list()}
	if data := m.in.bytes(); len(data) > 0 && json.Unmarshal(data, &s.Data) != nil {
		return false
	}
	if !ok || m.in.bad || s.ID == "" || s.PID == "" {
		return false
	}
	if ns != nil {
		m.sessions = append(m.sessions, &lost{SavedSession: s, ns: ns, at: at})
	}
	return true
}

func (m *imports) packet() bool {
	ns, ok := m.space()
	k := kept{ns: ns, at: m.at(), number: m.in.number()}
	flags, deaf := m.in.number(), m.in.number()
	k.binary, k.deaf = flags == 1, uint8(deaf)
	parts := m.in.count()
	k.data = make([]byte, 0, len(m.in.b))
	for range parts {
		k.data = append(k.data, m.in.bytes()...)
		k.ends = append(k.ends, uint32(len(k.data)))
	}
	if parts == 1 {
		k.ends = nil
	}
	k.data = append(make([]byte, 0, len(k.data)), k.data...)
	k.rooms, k.except = m.in.list(), m.in.list()
	before := m.after
	if n := len(m.packets); n > 0 {
		before = m.packets[n-1].number
	}
	if !ok || m.in.bad || flags > 1 || deaf > allGroups || parts == 0 || k.number <= before || k.number > m.last {
		return false
	}
	m.packets = append(m.packets, k)
	m.bytes += k.cost()
	for m.bytes > m.srv.history.limit.MaxBytes || len(m.packets) > m.srv.history.limit.MaxPackets {
		m.overflow()
	}
	return true
}

// overflow forgets the oldest packet, as history does.
func (m *imports) overflow() {
	k := &m.packets[0]
	for i := range m.spaces {
		if m.spaces[i].ns == k.ns {
			m.spaces[i].gap = max(m.spaces[i].gap, k.number)
		}
	}
	m.bytes -= k.cost()
	m.packets = m.packets[1:]
}

func (m *imports) answer() bool {
	ns, ok := m.space()
	a := &answered{id: m.in.string(), answer: []byte(m.in.string()), done: true}
	if !ok || m.in.bad || a.id == "" || !json.Valid(a.answer) || a.answer[0] != '[' {
		return false
	}
	if ns != nil && ns.duplicates != nil {
		m.answers = append(m.answers, importedAnswer{ns, a})
	}
	return true
}

// apply makes it the server's.
func (m *imports) apply(h *history) {
	h.prefix, h.last, h.latest = m.prefix, m.last, ""
	m.srv.engine.Expect(int(min(m.clients, maxExpected)))
	for _, x := range m.spaces {
		if x.ns != nil {
			x.ns.gap = max(x.ns.gap, x.gap)
		}
	}
	for _, x := range m.sessions {
		h.lose(x.ns, x.SavedSession)
		h.tail.at = x.at
	}
	for _, k := range m.packets {
		switch {
		case k.ns == nil:
		case h.loop.Budget().Take(k.cost()):
			h.add(k)
		default:
			k.ns.gap = max(k.ns.gap, k.number)
		}
	}
	for _, x := range m.answers {
		x.ns.duplicates.add(x.a)
	}
	h.expire()
}

// known finds a namespace by its name, or brings the child of a dynamic one to life.
func (srv *Server) known(name string) *Namespace {
	ns := srv.namespaces[name]
	if ns == nil && len(name) <= srv.opts.MaxNameBytes {
		ns = srv.bear(name, Handshake{Handshake: new(eio.Handshake)})
	}
	if ns != nil && ns.keeper == nil {
		return nil
	}
	return ns
}

// base64Text tells whether s needs no escape in JSON.
func base64Text(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0
}

// clear forgets everything.
func (h *history) clear(srv *Server) {
	for h.first != nil {
		h.drop(h.first)
	}
	for h.head < len(h.packets) {
		h.forget()
	}
	h.packets, h.head = nil, 0
	for _, ns := range srv.namespaces {
		ns.gap = 0
		if d := ns.duplicates; d != nil {
			ns.duplicates = newDuplicates(len(d.ring), d.key)
		}
	}
}
