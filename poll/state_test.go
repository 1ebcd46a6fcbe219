package poll_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

var errGone = errors.New("gone")

// starts bring a new connection into each of its states. What is queued is more
// than the send buffer where the state is about unwritten output.
var starts = []struct {
	name, state string
	setup       func(r *rig, p *polltest.Peer, s *side)
}{
	{"open", "open", func(*rig, *polltest.Peer, *side) {}},
	{"open, paused", "open", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Pause() }},
	{"open, blocked", "open", func(r *rig, p *polltest.Peer, s *side) { block(r, p, s) }},
	{"closing", "closing", func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); s.c.Close() }},
	{"closing, FIN seen", "closing", func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); p.CloseWrite() }},
	{"lingering", "lingering", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Close() }},
	{"closed", "closed", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Abort(nil) }},
}

func block(r *rig, p *polltest.Peer, s *side) {
	p.Stall()
	s.c.Write(pattern(100 << 10))
	r.poll()
}

var inputs = []struct {
	name string
	do   func(r *rig, p *polltest.Peer, s *side)
}{
	{"nothing", func(*rig, *polltest.Peer, *side) {}},
	{"Write", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Write([]byte("x")) }},
	{"WriteShared", func(_ *rig, _ *polltest.Peer, s *side) { s.c.WriteShared(make([]byte, 8<<10)) }},
	{"Commit", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Commit(append(s.c.Out(), 1, 2, 3)) }},
	{"Close", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Close() }},
	{"Close twice", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Close(); s.c.Close() }},
	{"Abort", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Abort(errGone) }},
	{"Close, Abort", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Close(); s.c.Abort(errGone) }},
	{"Pause", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Pause() }},
	{"Resume", func(_ *rig, _ *polltest.Peer, s *side) { s.c.Resume() }},
	{"data", func(_ *rig, p *polltest.Peer, _ *side) { p.WriteString("hello") }},
	{"FIN", func(_ *rig, p *polltest.Peer, _ *side) { p.CloseWrite() }},
	{"data, FIN", func(_ *rig, p *polltest.Peer, _ *side) { p.WriteString("hello"); p.CloseWrite() }},
	{"RST", func(_ *rig, p *polltest.Peer, _ *side) { p.Reset() }},
	{"peer reads", func(_ *rig, p *polltest.Peer, _ *side) { p.Resume() }},
	{"2 s", func(r *rig, _ *polltest.Peer, _ *side) { r.k.Sleep(r.l, 2*time.Second) }},
	{"6 s", func(r *rig, _ *polltest.Peer, _ *side) { r.k.Sleep(r.l, 6*time.Second) }},
	{"40 s", func(r *rig, _ *polltest.Peer, _ *side) { r.k.Sleep(r.l, 40*time.Second) }},
}

// follows tells, for each start, the state after each input (in the order above)
// and what OnClose was told: - nothing yet, 0 nil, E io.EOF, R ECONNRESET, P
// EPIPE, G errGone, S ErrSlow. o, c, l and x are the four states.
var follows = []string{
	//               - W S C Close2 Abort CA P R data FIN dFIN RST reads 2s 6s 40s
	"open:              o- o- o- o- l0 l0 xG x0 o- o- o- xE xE xR o- o- o- o-",
	"open, paused:      o- o- o- o- l0 l0 xG x0 o- o- o- o- o- xR o- o- o- o-",
	"open, blocked:     o- o- o- o- c0 c0 xG x0 o- o- o- cE cE xR o- o- o- xS",
	"closing:           c0 c0 c0 c0 c0 c0 x0 x0 c0 c0 c0 c0 c0 x0 l0 c0 x0 x0",
	"closing, FIN seen: cE cE cE cE cE cE xE xE cE cE - - - xE xE cE xE xE",
	"lingering:         l0 l0 l0 l0 l0 l0 x0 x0 l0 l0 l0 x0 x0 x0 l0 l0 x0 x0",
	"closed:            x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0 x0",
}

func TestEveryStateMeetsEveryInput(t *testing.T) {
	for i, start := range starts {
		want := fields(follows[i], start.name)
		if len(want) != len(inputs) {
			t.Fatalf("%s: %d results for %d inputs", start.name, len(want), len(inputs))
		}
		for j, in := range inputs {
			if want[j] == "-" {
				continue // a peer sends nothing after its FIN
			}
			r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
			p, s := r.pair()
			start.setup(r, p, s)
			r.poll()
			if got := s.c.State(); got != start.state {
				t.Fatalf("%s: set up as %s", start.name, got)
			}
			in.do(r, p, s)
			for range 4 {
				r.poll()
			}
			if got := outcome(s); got != want[j] {
				t.Errorf("%s + %s: %s, want %s", start.name, in.name, got, want[j])
			}
			if s.c.Open() != (s.c.State() == "open") || s.closes > 1 || s.c.Open() == (s.closes == 1) {
				t.Errorf("%s + %s: open %v, OnClose %d times", start.name, in.name, s.c.Open(), s.closes)
			}
			r.end()
		}
	}
}

func fields(row, name string) (out []string) {
	var word string
	for _, c := range row[len(name)+1:] + " " {
		if c != ' ' {
			word += string(c)
		} else if word != "" {
			out = append(out, word)
			word = ""
		}
	}
	return out
}

func outcome(s *side) string {
	state := map[string]string{"open": "o", "closing": "c", "lingering": "l", "closed": "x"}[s.c.State()]
	if s.closes == 0 {
		return state + "-"
	}
	return state + letter(s.err)
}

func letter(err error) string {
	for want, l := range map[error]string{
		nil: "0", errEOF: "E", errReset: "R", errPipe: "P", errGone: "G", poll.ErrSlow: "S",
		poll.ErrOverflow: "O", poll.ErrClosed: "C",
	} {
		if err == want {
			return l
		}
	}
	return fmt.Sprintf("(%v)", err)
}
