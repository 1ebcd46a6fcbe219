package sio

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A script is what a fuzzer writes and a stage plays on the whole stack: actions of one byte for what is done, one for
// who does it (of four clients; the upper bits are the octets of a piece of what it sends) and one for how many bytes
// follow, then these.
const (
	doOpen    byte = iota // a session: the first byte says the protocol, the transport and what it joins
	doWords               // a message of words, one for each byte
	doText                // a message as it is
	doBinary              // a binary message
	doRaw                 // bytes behind the switch, or a whole HTTP request
	doPoll                // a GET of a polling session
	doUpgrade             // a WebSocket for a polling session, and its probe
	doServe               // what the server does on its own: see serve
	doWait                // tenths of seconds, by the first byte
	doEnd                 // FIN, RST or half of a FIN, by the first byte
	doReturn              // a new session that joins with pid and offset of the one before
	doStall               // the client stops reading, or goes on
	doHTTP                // a request below the server's path
	actions
)

func act(do, who byte, data string) string { return string([]byte{do, who, byte(len(data))}) + data }

// snippets are the parts of messages that a fuzzer would take long to find.
var snippets = []string{"0", "1", "2", "3", "4", "5", "6", "40", "41", "42", "43", "44", "45", "46", "451-", "452-",
	"461-", "probe", "/a,", "/dyn-1,", "/no,", "/late,", "/?a=b,", ",", "7", "0-", "[", "]", "{",
	"}", `"e"`, `"ack"`, `"join"`,
	`"leave"`, `"bye"`, `"gone"`, `"ask"`, `"room"`, `"all"`, `"r1"`, `"r2"`, `"later"`,
	`{"_placeholder":true,"num":0}`,
	`{"_placeholder":true,"num":1}`, "null", "1e3", "-1", `"\u20ac"`, "\u20ac", ":", `"pid":"`,
	`"offset":"`, `"`, "\x1e",
	"b", "AQI=", "\x00", "\xff", `["e"]`, `["ack",1]`, `["ask"]`, `["join","r1"]`, `["bye"]`,
	`["__proto__"]`, "2probe",
	"99999999999999999999", "42/a,", "41/a,", "40/a,", "410", "43", "4305", "2:40", "4:42[]",
	`7:42["e"]`, "5:43/a,"}

// stage is the stack, four clients and what its handlers were told.
type stage struct {
	*rig
	clients [4]*actor
	peers   []*polltest.Peer
	life    map[*Socket]int // 1 connected, 2 disconnected
	asked   int             // acks that were asked for and not settled
}

// actor is a client.
type actor struct {
	st    *stage
	p     *polltest.Peer // of the WebSocket, or nil
	url   string         // of a polling session
	eio   int
	seen  string // the last of what came
	piece int
	over  bool // it has sent its FIN
}

// reasons are those that a socket may be told.
var reasons = []Reason{TransportError, TransportClose, ForcedClose, PingTimeout, ParseError, ServerShutdown,
	ForcedServerClose, ClientNamespaceDisconnect, ServerNamespaceDisconnect}

func newStage(t testing.TB) *stage {
	r := newRig(t, Options{
		MaxHTTPBufferSize: 2000, MaxAttachments: 3, MaxNamespacesPerClient: 4, MaxRoomsPerSocket: 4, MaxPendingAcks: 4,
		MaxChildNamespaces: 3, CleanupEmptyChildNamespaces: true, MaxReconstructionBytes: 3000, MaxElements: 50,
		MaxQueuedBytes: 4000, MaxQueuedPackets: 40,
		ConnectionStateRecovery: &ConnectionStateRecovery{MaxSessions: 3, MaxPackets: 20, MaxBytes: 2000},
	})
	st := &stage{rig: r, life: make(map[*Socket]int)}
	for i := range st.clients {
		st.clients[i] = &actor{st: st}
	}
	r.io.OnError(func(*Socket, error) {}) // of the peer's making; a panic is none of them, see guarded
	r.io.OnConnection(st.socket)
	r.io.Of("/a").OnConnection(st.socket)
	r.io.Of("/no").Use(func(_ *Socket, next func(error)) { next(errors.New("nope")) })
	late := r.io.Of("/late")
	late.Use(func(_ *Socket, next func(error)) { r.loop.After(300*time.Millisecond, func() { next(nil) }) })
	late.OnConnection(st.socket)
	r.io.OfRegexp(regexp.MustCompile(`^/dyn-\d+$`)).OnConnection(st.socket)
	return st
}

// alive wants a socket that is connected: no handler runs before or after.
func (st *stage) alive(s *Socket, what string) {
	if st.life[s] != 1 {
		st.t.Errorf("%s of a socket in state %d", what, st.life[s])
	}
}

// guarded tells of panics, which the server would catch.
func (st *stage) guarded() {
	if v := recover(); v != nil {
		st.t.Errorf("panic: %v", v)
	}
}

func (st *stage) socket(s *Socket) {
	if st.life[s] != 0 || !s.Connected() {
		st.t.Errorf("connected in state %d", st.life[s])
	}
	st.life[s] = 1
	s.OnDisconnect(func(reason Reason) {
		st.alive(s, "disconnect")
		st.life[s] = 2
		s.Emit("late") // which the recovery log may keep
		if !slices.Contains(reasons, reason) || s.Connected() || s.Volatile().Emit("late") != Dropped {
			st.t.Errorf("disconnected with %q, connected %v", reason, s.Connected())
		}
	})
	on := func(name string, fn func(e *Event)) {
		s.On(name, func(e *Event) {
			st.alive(s, name)
			defer st.guarded()
			fn(e)
		})
	}
	s.OnAny(func(e *Event) {
		st.alive(s, "any event")
		defer st.guarded()
		for i := range e.Len() {
			_, _, _, _ = e.String(i), e.Int(i), e.Bytes(i), e.Raw(i)
			_, _, _ = e.Any(i), e.Float(i), e.IsNull(i)
			var shape struct {
				Num  int64
				List []any
				B    []byte
			}
			_, _ = e.Bind(i, &shape), e.Bind(i, new(map[string]any))
		}
		_ = e.Args()
	})
	on("e", func(e *Event) { s.Emit("back", e.Args()...) })
	on("ack", func(e *Event) { e.Ack(e.Args()...); e.Ack("twice") })
	on("later", func(e *Event) {
		reply := e.Later()
		st.loop.After(time.Second, func() { reply.Ack("late") })
	})
	on("ask", func(*Event) { st.ask(s) })
	on("join", func(e *Event) { _ = s.Join(e.String(0)) })
	on("leave", func(e *Event) { s.Leave(e.String(0)) })
	on("room", func(e *Event) { s.To(e.String(0)).Emit("told", e.Args()...) })
	on("all", func(e *Event) { s.Namespace().Emit("told", e.Arg(0)) })
	on("bye", func(*Event) { s.Disconnect(false) })
	on("gone", func(*Event) { s.Disconnect(true) })
}

// ask emits what wants an answer, which is settled once.
func (st *stage) ask(s *Socket) {
	settled := false
	st.asked++
	emit := s.EmitWithAck
	if st.asked%2 == 0 {
		emit = s.Timeout(2 * time.Second).EmitWithAck
	}
	emit("question", func(err error, answer *Event) {
		if settled || err == nil && answer == nil {
			st.t.Errorf("settled %v: %v", settled, err)
		}
		settled = true
		st.asked--
	}, []byte{1, 2}, "x")
}

// serve is what the server does on its own.
func (st *stage) serve(how byte) {
	ns := st.io.Of([]string{"/", "/a"}[how>>4&1])
	switch how & 15 {
	case 0:
		ns.Emit("told", "all")
	case 1:
		ns.To("r1").Emit("told", []byte("bytes"))
	case 2:
		ns.Volatile().Emit("told", 1)
	case 3:
		ns.Except("r1").Emit("told", strings.Repeat("x", 500))
	case 4:
		ns.SocketsJoin("r2")
	case 5:
		ns.SocketsLeave("r1")
	case 6:
		ns.To("r2").DisconnectSockets(how&32 != 0)
	case 7:
		st.asked++
		ns.Timeout(time.Second).EmitWithAck("question", func(error, []*Event) { st.asked-- }, "all")
	default:
		if all := ns.FetchSockets(); len(all) > 0 {
			s := all[0]
			switch how & 7 {
			case 0:
				st.ask(s)
			case 1:
				s.Disconnect(how&32 != 0)
			case 2:
				s.Conn().Close(how&32 != 0)
			case 3:
				s.Broadcast().Emit("told", s.ID())
			case 4:
				_ = s.Join("r1", "r2")
			case 5:
				s.LeaveAll()
			case 6:
				s.Latest("key").Emit("told", how)
			case 7:
				s.Volatile().EmitBytes("told", []byte{how})
			}
		}
	}
}

func (st *stage) dial() *polltest.Peer {
	p := st.k.Dial("127.0.0.1:80")
	st.peers = append(st.peers, p)
	return p
}

// write sends in pieces of the actor's size.
func (c *actor) write(p *polltest.Peer, b []byte) {
	if c.over && p == c.p {
		return
	}
	for n := c.piece; n > 0 && len(b) > n; b = b[n:] {
		p.Write(b[:n])
		c.st.turn()
	}
	p.Write(b)
}

func (st *stage) turn() {
	if err := st.loop.Poll(0); err != nil {
		st.t.Fatal(err)
	}
}

// request sends an HTTP request, and returns what came by the end of it.
func (c *actor) request(method, target, body string) string {
	p := c.st.dial()
	c.write(p, fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", method,
		target, len(body), body))
	c.st.settle()
	return string(p.Read())
}

// switching asks for a WebSocket.
func (c *actor) switching(query string) {
	c.p, c.over = c.st.dial(), false
	c.write(c.p, []byte("GET /socket.io/?transport=websocket"+query+" HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"))
	c.st.settle()
}

func (c *actor) open(how byte) {
	c.eio, c.url, c.p = 3+int(how&1), "", nil
	query := "&EIO=" + strconv.Itoa(c.eio) + []string{"", "&b64=1", "&j=1"}[how>>5%3]
	if how&2 == 0 {
		c.switching(query)
	} else {
		answer := c.request("GET", "/socket.io/?transport=polling"+query, "")
		if _, sid, ok := strings.Cut(strings.ReplaceAll(answer, `\"`, `"`), `"sid":"`); ok {
			c.url = "/socket.io/?transport=polling" + query + "&sid=" + sid[:20]
		}
	}
	if how&4 != 0 {
		c.message(1, []byte([]string{"40", "40/a,", "40/dyn-1,", "40/late,"}[how>>3&3]))
	}
}

// message sends one as the client's transport and protocol do.
func (c *actor) message(op ws.OpCode, b []byte) {
	switch {
	case c.p != nil:
		c.write(c.p, ws.AppendMaskedFrame(nil, op, [4]byte{1, 2, 3, 4}, b))
	case c.url != "":
		body := string(b)
		if c.eio == 3 {
			body = strconv.Itoa(len([]rune(body))) + ":" + body
		}
		if strings.Contains(c.url, "&j=1") {
			body = "d=" + url.QueryEscape(body)
		}
		c.request("POST", c.url, body)
	}
}

var recoveryOf = regexp.MustCompile(`"pid":"([^"]+)"`)

// play does one action.
func (st *stage) play(do, who byte, data string) {
	c := st.clients[who&3]
	c.piece = int(who >> 2)
	how := byte(0)
	if data != "" {
		how = data[0]
	}
	switch do {
	case doOpen:
		c.open(how)
	case doWords:
		var b []byte
		for i := range len(data) {
			b = append(b, snippets[int(data[i])%len(snippets)]...)
		}
		c.message(ws.OpText, b)
	case doText:
		c.message(ws.OpText, []byte(data))
	case doHTTP:
		c.hear(c.request([]string{"GET", "POST", "OPTIONS", "PUT"}[how&3], "/socket.io/?"+data[min(1, len(data)):], "x"))
	case doBinary:
		c.message(ws.OpBinary, []byte(data))
	case doRaw:
		if c.p == nil {
			c.p, c.over = st.dial(), false
		}
		c.write(c.p, []byte(data))
	case doPoll:
		if c.url != "" {
			c.hear(c.request("GET", c.url, ""))
		}
	case doUpgrade:
		if c.url != "" {
			_, query, _ := strings.Cut(c.url, "polling")
			c.switching(query)
			c.message(ws.OpText, []byte("2probe"))
		}
	case doServe:
		st.serve(how)
	case doWait:
		st.k.Sleep(st.loop, time.Duration(how)*100*time.Millisecond)
	case doEnd:
		c.end(how)
	case doReturn:
		c.comeBack()
	case doStall:
		if c.p != nil {
			[]func(){c.p.Stall, c.p.Resume}[how&1]()
		}
	}
	if who&4 == 0 { // else it meets the next one in its turn
		st.settle()
	}
	if c.p != nil {
		c.hear(string(c.p.Read()))
	}
}

// hear keeps what may have a pid or an offset in it.
func (c *actor) hear(s string) {
	if strings.Contains(s, `"pid"`) || strings.Contains(s, "42[") {
		c.seen = s
	}
}

func (c *actor) end(how byte) {
	if c.p != nil {
		c.over = true
		[]func(){c.p.Close, c.p.Reset, c.p.CloseWrite}[how%3]()
	}
}

func (c *actor) comeBack() {
	auth := ""
	if m := recoveryOf.FindStringSubmatch(c.seen); m != nil {
		auth = `{"pid":"` + m[1] + `"`
		if o := offsetOf.FindStringSubmatch(c.seen); o != nil {
			auth += `,"offset":"` + o[1] + `"`
		}
		auth += "}"
	}
	c.open(1)
	c.message(ws.OpText, []byte("40"+auth))
}

// finish ends everything and wants each socket that was connected to be told of its end once; rig.close wants
// the tables to be empty.
func (st *stage) finish() {
	for _, p := range st.peers {
		p.Resume()
		p.Reset()
	}
	st.k.Sleep(st.loop, 4*time.Minute)
	for s, life := range st.life {
		if life != 2 {
			st.t.Errorf("socket %s was not told of its end", s.ID())
		}
	}
	if s := st.io.Stats(); st.asked != 0 || s.Acks != 0 || s.Sockets != 0 || s.Bytes != 0 || s.Clients != 0 {
		st.t.Errorf("%d acks are not settled; %+v", st.asked, s)
	}
	if l := st.loop.Stats(); l.Conns != 0 || l.OutBytes != 0 {
		st.t.Errorf("left: %+v", l)
	}
}
