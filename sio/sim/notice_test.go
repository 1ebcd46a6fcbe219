package sim

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
)

// TestModelNotices spoils what a client sees and expects the model to say so.
func TestModelNotices(t *testing.T) {
	var held *spacket
	for name, spoil := range map[string]func(p *spacket) []*spacket{
		"lost":     func(*spacket) []*spacket { return nil },
		"repeated": func(p *spacket) []*spacket { return []*spacket{p, p} },
		"changed": func(p *spacket) []*spacket {
			p.args[1] = p.args[1].(float64) + 1
			return []*spacket{p}
		},
		"late": func(p *spacket) []*spacket {
			held = p
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			held = nil
			c, n := Draw(1), 0
			c.sabotage = func(p *spacket) []*spacket {
				if p.kind != spEvent || strings.HasPrefix(p.args[0].(string), "v") {
					return []*spacket{p}
				}
				if n++; n == 40 {
					return spoil(p)
				}
				if late := held; late != nil {
					held = nil
					return []*spacket{p, late}
				}
				return []*spacket{p}
			}
			if r := Run(c); r.Err == nil {
				t.Fatal("no violation was found")
			} else {
				t.Log(r.Err)
			}
		})
	}
}

// TestWireNotices spoils what the server writes, below everything: a byte that is
// lost, repeated or changed, and what is never written.
func TestWireNotices(t *testing.T) {
	if r := Run(calm()); r.Err != nil {
		t.Fatal(r.Err)
	}
	for name, meddle := range map[string]func(k *spy){
		"lost":     func(k *spy) { k.spoil = once(func(b []byte) []byte { return b[:len(b)-1] }) },
		"repeated": func(k *spy) { k.spoil = once(func(b []byte) []byte { return append(b, b...) }) },
		"changed": func(k *spy) {
			k.spoil = once(func(b []byte) []byte {
				b[len(b)-1] ^= 1
				return b
			})
		},
		"never asked when": func(k *spy) { k.drop = true },
	} {
		t.Run(name, func(t *testing.T) {
			c := calm()
			c.meddle = meddle
			if r := Run(c); r.Err == nil {
				t.Fatal("no violation was found")
			} else {
				t.Logf("%.200v", r.Err)
			}
		})
	}
}

// calm is a configuration without compression of HTTP, whose bodies a byte more
// or less might not change.
func calm() Config {
	for seed := uint64(1); ; seed++ {
		if c := Draw(seed); c.Calm && !c.Crowd {
			c.Sio.NoHTTPCompression, c.Buffers = true, 2048
			c.Faults = polltest.Faults{ShortWrite: 0.4}
			return c
		}
	}
}

// once spoils one write in the middle of a run.
func once(fn func(b []byte) []byte) func(b []byte) []byte {
	n := 0
	return func(b []byte) []byte {
		if n++; n != 200 || len(b) < 2 {
			return b
		}
		return fn(bytes.Clone(b))
	}
}

// TestStateNotices changes what the server holds and expects the checks after
// each turn, and those at the end, to say so.
func TestStateNotices(t *testing.T) {
	for name, spoil := range map[string]func(w *World){
		"timer":       func(w *World) { w.loop.After(time.Hour, func() {}) },
		"descriptor":  func(w *World) { w.kernel.Descriptor() },
		"room":        func(w *World) { w.someone().socket.Leave(rooms...) },
		"ack":         func(w *World) { w.someone().socket.EmitWithAck("q", func(error, *sio.Event) {}) },
		"event":       func(w *World) { w.someone().socket.Emit("stray") },
		"broadcast":   func(w *World) { w.io.Emit("stray") },
		"disconnect":  func(w *World) { w.someone().socket.Disconnect(true) },
		"memory":      func(w *World) { w.loop.Budget().Hold(1) },
		"twice gone":  func(w *World) { w.app.onDisconnect(w.someone().socket, sio.TransportClose) },
		"after death": func(w *World) { w.someone().gone = true },
	} {
		t.Run(name, func(t *testing.T) {
			c := calm()
			c.spoilt = spoil
			if r := Run(c); r.Err == nil {
				t.Fatal("no violation was found")
			} else {
				t.Logf("%.200v", r.Err)
			}
		})
	}
}

// TestRefusalNotices lets the model believe in wider limits than the server's:
// its refusals have no cause then.
func TestRefusalNotices(t *testing.T) {
	for name, wide := range map[string]func(w *World) bool{
		"address": func(w *World) bool { w.Sio.HandshakesPerAddress *= 50; return w.Sio.HandshakesPerAddress > 0 },
		"storm": func(w *World) bool {
			w.Sio.HandshakeBurst *= 1000
			return w.Sio.HandshakeRate > 0 && w.Villains == 0 && w.Sio.MaxSessions == 0
		},
		"requests": func(w *World) bool { w.Web.Burst *= 1000; return w.Web.Rate > 0 },
	} {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed < 4000; seed++ {
				c := Draw(seed)
				if probe := (&World{Config: c}); !wide(probe) || c.Handover > 0 || c.Loop.MemoryBytes > 0 {
					continue
				}
				c.spoilt = func(w *World) { wide(w) }
				if r := Run(c); r.Err != nil && strings.Contains(r.Err.Error(), "without a cause") {
					t.Log(r.Err)
					return
				}
			}
			t.Fatal("no violation was found")
		})
	}
}

// TestBudgetNotices keeps more memory than there is for longer than the loop may
// take to notice.
func TestBudgetNotices(t *testing.T) {
	c := calm()
	c.Clients, c.Guests = 0, 0 // they would be refused for it
	c.spoilt = func(w *World) {
		n := w.loop.Budget().Limit() + 1
		w.loop.Budget().Hold(n)
		w.kernel.After(4*time.Second, func() { w.loop.Budget().Give(n) })
	}
	if r := Run(c); r.Err == nil || !strings.Contains(r.Err.Error(), "accounted for since") {
		t.Fatalf("found %v", r.Err)
	}
}

// someone is a member who is in a room.
func (w *World) someone() *member {
	for _, x := range w.model.members["/"] {
		if len(x.rooms) > 0 {
			return x
		}
	}
	return w.model.members["/"][0]
}

// TestRecoveryNotices lets the model forget, or remember, what was kept.
func TestRecoveryNotices(t *testing.T) {
	for name, spoil := range map[string]func(m *model){
		"an event less": func(m *model) { m.log[len(m.log)-1].nsp = "/elsewhere" },
		"an event more": func(m *model) { m.log = append(m.log, logged{nsp: "/", event: "none", number: m.next()}) },
	} {
		t.Run(name, func(t *testing.T) {
			found := 0
			for seed := uint64(1); seed < 60 && found == 0; seed++ {
				c := Draw(seed)
				if c.Calm || c.Sio.ConnectionStateRecovery == nil {
					continue
				}
				c.spoilt = func(w *World) {
					if len(w.model.log) > 0 {
						spoil(w.model)
					}
				}
				if r := Run(c); r.Err != nil && strings.Contains(r.Err.Error(), "due") {
					found++
				}
			}
			if found == 0 {
				t.Fatal("no violation was found")
			}
		})
	}
}
