package sio

import (
	"strings"
	"testing"
	"time"
)

// scarce leaves n bytes of the loop's budget, and returns who gives the rest back.
func (r *rig) scarce(n int) (give func()) {
	b := r.loop.Budget()
	held := b.Limit() - n - b.Used()
	b.Hold(held)
	return func() { b.Give(held) }
}

// Attachments that there is no memory for end their client with a transport error, and nobody else.
func TestAttachmentsBeyondBudget(t *testing.T) {
	r := newRig(t, Options{})
	var reason Reason
	a, b := r.connect(""), r.connect("")
	r.io.OnConnection(func(s *Socket) {
		s.OnDisconnect(func(why Reason) { reason = why })
	})
	c := r.connect("")
	give := r.scarce(500)
	header := `452-["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	c.send(header)
	c.bin(make([]byte, 300)...)
	c.expect("nothing")
	a.send(header)
	b.send(`42["x"]`)
	c.p.Close()
	r.settle()
	a.bin(make([]byte, 300)...)
	a.expect("nothing")
	b.send(header)
	b.bin(make([]byte, 300)...)
	b.expect("close")
	a.expect("nothing")
	give()
	a.bin(1)
	r.settle()
	if n := r.io.Stats().Bytes; n != 0 || reason != TransportClose {
		t.Errorf("%d bytes are held, %q", n, reason)
	}
	if n := r.loop.Budget().Used(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

// The log of recovery is the first to go: packets are kept while there is room, and the newest as long as possible.
func TestLogIsShed(t *testing.T) {
	r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{}})
	c := r.connect("")
	b, h := r.loop.Budget(), r.io.history
	for range 100 {
		r.io.Emit("x", strings.Repeat("y", 1000))
	}
	r.settle()
	c.p.Read()
	if b.Used() != h.bytes || h.bytes < 100_000 {
		t.Fatalf("%d bytes of the budget, %d of the log", b.Used(), h.bytes)
	}
	give := r.scarce(0)
	last := h.last
	r.io.Emit("x", strings.Repeat("y", 1000))
	if h.last != last+1 || h.packets[len(h.packets)-1].number != h.last || b.Stats().Shed == 0 {
		t.Errorf("the newest packet is not kept: %+v", b.Stats())
	}
	if b.Admits() || h.bytes != 0 || len(h.packets) != 0 {
		t.Errorf("tight, and %d bytes are in the log", h.bytes)
	}
	r.io.Emit("x", "nobody can get it again")
	if h.bytes != 0 && !b.Fits(0) {
		t.Errorf("%d bytes are in the log", h.bytes)
	}
	give()
	r.settle()
	r.k.Sleep(r.loop, 3*time.Minute)
	if b.Used() != 0 || b.Tight() {
		t.Errorf("%d bytes are left", b.Used())
	}
}

// A value that many sockets wait for is held once.
func TestLatestIsHeldOnce(t *testing.T) {
	r := newRig(t, Options{})
	var all []*wsClient
	for range 3 {
		c := r.connect("")
		c.p.Stall()
		all = append(all, c)
	}
	r.io.Emit("fill", strings.Repeat("x", 200<<10))
	r.settle()
	b := r.loop.Budget()
	out := r.loop.Stats().OutBytes
	for range 5 {
		if st := r.io.Latest("key").Emit("value", strings.Repeat("v", 1000)); st != Pressure {
			t.Fatal(st)
		}
	}
	if n := b.Used() - out; n < 1000 || n > 1100 {
		t.Errorf("a value that three wait for takes %d bytes", n)
	}
	before := b.Used()
	r.io.Latest("other").Emit("value", strings.Repeat("v", 1000))
	if n := b.Used() - before; n < 1000 || n > 1100 {
		t.Errorf("another value takes %d bytes", n)
	}
	all[0].p.Reset()
	all[1].p.Resume()
	for range 100 {
		r.settle()
		all[1].p.Read()
	}
	all[2].p.Reset()
	r.settle()
	if b.Used() != 0 {
		t.Errorf("%d bytes are left", b.Used())
	}
}
