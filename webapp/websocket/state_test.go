package websocket

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// TestStates goes through all pairs of states.
func TestStates(t *testing.T) {
	for from := channelOpen; from <= channelClosed; from++ {
		for to := channelOpen; to <= channelClosed; to++ {
			func() {
				defer func() {
					if panicked := recover() != nil; panicked != (to <= from) {
						t.Errorf("%v to %v: panicked %v", from, to, panicked)
					}
				}()
				ch := Channel{state: from}
				ch.setState(to)
			}()
		}
	}
}

// TestInputs gives every input to a channel in every state, and compares what follows: the state, the code that OnClose
// was told, and whether the connection has ended.
func TestInputs(t *testing.T) {
	states := []struct {
		name  string
		begin func(ch *Channel)
	}{
		{"open", func(*Channel) {}},
		{"closing", func(ch *Channel) { ch.Close(1000, "") }},
		{"closed", func(ch *Channel) { ch.Abort() }},
	}
	inputs := []struct {
		name string
		do   func(r *rig, p *polltest.Peer, ch *Channel)
		want [3]string // for each state
	}{
		{"nothing", func(*rig, *polltest.Peer, *Channel) {},
			[3]string{"open [] false", "closing [] false", "closed [close 1006 \"\"] true"}},
		{"message", func(_ *rig, p *polltest.Peer, _ *Channel) { p.WriteString(text("x")) },
			[3]string{"open [text \"x\"] false", "closing [] false", "closed [close 1006 \"\"] true"}},
		{"ping", func(_ *rig, p *polltest.Peer, _ *Channel) { p.WriteString(masked(ws.OpPing, "")) },
			[3]string{"open [] false", "closing [] false", "closed [close 1006 \"\"] true"}},
		{"close frame", func(_ *rig, p *polltest.Peer, _ *Channel) { p.WriteString(closing(4000, "")) },
			[3]string{"closed [close 4000 \"\"] true", "closed [close 4000 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"bad frame", func(_ *rig, p *polltest.Peer, _ *Channel) { p.WriteString(raw(0x83, "")) },
			[3]string{"closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"FIN", func(_ *rig, p *polltest.Peer, _ *Channel) { p.CloseWrite() },
			[3]string{"closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"RST", func(_ *rig, p *polltest.Peer, _ *Channel) { p.Reset() },
			[3]string{"closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"Close", func(_ *rig, _ *polltest.Peer, ch *Channel) { ch.Close(4001, "") },
			[3]string{"closing [] false", "closing [] false", "closed [close 1006 \"\"] true"}},
		{"Abort", func(_ *rig, _ *polltest.Peer, ch *Channel) { ch.Abort() },
			[3]string{"closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"time", func(r *rig, _ *polltest.Peer, _ *Channel) { r.k.Sleep(r.loop, time.Minute) },
			[3]string{"closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true", "closed [close 1006 \"\"] true"}},
		{"server closes", func(r *rig, _ *polltest.Peer, _ *Channel) { r.chat.Close() },
			[3]string{"closing [] false", "closing [] false", "closed [close 1006 \"\"] true"}},
	}
	for _, in := range inputs {
		for i, state := range states {
			r := newRig(t, Options{})
			p, ch := r.open("/chat")
			state.begin(ch)
			if st := ch.Send("x"); (st == poll.OK) != (i == 0) {
				t.Errorf("Send while %s: %v", state.name, st)
			}
			in.do(r, p, ch)
			r.settle()
			if got := fmt.Sprint(ch.ReadyState(), " ", r.told, " ", p.Ended()); got != in.want[i] {
				t.Errorf("%s while %s: %s, want %s", in.name, state.name, got, in.want[i])
			}
			r.finish()
		}
	}
}
