package sio

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// pollClient is a client of protocol 5 over long-polling.
type pollClient struct {
	r   *rig
	url string
	sid string
}

// exchange sends one request on a connection of its own and returns the body.
func (r *rig) exchange(method, url, body string) (status, answer string) {
	r.t.Helper()
	p := r.begin(method, url, body)
	return r.finish(p)
}

func (r *rig) begin(method, url, body string) *polltest.Peer {
	p := r.k.Dial("127.0.0.1:80")
	p.Printf("%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", method, url,
		len(body), body)
	return p
}

func (r *rig) finish(p *polltest.Peer) (status, answer string) {
	r.t.Helper()
	all := ""
	if !r.k.Run(r.loop, func() bool { all += string(p.Read()); return p.Ended() }, 5*time.Second) {
		r.t.Fatalf("no end of the answer: %q", all)
	}
	head, body, _ := strings.Cut(all, "\r\n\r\n")
	line, _, _ := strings.Cut(head, "\r\n")
	return strings.TrimPrefix(line, "HTTP/1.1 "), body
}

// poll opens a session and joins a namespace.
func (r *rig) poll(nsp string) *pollClient {
	r.t.Helper()
	c := &pollClient{r: r, url: "/socket.io/?EIO=4&transport=polling"}
	_, open := r.exchange("GET", c.url, "")
	_, sid, _ := strings.Cut(open, `"sid":"`)
	c.url += "&sid=" + sid[:20]
	c.post("40" + nsp)
	answer := c.get()
	_, sid, ok := strings.Cut(answer, `"sid":"`)
	if !ok {
		r.t.Fatalf("CONNECT answered with %q", answer)
	}
	c.sid = sid[:20]
	return c
}

func (c *pollClient) post(body string) {
	c.r.t.Helper()
	if status, body := c.r.exchange("POST", c.url, body); status != "200 OK" || body != "ok" {
		c.r.t.Fatalf("POST: %s %q", status, body)
	}
}

func (c *pollClient) get() string {
	c.r.t.Helper()
	_, body := c.r.exchange("GET", c.url, "")
	return body
}

func TestPolling(t *testing.T) {
	r := newRig(t, Options{})
	reasons := r.fixture()
	c := r.poll("")
	c.post("42[\"message\",1]\x1e42[\"message\",2]")
	if got := c.get(); got != "42[\"message-back\",1]\x1e42[\"message-back\",2]" {
		t.Errorf("got %q", got)
	}
	c.post("451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID")
	if got := c.get(); got != "451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID" {
		t.Errorf("got %q", got)
	}
	waiting := r.begin("GET", c.url, "")
	r.settle()
	c.post(`42["disconnect-close"]`)
	if _, got := r.finish(waiting); got != "41" {
		t.Errorf("got %q", got)
	}
	if reasons[c.sid] != ServerNamespaceDisconnect {
		t.Errorf("reason %q", reasons[c.sid])
	}
	bad := r.poll("")
	bad.post("4abc")
	if reasons[bad.sid] != ForcedServerClose {
		t.Errorf("reason %q", reasons[bad.sid])
	}
	if status, _ := r.exchange("GET", bad.url, ""); status != "200 OK" && status != "400 Bad Request" {
		t.Errorf("after the end: %s", status)
	}
}

func TestVolatileWhilePolling(t *testing.T) {
	r := newRig(t, Options{})
	c := r.poll("")
	s := r.only("/")
	if st := s.Volatile().Emit("lost"); st != Dropped {
		t.Error("without a poll:", st)
	}
	r.io.Volatile().Emit("lost")
	s.Emit("kept")
	if got := c.get(); got != `42["kept"]` {
		t.Errorf("got %q", got)
	}
	waiting := r.begin("GET", c.url, "")
	r.settle()
	if st := s.Volatile().EmitString("now", "x"); st != OK {
		t.Error("with a poll:", st)
	}
	if _, got := r.finish(waiting); got != `42["now","x"]` {
		t.Errorf("got %q", got)
	}
}

func TestManySocketsOverPolling(t *testing.T) {
	r := newRig(t, Options{})
	var all []*pollClient
	for range 20 {
		all = append(all, r.poll("/x,"[:0]))
	}
	r.io.Emit("m", "text", []byte{1})
	for i, c := range all {
		want := "451-[\"m\",\"text\",{\"_placeholder\":true,\"num\":0}]\x1ebAQ=="
		if got := c.get(); got != want {
			t.Fatal(fmt.Sprint(i), got)
		}
	}
}
