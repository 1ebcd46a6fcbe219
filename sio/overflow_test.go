package sio

import (
	"fmt"
	"strings"
	"testing"
)

// TestBroadcastOverflow: a broadcast fills the queues of clients that do not poll. That ends them, and not while the
// broadcast goes through the sockets: it reaches everybody else once, and before what a disconnect handler broadcasts.
func TestBroadcastOverflow(t *testing.T) {
	r := newRig(t, Options{MaxQueuedPackets: 2})
	within, gone := false, 0
	r.io.Of("/").OnConnection(func(s *Socket) { check(t, s.Join("a", "b")) })
	r.io.Of("/").OnDisconnect(func(*Socket, Reason) {
		if gone++; within {
			t.Error("a disconnect handler ran within Emit")
		}
		r.io.Emit("left", gone)
	})
	var full []*pollClient
	for range 3 {
		full = append(full, r.poll(""))
	}
	ws := r.connect("")
	within = true
	for n := range 4 {
		r.io.To("a", "b").Emit("tick", n)
		r.io.Emit("tock", n)
	}
	within = false
	for n := range 4 {
		ws.expect(fmt.Sprintf(`42["tick",%d]`, n))
		ws.expect(fmt.Sprintf(`42["tock",%d]`, n))
	}
	for n := range full {
		ws.expect(fmt.Sprintf(`42["left",%d]`, n+1))
	}
	if status, _ := r.exchange("GET", full[0].url, ""); !strings.HasPrefix(status, "400") || gone != 3 {
		t.Errorf("a full session is polled: %s; %d are gone", status, gone)
	}
}
