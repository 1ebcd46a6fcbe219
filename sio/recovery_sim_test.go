package sio

import (
	"fmt"
	"strings"
	"testing"
)

// What package sim found in the recovery of lost sockets.

// A stock client keeps the offset of the socket that it was until an event reaches the one that it is: it has got
// nothing yet, and misses what was sent since it came.
func TestRecoveryOfAnOffsetFromBefore(t *testing.T) {
	r := recovering(t, Options{})
	r.io.Emit("earlier")
	var g ghost
	sid := g.join(r, "", "")
	r.io.Emit("x")
	g.want(`42["x"]`)
	before := g.offset[:8] + "0"
	g.die()
	r.io.Emit("y")
	g.offset = before
	if got := g.join(r, "", ""); got != sid {
		t.Errorf("came back as %q, was %q", got, sid)
	}
	g.wantMissed(`42["x"]`, `42["y"]`)
}

// A packet that is too large to be kept is missed for good, also when older ones are forgotten after it.
func TestRecoveryAfterAPacketTooLarge(t *testing.T) {
	r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxPackets: 3, MaxBytes: 4000}})
	var g ghost
	sid := g.join(r, "", "")
	r.io.Emit("earlier")
	r.io.Emit("got")
	g.want(`42["earlier"]`, `42["got"]`)
	g.die()
	r.io.Emit("large", strings.Repeat("x", 4000))
	r.io.Emit("y")
	r.io.Emit("z") // and "earlier" is forgotten
	if got := g.join(r, "", ""); got == sid {
		t.Errorf("recovered with %q, and nothing of the large packet", g.missed)
	}
}

// While a middleware takes its time, the log forgets what the socket missed: the client comes again, as a new one.
func TestRecoveryForgetsMeanwhile(t *testing.T) {
	r := recovering(t, Options{ConnectionStateRecovery: &ConnectionStateRecovery{MaxPackets: 2}})
	var let func(error)
	r.io.Use(func(s *Socket, next func(error)) {
		if let = next; !s.Recovered() {
			next(nil)
		}
	})
	log := ""
	r.io.OnConnection(func(s *Socket) { log += fmt.Sprint("in ", s.Recovered(), ";") })
	r.io.OnDisconnect(func(*Socket, Reason) { log += "out;" })
	var g ghost
	sid := g.join(r, "", "")
	r.io.Emit("got")
	g.want(`42["got"]`)
	g.die()
	r.io.Emit("missed")
	w := r.ws(4, "")
	w.send("40" + fmt.Sprintf(`{"pid":%q,"offset":%q}`, g.pid, g.offset))
	r.settle()
	r.io.Emit("a")
	r.io.Emit("b")
	let(nil)
	if got := w.recv(); got != "close" {
		t.Errorf("the client got %q", got)
	}
	if got := g.join(r, "", ""); got == sid || len(g.missed) > 0 {
		t.Errorf("came back as %q, was %q, missed %q", got, sid, g.missed)
	}
	if want := "in false;out;in false;"; log != want {
		t.Errorf("handlers: %s want %s", log, want)
	}
}

// What a socket missed may be more than the session's queue takes: it is lost again in the next turn.
func TestRecoveryOfTooMuch(t *testing.T) {
	r := recovering(t, Options{MaxQueuedBytes: 1000, MaxQueuedPackets: 8})
	log := ""
	r.io.OnConnection(func(s *Socket) { log += "in;" })
	r.io.OnDisconnect(func(s *Socket, why Reason) { log += string(why) + ";" })
	var g ghost
	g.join(r, "", "")
	g.die()
	for range 20 {
		r.io.Emit("x", strings.Repeat("x", 1000))
	}
	url := "/socket.io/?EIO=4&transport=polling"
	_, open := r.exchange("GET", url, "")
	url += "&sid=" + strings.Split(open, `"`)[3]
	r.exchange("POST", url, fmt.Sprintf(`40{"pid":%q}`, g.pid))
	r.settle()
	if log != "in;transport close;in;transport error;" || r.io.Len() != 0 || r.io.Namespace.secrets != nil {
		t.Errorf("handlers: %s, %d sockets, %d pids", log, r.io.Len(), len(r.io.Namespace.secrets))
	}
}
