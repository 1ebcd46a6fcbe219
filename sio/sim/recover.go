package sim

import (
	"slices"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// Connection state recovery: what the model knows of the log of packets and of
// lost sockets, and what a client remembers to come back with.

// logged is an event that a lost socket may have missed.
type logged struct {
	nsp, event    string
	number        uint64
	rooms, except []string
	at            time.Duration
	offset        string // as the first client that got it saw it
}

// memory is what a client knows of a socket that it may lose.
type memory struct {
	pid, offset string
	position    int // behind the event of offset, in the model's log
	auth        map[string]any
	member      *member
}

// resume is how a client came back.
type resume struct {
	old      *member
	position int
	wrong    bool // with a pid or an offset that is none
}

// recovers tells whether lost sockets of protocol 5 may come back.
func (w *World) recovers() bool { return w.Sio.ConnectionStateRecovery != nil }

// keep notes an event that is kept for lost sockets.
func (m *model) keep(nsp, event string, number uint64, rooms, except []string) {
	if m.w.recovers() {
		m.where[number] = len(m.log) + 1
		m.log = append(m.log, logged{nsp: nsp, event: event, number: number, rooms: rooms, except: except, at: m.w.now()})
	}
}

// seen compares the offset of an event with what others saw of it, and returns
// its position in the log.
func (m *model) seen(number uint64, offset string) int {
	at := m.where[number]
	if at == 0 {
		m.w.fail("message %d has the offset %q and was never kept", number, offset)
		return 0
	}
	x := &m.log[at-1]
	switch other := m.offsets[offset]; {
	case x.offset == "" && other == 0:
		x.offset = offset
		m.offsets[offset] = number
	case x.offset != offset || other != number:
		m.w.fail("message %d has the offsets %q and %q, the latter of message %d too", number, x.offset, offset, other)
	}
	return at
}

// missed is what was kept for a socket behind a position.
func (m *model) missed(x *member, position int) (list []*logged) {
	in := func(rooms []string) bool {
		return slices.ContainsFunc(rooms, func(r string) bool { return r == x.id || x.rooms[r] })
	}
	for i := position; i < len(m.log); i++ {
		if p := &m.log[i]; p.nsp == x.nsp && (len(p.rooms) == 0 || in(p.rooms)) && !in(p.except) {
			list = append(list, p)
		}
	}
	return list
}

// recoverable are the reasons after which a socket may come back: all that are no
// disconnect by its client or by the program.
func recoverable(r sio.Reason) bool {
	return r != sio.ClientNamespaceDisconnect && r != sio.ServerNamespaceDisconnect && r != sio.ParseError
}

// came back: x is a new socket, of which the server says whether it is an old
// one. The model says whether it may be, and whether it must.
func (m *model) returned(x *member, r *resume) {
	w := m.w
	if r != nil {
		for r.old.next != nil { // it came back before, and its client has not heard of that
			r.old = r.old.next
		}
	}
	if !x.socket.Recovered() {
		x.since = len(m.log)
		if r != nil && m.must(r) {
			w.fail("%s was lost at %v with %q, and not recovered", r.old, r.old.left, r.old.reason)
		}
		if r != nil {
			w.figures.Renewed++
		}
		return
	}
	limit := w.Sio.ConnectionStateRecovery
	switch {
	case r == nil || r.wrong:
		w.fail("%s is recovered, and did not ask for it", x)
		return
	case !r.old.gone || !recoverable(r.old.reason):
		w.fail("%s is recovered, the old one: gone %v, %q", x, r.old.gone, r.old.reason)
	case w.now()-r.old.left > limit.MaxDisconnectionDuration+2*time.Millisecond && limit.SkipMiddlewares:
		w.fail("%s is recovered %v after it was lost", x, w.now()-r.old.left)
	case x.id != r.old.id || !r.old.isData(x.socket.Data):
		w.fail("%s is recovered with another id or Data", x)
	}
	r.old.next, x.since = x, r.old.since
	for room := range r.old.rooms {
		if !x.rooms[room] {
			w.fail("%s is recovered without its room %s", x, room)
		}
	}
	list := m.missed(r.old, max(r.position, x.since))
	for _, p := range list {
		x.down(sent{kind: spEvent, event: p.event, number: p.number, id: -1, kept: true})
	}
	w.figures.Recovered++
	w.figures.Replayed += len(list)
}

// must tells whether nothing excuses that a socket was not recovered: it was lost
// in a way that allows it, is not too old, and all that was sent since its offset
// is within the limits of the log.
func (m *model) must(r *resume) bool {
	x, limit := r.old, m.w.Sio.ConnectionStateRecovery
	if r.wrong || !x.gone || !recoverable(x.reason) {
		return false
	}
	late := func(at time.Duration) bool {
		return m.w.now()-at > limit.MaxDisconnectionDuration-2*time.Millisecond
	}
	from := max(r.position, x.since)
	newer := 0
	for _, s := range m.gone[slices.Index(m.gone, x)+1:] {
		if recoverable(s.reason) {
			newer++
		}
	}
	return !late(x.left) && (from == len(m.log) || !late(m.log[from].at)) && newer < limit.MaxSessions &&
		len(m.log)-from <= limit.MaxPackets && !m.w.tightLog
}

// remember takes the CONNECT answer of a socket that may be lost.
func (c *client) remember(p *spacket, x *member) {
	m, _ := p.data.(map[string]any)
	pid, _ := m["pid"].(string)
	if c.style.protocol != 4 || !c.w.recovers() {
		if pid != "" {
			c.w.fail("%s got a pid", c.name)
		}
		return
	}
	k := c.memory[p.nsp]
	if k == nil {
		k = &memory{}
		c.memory[p.nsp] = k
	}
	if pid == "" || (pid == k.pid) != x.socket.Recovered() {
		c.w.fail("%s: pid %q after %q, and recovered is %v", c.name, pid, k.pid, x.socket.Recovered())
	}
	k.pid, k.member = pid, x // and the offset stays, as in the stock clients
}

// credentials are what a client sends along to come back, nil for a new one.
func (c *client) credentials(nsp string) map[string]any {
	k := c.memory[nsp]
	if k == nil || k.pid == "" || c.style.protocol != 4 {
		return nil
	}
	data := make(map[string]any)
	for name, v := range k.auth {
		data[name] = v
	}
	data["pid"] = k.pid
	if k.offset != "" {
		data["offset"] = k.offset
	}
	r := &resume{old: k.member, position: k.position}
	switch c.rnd.IntN(30) {
	case 0:
		data["offset"], r.wrong = "nonsense", true
	case 1:
		data["pid"], r.wrong = "nobody", true
	}
	if !c.w.Sio.ConnectionStateRecovery.SkipMiddlewares && c.session != nil {
		c.session.crossing() // if the log forgets while they run
	}
	c.resumes[nsp] = r
	return data
}
