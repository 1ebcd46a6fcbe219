package eio

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The script of FuzzSession: a byte for the session, then for each action a byte
// for what it is, one for how many bytes follow, and these.
const (
	doText byte = iota
	doBinary
	doRaw
	doPost
	doOctets
	doGet
	doProbe
	doWait
	doHangUp
	actions
)

func action(do byte, data string) string { return string([]byte{do, byte(len(data))}) + data }

// FuzzSession plays any script of frames, bodies, polls, upgrades and pauses on
// any kind of session: no panic, no message after the end, nothing is left over.
func FuzzSession(f *testing.F) {
	for _, v := range vectors {
		kind := pick(v.protocol == 3, "\x00", "\x01")
		f.Add([]byte(kind + action(pick(v.octets, doOctets, doPost), string(v.bytes())) + action(doGet, "")))
		f.Add([]byte(pick(v.protocol == 3, "\x02", "\x03") + action(pick(v.octets, doBinary, doText), string(v.bytes()))))
	}
	upgrade := action(doProbe, "") + action(doText, "2probe") + action(doGet, "") + action(doText, "5")
	f.Add([]byte("\x01" + upgrade + action(doText, "4!mixed") + action(doPost, "4x") + action(doHangUp, "")))
	f.Add([]byte("\x04" + action(doPost, "d=7%3A4!mixed") + action(doGet, "") + action(doWait, "") + upgrade))
	f.Add([]byte("\x03" + action(doRaw, "\x81\x86\x00\x00\x00\x004early\xff") + action(doText, "4!burst-close")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		r := newRig(t, 1, quietly, mainOptions)
		st := &stage{rig: r}
		query := fmt.Sprintf("EIO=%d%s%s", 3+b[0]&1, pick(b[0]&4 != 0, "&j=1", ""), pick(b[0]&8 != 0, "&b64=1", ""))
		if b[0]&2 != 0 {
			st.ws, st.s = r.openWS(query)
		} else {
			st.s = r.openPoll(query)
		}
		for b = b[1:]; len(b) >= 2; {
			n := min(int(b[1]), len(b)-2)
			st.play(b[0]%actions, b[2:2+n])
			b = b[2+n:]
		}
		r.finish()
	})
}

// play does one action, where there is what it takes.
func (st *stage) play(do byte, data []byte) {
	switch do {
	case doText, doBinary, doRaw, doHangUp:
		if st.ws == nil {
			return
		}
	}
	switch do {
	case doText:
		st.ws.Write(masked(ws.OpText, string(data)))
	case doBinary:
		st.ws.Write(masked(ws.OpBinary, string(data)))
	case doRaw:
		st.ws.Write(data)
	case doPost:
		post(st.dial(), st.s, data)
	case doOctets:
		post(st.dial(), st.s, data, "Content-Type: application/octet-stream")
	case doGet:
		get(st.dial(), st.s)
	case doProbe:
		st.ws = st.tryWS()
	case doWait:
		st.sleep(time.Duration(len(data)) * 100 * time.Millisecond)
	case doHangUp:
		st.hangUp()
	}
	if len(data)%2 == 0 { // else it meets the next one in its turn
		st.settle()
	}
}

// frames, sound and not, for the split tests.
var streams = []string{
	string(text("4a")) + string(masked(ws.OpBinary, "\x04b")) + string(text("2")),
	string(text("4!mixed")) + string(text("x")) + string(text("4late")),
	string(masked(ws.OpPing, "p")) + string(text("bBAEC")) + string(masked(ws.OpClose, "\x03\xe8bye")) + "late",
	"\x01\x83\x00\x00\x00\x004\xe2\x82" + "\x89\x81\x00\x00\x00\x00p" + "\x80\x81\x00\x00\x00\x00\xac" + string(text("4")),
	"\x81\xfe\x00\x80\x01\x02\x03\x04" + string(masked(ws.OpText, "4"+string(fill(127, 'y')))[8:]) + string(text("4€")),
	string(text("4" + string(fill(1000, 'z')))),
	string(text("4\xff")),
	"\x81\x05hello",
}

// outcome is all that a stream causes on a session of its own, fed in the given
// pieces: what the handler saw and what went out.
func outcome(t testing.TB, protocol string, pieces ...[]byte) string {
	r := newRig(t, 1, quietly, mainOptions)
	log := &logged{fixture: fixture{r}}
	r.handler = log
	p, s := r.openWS("EIO=" + protocol)
	var out []byte
	for _, piece := range pieces {
		p.Write(piece)
		r.settle()
		out = append(out, p.Read()...)
	}
	state := s.ReadyState()
	r.finish()
	return fmt.Sprintf("%s %s%x", state, log.seen, out)
}

type logged struct {
	fixture
	seen string
}

func (l *logged) OnMessage(s *Session, data []byte, binary bool) {
	l.seen += fmt.Sprintf("%q,%v ", data, binary)
	l.fixture.OnMessage(s, data, binary)
}

func (l *logged) OnClose(s *Session, reason Reason, desc error) {
	if desc != ErrSilent { // that is the test's own end
		l.seen += fmt.Sprintf("%s: %v ", reason, desc)
	}
	l.fixture.OnClose(s, reason, desc)
}

// TestSplits: however a WebSocket's input is cut into two, the outcome is that of
// the whole.
func TestSplits(t *testing.T) {
	for _, stream := range streams {
		for _, protocol := range []string{"3", "4"} {
			b := []byte(stream)
			whole := outcome(t, protocol, bytes.Clone(b))
			for i := 1; i < len(b); i += 1 + len(b)/100 {
				if got := outcome(t, protocol, bytes.Clone(b[:i]), bytes.Clone(b[i:])); got != whole {
					t.Fatalf("protocol %s, %.40x cut at %d:\n got %s\nwant %s", protocol, b, i, got, whole)
				}
			}
		}
	}
}

// FuzzSplits is TestSplits for any input in any pieces.
func FuzzSplits(f *testing.F) {
	for _, stream := range streams {
		f.Add([]byte(stream), uint64(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		protocol := pick(seed&1 == 0, "3", "4")
		whole := outcome(t, protocol, bytes.Clone(b))
		k := polltest.New(seed, quietly)
		var pieces [][]byte
		for rest := b; len(rest) > 0; {
			n := 1 + k.IntN(min(len(rest), 30))
			pieces = append(pieces, bytes.Clone(rest[:n]))
			rest = rest[n:]
		}
		if got := outcome(t, protocol, pieces...); got != whole {
			t.Fatalf("in %d pieces:\n got %s\nwant %s", len(pieces), got, whole)
		}
	})
}
