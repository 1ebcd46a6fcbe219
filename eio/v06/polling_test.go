package v06

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestPollingSession is the life of an xhr-polling session: the id and what was
// sent at once, held messages in one batch, an empty answer, the end.
func TestPollingSession(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	r.io.OnConnection(func(c *Client) {
		r.last = c
		c.Send("welcome")
		c.OnMessage(func(m Message) { r.obey(m, c) })
		c.OnDisconnect(func() { r.left(c) })
	})
	status, head, body := r.once("GET", "/socket.io/xhr-polling//1300000000000", "")
	c := r.last
	r.want(body, c.SessionID(), "welcome")
	if status != 200 || head.Get("Content-Type") != "text/plain; charset=UTF-8" ||
		head.Get("Cache-Control") != "no-store" {
		t.Errorf("opening: %d %v", status, head)
	}
	if !c.Connected() || c.Connections() != 1 || r.io.Client(c.SessionID()) != c || len(c.SessionID()) != 20 {
		t.Errorf("after the opening: %+v", c)
	}

	c.Send("held")
	if status := r.post(c, "a", "€😀", `~j~{"x":[1]}`); status != 200 {
		t.Fatalf("POST: %d", status)
	}
	p := r.stand(c)
	_, _, body = r.answer(p)
	r.want(body, "held", "a", "€😀", `~j~{"x":[1]}`)

	ask(p, "GET", "/socket.io/xhr-polling/"+c.SessionID()+"/2", "") // the same connection
	r.settle()
	if got := p.Read(); len(got) > 0 {
		t.Fatalf("a poll without messages was answered %q", got)
	}
	if status := r.post(c, "!three"); status != 200 {
		t.Fatalf("POST: %d", status)
	}
	_, _, body = r.answer(p)
	r.want(body, "1", `~j~{"n":2}`, "3")

	p = r.stand(c)
	r.sleep(20*time.Second - time.Millisecond)
	if got := p.Read(); len(got) > 0 {
		t.Fatalf("answered too early: %q", got)
	}
	r.sleep(time.Millisecond)
	if status, _, body := r.answer(p); status != 200 || body != "" {
		t.Fatalf("after the duration: %d %q", status, body)
	}
	r.sleep(8*time.Second - time.Millisecond)
	if !c.Connected() || c.Connections() != 4 {
		t.Fatalf("gone too early, or %d connections", c.Connections())
	}
	r.sleep(time.Millisecond)
	if c.Connected() || r.ends[c.SessionID()] != 1 {
		t.Fatal("the session outlived the time to come back")
	}
	if status, _, _ := r.once("GET", "/socket.io/xhr-polling/"+c.SessionID()+"/3", ""); status != 400 {
		t.Errorf("a poll of a session that is gone: %d", status)
	}
}

// TestPollLost: a poll that breaks off leaves the session its time, and what is
// sent meanwhile.
func TestPollLost(t *testing.T) {
	r := newRig(t, Options{TransportOptions: map[string]TransportOptions{
		"xhr-polling": {CloseTimeout: 3 * time.Second, Duration: time.Second}}})
	defer r.finish()
	c := r.openPoll()
	p := r.stand(c)
	p.Close()
	r.settle()
	if c.state != clientAway {
		t.Fatalf("state %v", c.state)
	}
	c.Send("kept")
	r.sleep(2900 * time.Millisecond)
	_, _, body := r.answer(r.stand(c))
	r.want(body, "kept")
	p, second := r.stand(c), r.stand(c)
	if !p.Ended() || len(p.Read()) > 0 {
		t.Error("the former of two polls stands on")
	}
	r.sleep(time.Second)
	if status, _, _ := r.answer(second); status != 200 {
		t.Error("the later of two polls was not answered")
	}
}

// TestPollClose: a poll that stands tells the client that it is over.
func TestPollClose(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	c := r.openPoll()
	p := r.stand(c)
	c.Close()
	r.settle()
	if status, _, body := r.answer(p); status != 400 || body != "unknown session id" {
		t.Errorf("got %d %q", status, body)
	}
	c = r.openPoll()
	p = r.stand(c)
	c.Send("last words")
	c.Close()
	r.settle()
	_, _, body := r.answer(p)
	r.want(body, "last words")
	c = r.openPoll()
	if status := r.post(c, "before", "!close", "behind"); status != 200 || c.Connected() {
		t.Errorf("closed by its own message: %d", status)
	}
	if got := strings.Join(r.seen, " "); got != "before !close" {
		t.Errorf("seen %q", got)
	}
}

// TestJSONP: scripts with the index of the request, and forms with line ends.
func TestJSONP(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	status, head, body := r.once("GET", "/socket.io/jsonp-polling//1300000000000/7", "")
	c := r.last
	want := `io.JSONP[7]._("~m~20~m~` + c.SessionID() + `");`
	if status != 200 || body != want || head.Get("Content-Type") != "text/javascript; charset=UTF-8" ||
		head.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("got %d %q %v, want %q", status, body, head, want)
	}
	path := "/socket.io/jsonp-polling/" + c.SessionID() + "/1300000000001/12"
	c.Send("a\u2028\"\\</script>\n\x01€")
	_, _, body = r.once("GET", path, "")
	if want := `io.JSONP[12]._("~m~16~m~a\u2028\"\\</script>\n\u0001€");`; body != want {
		t.Errorf("got %s, want %s", body, want)
	}
	folded := "data=" + escape(strings.ReplaceAll(batch("two\nlines", "\n"), "\n", "\r\n"))
	if status, head, body := r.once("POST", path, folded); status != 200 || body != "ok" ||
		head.Get("Content-Type") != "text/plain" {
		t.Errorf("POST: %d %q %v", status, body, head)
	}
	if len(r.seen) != 2 || r.seen[0] != "two\nlines" || r.seen[1] != "\n" {
		t.Errorf("seen %q", r.seen)
	}
	r.once("GET", path, "")
	p := r.dial()
	ask(p, "GET", path, "")
	r.sleep(20 * time.Second)
	if _, _, body := r.answer(p); body != `io.JSONP[12]._("");` {
		t.Errorf("after the duration: %q", body)
	}
}

// TestBadRequests: each gets its answer, opens nothing and ends nothing but what
// it must.
func TestBadRequests(t *testing.T) {
	r := newRig(t, Options{MaxMessageBytes: 1000, MaxBatch: 10})
	defer r.finish()
	c := r.openPoll()
	id := c.SessionID()
	for _, q := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "xhr-polling//send", form("x"), 400},
		{"POST", "xhr-polling", form("x"), 400},
		{"POST", "xhr-polling/guessed/send", form("x"), 400},
		{"GET", "xhr-polling/__proto__/1", "", 400},
		{"GET", "xhr-polling/" + id[:19] + "/1", "", 400},
		{"GET", "jsonp-polling/" + id + "/1/0", "", 400}, // another transport's
		{"GET", "htmlfile/" + id + "/1", "", 400},
		{"POST", "xhr-multipart/" + id + "/send", form("x"), 400},
		{"GET", "websocket/" + id, "", 400},
		{"GET", "websocket", "", 400},
		{"GET", "flashsocket/", "", 400},
		{"PUT", "xhr-polling/" + id + "/send", "", 405},
		{"DELETE", "xhr-polling/" + id, "", 405},
		{"HEAD", "xhr-polling//1", "", 405},
		{"GET", "jsonp-polling//1", "", 200}, // the time is its index
		{"GET", "jsonp-polling//1/x", "", 400},
		{"GET", "jsonp-polling//1/0];alert(1);//", "", 400},
		{"GET", "jsonp-polling//1/1234567890", "", 400},
		{"GET", "jsonp-polling", "", 400},
		{"POST", "xhr-polling/" + id + "/send", "data=" + strings.Repeat("x", 1000), 413},
	} {
		if status, _, _ := r.once(q.method, "/socket.io/"+q.path, q.body); status != q.status {
			t.Errorf("%s %s: got %d, want %d", q.method, q.path, status, q.status)
		}
	}
	if !c.Connected() || len(r.seen) > 0 {
		t.Errorf("connected %v, seen %q", c.Connected(), r.seen)
	}
	for _, body := range []string{
		"", "data=", "data", "x=1", "data=%", "data=%zz", "data=hello", form("a") + "&" + form("b"), form("good") + "x",
		form("a", "~j~{"), form("~j~nonsense"), form("~j~"), "data=" + escape("~m~2~m~a"),
		"data=" + escape("~m~1~m~\xff"), "data=" + escape("~m~4294967297~m~a"),
		"data=" + escape(strings.Repeat("~m~0~m~", 11)),
	} {
		c := r.openPoll()
		status, _, answer := r.once("POST", "/socket.io/xhr-polling/"+c.SessionID()+"/send", body)
		if status != 400 || answer != "malformed message" || c.Connected() {
			t.Errorf("%q: got %d %q, connected %v", body, status, answer, c.Connected())
		}
	}
	if n := bytes.Count(r.log.Bytes(), []byte("\n")); n > 2 {
		t.Errorf("%d lines in the log:\n%s", n, r.log.String())
	}
}

// TestHeldBounds: a client that does not come for its messages is disconnected.
func TestHeldBounds(t *testing.T) {
	for _, o := range []Options{{MaxHeldMessages: 4}, {MaxHeldBytes: 100}} {
		r := newRig(t, o)
		c := r.openPoll()
		var told []string
		for range 6 {
			told = append(told, c.Send(strings.Repeat("x", 16)).String())
		}
		got := strings.Join(told, " ")
		if got != "ok ok pressure pressure dropped dropped" || c.Connected() || r.ends[c.SessionID()] != 1 {
			t.Errorf("%+v: %s, connected %v", o, got, c.Connected())
		}
		r.finish()
	}
}

// TestUpload: a body that comes late or never.
func TestUpload(t *testing.T) {
	r := newRig(t, Options{})
	defer r.finish()
	for _, end := range []string{"hang up", "close"} {
		c := r.openPoll()
		p := r.dial()
		p.WriteString("POST /socket.io/xhr-polling/" + c.SessionID() + "/send HTTP/1.1\r\n")
		p.WriteString("Host: a\r\nContent-Length: 99\r\n\r\ndata=")
		r.settle()
		if end == "hang up" {
			p.Close()
			r.settle()
			if !c.Connected() {
				t.Error("a body that broke off ended the session")
			}
			continue
		}
		c.Close()
		p.WriteString(strings.Repeat("x", 94))
		r.settle()
		if status, _, _ := r.answer(p); status != 400 {
			t.Errorf("a body for a session that is gone: %d", status)
		}
	}
}
