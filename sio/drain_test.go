package sio

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// drained counts the calls of a done function.
func (r *rig) drained(o DrainOptions) *int {
	calls := new(int)
	r.io.Drain(o, func() { *calls++ })
	return calls
}

// A hundred clients leave evenly over the window, each told once and with its output before the close frame; handshakes
// are refused at once, and sessions that are open go on until it is their turn.
func TestDrainPaced(t *testing.T) {
	r := newRig(t, Options{})
	var left []int64
	var reasons []Reason
	r.io.OnDisconnect(func(s *Socket, why Reason) {
		left, reasons = append(left, r.loop.Now()), append(reasons, why)
		s.Emit("never")
	})
	r.io.On("echo", func(e *Event) { e.Ack(e.Int(0)) })
	clients := make([]*wsClient, 100)
	for i := range clients {
		clients[i] = r.connect("")
	}
	r.io.Emit("last")
	begin := r.loop.Now()
	calls := r.drained(DrainOptions{Window: time.Second, Deadline: 10 * time.Second})
	if !r.io.Draining() {
		t.Error("ready while draining")
	}
	again := r.drained(DrainOptions{})
	status, _ := r.exchange("GET", "/socket.io/?EIO=4&transport=polling", "")
	head := r.raw("GET", "/socket.io/?EIO=4&transport=websocket")
	if !strings.HasPrefix(status, "503 ") || !strings.HasPrefix(head, "HTTP/1.1 503 ") ||
		!strings.Contains(head, "\r\nRetry-After: ") {
		t.Errorf("handshakes: %q, %q", status, head)
	}
	r.k.Sleep(r.loop, 480*time.Millisecond)
	if n := r.io.Len(); n < 45 || n > 58 {
		t.Errorf("%d of 100 are left at half time", n)
	}
	answered := 0
	for _, c := range clients {
		c.expect(`42["last"]`)
		if c.send(`427["echo",5]`); c.recv() == "437[5]" {
			answered++
		}
	}
	if answered < 45 {
		t.Errorf("%d were served at half time", answered)
	}
	r.k.Sleep(r.loop, 2*time.Second)
	if len(left) != 100 || *calls != 1 || *again != 1 {
		t.Fatalf("%d left, done called %d and %d times", len(left), *calls, *again)
	}
	worst := int64(0)
	for i := 1; i < len(left); i++ {
		worst = max(worst, left[i]-left[i-1])
	}
	if span := left[99] - begin; worst > 30 || span < 900 || span > 1100 {
		t.Errorf("over %d ms, with a pause of %d ms", span, worst)
	}
	if slices.ContainsFunc(reasons, func(why Reason) bool { return why != ServerShutdown }) {
		t.Errorf("reasons: %q", reasons)
	}
	if late := r.drained(DrainOptions{}); true {
		r.settle()
		if *late != 1 {
			t.Errorf("done of a Drain after the end was called %d times", *late)
		}
	}
}

// raw is the head of an answer.
func (r *rig) raw(method, url string) string {
	p := r.k.Dial("127.0.0.1:80")
	p.Printf("%s %s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", method, url)
	all := ""
	r.k.Run(r.loop, func() bool { all += string(p.Read()); return strings.Contains(all, "\r\n\r\n") }, time.Second)
	return all
}

// Nobody is waited for who has left by himself.
func TestDrainOfThoseWhoLeave(t *testing.T) {
	r := newRig(t, Options{})
	a, b := r.connect(""), r.connect("")
	calls := r.drained(DrainOptions{Window: time.Hour, Deadline: 2 * time.Hour})
	r.settle()
	if *calls != 0 || r.io.Len() != 2 {
		t.Fatal("over before it began")
	}
	a.p.Close()
	b.p.Reset()
	r.settle()
	if *calls != 1 {
		t.Errorf("done was called %d times", *calls)
	}
}

// Over polling the standing poll takes what waits and the close packet; without a poll they wait for one, which comes
// over a new connection.
func TestDrainPolling(t *testing.T) {
	r := newRig(t, Options{})
	standing, away, idle := r.poll(""), r.poll(""), r.poll("")
	get, quiet := r.begin("GET", standing.url, ""), r.begin("GET", idle.url, "")
	r.settle()
	calls := r.drained(DrainOptions{Window: -1})
	r.io.To(standing.sid, away.sid).Emit("last")
	_, body := r.finish(get)
	if body != "42[\"last\"]\x1e1" {
		t.Errorf("standing poll: %q", body)
	}
	if _, body := r.finish(quiet); body != "1" {
		t.Errorf("standing poll without a message: %q", body)
	}
	if *calls != 0 || r.io.Len() != 0 {
		t.Errorf("done %d times, %d sockets", *calls, r.io.Len())
	}
	if body := away.get(); body != `42["last"]` {
		t.Errorf("poll that comes late: %q", body)
	}
	if body := away.get(); body != "6\x1e1" {
		t.Errorf("the next: %q", body)
	}
	r.settle()
	if *calls != 1 {
		t.Errorf("done was called %d times", *calls)
	}
}

// Who does not take what was sent to it is dropped at the deadline; Close, or the context, is the deadline's end.
func TestDrainForced(t *testing.T) {
	for name, force := range map[string]func(*rig, func()){
		"deadline": func(r *rig, _ func()) { r.k.Sleep(r.loop, 2*time.Second) },
		"close":    func(r *rig, _ func()) { r.io.Close() },
		"context": func(r *rig, cancel func()) {
			cancel()
			r.k.Await(r.loop, func() bool { return r.io.closed })
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			r := newRig(t, Options{})
			gone := 0
			r.io.OnDisconnect(func(*Socket, Reason) { gone++ })
			c, _ := r.connect(""), r.poll("")
			c.p.Stall()
			r.io.Emit("large", strings.Repeat("x", 300_000))
			calls := 0
			r.io.DrainContext(ctx, DrainOptions{Window: -1, Deadline: 2 * time.Second}, func() { calls++ })
			r.k.Sleep(r.loop, 1900*time.Millisecond)
			if calls != 0 {
				t.Fatal("done before the end")
			}
			force(r, cancel)
			r.settle()
			if calls != 1 || gone != 2 || r.io.engine.ClientsCount() != 0 {
				t.Errorf("done %d times, %d told, %d sessions", calls, gone, r.io.engine.ClientsCount())
			}
		})
	}
}
