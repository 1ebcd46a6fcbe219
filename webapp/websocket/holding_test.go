package websocket

import (
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// While memory is short nobody new comes in; a message that there is no room for ends its channel with 1013.
func TestShortOfMemory(t *testing.T) {
	r := newRig(t, Options{})
	p, ch := r.open("/chat")
	b := r.loop.Budget()
	held := b.Limit() - 1000
	b.Hold(held)
	late := r.dial()
	late.WriteString(handshake("/chat"))
	r.settle()
	got := string(late.Read())
	if !strings.HasPrefix(got, "HTTP/1.1 503 ") || !strings.Contains(got, "\r\nRetry-After: ") {
		t.Errorf("a handshake: %q", got)
	}
	p.WriteString(masked(ws.OpText, strings.Repeat("x", 5000))[:50])
	r.settle()
	if got := transcript(p.Read()); len(got) != 1 || !strings.Contains(got[0], "1013") || ch.Err() != poll.ErrMemory {
		t.Errorf("%q, %v", got, ch.Err())
	}
	b.Give(held)
	r.open("/chat")
	r.finish()
}
