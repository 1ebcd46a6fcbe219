package eio

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// rig is an engine on a web server on a loop on the kernel in memory. Nothing
// happens by itself: settle lets the present play out, the clock stands still
// until sleep.
type rig struct {
	testing.TB
	k       *polltest.Kernel
	loop    *poll.Loop
	web     *webapp.Server
	engine  *Server
	last    *Session       // the one that opened last
	handler Handler        // of every session; fixture by default
	ends    map[string]int // calls of OnClose by sid
	reasons map[string]Reason
	descs   map[string]error
	drains  int
	log     bytes.Buffer
	peers   []*polltest.Peer
	later   []func(error) // decisions of AllowRequest that wait, see guarded
	bare    bool          // dial where no engine is, see listenBare
}

// quietly is a kernel without faults.
var quietly polltest.Faults

// Where the engine listens, and a listener without one, see listenBare.
const site, idlePort = "127.0.0.1:80", "127.0.0.1:81"

func newRig(t testing.TB, seed uint64, f polltest.Faults, o Options) *rig {
	t.Helper()
	return newWebRig(t, seed, f, o, webapp.Options{})
}

// newWebRig is newRig with options of the web server.
func newWebRig(t testing.TB, seed uint64, f polltest.Faults, o Options, web webapp.Options) *rig {
	t.Helper()
	r := &rig{TB: t, ends: map[string]int{}, reasons: map[string]Reason{}, descs: map[string]error{}}
	r.handler = fixture{r}
	r.k = polltest.New(seed, f)
	var err error
	if r.loop, err = poll.New(poll.Options{Kernel: r.k}); err != nil {
		t.Fatal(err)
	}
	web.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	web.OnError = func(err error) { t.Errorf("OnError: %v", err) }
	r.web = webapp.NewServer(r.loop, web)
	r.web.Handle("", func(_ *webapp.Request, res *webapp.Response) { res.SendStatus(404) })
	if _, err := r.loop.Listen(poll.ListenOptions{Address: site, Accept: r.web.Accept}); err != nil {
		t.Fatal(err)
	}
	if r.engine, err = Attach(r.loop, r.web, o); err != nil {
		t.Fatal(err)
	}
	r.engine.OnConnection(func(s *Session) {
		r.last = s
		s.SetHandler(r.handler)
	})
	return r
}

// fixture echoes and obeys, as the server that the recordings were made with.
type fixture struct{ r *rig }

func (f fixture) OnMessage(s *Session, data []byte, binary bool) {
	if f.r.ends[s.ID()] > 0 || !s.Open() {
		f.r.Errorf("session %s: a message while %s", s.ID(), s.ReadyState())
	}
	if binary {
		s.Send(data, true)
		return
	}
	switch string(data) {
	case "!close":
		s.Close(false)
	case "!discard":
		s.Close(true)
	case "!big":
		s.Send(bytes.Repeat([]byte("a"), 2000), false)
	case "!burst":
		sendAll(s, "m1", "m2", "m3")
	case "!burst-close":
		sendAll(s, "m1", "m2")
		s.Close(false)
	case "!mixed":
		sendAll(s, "t1")
		s.Send([]byte{1, 2, 3, 4}, true)
		sendAll(s, "€")
	case "!bin":
		s.Send([]byte{0, 1, 2, 255}, true)
	case "!jsonp":
		sendAll(s, "a\u2028b\u2029c\"d\\e\nf</script>")
	default:
		s.Send(data, false)
	}
}

func (f fixture) OnDrain(*Session) { f.r.drains++ }

func (f fixture) OnClose(s *Session, reason Reason, desc error) {
	f.r.ends[s.ID()]++
	f.r.reasons[s.ID()], f.r.descs[s.ID()] = reason, desc
	if s.Open() || s.Writable() || s.Send([]byte("late"), false) != poll.Dropped {
		f.r.Errorf("session %s is not closed in OnClose", s.ID())
	}
	s.Close(false) // must do nothing
	s.CloseWith(ParseError, nil)
}

func sendAll(s *Session, texts ...string) {
	for _, text := range texts {
		s.Send([]byte(text), false)
	}
}

// settle turns the loop until nothing more happens at this time.
func (r *rig) settle() {
	r.Helper()
	for quiet := 0; quiet < 10; quiet++ { // more than faults may hide
		before := r.k.Calls
		if err := r.loop.Poll(0); err != nil {
			r.Fatal(err)
		}
		if c := r.k.Calls; c.Reads != before.Reads || c.Writes != before.Writes || c.Accepts != before.Accepts {
			quiet = 0
		}
	}
}

func (r *rig) sleep(d time.Duration) {
	r.settle()
	r.k.Sleep(r.loop, d)
	r.settle()
}

func (r *rig) dial() *polltest.Peer {
	p := r.k.Dial(pick(r.bare, idlePort, site))
	r.peers = append(r.peers, p)
	return p
}

// finish hangs up all peers, lets every timeout pass, and wants nothing to be
// left: sessions, timers, connections, descriptors; each end told once.
func (r *rig) finish() {
	r.Helper()
	for _, p := range r.peers {
		p.Reset()
	}
	o := r.engine.Options()
	r.sleep(2*(o.PingInterval+o.PingTimeout) + o.UpgradeTimeout + time.Minute)
	r.empty()
	for sid, n := range r.ends {
		if n != 1 {
			r.Errorf("session %s: OnClose was called %d times", sid, n)
		}
	}
	r.loop.Close()
	if err := r.k.Check(); err != nil {
		r.Error(err)
	}
}

// empty wants all tables to be empty.
func (r *rig) empty() {
	r.Helper()
	s, l, e := r.engine.Stats(), r.loop.Stats(), r.engine
	n := len(e.sessions.buckets)
	if s.Sessions != 0 || s.WebSockets != 0 || s.Handshakes != s.Ends || e.dirty != nil || n > minBuckets {
		r.Errorf("left in the engine: %+v, %d buckets", s, n)
	}
	if l.Conns != 0 || l.Timers != 0 || l.OutBytes != 0 || r.loop.Budget().Used() != 0 {
		r.Errorf("left in the loop: %+v, %d bytes of the budget", l, r.loop.Budget().Used())
	}
	if n := r.web.Stats().Conns; n != 0 {
		r.Errorf("left in the web server: %d connections", n)
	}
}

// request writes an HTTP request; lines are further header lines.
func request(p *polltest.Peer, method, target string, body []byte, lines ...string) {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nHost: a.example\r\n")
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	p.WriteString(b.String())
}

// upgrade lines of a WebSocket handshake, with the key of RFC 6455.
var upgradeLines = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

const acceptLine = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// masked is a frame as a client sends it.
func masked(op ws.OpCode, payload string) []byte {
	return ws.AppendMaskedFrame(nil, op, [4]byte{1, 2, 3, 4}, []byte(payload))
}

func text(payload string) []byte { return masked(ws.OpText, payload) }

// cutFrame takes a server's frame off b.
func cutFrame(b []byte) (op ws.OpCode, payload, rest []byte, ok bool) {
	h, n, err := ws.ParseHeader(b)
	if err != nil || int64(len(b)-n) < h.Length {
		return 0, nil, b, false
	}
	end := n + int(h.Length)
	return h.OpCode, b[n:end], b[end:], true
}

// openWS opens a WebSocket session and reads its 101 and open packet; lines are further header lines.
func (r *rig) openWS(query string, lines ...string) (*polltest.Peer, *Session) {
	r.Helper()
	p := r.dial()
	request(p, "GET", "/engine.io/?transport=websocket&"+query, nil, append(lines, upgradeLines...)...)
	r.settle()
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.Contains(got, `0{"sid":"`) {
		r.Fatalf("WebSocket handshake: %q", got)
	}
	return p, r.last
}

// openPoll opens a polling session.
func (r *rig) openPoll(query string) *Session {
	r.Helper()
	p := r.dial()
	request(p, "GET", "/engine.io/?transport=polling&"+query, nil)
	r.settle()
	if got := string(p.Read()); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		r.Fatalf("polling handshake: %q", got)
	}
	return r.last
}

// target is where a session's requests go.
func target(s *Session) string {
	return "/engine.io/?transport=polling&EIO=" + string('0'+s.protocol) + "&sid=" + s.ID()
}

// post sends a body as a POST of a session.
func post(p *polltest.Peer, s *Session, body []byte, lines ...string) {
	lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	request(p, "POST", target(s), body, lines...)
}

// get sends a poll of a session.
func get(p *polltest.Peer, s *Session) { request(p, "GET", target(s), nil) }

// cutAnswer takes an HTTP answer off b, without a body if it is that of a HEAD.
func cutAnswer(b []byte, toHead bool) (status string, lines []string, body, rest []byte, ok bool) {
	head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return "", nil, nil, b, false
	}
	lines = strings.Split(string(head), "\r\n")
	status = strings.Fields(lines[0])[1]
	length := 0
	for _, line := range lines[1:] {
		if n, is := strings.CutPrefix(line, "Content-Length: "); is {
			length, _ = strconv.Atoi(n)
		}
	}
	if toHead {
		length = 0
	}
	if length > len(rest) {
		return "", nil, nil, b, false
	}
	return status, lines[1:], rest[:length], rest[length:], true
}
