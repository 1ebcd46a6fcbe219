package poll_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// Which ends are resets: those that drop what the program wrote, or may have. What
// was closed with all of it written is not, since it may be on its way.
func TestWhatResets(t *testing.T) {
	second := func(r *rig, n int) { r.k.Sleep(r.l, time.Duration(n)*time.Second) }
	for _, e := range []struct {
		name  string
		reset bool
		do    func(r *rig, p *polltest.Peer, s *side)
	}{
		{"Close", false, func(r *rig, p *polltest.Peer, s *side) { s.c.Write([]byte("x")); s.c.Close() }},
		{"the peer's FIN", false, func(r *rig, p *polltest.Peer, s *side) {
			s.c.Write([]byte("x"))
			p.CloseWrite()
		}},
		{"Close, the peer keeps its half", false, func(r *rig, p *polltest.Peer, s *side) {
			p.Stall() // what is written is under way
			s.c.Write([]byte("x"))
			s.c.Close()
			second(r, 10)
			p.Resume()
		}},
		{"Close, nobody takes the output", true, func(r *rig, p *polltest.Peer, s *side) {
			block(r, p, s)
			s.c.Close()
			second(r, 10)
		}},
		{"the loop's end", false, func(r *rig, p *polltest.Peer, s *side) {
			p.Stall()
			s.c.Write([]byte("x"))
			r.poll()
			r.l.Close()
			p.Resume()
		}},
		{"Abort", true, func(r *rig, p *polltest.Peer, s *side) { s.c.Abort(errGone) }},
		{"Abort without a reason", false, func(r *rig, p *polltest.Peer, s *side) {
			s.c.Write([]byte("x"))
			r.poll()
			s.c.Abort(nil)
		}},
		{"Abort, more to write", true, func(r *rig, p *polltest.Peer, s *side) { s.c.Write([]byte("x")); s.c.Abort(nil) }},
		{"Abort while closing", false, func(r *rig, p *polltest.Peer, s *side) {
			s.c.Write([]byte("x"))
			s.c.Close()
			r.poll()
			s.c.Abort(nil)
		}},
		{"Abort while closing, more to write", true, func(r *rig, p *polltest.Peer, s *side) {
			block(r, p, s)
			s.c.Close()
			s.c.Abort(nil)
		}},
		{"ErrSlow", true, func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); second(r, 40) }},
		{"ErrOverflow", true, func(r *rig, p *polltest.Peer, s *side) {
			p.Stall()
			s.c.Write(pattern(5 << 20))
		}},
		{"an errno", true, func(r *rig, p *polltest.Peer, s *side) {
			r.k.Fail = func(call polltest.Call, _ int) poll.Errno {
				if call == polltest.CallRead {
					return syscall.EIO
				}
				return 0
			}
			p.WriteString("x")
		}},
	} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
		p, s := r.pair()
		e.do(r, p, s)
		for range 3 {
			_ = r.l.Poll(0) // one row has closed it
		}
		if got := string(p.Read()); p.WasReset() != e.reset || p.EOF() == e.reset || !e.reset && got != "x" {
			t.Errorf("%s: reset %v, EOF %v, got %q", e.name, p.WasReset(), p.EOF(), got)
		}
		if resets := r.k.Calls.Resets; (resets == 1) != e.reset {
			t.Errorf("%s: %d resets", e.name, resets)
		}
		r.k.Fail = nil
		p.Close()
		r.end()
	}
}
