package v06

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

const site = "127.0.0.1:80"

// rig is a listener on an app on the kernel in memory. The clock stands still
// until sleep.
type rig struct {
	testing.TB
	k     *polltest.Kernel
	loop  *poll.Loop
	app   *webapp.App
	io    *Listener
	last  *Client // that came last
	seen  []string
	ends  map[string]int
	log   bytes.Buffer
	peers []*polltest.Peer
}

// newRig starts a listener whose app echoes, and obeys a few words.
func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	return newFaultyRig(t, 1, polltest.Faults{}, o)
}

func newFaultyRig(t testing.TB, seed uint64, f polltest.Faults, o Options) *rig {
	t.Helper()
	r := &rig{TB: t, k: polltest.New(seed, f), ends: map[string]int{}}
	r.loop = must(poll.New(poll.Options{Kernel: r.k}))
	r.app = must(webapp.CreateWith(r.loop, "v06", webapp.Addr{Host: "127.0.0.1", Port: 80}, webapp.Options{
		Logger: slog.New(slog.NewTextHandler(&r.log, nil)), OnError: func(err error) { t.Errorf("OnError: %v", err) },
	}))
	r.app.All("/*", func(req *webapp.Request, res *webapp.Response) { res.End("app: " + req.Path()) })
	var err error
	if r.io, err = New(r.app, o); err != nil {
		t.Fatal(err)
	}
	r.io.OnConnection(func(c *Client) {
		r.last = c
		c.OnMessage(func(m Message) { r.obey(m, c) })
		c.OnDisconnect(func() { r.left(c) })
	})
	if err := r.app.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (r *rig) obey(m Message, c *Client) {
	if !c.Connected() {
		r.Errorf("a message after the end: %q", m.Text())
	}
	r.seen = append(r.seen, m.Text())
	switch m.Text() {
	case "!close":
		c.Close()
	case "!three":
		c.Send("1")
		c.Send(map[string]int{"n": 2})
		c.Send([]byte("3"))
	case "!others":
		c.Broadcast("hi others")
	case "!quiet":
	default:
		c.Send(m)
	}
}

func (r *rig) left(c *Client) {
	r.ends[c.SessionID()]++
	if c.Connected() || r.io.Client(c.SessionID()) != nil || c.Send("late") != poll.Dropped {
		r.Error("not disconnected in OnDisconnect")
	}
	c.Close() // must do nothing
}

// settle turns the loop until nothing more happens at this time.
func (r *rig) settle() {
	r.Helper()
	for quiet := 0; quiet < 10; quiet++ {
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
	p := r.k.Dial(site)
	r.peers = append(r.peers, p)
	return p
}

// finish hangs up, lets all times pass, and wants nothing to be left.
func (r *rig) finish() {
	r.Helper()
	for _, p := range r.peers {
		p.Reset()
	}
	r.sleep(2 * time.Minute)
	s, l := r.app.Server().Stats(), r.loop.Stats()
	if r.io.Count() != 0 || r.io.dirty != nil || s.Conns != 0 || s.UploadBytes != 0 {
		r.Errorf("left: %d clients, %+v", r.io.Count(), s)
	}
	if l.Conns != 0 || l.Timers != 0 || l.OutBytes != 0 || r.loop.Budget().Used() != 0 {
		r.Errorf("left in the loop: %+v, %d bytes of the budget", l, r.loop.Budget().Used())
	}
	for id, n := range r.ends {
		if n != 1 {
			r.Errorf("%s ended %d times", id, n)
		}
	}
	r.io.Close()
	r.loop.Close()
	if err := r.k.Check(); err != nil {
		r.Error(err)
	}
}

// ask writes a request; lines are further header lines.
func ask(p *polltest.Peer, method, path, body string, lines ...string) {
	var b strings.Builder
	b.WriteString(method + " " + path + " HTTP/1.1\r\nHost: box:80\r\n")
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	if method == "POST" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	p.WriteString(b.String() + "\r\n" + body)
}

// once makes a request on a connection of its own and returns what came: status,
// header lines and body. A poll that stands has none.
func (r *rig) once(method, path, body string, lines ...string) (status int, head http.Header, answer string) {
	r.Helper()
	p := r.dial()
	ask(p, method, path, body, lines...)
	r.settle()
	return r.answer(p)
}

func (r *rig) answer(p *polltest.Peer) (status int, head http.Header, answer string) {
	r.Helper()
	top, answer, ok := strings.Cut(string(p.Read()), "\r\n\r\n")
	if !ok {
		return 0, nil, top
	}
	lines := strings.Split(top, "\r\n")
	head = http.Header{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		head.Add(name, value)
	}
	fmt.Sscanf(lines[0], "HTTP/1.1 %d", &status)
	return status, head, answer
}

// batch frames messages, as a client's encode does.
func batch(messages ...string) string {
	var b []byte
	for _, m := range messages {
		b = appendMessage(b, []byte(m))
	}
	return string(b)
}

// unbatch is the messages of a batch, which must be sound.
func (r *rig) unbatch(text string) (messages []string) {
	r.Helper()
	for b := []byte(text); len(b) > 0; {
		m, rest, ok := nextMessage(b)
		if !ok {
			r.Fatalf("not a batch: %q", b)
		}
		messages = append(messages, string(m))
		b = rest
	}
	return messages
}

// want compares the messages of a batch.
func (r *rig) want(text string, messages ...string) {
	r.Helper()
	if got := r.unbatch(text); strings.Join(got, "|") != strings.Join(messages, "|") {
		r.Fatalf("got %q, want %q", got, messages)
	}
}

// post sends messages the way xhr clients do.
func (r *rig) post(c *Client, messages ...string) int {
	r.Helper()
	status, _, body := r.once("POST", "/socket.io/"+c.Transport()+"/"+c.SessionID()+"/send", form(messages...))
	if status == 200 && body != "ok" {
		r.Fatalf("a POST was answered %q", body)
	}
	return status
}

func form(messages ...string) string { return "data=" + escape(batch(messages...)) }

// escape is encodeURIComponent, and a little more.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// openPoll opens an xhr-polling session.
func (r *rig) openPoll() *Client {
	r.Helper()
	status, _, body := r.once("GET", "/socket.io/xhr-polling//1300000000000", "")
	if status != 200 {
		r.Fatalf("opening was answered %d %q", status, body)
	}
	r.want(body, r.last.SessionID())
	return r.last
}

// stand makes a poll of a session.
func (r *rig) stand(c *Client) *polltest.Peer {
	p := r.dial()
	ask(p, "GET", "/socket.io/xhr-polling/"+c.SessionID()+"/1300000000001", "")
	r.settle()
	return p
}

// socketLines are those of the handshakes of three generations.
var (
	rfcLines = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://box"}
	hixie75Lines = []string{"Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://box"}
	hixie76Lines = []string{"Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://example.com",
		"Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"}
)

// The example of draft-hixie-thewebsocketprotocol-76, section 1.2.
const draftNonce, draftProof = "^n:ds[4U", "8jKS'y:G*Co,Wxa-"

// text is a frame as an RFC 6455 client sends it.
func text(payload string) []byte {
	return ws.AppendMaskedFrame(nil, ws.OpText, [4]byte{1, 2, 3, 4}, []byte(payload))
}

// frames takes the server's frames apart: the payloads of texts, and for a close
// frame its code.
func (r *rig) frames(b []byte) (payloads []string) {
	r.Helper()
	for len(b) > 0 {
		h, n, err := ws.ParseHeader(b)
		if err != nil || int(h.Length) > len(b)-n {
			r.Fatalf("no frame: %q", b)
		}
		payload := string(b[n : n+int(h.Length)])
		if h.OpCode == ws.OpClose {
			payload = "close"
			if h.Length > 0 {
				payload += " " + strconv.Itoa(int(b[n])<<8|int(b[n+1]))
			}
		}
		payloads = append(payloads, payload)
		b = b[n+int(h.Length):]
	}
	return payloads
}

// openSocket opens a websocket session.
func (r *rig) openSocket() (*polltest.Peer, *Client) {
	r.Helper()
	p := r.dial()
	ask(p, "GET", "/socket.io/websocket", "", rfcLines...)
	r.settle()
	status, head, rest := r.answer(p)
	if status != 101 || head.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		r.Fatalf("handshake: %d %v %q", status, head, rest)
	}
	r.want(strings.Join(r.frames([]byte(rest)), ""), r.last.SessionID())
	return p, r.last
}
