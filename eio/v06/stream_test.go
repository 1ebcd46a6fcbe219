package v06

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// unchunk takes the chunks of an endless body apart.
func unchunk(t *testing.T, b string) (body string) {
	t.Helper()
	for b != "" {
		size, rest, _ := strings.Cut(b, "\r\n")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil || len(rest) < int(n)+2 || rest[n:n+2] != "\r\n" {
			t.Fatalf("no chunk: %q", b)
		}
		body += rest[:n]
		b = rest[n+2:]
	}
	return body
}

func (r *rig) openStream(name string) (p *polltest.Peer, kind, body string) {
	r.Helper()
	p = r.dial()
	ask(p, "GET", "/socket.io/"+name+"//1300000000000", "")
	r.settle()
	status, head, body := r.answer(p)
	if status != 200 || head.Get("Transfer-Encoding") != "chunked" {
		r.Fatalf("%s: %d %v", name, status, head)
	}
	return p, head.Get("Content-Type"), body
}

func TestHTMLFile(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	p, kind, body := r.openStream("htmlfile")
	c := r.last
	script := func(batch string) string { return `<script>parent.s._("` + batch + `", document);</script>` }
	want := "<html><body>" + strings.Repeat(" ", 245) + script("~m~20~m~"+c.SessionID())
	if got := unchunk(t, body); got != want || kind != "text/html; charset=UTF-8" {
		t.Fatalf("got %s %q, want %q", kind, got, want)
	}
	if status := r.post(c, "</script><!--\u2028\"\\", "!three"); status != 200 {
		t.Fatalf("POST: %d", status)
	}
	want = script(`~m~16~m~\u003c/script>\u003c!--\u2028\"\\`) + script("~m~1~m~1") +
		script(`~m~10~m~~j~{\"n\":2}`) + script("~m~1~m~3")
	if got := unchunk(t, string(p.Read())); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c.Close()
	r.settle()
	if got := string(p.Read()); got != "0\r\n\r\n" {
		t.Errorf("the end is %q", got)
	}
}

func TestMultipart(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	p, kind, body := r.openStream("xhr-multipart")
	c := r.last
	part := func(batch string) string { return "Content-Type: text/plain\n\n" + batch + "\n--socketio\n" }
	want := "--socketio\n" + part("~m~20~m~"+c.SessionID())
	if got := unchunk(t, body); got != want || kind != `multipart/x-mixed-replace;boundary="socketio"` {
		t.Fatalf("got %s %q, want %q", kind, got, want)
	}
	if status := r.post(c, "€", `~j~{"a":1}`); status != 200 {
		t.Fatalf("POST: %d", status)
	}
	if got, want := unchunk(t, string(p.Read())), part("~m~1~m~€")+part(`~m~10~m~~j~{"a":1}`); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Close()
	r.settle()
	if c.Connected() || r.ends[c.SessionID()] != 1 {
		t.Error("the session outlived its connection")
	}
}

// TestStreamHeartbeat: every 10 s from the last echo, and 8 s for it.
func TestStreamHeartbeat(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	p, _, _ := r.openStream("xhr-multipart")
	c := r.last
	for _, n := range []string{"1", "2"} {
		r.sleep(10*time.Second - time.Millisecond)
		if got := p.Read(); len(got) > 0 {
			t.Fatalf("too early: %q", got)
		}
		r.sleep(time.Millisecond)
		if got := unchunk(t, string(p.Read())); !strings.Contains(got, "~m~4~m~~h~"+n+"\n") {
			t.Fatalf("heartbeat %s: %q", n, got)
		}
		r.post(c, "~h~"+n, "behind it")
		p.Read()
	}
	if len(r.seen) != 2 {
		t.Errorf("seen %q", r.seen)
	}
	r.sleep(10 * time.Second)
	r.post(c, "~h~2", "~h~x", "~h~", "!quiet") // no echo of the third
	p.Read()
	r.sleep(8*time.Second - time.Millisecond)
	if !c.Connected() {
		t.Fatal("too early")
	}
	r.sleep(time.Millisecond)
	if c.Connected() || !p.Ended() {
		t.Fatal("silence did not end the session")
	}
}

// TestStreamComesBack: with a CloseTimeout a stream may break off and go on.
func TestStreamComesBack(t *testing.T) {
	r := newRig(t, Options{TransportOptions: map[string]TransportOptions{"htmlfile": {CloseTimeout: time.Second}}})
	defer r.finish()
	p, _, _ := r.openStream("htmlfile")
	c := r.last
	p.Close()
	r.settle()
	c.Send("a")
	c.Send("b")
	q := r.dial()
	ask(q, "GET", "/socket.io/htmlfile/"+c.SessionID()+"/2", "")
	r.settle()
	_, _, body := r.answer(q)
	if got := unchunk(t, body); !strings.HasSuffix(got, `parent.s._("~m~1~m~a~m~1~m~b", document);</script>`) {
		t.Errorf("got %q", got)
	}
	r.sleep(5 * time.Second)
	if !c.Connected() || c.Connections() != 2 {
		t.Error("gone, although it came back")
	}
}

// TestStalledStream: a client that does not read loses its connection; others do
// not notice.
func TestStalledStream(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	p, _, _ := r.openStream("htmlfile")
	c := r.last
	other, _, _ := r.openStream("xhr-multipart")
	p.Stall()
	for range 100 {
		c.Send(strings.Repeat("x", 100_000))
		r.settle()
	}
	if c.Connected() {
		t.Error("10 MB wait for a client that does not read")
	}
	r.io.Broadcast("all well")
	r.settle()
	if got := string(other.Read()); !strings.Contains(got, "~m~8~m~all well") {
		t.Errorf("the other got %q", got)
	}
}
