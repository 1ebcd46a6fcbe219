package eio

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// stage is a session that was brought to a state, with its client.
type stage struct {
	*rig
	s    *Session
	poll *polltest.Peer // a standing poll
	ws   *polltest.Peer // the transport, or on trial
}

// The states of a session, each with its one constructor.
var stages = []struct {
	name  string
	build func(st *stage)
}{
	{"idle", func(*stage) {}},
	{"standing", func(st *stage) { st.stand() }},
	{"queued", func(st *stage) { st.s.Send([]byte("queued"), false) }},
	{"closing", func(st *stage) { st.s.Send([]byte("queued"), false); st.s.Close(false) }},
	{"websocket", func(st *stage) { st.probe(); st.packet("5") }},
	{"closed", func(st *stage) { st.s.Close(true) }},
}

func newStage(t *testing.T, protocol, state string) *stage {
	st := &stage{rig: newRig(t, 1, quietly, Options{})}
	st.s = st.openPoll("EIO=" + protocol)
	for _, b := range stages {
		if b.name == state {
			b.build(st)
		}
	}
	st.settle()
	return st
}

func (st *stage) stand() {
	st.poll = st.dial()
	get(st.poll, st.s)
	st.settle()
}

func (st *stage) tryWS() *polltest.Peer {
	p := st.dial()
	request(p, "GET", strings.Replace(target(st.s), "polling", "websocket", 1), nil, upgradeLines...)
	st.settle()
	return p
}

func (st *stage) probe() {
	st.ws = st.tryWS()
	st.packet("2probe")
}

// packet sends a packet as the client would in this state.
func (st *stage) packet(p string) {
	if st.ws != nil {
		st.ws.Write(text(p))
	} else if st.s.protocol == 3 {
		post(st.dial(), st.s, fmt.Appendf(nil, "%d:%s", len(p), p))
	} else {
		post(st.dial(), st.s, []byte(p))
	}
	st.settle()
}

// state tells the session's state, and why it closed.
func (st *stage) state() string {
	s := st.s.ReadyState()
	if reason := st.reasons[st.s.ID()]; reason != "" {
		s += ", " + string(reason)
	}
	return s
}

// A stateInput is what may happen to a session, and the state that it has then
// for each state before, in the order of stages. - is: no change.
type stateInput struct {
	name string
	do   func(st *stage)
	want [6]string
}

const (
	fc = "closed, forced close"
	te = "closed, transport error"
	tc = "closed, transport close"
	pe = "closed, parse error"
	ss = "closed, server shutting down"
)

var stateInputs = []stateInput{ // idle, standing, queued, closing, websocket, closed
	{"message", func(st *stage) { st.packet("4x") }, [6]string{"-", "-", "-", "-", "-", "-"}},
	{"noop", func(st *stage) { st.packet("6") }, [6]string{"-", "-", "-", "-", "-", "-"}},
	{"right beat", func(st *stage) { st.packet(beats[st.s.protocol][0]) }, [6]string{"-", "-", "-", "-", "-", "-"}},
	{"wrong beat", func(st *stage) { st.packet(beats[st.s.protocol][1]) }, [6]string{te, te, te, te, te, "-"}},
	{"close packet", func(st *stage) { st.packet("1") }, [6]string{tc, tc, tc, tc, tc, "-"}},
	{"no packet", func(st *stage) { st.packet("x") }, [6]string{pe, pe, pe, pe, pe, "-"}},
	{"poll", func(st *stage) { get(st.dial(), st.s) }, [6]string{"-", te, "-", "-", "-", "-"}},
	{"two polls", func(st *stage) { st.stand(); st.stand() }, [6]string{te, te, "-", fc, "-", "-"}},
	{"half a POST, then FIN", func(st *stage) { st.halfPost().CloseWrite() }, [6]string{te, te, te, te, "-", "-"}},
	{"half a POST, then RST", func(st *stage) { st.halfPost().Reset() }, [6]string{te, te, te, te, "-", "-"}},
	{"two POSTs", func(st *stage) { st.halfPost(); st.halfPost() }, [6]string{te, te, te, te, "-", "-"}},
	{"poll gives up", func(st *stage) { st.giveUp(st.poll) }, [6]string{"-", te, "-", "-", "-", "-"}},
	{"websocket FIN", func(st *stage) { st.hangUp() }, [6]string{"-", "-", "-", "-", tc, "-"}},
	{"websocket RST", func(st *stage) { st.giveUp(st.ws) }, [6]string{"-", "-", "-", "-", tc, "-"}},
	{"Send", func(st *stage) { st.s.Send([]byte("x"), true) }, [6]string{"-", "-", "-", "-", "-", "-"}},
	{"Close", func(st *stage) { st.s.Close(false) }, [6]string{"closing", fc, "closing", "-", fc, "-"}},
	{"Close, discard", func(st *stage) { st.s.Close(true) }, [6]string{fc, fc, fc, fc, fc, "-"}},
	{"CloseWith", func(st *stage) { st.s.CloseWith(ParseError, nil) }, [6]string{pe, pe, pe, pe, pe, "-"}},
	{"Server.Close", func(st *stage) { st.engine.Close() }, [6]string{ss, ss, ss, ss, ss, "-"}},
	{"upgrade", func(st *stage) { st.probe(); st.packet("5") }, [6]string{"-", "-", "-", fc, "-", "-"}},
	{"probe fails", func(st *stage) { st.probe(); st.packet("x") }, [6]string{"-", "-", "-", "-", "-", "-"}},
}

// beats are the packets with which clients of a protocol may and may not beat.
var beats = map[uint8][2]string{3: {"2", "3"}, 4: {"3", "2"}}

func (st *stage) halfPost() *polltest.Peer {
	p := st.dial()
	request(p, "POST", target(st.s), []byte("4a"), "Content-Length: 9")
	st.settle()
	return p
}

func (st *stage) giveUp(p *polltest.Peer) {
	if p != nil {
		p.Reset()
	}
}

func (st *stage) hangUp() {
	if st.ws != nil {
		st.ws.CloseWrite()
		st.ws = nil
	}
}

// TestSessionStates puts every input to every state, for both protocols.
func TestSessionStates(t *testing.T) {
	for _, in := range stateInputs {
		for i, before := range stages {
			for _, protocol := range []string{"3", "4"} {
				st := newStage(t, protocol, before.name)
				want := in.want[i]
				if want == "-" {
					want = st.state()
				}
				in.do(st)
				st.settle()
				if got := st.state(); got != want {
					t.Errorf("protocol %s, %s: %s: got %s, want %s", protocol, before.name, in.name, got, want)
				}
				st.finish()
			}
		}
	}
}

// TestSetState: no state follows itself or an earlier one.
func TestSetState(t *testing.T) {
	names := []sessionState{sessionOpen, sessionClosing, sessionClosed}
	for _, from := range names {
		for _, to := range names {
			s := &Session{state: from}
			func() {
				defer func() {
					if panicked := recover() != nil; panicked != (to <= from) {
						t.Errorf("%v to %v: panic %v", from, to, panicked)
					}
				}()
				s.setState(to)
			}()
		}
	}
}

// trialInputs are what may happen to a WebSocket on trial, and what becomes of it
// before and after its probe: waiting, probed, upgraded or gone. Unless the input
// is about the session, the session stays open.
var trialInputs = []struct {
	name    string
	do      func(st *stage)
	want    [2]string // waiting, probed
	session string
}{
	{"2probe", func(st *stage) { st.packet("2probe") }, [2]string{"probed", "probed"}, "open"},
	{"2", func(st *stage) { st.packet("2") }, [2]string{"gone", "gone"}, "open"},
	{"2probes", func(st *stage) { st.packet("2probes") }, [2]string{"gone", "gone"}, "open"},
	{"3probe", func(st *stage) { st.packet("3probe") }, [2]string{"gone", "gone"}, "open"},
	{"5", func(st *stage) { st.packet("5") }, [2]string{"gone", "upgraded"}, "open"},
	{"message", func(st *stage) { st.packet("4x") }, [2]string{"gone", "gone"}, "open"},
	{"close packet", func(st *stage) { st.packet("1") }, [2]string{"gone", "gone"}, "open"},
	{"no packet", func(st *stage) { st.packet("x") }, [2]string{"gone", "gone"}, "open"},
	{"empty", func(st *stage) { st.packet("") }, [2]string{"gone", "gone"}, "open"},
	{"binary", func(st *stage) { st.ws.Write(masked(ws.OpBinary, "\x04x")) }, [2]string{"gone", "gone"}, "open"},
	{"breach", func(st *stage) { st.ws.Write([]byte{0xc1, 0x80, 0, 0, 0, 0}) }, [2]string{"gone", "gone"}, "open"},
	{"WebSocket ping", func(st *stage) { st.ws.Write(masked(ws.OpPing, "x")) }, [2]string{"waiting", "probed"}, "open"},
	{"close frame", func(st *stage) { st.ws.Write(masked(ws.OpClose, "")) }, [2]string{"gone", "gone"}, "open"},
	{"FIN", func(st *stage) { st.ws.CloseWrite() }, [2]string{"gone", "gone"}, "open"},
	{"RST", func(st *stage) { st.ws.Reset() }, [2]string{"gone", "gone"}, "open"},
	{"another", func(st *stage) { st.tryWS() }, [2]string{"waiting", "probed"}, "open"},
	{"early", func(st *stage) { st.sleep(upgradeTime - 1e6) }, [2]string{"waiting", "probed"}, "open"},
	{"timeout", func(st *stage) { st.sleep(upgradeTime) }, [2]string{"gone", "gone"}, "open"},
	{"session polls", func(st *stage) { st.stand() }, [2]string{"waiting", "probed"}, "open"},
	{"session closes", func(st *stage) { st.s.Close(true) }, [2]string{"gone", "gone"}, fc},
	{"Server.Close", func(st *stage) { st.engine.Close() }, [2]string{"gone", "gone"}, ss},
	{"session is closing", func(st *stage) { st.s.Close(false) }, [2]string{"waiting", "probed"}, "closing"},
}

// upgradeTime is the default UpgradeTimeout.
const upgradeTime = 10e9

// TestTrialStates puts every input to both states of a trial.
func TestTrialStates(t *testing.T) {
	for _, in := range trialInputs {
		for i, before := range []string{"waiting", "probed"} {
			for _, protocol := range []string{"3", "4"} {
				st := newStage(t, protocol, "idle")
				st.ws = st.tryWS()
				if before == "probed" {
					st.packet("2probe")
				}
				w := st.s.probing()
				if got := st.trial(); got != before {
					t.Fatalf("a trial that is %s, want %s", got, before)
				}
				in.do(st)
				st.settle()
				if got := st.trial(); got != in.want[i] || st.state() != in.session {
					t.Errorf("protocol %s, %s: %s: got %s, %s; want %s, %s",
						protocol, before, in.name, got, st.state(), in.want[i], in.session)
				}
				if w.trial != nil && w.trial.timer.Armed() != (st.s.probing() == w) {
					t.Errorf("%s: %s: the timer does not go with the trial", before, in.name)
				}
				st.finish()
			}
		}
	}
}

func (st *stage) trial() string {
	switch w := st.s.probing(); {
	case st.s.ws != nil && st.s.Upgraded():
		return "upgraded"
	case w == nil:
		return "gone"
	case w.trial.probed:
		return "probed"
	}
	return "waiting"
}
