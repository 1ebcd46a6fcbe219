package sio

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// history is what a server keeps for lost sockets: the latest packets of all its namespaces, and the sockets. Both are
// bounded by count and time, the packets by bytes too; the oldest go first.
type history struct {
	loop    *poll.Loop
	limit   *ConnectionStateRecovery
	timer   poll.Timer
	prefix  string // of offsets: those of another process are strangers
	last    uint64 // number of the latest packet
	latest  string // its offset, made when asked for
	packets []kept
	head    int // packets before it are forgotten
	bytes   int
	reading bool // replay goes through packets

	sessions    map[string]*lost // by pid
	first, tail *lost            // the same, oldest first
}

// kept is a packet: message, then its attachments, in one slice.
type kept struct {
	ns            *Namespace
	number        uint64
	at            int64 // ms
	data          []byte
	ends          []uint32 // of the message, then of each attachment; nil without attachments
	binary        bool
	deaf          uint8 // see Packet
	rooms, except []string
}

// keptBytes is about what a packet costs beside its bytes, nameBytes a name of a room beside its own.
const keptBytes, nameBytes = 160, 16

// lost is a socket that may come back.
type lost struct {
	*SavedSession
	ns         *Namespace
	at         int64 // ms, when it was lost
	prev, next *lost
}

func newHistory(loop *poll.Loop, limit *ConnectionStateRecovery) *history {
	var b [6]byte
	loop.Random(b[:])
	return &history{loop: loop, limit: limit, prefix: base64.RawURLEncoding.EncodeToString(b[:])}
}

// offset appends the offset of a number.
func (h *history) offset(dst []byte, number uint64) []byte {
	return strconv.AppendUint(append(dst, h.prefix...), number, 36)
}

// number reads an offset; ok is false for one that is none of ours.
func (h *history) number(offset string) (n uint64, ok bool) {
	if len(offset) <= len(h.prefix) || offset[:len(h.prefix)] != h.prefix {
		return 0, false
	}
	n, err := strconv.ParseUint(offset[len(h.prefix):], 36, 64)
	return n, err == nil && n <= h.last
}

// keep copies a packet that has just been given the number last.
func (h *history) keep(ns *Namespace, p *Packet, to *Audience) {
	if ns.empty() && ns.lost == 0 {
		return // nobody can miss it
	}
	n := len(p.text)
	for _, b := range p.atts {
		n += len(b)
	}
	k := kept{ns: ns, number: h.last, at: h.loop.Now(), binary: p.binary, deaf: p.deaf, rooms: to.Rooms, except: to.Except}
	if len(p.atts) > 0 {
		k.ends = make([]uint32, 0, 1+len(p.atts))
	}
	if cost := k.cost() + n + 4*cap(k.ends); cost > h.limit.MaxBytes || !h.loop.Budget().Take(cost) {
		ns.gap = h.last
		return
	}
	k.rooms, k.except = slices.Clone(k.rooms), slices.Clone(k.except)
	k.data = append(make([]byte, 0, n), p.text...)
	if len(p.atts) > 0 {
		k.ends = append(k.ends, uint32(len(k.data)))
		for _, b := range p.atts {
			k.data = append(k.data, b...)
			k.ends = append(k.ends, uint32(len(k.data)))
		}
	}
	h.add(k)
	h.expire()
}

// add appends a packet.
func (h *history) add(k kept) {
	h.packets = append(h.packets, k)
	h.bytes += k.cost()
	for h.bytes > h.limit.MaxBytes || len(h.packets)-h.head > h.limit.MaxPackets {
		h.forget()
	}
}

// cost is what a packet counts of MaxBytes: names of rooms may be many, and long.
func (k *kept) cost() int {
	n := len(k.data) + 4*len(k.ends) + keptBytes
	for _, list := range [...][]string{k.rooms, k.except} {
		for _, name := range list {
			n += len(name) + nameBytes
		}
	}
	return n
}

// forget drops the oldest packet; those who have not got it cannot come back.
func (h *history) forget() {
	k := &h.packets[h.head]
	k.ns.gap = max(k.ns.gap, k.number) // it may be later: a packet that was too large to be kept
	h.bytes -= k.cost()
	h.loop.Budget().Give(k.cost())
	*k = kept{}
	if h.head++; h.head == len(h.packets) {
		h.packets, h.head = h.packets[:0], 0
	} else if h.head > 64 && h.head > len(h.packets)/2 {
		n := copy(h.packets, h.packets[h.head:])
		clear(h.packets[n:])
		h.packets, h.head = h.packets[:n], 0
	}
}

// shed forgets the oldest packets, at least need bytes of them if there are so many; none that a socket is just being
// sent, whose output may be what memory is short for.
func (h *history) shed(need int) (freed int) {
	for !h.reading && freed < need && h.head < len(h.packets) {
		freed += h.packets[h.head].cost()
		h.forget()
	}
	return freed
}

// lose keeps a lost socket.
func (h *history) lose(ns *Namespace, s *SavedSession) {
	if old := h.sessions[s.PID]; old != nil {
		h.drop(old)
	}
	for len(h.sessions) >= h.limit.MaxSessions && h.first != nil {
		x := h.first
		if h.drop(x); x.ns != ns {
			x.ns.emptied()
		}
	}
	if h.sessions == nil {
		h.sessions = make(map[string]*lost)
	}
	x := &lost{SavedSession: s, ns: ns, at: h.loop.Now(), prev: h.tail}
	if h.sessions[s.PID] = x; h.tail == nil {
		h.first = x
	} else {
		h.tail.next = x
	}
	h.tail = x
	ns.lost++
	h.expire()
}

// drop forgets a lost socket.
func (h *history) drop(x *lost) {
	delete(h.sessions, x.PID)
	if x.prev == nil {
		h.first = x.next
	} else {
		x.prev.next = x.next
	}
	if x.next == nil {
		h.tail = x.prev
	} else {
		x.next.prev = x.prev
	}
	x.ns.lost--
	if len(h.sessions) == 0 {
		h.sessions = nil
	}
}

// find takes the socket of a pid that has got everything up to an offset, nil when there is none or too much is
// forgotten.
func (h *history) find(ns *Namespace, pid, offset string) *SavedSession {
	h.expire()
	x := h.sessions[pid]
	if x == nil || x.ns != ns {
		return nil
	}
	since, ok := h.from(x.SavedSession, offset)
	if !ok || since < ns.gap {
		return nil // it stays: the client may yet come with an offset that is right
	}
	h.drop(x)
	return x.SavedSession
}

// from is the number up to which a client has everything. Stock clients send the offset of the socket that they were
// before until an event reached the one that they are.
func (h *history) from(s *SavedSession, offset string) (n uint64, ok bool) {
	n, ok = h.number(s.Since)
	if ok && offset != "" {
		var seen uint64
		seen, ok = h.number(offset)
		n = max(n, seen)
	}
	return n, ok
}

// replay calls send with what a socket has missed since an offset, if all of that is still there.
func (h *history) replay(ns *Namespace, s *SavedSession, offset string, send func(*MissedPacket)) bool {
	since, _ := h.from(s, offset)
	if since < ns.gap {
		return false
	}
	h.reading = true
	defer func() { h.reading = false }()
	var p MissedPacket
	for i := h.head; i < len(h.packets); i++ {
		k := &h.packets[i]
		if k.ns != ns || k.number <= since || !k.reaches(s) {
			continue
		}
		p.Message, p.Binary, p.Attachments, p.deaf = k.data, k.binary, p.Attachments[:0], k.deaf
		for j, end := range k.ends {
			if j == 0 {
				p.Message = k.data[:end]
			} else {
				p.Attachments = append(p.Attachments, k.data[k.ends[j-1]:end])
			}
		}
		send(&p)
	}
	return true
}

// reaches tells whether a packet was for a socket.
func (k *kept) reaches(s *SavedSession) bool {
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return name == s.ID || slices.Contains(s.Rooms, name) })
	}
	return (len(k.rooms) == 0 || in(k.rooms)) && !in(k.except)
}

// expire forgets what is too old, and arms the timer for the rest.
func (h *history) expire() {
	limit := h.limit.MaxDisconnectionDuration
	old := h.loop.Now() - limit.Milliseconds()
	for h.head < len(h.packets) && h.packets[h.head].at < old {
		h.forget()
	}
	for h.first != nil && h.first.at < old {
		x := h.first
		h.drop(x)
		x.ns.emptied()
	}
	if (h.first != nil || len(h.packets) > 0) && !h.timer.Armed() {
		h.loop.ArmCoarse(&h.timer, min(limit/4+time.Millisecond, time.Minute), h)
	}
}

// OnTimer looks for what is too old.
func (h *history) OnTimer(*poll.Timer) {
	h.expire()
	if len(h.packets) == 0 {
		h.packets = nil // now: the timer comes again only if something is kept
	}
}

// leave forgets everything of a namespace.
func (h *history) leave(ns *Namespace) {
	for x := h.first; x != nil; x = x.next {
		if x.ns == ns {
			h.drop(x)
		}
	}
	for i := h.head; i < len(h.packets); i++ {
		if k := &h.packets[i]; k.ns == ns {
			gone := k.cost() - keptBytes
			h.bytes -= gone
			h.loop.Budget().Give(gone)
			k.data, k.ends, k.rooms, k.except = nil, nil, nil, nil
		}
	}
	if ns.server.closed {
		h.loop.Budget().Give(h.bytes)
		h.packets, h.head, h.bytes = nil, 0, 0
		h.loop.Disarm(&h.timer)
	}
}

// The part of MemoryAdapter that recovers lost sockets. Without Options.ConnectionStateRecovery it is never called.

// AppendOffset appends the offset of the next packet.
func (a *MemoryAdapter) AppendOffset(dst []byte) []byte {
	h := a.ns.server.history
	h.last++
	h.latest = ""
	return h.offset(dst, h.last)
}

// LastOffset is the latest offset in any namespace.
func (a *MemoryAdapter) LastOffset() string {
	h := a.ns.server.history
	if h.latest == "" {
		h.latest = string(h.offset(nil, h.last))
	}
	return h.latest
}

// PersistSession keeps a lost socket.
func (a *MemoryAdapter) PersistSession(s *SavedSession) { a.ns.server.history.lose(a.ns, s) }

// RestoreSession finds a lost socket and calls done before it returns.
func (a *MemoryAdapter) RestoreSession(pid, offset string, done func(*SavedSession)) {
	done(a.ns.server.history.find(a.ns, pid, offset))
}

// Replay calls send for each packet since offset that a socket has missed, for none when some are forgotten.
func (a *MemoryAdapter) Replay(s *SavedSession, offset string, send func(p *MissedPacket)) bool {
	return a.ns.server.history.replay(a.ns, s, offset, send)
}
