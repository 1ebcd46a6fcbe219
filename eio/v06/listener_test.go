package v06

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
)

// TestRoutes: what is not ours goes on to the app.
func TestRoutes(t *testing.T) {
	r := newRig(t, Options{Transports: []string{"xhr-polling", "websocket"}})
	defer r.finish()
	for _, path := range []string{"/", "/socket.io", "/socket.io/", "/socket.io/socket.io.js", "/socket.io/1/",
		"/socket.io/websocketx", "/socket.io/xhr-pollingx/1", "/socket.io/htmlfile//1", "/socket.iox/websocket"} {
		if status, _, body := r.once("GET", path, ""); status != 200 || body != "app: "+path {
			t.Errorf("%s: got %d %q", path, status, body)
		}
	}
	// A Socket.IO server of today may live on the same path.
	r.app.Server().Handle("/socket.io/", func(_ *webapp.Request, res *webapp.Response) { res.End("today's") })
	for path, want := range map[string]string{"/socket.io/?EIO=4": "today's", "/socket.io/websocketx": "today's"} {
		if _, _, body := r.once("GET", path, ""); body != want {
			t.Errorf("%s: got %q", path, body)
		}
	}
	r.openPoll()
}

func TestFiles(t *testing.T) {
	files := fstest.MapFS{
		"socket.io.js": {Data: []byte("var io;")},
		"lib/vendor/web-socket-js/WebSocketMain.swf": {Data: []byte("FWS")},
		"secret": {Data: []byte("x")},
	}
	r := newRig(t, Options{ClientFS: files, Resource: "old"})
	defer r.finish()
	status, head, body := r.once("GET", "/old/socket.io.js", "")
	tag := head.Get("ETag")
	if status != 200 || body != "var io;" || head.Get("Content-Type") != "text/javascript; charset=utf-8" || tag == "" {
		t.Fatalf("got %d %q %v", status, body, head)
	}
	if status, _, body := r.once("GET", "/old/socket.io.js", "", "If-None-Match: "+tag); status != 304 || body != "" {
		t.Errorf("the same again: %d %q", status, body)
	}
	for _, path := range []string{"/old/WebSocketMain.swf", "/old/lib/vendor/web-socket-js/WebSocketMain.swf"} {
		if status, head, body := r.once("GET", path, ""); status != 200 || body != "FWS" ||
			head.Get("Content-Type") != "application/x-shockwave-flash" {
			t.Errorf("%s: %d %q %v", path, status, body, head)
		}
	}
	for _, path := range []string{"/old/secret", "/old/socket.io.jsx", "/old/lib"} {
		if _, _, body := r.once("GET", path, ""); body != "app: "+path {
			t.Errorf("%s: got %q", path, body)
		}
	}
	if _, _, body := r.once("POST", "/old/socket.io.js", "x"); body != "app: /old/socket.io.js" {
		t.Errorf("POST of the file: got %q", body)
	}
}

func TestPolicy(t *testing.T) {
	const head = `<?xml version="1.0"?>
<!DOCTYPE cross-domain-policy SYSTEM "http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd">
<cross-domain-policy>
`
	r := newRig(t, Options{Origins: []string{"a.example:80", "*:8000"}, FlashPolicyServer: "127.0.0.1:843"})
	want := head + `<allow-access-from domain="a.example" to-ports="80"/>` + "\n" +
		`<allow-access-from domain="*" to-ports="8000"/>` + "\n</cross-domain-policy>\n"
	p := r.dial()
	for _, piece := range []string{"<policy-file", "-request/>", "\x00"} {
		p.WriteString(piece)
		r.settle()
	}
	if got := string(p.Read()); got != want || !p.EOF() {
		t.Errorf("inline: got %q, want %q", got, want)
	}
	q := r.k.Dial("127.0.0.1:843")
	r.peers = append(r.peers, q)
	q.WriteString(policyRequest)
	r.settle()
	if got := string(q.Read()); got != want || !q.EOF() {
		t.Errorf("port 843: got %q, want %q", got, want)
	}
	if status, _, _ := r.once("GET", "/", ""); status != 200 {
		t.Errorf("HTTP behind it: %d", status)
	}
	r.io.Close()
	p = r.dial()
	p.WriteString(policyRequest)
	r.settle()
	if status, _, _ := r.answer(p); status != 400 {
		t.Errorf("after Close: %d", status)
	}
	if q := r.k.Dial("127.0.0.1:843"); !q.WasReset() {
		t.Error("port 843 is still open")
	}
	r.finish()

	r = newRig(t, Options{Transports: []string{"websocket"}})
	p = r.dial()
	p.WriteString(policyRequest)
	r.settle()
	if status, _, _ := r.answer(p); status != 400 {
		t.Errorf("without flashsocket: %d", status)
	}
	r.finish()
}

func TestOptions(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	for _, o := range []Options{
		{Resource: "a/b"},
		{Transports: []string{"websocket", "polling"}},
		{TransportOptions: map[string]TransportOptions{"polling": {}}},
		{TransportOptions: map[string]TransportOptions{"websocket": {Timeout: -1}}},
		{Origins: []string{"everyone"}},
		{MaxMessageBytes: -1},
		{ClientFS: fstest.MapFS{}},
		{FlashPolicyServer: site},
	} {
		if _, err := New(r.app, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// TestStates: what the table does not name panics.
func TestStates(t *testing.T) {
	want := map[string]string{"away": "open closed", "open": "away closed", "closed": ""}
	for from := clientAway; from <= clientClosed; from++ {
		var may []string
		for to := clientAway; to <= clientClosed; to++ {
			func() {
				defer func() { recover() }()
				c := &Client{state: from}
				c.setState(to)
				may = append(may, to.String())
			}()
		}
		if got := strings.Join(may, " "); got != want[from.String()] {
			t.Errorf("%v -> %s, want %s", from, got, want[from.String()])
		}
	}
	for p, name := range map[hixiePhase]string{betweenFrames: "between", insideFrame: "inside", goodbye: "goodbye",
		stopped: "stopped"} {
		if p.String() != name {
			t.Errorf("%v is not %s", p, name)
		}
	}
}

// TestNestedSends: sending from within what sending causes.
func TestNestedSends(t *testing.T) {
	r := newRig(t, Options{MaxHeldMessages: 2})
	defer r.finish()
	p, c := r.openSocket()
	slow := r.openPoll()
	slow.OnDisconnect(func() { r.io.Broadcast("someone left, and this is longer than the other") })
	for range 3 {
		r.io.Broadcast("x")
	}
	r.settle()
	got := strings.Join(r.frames(p.Read()), "")
	if strings.Count(got, "someone left") != 1 || strings.Count(got, "~m~1~m~x") != 3 {
		t.Errorf("got %q", got)
	}
	c.Send(func() {})
	if !strings.Contains(r.log.String(), "cannot be encoded") || slow.Connected() {
		t.Error("a function was sent")
	}
}

// TestPanics: an app that panics gets its error, and nothing of the session is
// left behind.
func TestPanics(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	errs := 0
	r.app.OnError(func(error) { errs++ })
	r.io.OnConnection(func(c *Client) {
		r.last = c
		c.OnDisconnect(func() { r.left(c) })
		panic("no")
	})
	for i, path := range []string{"xhr-polling//1", "jsonp-polling//1/0", "htmlfile//1", "xhr-multipart/"} {
		want := 500
		if i > 1 {
			want = 0 // cut off
		}
		if status, _, _ := r.once("GET", "/socket.io/"+path, ""); status != want {
			t.Errorf("%s: got %d, want %d", path, status, want)
		}
		if errs != i+1 || r.last.Connected() || r.ends[r.last.SessionID()] != 1 {
			t.Errorf("%s: %d errors, connected %v", path, errs, r.last.Connected())
		}
		r.io.Broadcast("x")
		r.settle()
	}
	r.io.OnConnection(func(c *Client) { c.OnMessage(func(Message) { panic("no") }) })
	c := r.openAny()
	if status := r.post(c, "x"); status != 500 || !c.Connected() {
		t.Errorf("a message: %d, connected %v", status, c.Connected())
	}
}

// openAny is openPoll for an app that does not set r.last.
func (r *rig) openAny() (c *Client) {
	r.once("GET", "/socket.io/xhr-polling//1", "")
	for _, c = range r.io.Clients() {
	}
	return c
}

// TestMemory: an idle session holds little, and a thousand that went hold
// nothing.
func TestMemory(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	r.openSocket()
	const many = 500
	before := heap()
	peers := make([]*polltest.Peer, 0, many)
	for range many {
		p, _ := r.openSocket()
		peers = append(peers, p)
	}
	t.Logf("%d bytes a session, the test's own peer included", (heap()-before)/many)
	for _, p := range peers {
		p.Reset()
	}
	r.settle()
	if r.io.Count() != 1 {
		t.Errorf("%d sessions are left", r.io.Count())
	}
	for range 1000 { // ids that were never given
		r.once("GET", "/socket.io/xhr-polling/AAAAAAAAAAAAAAAAAAAA/1", "")
	}
	if r.io.Count() != 1 || strings.Count(r.log.String(), "\n") > 3 {
		t.Errorf("guessing left %d sessions and\n%s", r.io.Count(), r.log.String())
	}
}

// TestFaults plays sessions of every transport under short reads and writes and
// resets: nothing is left, and what arrives is in order.
func TestFaults(t *testing.T) {
	polltest.Seeds(t, 20, func(t *testing.T, seed uint64) {
		faults := polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.1, Reset: 0.002}
		r := newFaultyRig(t, seed, faults, Options{})
		frame := "\x00" + batch("a") + "\xff"
		for i := range 40 {
			p := r.dial()
			switch i % 5 {
			case 0:
				ask(p, "GET", "/socket.io/websocket", "", rfcLines...)
				p.Write(text(batch("a", "b")))
			case 1:
				ask(p, "GET", "/socket.io/flashsocket", "", hixie75Lines...)
				p.WriteString(frame + frame)
			case 2:
				ask(p, "GET", "/socket.io/websocket", "", hixie76Lines...)
				p.WriteString(draftNonce + frame + "\xff\x00")
			case 3:
				ask(p, "GET", "/socket.io/htmlfile//1", "")
			case 4:
				ask(p, "GET", "/socket.io/xhr-polling//1", "")
			}
			r.io.Broadcast("to all")
			if i%7 == 0 {
				r.sleep(time.Duration(i) * 300 * time.Millisecond)
			}
			if i%3 == 0 && r.last != nil {
				r.last.Close()
			}
		}
		r.settle()
		r.finish()
	})
}
