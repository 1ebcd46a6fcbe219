package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// client is a well-behaved Socket.IO client: it connects, joins namespaces,
// talks, goes away in one way or another and comes back.
type client struct {
	w       *World
	name    string
	rnd     *rand.Rand
	style   style
	engine  *engine
	session *session
	sockets []*socket
	partial *spacket // waits for attachments
	memory  map[string]*memory
	resumes map[string]*resume // of this session
	pace    time.Duration
	quiet   bool // sends nothing by itself any more
	away    bool // does not come back
	lives   int
}

// socket is a client's end of a namespace.
type socket struct {
	c       *client
	nsp     string
	member  *member // once joined
	joining bool
	nextAck int64
	pending []*pending
	early   []*spacket
}

// pending is a question of the client's.
type pending struct {
	id int64
	q  *question
}

func newClient(w *World, name string, n uint64) *client {
	rnd := rand.New(rand.NewPCG(w.Seed, 100+n))
	return &client{w: w, name: name, rnd: rnd, pace: time.Duration(50+rnd.IntN(800)) * time.Millisecond,
		memory: make(map[string]*memory)}
}

// connect begins a session.
func (c *client) connect() {
	if c.away || c.quiet {
		return
	}
	c.lives++
	c.style = c.w.style(c.rnd)
	if len(c.memory) > 0 && c.rnd.IntN(20) > 0 { // it comes back as what it was
		c.style.protocol, c.style.jsonp = 4, false
	} else {
		clear(c.memory)
	}
	c.resumes = make(map[string]*resume)
	c.sockets, c.partial, c.session = nil, nil, nil
	e := &engine{w: c.w, who: c.name, rnd: c.rnd, style: c.style, index: c.rnd.IntN(30)}
	c.engine = e
	e.onOpen = func() {
		c.session = c.w.model.session(e.sid, c.name)
		c.session.known, c.session.resume = true, c.resumes
		if !c.w.Calm || c.style.slow > 0 {
			c.session.allow(sio.TransportClose, sio.TransportError, sio.PingTimeout)
		}
		if c.style.protocol == 3 {
			c.sockets = append(c.sockets, &socket{c: c, nsp: "/", joining: true})
		} else if c.w.Calm || c.rnd.IntN(30) > 0 { // else it never joins, and is closed for it
			c.join("/")
		} else {
			c.session.allow(sio.ForcedClose, sio.ForcedServerClose)
		}
		if c.w.Sio.ConnectRate > 0 {
			c.session.crossing()
		}
		c.w.kernel.After(c.wait(), func() { c.act(e) })
	}
	e.onMessage = c.message
	e.onClose = c.lost
	e.fate, e.onFate = c.doom(), c.misfortunate
	c.w.trace.note(c.name, "connects", int64(c.style.protocol), nil)
	e.start()
	if !c.w.Calm && c.rnd.IntN(12) == 0 { // changes its mind before the server has
		c.w.kernel.After(time.Duration(c.rnd.IntN(400))*time.Millisecond, func() {
			if c.engine == e && e.state == engineOpening {
				c.misfortune()
			}
		})
	}
	c.w.kernel.After(15*time.Second, func() {
		if e.state == engineOpening {
			e.lost("no open packet")
		}
	})
}

func (c *client) wait() time.Duration { return c.pace/2 + time.Duration(c.rnd.Int64N(int64(c.pace))) }

// lost is the end of the session from outside; a while later there is another.
func (c *client) lost(string) {
	c.w.figures.Lost++
	c.over()
	c.w.kernel.After(time.Duration(100+c.rnd.IntN(3000))*time.Millisecond, c.connect)
}

// over is the end of a session.
func (c *client) over() {
	if c.session != nil { // whatever happened, the server notices one of these
		c.session.allow(sio.TransportClose, sio.TransportError, sio.PingTimeout)
	}
	c.settle()
}

// settle settles what waits for the session.
func (c *client) settle() {
	for _, s := range c.sockets {
		s.left()
	}
	c.sockets = nil
}

// left settles the questions of a socket that is no more.
func (s *socket) left() {
	for _, p := range s.pending {
		s.c.w.figures.Unanswered++
		s.c.w.model.settle(p.q)
	}
	s.pending = nil
}

// leave goes away. In a calm run it is known what the server makes of it, and by
// when.
func (c *client) leave(how farewell) {
	if c.engine == nil || c.engine.state == engineClosed {
		return
	}
	se, e := c.session, c.engine
	polling, idle := e.ws == nil, e.probe == nil && e.post == nil
	how = e.leave(how)
	if se == nil || !c.w.Calm {
		c.over()
		return
	}
	due := c.w.Sio.PingInterval + c.w.Sio.PingTimeout
	switch {
	case how == leaveShut:
		se.allow(sio.TransportClose, sio.TransportError, sio.PingTimeout)
	case how == leavePacket || how != leaveSilent && how != leaveMute && !polling:
		se.allow(sio.TransportClose)
		due = 0
		se.polite = how == leavePacket && idle
	case how == leaveSilent || how == leaveMute:
		se.allow(sio.PingTimeout)
	default: // the poll that breaks may just have been answered
		se.allow(sio.TransportError, sio.PingTimeout)
	}
	se.due = c.w.now() + due + 2*(c.style.oneWay+c.style.jitter) + time.Second
	c.settle()
}

func (c *client) socket(nsp string) *socket {
	for _, s := range c.sockets {
		if s.nsp == nsp {
			return s
		}
	}
	return nil
}

// join asks for a namespace.
func (c *client) join(nsp string) {
	if c.socket(nsp) != nil {
		return
	}
	p := &spacket{kind: spConnect, nsp: nsp, id: -1}
	if known := c.credentials(nsp); known != nil {
		p.data = known
	} else if c.style.protocol == 4 {
		switch n := c.rnd.IntN(8); {
		case n == 0 && nsp == "/chat":
			p.data = map[string]any{"deny": true, "join": c.rnd.IntN(2) == 0, "wait": c.rnd.IntN(2) * 50}
		case n == 1:
			p.data = map[string]any{"wait": 1 + c.rnd.IntN(900), "join": c.rnd.IntN(2) == 0, "token": "grün"}
		case n == 2:
			p.data = map[string]any{"join": true}
		}
	} else if c.rnd.IntN(4) == 0 {
		p.nsp += "?token=abc"
	}
	if auth, _ := p.data.(map[string]any); c.style.protocol == 4 && auth["pid"] == nil {
		c.memory[nsp] = &memory{auth: auth}
	}
	c.sockets = append(c.sockets, &socket{c: c, nsp: nsp, joining: true})
	c.put(p)
	c.engine.reach(atJoin)
}

// put sends a packet.
func (c *client) put(p *spacket) {
	text, atts := p.encode()
	out := []epacket{{kind: '4', data: text}}
	if len(atts) > 0 && c.engine.ws != nil {
		if f := c.engine.struck(atHeader); f != nil { // and no attachment follows
			defer c.w.kernel.After(f.wait, func() { c.engine.end(f) })
			atts = atts[:c.rnd.IntN(len(atts))]
			c.session.crossing() // if anything else is sent meanwhile
		}
	}
	for _, b := range atts {
		out = append(out, epacket{kind: '4', data: b, binary: true})
	}
	c.engine.outbox = append(c.engine.outbox, out...)
	c.engine.turn()
}

// message takes a message of the server.
func (c *client) message(data []byte, binary bool) {
	if p := c.partial; p != nil {
		if !binary {
			c.w.fail("%s: text between a header and its attachments: %.80q", c.name, data)
			return
		}
		p.atts = append(p.atts, data)
		if len(p.atts) < p.want {
			return
		}
		c.partial = nil
		if wrong := p.whole(); wrong != "" {
			c.w.fail("%s: %s in %s", c.name, wrong, p)
			return
		}
		c.packets(p)
		return
	}
	if binary {
		c.w.fail("%s: binary message without a header", c.name)
		return
	}
	p, wrong := decode(data)
	switch {
	case wrong != "":
		c.w.fail("%s: malformed packet: %s: %.80q", c.name, wrong, data)
	case p.want > 0:
		c.partial = p
	default:
		c.packets(p)
	}
}

func (c *client) packets(p *spacket) {
	list := []*spacket{p}
	if c.w.sabotage != nil {
		list = c.w.sabotage(p)
	}
	for _, p := range list {
		s := c.socket(p.nsp)
		switch {
		case s != nil && s.joining && p.kind == spEvent && !c.session.expects(p):
			s.early = append(s.early, p) // what it missed, if CONNECT follows and not the end
		case s != nil && len(s.early) > 0:
			due := "nothing"
			if list := c.session.down; len(list) > 0 {
				due = list[0].String()
			}
			c.w.fail("%s got %s, and before it %s; due was %s", c.name, p, s.early[0], due)
		default:
			c.packet(p)
		}
	}
}

// packet compares a packet with the model and does what it says.
func (c *client) packet(p *spacket) {
	if p.kind == spConnectError && p.nsp == "/nowhere" {
		c.sockets = slices.DeleteFunc(c.sockets, func(s *socket) bool { return s.nsp == p.nsp })
		return
	}
	x := c.session.came(p)
	if x != nil && x.kept && c.memory[p.nsp] != nil {
		k := c.memory[p.nsp]
		k.offset, k.position = p.offset, c.w.model.seen(x.number, p.offset)
	}
	s := c.socket(p.nsp)
	switch {
	case x == nil || s == nil: // a violation, or for a namespace that we left
	case p.kind == spConnect:
		if !s.joining {
			c.w.fail("%s: a second CONNECT for %s", c.name, p.nsp)
		}
		s.joining, s.member = false, x.member
		c.remember(p, x.member)
	case p.kind == spConnectError:
		c.w.figures.Refusals++
		if m, _ := p.data.(map[string]any); c.style.protocol == 4 && m["message"] != x.text {
			c.w.fail("%s: CONNECT_ERROR %v, not %s", c.name, p.data, x.text)
		}
		c.drop(s)
	case s.member != x.member: // left meanwhile, and joined again
	case p.kind == spDisconnect:
		c.drop(s)
	case p.kind == spAck:
		s.answered(p.id, x)
	case p.id >= 0:
		s.reply(p.id, x)
	}
}

// drop forgets a socket.
func (c *client) drop(s *socket) {
	s.left()
	c.sockets = slices.DeleteFunc(c.sockets, func(o *socket) bool { return o == s })
}

// answered takes an answer: the model has compared its contents.
func (s *socket) answered(id int64, x *sent) {
	for i, p := range s.pending {
		if p.id == id {
			if p.q != x.asks {
				s.c.w.fail("%s: answer to another question", s.c.name)
			}
			s.pending = slices.Delete(s.pending, i, i+1)
			s.c.w.figures.Answered++
			s.c.w.model.settle(p.q)
			return
		}
	}
}

// reply answers a question of the server: at once, later, twice, or never.
func (s *socket) reply(id int64, x *sent) {
	c, e := s.c, s.c.engine
	answer := func() {
		if c.engine != e || e.state != engineOpen || c.socket(s.nsp) != s {
			return
		}
		n := c.w.model.next()
		s.up(sent{kind: spAck, number: n, id: id, asks: x.asks})
		c.put(&spacket{kind: spAck, nsp: s.nsp, id: id, args: body(c.w.Seed, n)})
	}
	switch n := c.rnd.IntN(20); {
	case n == 0 && !c.w.Calm:
	case n < 4:
		c.w.kernel.After(time.Duration(c.rnd.IntN(2500))*time.Millisecond, answer)
	case n == 4:
		answer()
		answer()
	case n == 5: // an id that nobody gave out
		c.put(&spacket{kind: spAck, nsp: s.nsp, id: 1 << 40, args: []any{"unknown"}})
		answer()
	default:
		answer()
	}
}

// up notes a packet to the server.
func (s *socket) up(p sent) {
	p.member = s.member
	s.c.session.up = append(s.c.session.up, p)
}
