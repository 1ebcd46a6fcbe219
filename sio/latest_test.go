package sio

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLatest(t *testing.T) {
	r := newRig(t, Options{})
	c := r.connect("")
	s := r.only("/")
	if st := s.Latest("k").Emit("v", 0); st != OK {
		t.Error(st)
	}
	c.expect(`42["v",0]`)
	drained := 0
	s.OnDrain(func(*Socket) { drained++ })
	c.p.Stall()
	for st := OK; st != Pressure || s.Conn().Writable(); {
		if st = s.EmitString("fill", strings.Repeat("x", 10000)); st == Dropped {
			t.Fatal("dropped before pressure")
		}
		r.k.Sleep(r.loop, time.Millisecond)
	}
	for i := range 5 {
		if st := s.Latest("k").Emit("v", i); st != Pressure {
			t.Error(st)
		}
		r.io.To(s.ID()).Latest("other").Emit("w", i, []byte{byte(i)})
	}
	if s.Buffered() == 0 {
		t.Error("nothing is buffered")
	}
	c.p.Resume()
	var rest []string
	for f := c.recv(); f != "nothing"; f = c.within(time.Second) {
		if !strings.HasPrefix(f, `42["fill"`) {
			rest = append(rest, f)
		}
	}
	want := []string{`42["v",4]`, `451-["w",4,{"_placeholder":true,"num":0}]`, "bin 04"}
	if !slices.Equal(rest, want) || drained == 0 || s.Buffered() != 0 {
		t.Errorf("got %q, drained %d, buffered %d", rest, drained, s.Buffered())
	}
	s.Disconnect(false)
	if st := s.Latest("k").Emit("v"); st != Dropped {
		t.Error(st)
	}
}

func TestDeduplicate(t *testing.T) {
	r := newRig(t, Options{})
	r.io.Deduplicate(2, func(e *Event) string { return e.String(0) })
	handled := 0
	var later *Reply
	r.io.On("order", func(e *Event) {
		if handled++; e.Len() > 1 {
			later = e.Later()
		} else {
			e.Ack("done", handled)
		}
	})
	c := r.connect("")
	c.send(`420["order","id1"]`)
	c.expect(`430["done",1]`)
	c.send(`421["order","id1"]`)
	c.expect(`431["done",1]`)
	c.send(`422["order","id2",true]`)
	c.send(`423["order","id2",true]`)
	c.expect("nothing")
	c.p.Reset()
	r.settle()
	later.Ack("after all")
	d := r.connect("")
	d.send(`420["order","id2",true]`)
	d.expect(`430["after all"]`)
	d.send(`421["order","id3"]`)
	d.expect(`431["done",3]`)
	d.send(`422["order","id1"]`) // forgotten
	d.expect(`432["done",4]`)
	d.send(`42["order","id1"]`) // nobody waits for an ack
	r.settle()
	if handled != 5 {
		t.Error(handled)
	}
}

// A broadcast on a dynamic namespace reaches all children, its commands too.
func TestParentNamespace(t *testing.T) {
	r := newRig(t, Options{})
	parent := r.io.OfRegexp(regexp.MustCompile("^/p"))
	a, b := r.connect("/p1"), r.connect("/p2")
	parent.Emit("x")
	a.expect(`42/p1,["x"]`)
	b.expect(`42/p2,["x"]`)
	parent.SocketsJoin("room")
	parent.In("room").Latest("k").Emit("y")
	a.expect(`42/p1,["y"]`)
	b.expect(`42/p2,["y"]`)
	n := 0
	parent.Timeout(time.Second).EmitWithAck("q", func(err error, list []*Event) { n = len(list) })
	a.expect(`42/p1,0["q"]`)
	b.expect(`42/p2,0["q"]`)
	a.send("43/p1,0[]")
	b.send("43/p2,0[]")
	r.settle()
	if n != 2 {
		t.Error(n)
	}
}
