package sio

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// handOver moves a server's recovery state to a new one, in two parts.
func handOver(t *testing.T, from, to *rig, between func()) {
	t.Helper()
	var first, second bytes.Buffer
	mark, err := from.io.ExportRecovery(&first, 0)
	check(t, err)
	check(t, to.io.ImportRecovery(bytes.NewReader(first.Bytes())))
	between()
	_, err = from.io.ExportRecovery(&second, mark)
	check(t, err)
	check(t, to.io.ImportRecovery(&second))
}

func clubs(r *rig) *rig {
	r.io.Of("/chat").Deduplicate(10, func(e *Event) string { return e.String(0) })
	r.io.OfRegexp(regexp.MustCompile(`^/club-\w+$`))
	return r
}

// Clients come to the next process with what they have from the one before: id, rooms, Data, everything that was sent
// meanwhile, in order and once. Twice in a row.
func TestExportRecovery(t *testing.T) {
	var chat, club ghost
	var chatID, clubID string
	old := clubs(recovering(t, Options{}))
	chatID, clubID = chat.join(old, "/chat,", ""), club.join(old, "/club-a,", "")
	old.io.Of("/chat").OnConnection(func(s *Socket) {})
	s := old.only("/chat")
	s.Data = map[string]any{"n": 1.5}
	check(t, s.Join("room"))
	old.io.Of("/chat").Emit("first")
	chat.want(`42/chat,["first"]`)
	for life := range 2 {
		old.io.Suspend()
		if !old.io.Draining() || old.io.Engine().ClientsCount() != 0 {
			t.Fatal("not suspended")
		}
		chat.expect("close")
		old.io.Of("/chat").To("room").Emit("a", life)
		next := clubs(recovering(t, Options{}))
		handOver(t, old, next, func() {
			old.io.Of("/chat").Emit("b", []byte{1, 2}, []byte{3})
			old.io.Of("/club-a").Emit("c")
			old.io.Of("/chat").Except("room").Emit("d")
		})
		if st := next.io.Stats(); st.Namespaces != 3 {
			t.Errorf("%d namespaces", st.Namespaces)
		}
		if got := chat.join(next, "/chat,", ""); got != chatID {
			t.Fatalf("life %d: id %s, want %s", life, got, chatID)
		}
		chat.wantMissed(fmt.Sprintf(`42/chat,["a",%d]`, life),
			`452-/chat,["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "bin 0102", "bin 03")
		if got := club.join(next, "/club-a,", ""); got != clubID {
			t.Fatalf("life %d: id %s, want %s", life, got, clubID)
		}
		club.wantMissed(`42/club-a,["c"]`)
		s := next.only("/chat")
		if !s.Recovered() || fmt.Sprint(s.Data) != "map[n:1.5]" || !strings.Contains(fmt.Sprint(s.Rooms()), "room") {
			t.Errorf("life %d: %v %v %v", life, s.Recovered(), s.Data, s.Rooms())
		}
		next.io.Of("/chat").Emit("own", life)
		chat.want(fmt.Sprintf(`42/chat,["own",%d]`, life))
		old = next
	}
}

// What goes over: the answer to an event that a client will ask again, and sockets that are still connected.
func TestExportAnswersAndTheConnected(t *testing.T) {
	old, next := clubs(recovering(t, Options{})), clubs(recovering(t, Options{}))
	handled := 0
	for _, r := range []*rig{old, next} {
		r.io.Of("/chat").On("order", func(e *Event) { handled++; e.Ack("done", handled) })
	}
	var g ghost
	id := g.join(old, "/chat,", "")
	g.send(`42/chat,1["order","id-1"]`)
	g.expect(`43/chat,1["done",1]`)
	handOver(t, old, next, func() {})
	if got := g.join(next, "/chat,", ""); got != id {
		t.Errorf("id %s, want %s", got, id)
	}
	g.send(`42/chat,1["order","id-1"]`)
	g.expect(`43/chat,1["done",1]`)
	if handled != 1 {
		t.Errorf("handled %d times", handled)
	}
}

// After a hand-over that failed the process goes on: clients are back with what they missed.
func TestSuspendResume(t *testing.T) {
	r := recovering(t, Options{})
	var g ghost
	id := g.join(r, "", "")
	r.io.Suspend()
	r.io.Emit("meanwhile")
	g.expect("close")
	r.io.Resume()
	if got := g.join(r, "", ""); got != id {
		t.Errorf("id %s, want %s", got, id)
	}
	g.wantMissed(`42["meanwhile"]`)
	calls := r.drained(DrainOptions{Window: -1})
	r.io.Resume() // not of a Drain
	r.settle()
	if *calls != 1 || !r.io.Draining() {
		t.Error("Resume ended a Drain")
	}
}

// The bounds of who takes over hold; age goes over.
func TestImportBounds(t *testing.T) {
	old := recovering(t, Options{})
	ghosts := make([]ghost, 3)
	for i := range ghosts {
		ghosts[i].join(old, "", "")
	}
	old.io.Suspend()
	for i := range 5 {
		old.io.Emit("n", i)
	}
	old.k.Sleep(old.loop, time.Minute)
	small := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxSessions: 2, MaxPackets: 5}})
	handOver(t, old, small, func() {})
	if n := len(small.io.history.sessions); n != 2 {
		t.Errorf("%d sessions", n)
	}
	known := 0
	for i := range ghosts {
		before := ghosts[i].pid
		if ghosts[i].join(small, "", ""); ghosts[i].pid == before {
			known++
			ghosts[i].wantMissed(`42["n",0]`, `42["n",1]`, `42["n",2]`, `42["n",3]`, `42["n",4]`)
		}
	}
	if known != 2 {
		t.Errorf("%d are known", known)
	}
	tiny := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxPackets: 4}})
	handOver(t, old, tiny, func() {})
	if n, gap := len(tiny.io.history.packets), tiny.io.gap; n != 4 || gap != 1 {
		t.Errorf("%d packets, gap %d", n, gap)
	}
	brief := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{
		MaxDisconnectionDuration: 30 * time.Second}})
	handOver(t, old, brief, func() {})
	if h := brief.io.history; len(h.sessions) != 0 || len(h.packets)-h.head != 0 {
		t.Errorf("%d sessions and %d packets are too old", len(h.sessions), len(h.packets)-h.head)
	}
}

// State that is wrong, or comes too late, is an error and changes nothing.
func TestImportRefused(t *testing.T) {
	old := clubs(recovering(t, Options{}))
	var g ghost
	g.join(old, "/chat,", "")
	old.io.Suspend()
	old.io.Of("/chat").To("a", "b").Except("c").Emit("x", []byte{1})
	var out bytes.Buffer
	_, err := old.io.ExportRecovery(&out, 0)
	check(t, err)
	good := out.Bytes()
	r := clubs(recovering(t, Options{}))
	prefix := r.io.history.prefix
	refused := func(what string, b []byte) {
		t.Helper()
		if r.io.ImportRecovery(bytes.NewReader(b)) == nil {
			t.Errorf("%s was taken", what)
		}
		if h := r.io.history; h.prefix != prefix || h.last != 0 || len(h.sessions)+len(h.packets) != 0 {
			t.Fatalf("%s left something", what)
		}
	}
	for n := range good {
		refused(fmt.Sprintf("the first %d bytes", n), good[:n])
	}
	refused("version 2", bytes.Replace(good, []byte("EIOR\x01"), []byte("EIOR\x02"), 1))
	_, err = old.io.ExportRecovery(&out, 1)
	check(t, err)
	refused("a continuation of nothing", out.Bytes()[len(good):])
	c := r.connect("/chat")
	refused("state for a server with clients", good)
	_ = c
	off := newRig(t, Options{})
	if _, err := off.io.ExportRecovery(&out, 0); err != ErrNoRecovery {
		t.Error(err)
	}
	if err := off.io.ImportRecovery(&out); err != ErrNoRecovery {
		t.Error(err)
	}
}

// FuzzImportRecovery: no panic, no more memory than the bounds, and what was taken is exported again the same.
func FuzzImportRecovery(f *testing.F) {
	old := newFuzzServer(f)
	old.io.Of("/chat").Emit("x", []byte{1})
	old.io.history.lose(old.io.Of("/chat"), &SavedSession{ID: "id", PID: "pid", Since: old.io.history.prefix + "0",
		Rooms: []string{"a", "b"}, Data: []int{1}})
	old.io.Of("/chat").To("a").Emit("y", "text", []byte{1})
	old.io.Of("/chat").duplicates.add(&answered{id: "one", answer: []byte("[1]"), done: true})
	var out bytes.Buffer
	if _, err := old.io.ExportRecovery(&out, 0); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newFuzzServer(t)
		if r.io.ImportRecovery(bytes.NewReader(b)) != nil {
			return
		}
		var first, second bytes.Buffer
		mark, err := r.io.ExportRecovery(&first, 0)
		check(t, err)
		again := newFuzzServer(t)
		if err := again.io.ImportRecovery(bytes.NewReader(first.Bytes())); err != nil {
			t.Fatalf("own export refused: %v", err)
		}
		m, err := again.io.ExportRecovery(&second, 0)
		if check(t, err); m != mark || first.Len() != second.Len() {
			t.Fatalf("%x became %x", first.Bytes(), second.Bytes())
		}
	})
}

func newFuzzServer(t testing.TB) *rig {
	r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxSessions: 8, MaxPackets: 8,
		MaxBytes: 4096}})
	r.io.Of("/chat").Deduplicate(4, func(e *Event) string { return e.String(0) })
	return r
}

// All come back at once, to the next process or to this one, and no bucket turns them away.
func TestReturnIsNoStorm(t *testing.T) {
	const clients = 12
	o := Options{HandshakeRate: 1, HandshakeBurst: clients, HandshakesPerAddress: clients}
	old := recovering(t, o)
	ghosts := make([]ghost, clients)
	for i := range ghosts {
		ghosts[i].join(old, "", "")
	}
	for life := range 3 {
		old.io.Suspend()
		next := old
		if life == 1 { // else it is one that failed
			next = recovering(t, o)
			handOver(t, old, next, func() {})
		}
		if n := next.io.Engine().Expected(); n != clients {
			t.Errorf("life %d: %d are expected", life, n)
		}
		next.io.Resume()
		for i := range ghosts {
			before := ghosts[i].pid
			if ghosts[i].join(next, "", ""); ghosts[i].pid != before {
				t.Errorf("life %d: client %d is not recovered", life, i)
			}
		}
		old = next
	}
}
