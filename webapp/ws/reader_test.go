package ws

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"unsafe"
)

// check demands the relation of the marks that the type comment states, and that an idle Reader holds nothing.
func (r *Reader) check(t testing.TB, fed int) {
	var c cut
	if r.cut != nil {
		c = *r.cut
	}
	if c.message < 0 || c.message > len(c.spill) || cap(c.spill) > max(spillBytes, 2*fed) {
		t.Fatalf("marks: message %d, len %d, cap %d, fed %d", c.message, len(c.spill), cap(c.spill), fed)
	}
	if limit := r.maxMessage() + maxControlBytes; cap(c.spill) > limit {
		t.Fatalf("spill of %d bytes with a limit of %d", cap(c.spill), limit)
	}
	if r.op.IsData() && r.phase == inPayload && c.message != len(c.spill) {
		t.Fatalf("spill of %d bytes holds %d of the message", len(c.spill), c.message)
	}
	if int(c.have) >= len(c.head) || r.left < 0 {
		t.Fatalf("have %d, left %d", c.have, r.left)
	}
	if !r.Unfinished() && r.cut != nil {
		t.Fatalf("idle, but holds a spill of %d bytes", cap(c.spill))
	}
}

// spill is what the Reader keeps of payloads.
func (r *Reader) spill() []byte {
	if r.cut == nil {
		return nil
	}
	return r.cut.spill
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		if got := outcome(t, &vectorLimits, v.wire); got != v.want {
			t.Errorf("%s: got\n%s\nwant\n%s", v.name, got, v.want)
		}
	}
}

// W12: every vector, one byte at a time and cut at every position and pair of positions.
func TestSplits(t *testing.T) {
	for _, v := range vectors {
		if got := outcome(t, &vectorLimits, octets(v.wire, 1)...); got != v.want {
			t.Errorf("%s, bytewise: got\n%s\nwant\n%s", v.name, got, v.want)
		}
		for i := range v.wire {
			for j := i; j < len(v.wire); j += 1 + len(v.wire)/40 {
				if got := outcome(t, &vectorLimits, v.wire[:i], v.wire[i:j], v.wire[j:]); got != v.want {
					t.Fatalf("%s, cut at %d and %d: got\n%s\nwant\n%s", v.name, i, j, got, v.want)
				}
			}
		}
	}
}

// W8: with the default limits.
func TestFragmentFlood(t *testing.T) {
	for _, payload := range []string{"", "a"} {
		wire := startText(payload) + strings.Repeat(more(payload), 100_000)
		if got := outcome(t, nil, octets(wire, 4096)...); got != failure(ErrTooManyFragments) {
			t.Errorf("100,000 fragments of %q: %s", payload, got)
		}
	}
	var l log
	var r Reader
	first, next := startText("x"), more(strings.Repeat("x", 1000))
	fed, err := len(first), r.Feed([]byte(first), &l)
	for err == nil {
		fed += len(next)
		err = r.Feed([]byte(next), &l)
		r.check(t, fed)
	}
	if err != ErrMessageTooBig || fed > 1_020_000 {
		t.Errorf("a message without end: %v after %d bytes", err, fed)
	}
}

// W8: small fragments, also with a cut ping between them, must not copy the message again and again.
func TestGrowthIsGeometric(t *testing.T) {
	limits := Limits{MessageBytes: 1 << 20, Fragments: 1 << 20}
	fragment, control := more(strings.Repeat("x", 100)), ping(strings.Repeat("p", 125))
	for _, pieces := range [][]string{{fragment}, {fragment, control[:100], control[100:]}} {
		r := after(t, startText("x"))
		r.limits = &limits
		grown, size := 0, 0
		for range 8000 {
			for _, piece := range pieces {
				if err := r.Feed([]byte(piece), discard{}); err != nil {
					t.Fatal(err)
				}
				if cap(r.spill()) != size {
					grown, size = grown+1, cap(r.spill())
				}
			}
		}
		if limit := 2 + bits.Len(1<<20/spillBytes); grown > limit {
			t.Errorf("%d kinds of pieces: the spill was made %d times, want at most %d", len(pieces), grown, limit)
		}
	}
}

// W5: a length alone costs nothing.
func TestDeclaredLengthAllocatesNothing(t *testing.T) {
	limits := Limits{MessageBytes: 256 << 20}
	r := NewReader(&limits, Server)
	piece := []byte(header(fin|2, 64, 128<<20) + "ab")
	if err := r.Feed(piece, &log{}); err != nil {
		t.Fatal(err)
	}
	if cap(r.spill()) != spillBytes {
		t.Errorf("128 MB declared, 2 bytes sent: spill of %d bytes", cap(r.spill()))
	}
}

func TestSpillFitsTheMessage(t *testing.T) {
	r := NewReader(nil, Server)
	wire := finFrame(OpBinary, strings.Repeat("x", 1000))
	if err := r.Feed([]byte(wire[:700]), &log{}); err != nil || cap(r.spill()) != 1000 {
		t.Errorf("most of a message of 1000 bytes: spill of %d bytes, %v", cap(r.spill()), err)
	}
	r = NewReader(nil, Server)
	if err := r.Feed([]byte(ping("abc")[:8]), &log{}); err != nil || cap(r.spill()) != spillBytes {
		t.Errorf("most of a ping: spill of %d bytes, %v", cap(r.spill()), err)
	}
}

// addresses notes where payloads lie.
type addresses struct {
	discard
	at []*byte
}

func (a *addresses) OnMessage(_ OpCode, payload []byte) {
	a.at = append(a.at, unsafe.SliceData(payload))
	if cap(payload) != len(payload) {
		a.at = nil // an append would write into the next frame
	}
}

func TestWholeFramesAreViews(t *testing.T) {
	var r Reader
	var a addresses
	data := []byte(text("one") + startText("") + last("two"))
	if err := r.Feed(data, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.at) != 2 || a.at[0] != &data[6] || a.at[1] != &data[6+3+6+6] {
		t.Error("payload was copied, or its capacity reaches beyond it")
	}
}

func TestStopInsideCallbacks(t *testing.T) {
	for _, first := range []string{text("a"), ping("a"), finFrame(OpPong, "a"), startText("a") + last("b"),
		startText("a") + ping("b")} {
		for cut := range first {
			var r Reader
			l := log{stop: &r}
			for _, piece := range []string{first[:cut], first[cut:] + text("late"), text("later"), "\xff\xff"} {
				if err := r.Feed([]byte(piece), &l); err != nil {
					t.Fatal(err)
				}
			}
			if len(l.lines) != 1 || r.Unfinished() || r.spill() != nil {
				t.Errorf("%q: %q, spill of %d bytes", first, l.lines, cap(r.spill()))
			}
		}
	}
}

func TestClientReadsUnmaskedFrames(t *testing.T) {
	var l log
	r := NewReader(nil, Client)
	wire := AppendFrame(nil, OpText, []byte("hi"))
	wire = AppendClose(wire, StatusGoingAway, "bye")
	if err := r.Feed(wire, &l); err != nil || fmt.Sprint(l.lines) != `[text "hi" close 1001 "bye"]` {
		t.Errorf("%q, %v", l.lines, err)
	}
	r = NewReader(nil, Client|Fragmented) // a side is all it takes
	if r.Unfinished() {
		t.Error("a new Reader is inside a message")
	}
	if err := r.Feed([]byte(text("hi")), &l); err != ErrMasked {
		t.Errorf("masked frame for a client: %v", err)
	}
}

func TestUnfinished(t *testing.T) {
	whole := startText("ab") + ping("p") + last("c")
	for i := range len(whole) + 1 {
		var r Reader
		if err := r.Feed([]byte(whole[:i]), &discard{}); err != nil {
			t.Fatal(err)
		}
		if want := 0 < i && i < len(whole); r.Unfinished() != want {
			t.Errorf("after %d bytes of %d: %v", i, len(whole), !want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limits           *Limits
		bytes, fragments int
	}{
		{nil, DefaultMessageBytes, DefaultFragments},
		{&Limits{}, DefaultMessageBytes, DefaultFragments},
		{&Limits{MessageBytes: -1, Fragments: -1}, DefaultMessageBytes, DefaultFragments},
		{&Limits{MessageBytes: 5, Fragments: 1}, 5, 1},
		{&Limits{MessageBytes: 1<<31 - 1}, ceilingBytes, DefaultFragments},
	} {
		r := NewReader(c.limits, Server)
		if b, f := r.maxMessage(), r.maxFragments(); b != c.bytes || f != c.fragments {
			t.Errorf("%+v: %d bytes, %d fragments", c.limits, b, f)
		}
	}
}

// A Reader lives in every session.
func TestReaderSize(t *testing.T) {
	if size := unsafe.Sizeof(Reader{}); size > 80 {
		t.Errorf("a Reader takes %d bytes", size)
	}
}

// Every phase with every kind of input: the phase that follows, and what the Reader says.
func TestPhases(t *testing.T) {
	states := map[phase]func() Reader{
		inHeader:  func() Reader { return Reader{} },
		inPayload: func() Reader { return after(t, text("abc")[:7]) },
		stopped:   func() Reader { r := after(t, ""); r.Stop(); return r },
	}
	for _, c := range []struct {
		from  phase
		input string
		want  phase
		says  string
	}{
		{inHeader, "", inHeader, ""},
		{inHeader, "\x81\x83", inHeader, ""},
		{inHeader, text("abc")[:6], inPayload, ""},
		{inHeader, text("abc"), inHeader, `text "abc"`},
		{inHeader, startText("abc"), inHeader, ""},
		{inHeader, closing(1000, ""), stopped, `close 1000 ""`},
		{inHeader, last(""), stopped, failure(ErrNoMessage)},
		{inHeader, text("\xff"), stopped, failure(ErrText)},
		{inPayload, "", inPayload, ""},
		{inPayload, text("abc")[7:8], inPayload, ""},
		{inPayload, text("abc")[7:], inHeader, `text "abc"`},
		{inPayload, text("abc")[7:] + text("d")[:6], inPayload, `text "abc"`},
		{inPayload, text("abc")[7:] + closing(1000, ""), stopped, lines(`text "abc"`, `close 1000 ""`)},
		{inPayload, text("a\xffc")[7:], stopped, failure(ErrText)},
		{stopped, "", stopped, ""},
		{stopped, text("abc"), stopped, ""},
		{stopped, last(""), stopped, ""},
		{stopped, closing(1000, ""), stopped, ""},
	} {
		r, l := states[c.from](), log{}
		if r.phase != c.from {
			t.Fatalf("constructor of %v makes %v", c.from, r.phase)
		}
		if err := r.Feed([]byte(c.input), &l); err != nil {
			l.lines = append(l.lines, failure(err.(Error)))
		}
		if got := lines(l.lines...); r.phase != c.want || got != c.says {
			t.Errorf("%v, input %q: %v and %q, want %v and %q", c.from, c.input, r.phase, got, c.want, c.says)
		}
		r.Stop()
		if r.phase != stopped {
			t.Errorf("%v after Stop", r.phase)
		}
	}
}

func after(t *testing.T, wire string) (r Reader) {
	t.Helper()
	if err := r.Feed([]byte(wire), &discard{}); err != nil {
		t.Fatal(err)
	}
	return r
}

// discard is a Handler that does nothing.
type discard struct{}

func (discard) OnMessage(OpCode, []byte)   {}
func (discard) OnPing([]byte)              {}
func (discard) OnPong([]byte)              {}
func (discard) OnClose(StatusCode, []byte) {}
