package v06

import (
	"strings"
	"testing"
)

// While memory is short nobody new comes in; what waits for a poll is part of it, and is given back.
func TestShortOfMemory(t *testing.T) {
	r := newRig(t, Options{})
	c := r.openPoll()
	b := r.io.loop.Budget()
	held := b.Limit() - 1000 - b.Used()
	b.Hold(held)
	if status, head, _ := r.once("GET", "/socket.io/xhr-polling", ""); status != 503 || head.Get("Retry-After") == "" {
		t.Errorf("a handshake: %d, %v", status, head)
	}
	if c.Send(strings.Repeat("x", 500)); b.Used() < held+500 || !c.Connected() {
		t.Errorf("%d bytes are held for a message that waits", b.Used()-held)
	}
	if c.Send(strings.Repeat("x", 600)); c.Connected() || b.Used() != held {
		t.Errorf("beyond the budget: %d bytes are held", b.Used()-held)
	}
	b.Give(held)
	r.openPoll()
	r.finish()
}
