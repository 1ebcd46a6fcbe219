package sio

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/eio"
)

// OnAnyOutgoing tells of every way to emit, once a call, with whom it is for.
func TestNamespaceOnAnyOutgoing(t *testing.T) {
	r := newRig(t, Options{})
	a, b := r.connect(""), r.connect("")
	s := r.io.Socket(a.sid)
	check(t, r.io.Socket(b.sid).Join("red"))
	var told []string
	l := r.io.Namespace.OnAnyOutgoing(func(to []*Socket, event string, args []any) {
		told = append(told, fmt.Sprintf("%d %s %v", len(to), event, args))
	})
	s.Emit("emit", 1, func(error, *Event) {})
	s.EmitString("string", "x")
	r.io.Emit("all", 2)
	r.io.To("red").EmitString("red", "y")
	r.io.To("nobody").Emit("none")
	r.io.EmitWithAck("acks", func(error, []*Event) {}, 3)
	r.io.Latest("k").Emit("latest", 4)
	s.Volatile().Emit("volatile")
	r.io.Of("/other").Emit("elsewhere")
	want := []string{"1 emit [1]", "1 string [x]", "2 all [2]", "1 red [y]", "2 acks [3]", "2 latest [4]", "1 volatile []"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	l.Off()
	told = nil
	if r.io.Emit("after"); told != nil {
		t.Errorf("told %q after Off", told)
	}
	a.p.Close()
	b.p.Close()
	r.settle()
}

// A child of a dynamic namespace is watched through that.
func TestDynamicNamespaceIsWatched(t *testing.T) {
	r := newRig(t, Options{})
	parent := r.io.OfFunc(func(string, Handshake) bool { return true })
	told := 0
	parent.OnAnyOutgoing(func(to []*Socket, _ string, _ []any) { told += len(to) })
	c := r.connect("/x")
	r.connect("/y")
	r.only("/x").Emit("one")
	parent.Emit("both")
	if told != 3 {
		t.Errorf("told of %d sockets, want 3", told)
	}
	all := r.io.Namespaces()
	if len(all) != 3 || all[0].Name() != "/" || all[1].Parent() != parent || all[2].Name() != "/y" {
		t.Errorf("%v", all)
	}
	c.expect(`42/x,["one"]`, `42/x,["both"]`)
}

// Stats count what happens, and nothing is left when it is over.
func TestStats(t *testing.T) {
	r := newRig(t, Options{})
	r.io.OnError(func(*Socket, error) {})
	r.io.On("panic", func(*Event) { panic("x") })
	a, b := r.connect(""), r.connect("")
	s := r.io.Socket(a.sid)
	for range 3 {
		s.Emit("q", func(error, *Event) {})
	}
	r.io.Timeout(time.Second).EmitWithAck("all", func(error, []*Event) {})
	if st := r.io.Stats(); st.Acks != 5 || st.Broadcasts != 1 {
		t.Errorf("%+v", st)
	}
	a.send(`431[1]`)
	r.settle()
	if st := r.io.Stats(); st.Acks != 4 {
		t.Errorf("%d acks after an answer", st.Acks)
	}
	r.k.Sleep(r.loop, 2*time.Second)
	if st := r.io.Stats(); st.Acks != 2 {
		t.Errorf("%d acks after the broadcast timed out", st.Acks)
	}
	b.send(`42["panic"]`)
	a.p.Close()
	r.settle()
	st := r.io.Stats()
	by := map[Reason]uint64{}
	for i, n := range st.Disconnects[:len(st.Disconnects)-1] {
		by[eio.Reasons[i]] = n
	}
	if st.Acks != 0 || st.Panics != 1 || by[TransportClose] != 1 || by[ServerNamespaceDisconnect] != 1 {
		t.Errorf("%+v", st)
	}
}

// A client that is not ready does not get what is volatile, and that is counted.
func TestDroppedIsCounted(t *testing.T) {
	r := newRig(t, Options{})
	c := r.connect("")
	s := r.only("/")
	c.p.Stall()
	for range 64 {
		s.EmitString("big", strings.Repeat("x", 8<<10))
		r.settle()
	}
	before := r.io.Stats().Dropped
	s.Volatile().Emit("v")
	r.io.Volatile().Emit("v")
	s.Latest("k").Emit("l", 1)
	s.Latest("k").Emit("l", 2)
	if got := r.io.Stats().Dropped - before; got != 3 {
		t.Errorf("%d were dropped, want 3", got)
	}
	c.p.Resume()
	r.settle()
}
