package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// The reference model: what has to arrive where. It is told of everything that
// is sent, on the server by the app and in the simulated clients, and is asked
// about everything that arrives. Per session and direction it is one queue, so
// that any loss, repetition, change of order or mixture shows.

// sent is one packet under way.
type sent struct {
	kind     int // as spacket
	member   *member
	event    string
	number   uint64 // of the message
	id       int64  // of an ack; of an event -1 (no answer asked), or unknown
	asks     *question
	text     string // of a CONNECT or CONNECT_ERROR: what has to be in it
	volatile bool
	kept     bool // it has an offset
	bare     bool // it has none, where others have
}

// session is one Engine.IO session.
type session struct {
	model  *model
	sid    string
	who    string
	client *client // nil: not one of the well-behaved
	down   []sent  // to the client
	up     []sent  // to the server
	may    map[sio.Reason]bool
	all    []*member
	known  bool          // the client got its open packet
	polite bool          // the client said goodbye in order: all that it sent must have arrived
	due    time.Duration // by when the server has to notice that the client left; 0: not known
	resume map[string]*resume
}

// member is a socket of the server: a client in a namespace from a CONNECT to
// its end.
type member struct {
	session *session
	nsp     string
	socket  *sio.Socket
	id      string
	v5      bool // Socket.IO's protocol 5
	rooms   map[string]bool
	gone    bool
	left    time.Duration
	reason  sio.Reason
	asked   []*question // by the server
	since   int         // the length of the log when it first came
	next    *member     // that it came back as
}

// question is an event that asked for an answer.
type question struct {
	number   uint64
	member   *member
	at       time.Duration
	timeout  time.Duration // 0: none
	settled  int
	fromHere bool // asked by the server
	refused  bool // too many acks
	late     bool // asked when the socket was gone
}

// reasons are the words that there are.
var reasons = []sio.Reason{sio.TransportError, sio.TransportClose, sio.ForcedClose, sio.PingTimeout, sio.ParseError,
	sio.ServerShutdown, sio.ForcedServerClose, sio.ClientNamespaceDisconnect, sio.ServerNamespaceDisconnect}

type model struct {
	w         *World
	sessions  map[string]*session
	order     []*session
	members   map[string][]*member // by namespace, in order of their coming
	numbers   uint64
	questions []*question
	log       []logged
	where     map[uint64]int    // message to position in the log, from 1
	offsets   map[string]uint64 // to messages
	gone      []*member         // in order of their going
}

func newModel(w *World) *model {
	return &model{w: w, sessions: make(map[string]*session), members: make(map[string][]*member),
		where: make(map[uint64]int), offsets: make(map[string]uint64)}
}

// next gives out the number of a new message.
func (m *model) next() uint64 {
	m.numbers++
	return m.numbers
}

// session finds the session of an id, or begins it.
func (m *model) session(sid, who string) *session {
	s := m.sessions[sid]
	if s == nil {
		s = &session{model: m, sid: sid, who: who, may: make(map[sio.Reason]bool)}
		s.client = m.w.client(who)
		m.sessions[sid] = s
		m.order = append(m.order, s)
	}
	return s
}

// allow says that the sockets of s may now end with these reasons.
func (s *session) allow(reasons ...sio.Reason) {
	for _, r := range reasons {
		s.may[r] = true
	}
}

// crossing says that the server disconnects a socket: what the client has sent to
// it meanwhile breaks protocol 5, and the connection may be closed for it.
func (s *session) crossing() { s.allow(sio.ForcedClose, sio.ForcedServerClose) }

// joined is called when a socket connected.
func (m *model) joined(s *sio.Socket, who string) *member {
	se := m.session(s.Conn().ID(), who)
	x := &member{session: se, nsp: s.Namespace().Name(), socket: s, id: s.ID(), v5: s.Conn().Protocol() == 4,
		rooms: make(map[string]bool)}
	for _, r := range s.Rooms()[1:] {
		x.rooms[r] = true
	}
	for _, other := range se.all {
		if other.nsp == x.nsp && !other.gone {
			m.w.fail("%s joined %s twice", who, x.nsp)
		}
	}
	se.all = append(se.all, x)
	m.members[x.nsp] = append(m.members[x.nsp], x)
	if x.v5 && m.w.recovers() && se.client != nil {
		m.returned(x, se.resume[x.nsp])
	}
	text := ""
	if x.v5 {
		text = x.id
	}
	x.down(sent{kind: spConnect, id: -1, text: text})
	return x
}

// left is called when a socket was disconnected.
func (m *model) left(x *member, reason sio.Reason) {
	w := m.w
	if x.gone {
		w.fail("%s was disconnected twice: %q, then %q", x, x.reason, reason)
		return
	}
	x.gone, x.reason, x.left = true, reason, w.now()
	m.gone = append(m.gone, x)
	if !x.session.known && !w.Calm { // the client never heard of it
		x.session.allow(sio.TransportClose, sio.TransportError, sio.PingTimeout)
	}
	if x.session.client != nil && !x.session.may[reason] {
		w.fail("%s was disconnected with %q, for which there is no cause", x, reason)
	}
	if due := x.session.due; due > 0 && w.now() > due {
		w.fail("%s was disconnected with %q at %v, due was %v", x, reason, w.now(), due)
	}
	if !slices.Contains(reasons, reason) {
		w.fail("%s was disconnected with %q, which is no reason", x, reason)
	}
	list := m.members[x.nsp]
	m.members[x.nsp] = slices.Delete(list, slices.Index(list, x), slices.Index(list, x)+1)
	w.figures.Reasons[reason]++
	for _, q := range x.asked {
		if q.settled == 0 {
			w.fail("%s was disconnected and its question %d is not settled", x, q.number)
		}
	}
}

// down notes a packet that was sent to the member's client.
func (x *member) down(p sent) {
	p.member = x
	if p.kind == spEvent && p.asks == nil && x.v5 && x.session.model.w.recovers() {
		p.kept = !p.volatile
		p.bare = p.volatile
	}
	if x.session.client != nil {
		x.session.down = append(x.session.down, p)
	}
}

// audience is who has to get a broadcast: in any of rooms (all when there are
// none), in none of except.
func (m *model) audience(nsp string, rooms, except []string) (list []*member) {
	in := func(x *member, rooms []string) bool {
		return slices.ContainsFunc(rooms, func(r string) bool { return x.rooms[r] || r == x.id })
	}
	for _, x := range m.members[nsp] {
		if (len(rooms) == 0 || in(x, rooms)) && !in(x, except) {
			list = append(list, x)
		}
	}
	return list
}

// came is called by a client for each packet that arrived, and tells what it is.
func (s *session) came(p *spacket) *sent {
	w := s.model.w
	for len(s.down) > 0 {
		front := s.down[0]
		s.down = s.down[1:]
		if front.matches(p) {
			w.figures.Down++
			if a := attachments(any(p.args)); a > 0 {
				w.figures.Binary++
			}
			return &front
		}
		if !front.volatile {
			w.fail("%s got %s, and %s was due", s.who, p, &front)
			return nil
		}
		w.figures.VolatileDropped++
	}
	w.fail("%s got %s, and nothing was due", s.who, p)
	return nil
}

// expects tells whether came would take p.
func (s *session) expects(p *spacket) bool {
	for i := range s.down {
		if s.down[i].matches(p) {
			return true
		}
		if !s.down[i].volatile {
			break
		}
	}
	return false
}

// matches compares what was sent with what came.
func (x *sent) matches(p *spacket) bool {
	if x.kind != p.kind || x.member != nil && x.member.nsp != p.nsp {
		return false
	}
	seed := uint64(0)
	if x.member != nil {
		seed = x.member.session.model.w.Seed
	}
	switch x.kind {
	case spConnect:
		m, _ := p.data.(map[string]any)
		return x.text == "" && p.data == nil || x.text != "" && m["sid"] == x.text
	case spEvent:
		args, want := p.args, body(seed, x.number)
		switch n := len(args); {
		case x.kept && n > 1:
			var ok bool
			if p.offset, ok = args[n-1].(string); !ok {
				return false
			}
			args = args[:n-1]
		case x.bare && isString(want[len(want)-1]):
			want = append(want, nil)
		}
		return (x.asks != nil) == (p.id >= 0) && len(args) > 0 && args[0] == any(x.event) && same(args[1:], any(want))
	case spAck:
		return x.id == p.id && same(any(p.args), any(body(seed, x.number)))
	}
	return true
}

func isString(v any) bool {
	_, ok := v.(string)
	return ok
}

// took is called by the app for each event or answer that reached it, and takes
// it off the queue. What is in front of it may only be what a socket that is
// gone, or a question that is settled, has no use for.
func (s *session) took(kind int, x *member, number uint64) *sent {
	w := s.model.w
	for len(s.up) > 0 {
		front := s.up[0]
		s.up = s.up[1:]
		if front.kind == kind && front.number == number && front.member == x {
			w.figures.Up++
			return &front
		}
		if !front.useless() {
			w.fail("the server got message %d of %s, and %s was due", number, s.who, &front)
			return nil
		}
	}
	w.fail("the server got message %d of %s, and nothing was due", number, s.who)
	return nil
}

// useless tells that a packet to the server changes nothing any more.
func (x *sent) useless() bool {
	return x.member.gone || x.kind == spAck && x.asks.settled > 0
}

// settle is called for the end of each question.
func (m *model) settle(q *question) {
	if q.settled++; q.settled > 1 {
		m.w.fail("question %d was settled %d times", q.number, q.settled)
	}
}

// quiet checks that everything has arrived in a session that both sides hold
// open.
func (s *session) quiet() error {
	s.down = slices.DeleteFunc(s.down, func(x sent) bool { return x.volatile })
	s.up = slices.DeleteFunc(s.up, func(x sent) bool { return x.useless() })
	switch {
	case len(s.down) > 0:
		return fmt.Errorf("%s: %d packets did not arrive at the client, first %s", s.who, len(s.down), &s.down[0])
	case len(s.up) > 0:
		return fmt.Errorf("%s: %d packets did not arrive at the server, first %s", s.who, len(s.up), &s.up[0])
	}
	return nil
}

// finish checks the model when everybody is gone.
func (m *model) finish() error {
	for _, q := range m.questions {
		if q.settled != 1 {
			return fmt.Errorf("question %d (of the server: %v) was settled %d times", q.number, q.fromHere, q.settled)
		}
	}
	for _, s := range m.order {
		for _, x := range s.all {
			if !x.gone {
				return fmt.Errorf("%s was never disconnected", x)
			}
		}
		if s.polite && len(s.all) > 0 && s.all[len(s.all)-1].reason == sio.TransportClose {
			s.up = slices.DeleteFunc(s.up, func(x sent) bool {
				return x.kind == spAck && x.asks.settled > 0 || x.member.reason != sio.TransportClose
			})
			if len(s.up) > 0 {
				return fmt.Errorf("%s: sent before it left and not delivered: %s", s.who, &s.up[0])
			}
		}
	}
	return nil
}

// String describes a member.
func (x *member) String() string { return x.session.who + " in " + x.nsp }

// String describes a packet under way.
func (x *sent) String() string {
	kind := [...]string{"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR"}[x.kind]
	where := "?"
	if x.member != nil {
		where = x.member.nsp
	}
	return fmt.Sprintf("%s %s id=%d %s #%d %s", kind, where, x.id, x.event, x.number, x.text)
}

// String describes a packet that came.
func (p *spacket) String() string {
	kind := [...]string{"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR"}[p.kind]
	return fmt.Sprintf("%s %s id=%d %.200v %v", kind, p.nsp, p.id, p.args, p.data)
}
