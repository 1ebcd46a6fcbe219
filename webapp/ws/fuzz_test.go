package ws

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	gobwas "github.com/gobwas/ws"
)

// A stream comes to the same however it is cut, and never holds more than twice what came in.
func FuzzReader(f *testing.F) {
	for i, v := range vectors {
		f.Add([]byte(v.wire), uint64(i), uint8(200))
	}
	for _, group := range [][]conformanceCase{fragmentation(), utf8Basics(), pings()} {
		for i, c := range group {
			f.Add([]byte(c.wire), uint64(i), uint8(0))
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, seed uint64, limit uint8) {
		limits := &Limits{MessageBytes: int(limit), Fragments: int(limit / 16)}
		anySplit(t, limits, string(wire), seed)
	})
}

func anySplit(t *testing.T, limits *Limits, wire string, seed uint64) {
	t.Helper()
	whole := outcome(t, limits, wire)
	if got := outcome(t, limits, octets(wire, 1)...); got != whole {
		t.Fatalf("bytewise: got\n%s\nwhole\n%s", got, whole)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for range 4 {
		var pieces []string
		for rest := wire; rest != ""; {
			n := min(1+random.IntN(1+random.IntN(20)), len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		if got := outcome(t, limits, pieces...); got != whole {
			t.Fatalf("%q: got\n%s\nwhole\n%s", pieces, got, whole)
		}
	}
}

// The same where messages may be compressed.
func FuzzDeflateReader(f *testing.F) {
	for i, v := range deflateVectors {
		f.Add([]byte(v.wire), uint64(i), uint8(200))
	}
	f.Fuzz(func(t *testing.T, wire []byte, seed uint64, limit uint8) {
		limits := deflating(int(limit), int(limit/16))
		anySplit(t, limits, string(wire), seed)
		if z := limits.Inflater; cap(z.spare) > max(int(limit), 1) && limit > 0 {
			t.Fatalf("%d bytes kept for a limit of %d", cap(z.spare), limit)
		}
	})
}

// Compressed data comes to what the standard library makes of it, and a frame cut anywhere to the same.
func FuzzInflate(f *testing.F) {
	for _, v := range deflateVectors {
		h, n, _ := ParseHeader([]byte(v.wire))
		if payload := []byte(v.wire[n:]); h.Rsv != 0 && int(h.Length) <= len(payload) {
			applyMask(payload[:h.Length], binary.LittleEndian.Uint32(h.Mask[:]))
			f.Add(payload[:h.Length], uint16(200), uint8(3))
		}
	}
	random := rand.New(rand.NewPCG(3, 3))
	for i := range 20 {
		f.Add([]byte(squeezed(i%10, sample(random, 300))), uint16(300), uint8(i))
	}
	f.Fuzz(func(t *testing.T, payload []byte, limit uint16, size uint8) {
		if len(payload) > 2000 {
			return
		}
		sameAsLibrary(t, payload)
		limits := deflating(1+int(limit), 1<<16)
		whole := outcome(t, limits, small(OpBinary, string(payload)))
		pieces := []byte(fragmented(OpBinary, string(payload), 1+int(size)))
		pieces[0] |= rsv1
		if got := outcome(t, limits, string(pieces)); got != whole && len(payload) > 0 {
			t.Fatalf("in fragments of %d: got\n%s\nwhole\n%s", 1+int(size), got, whole)
		}
	})
}

// Where ParseHeader finds a header, gobwas/ws finds the same; where it finds none, nor does a shorter slice.
func FuzzHeader(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(v.wire))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		h, n, err := ParseHeader(wire)
		if err != nil {
			if h != (Header{}) || n != 0 {
				t.Fatalf("%v, but %+v and %d", err, h, n)
			}
			return
		}
		theirs, gobwasErr := gobwas.ReadHeader(bytes.NewReader(wire))
		if gobwasErr != nil || theirs != gobwasHeader(h) {
			t.Fatalf("%+v, gobwas/ws %+v, %v", h, theirs, gobwasErr)
		}
		if _, _, err := ParseHeader(wire[:n-1]); err != ErrShort {
			t.Fatalf("without its last byte: %v", err)
		}
		if h.Length > 1<<20 {
			return
		}
		again := AppendHeader(nil, h.OpCode, int(h.Length))
		if h.Masked {
			again = AppendMaskedFrame(nil, h.OpCode, h.Mask, make([]byte, h.Length))[:n]
		}
		again[0] = wire[0]
		if !bytes.Equal(again, wire[:n]) {
			t.Fatalf("% x becomes % x", wire[:n], again)
		}
	})
}

// What AppendClose writes, ParseClose takes; what ParseClose takes goes back as it was.
func FuzzClose(f *testing.F) {
	for _, code := range []uint16{0, 999, 1000, 1004, 1005, 1006, 1011, 1015, 2999, 3000, 4999, 5000} {
		f.Add(code, "")
		f.Add(code, "reason \u20ac\xff")
		f.Add(code, string(bytes.Repeat([]byte("\u20ac"), 60)))
	}
	f.Fuzz(func(t *testing.T, code uint16, reason string) {
		wire := AppendClose(nil, StatusCode(code), reason)
		h, n, err := ParseHeader(wire)
		if err != nil || CheckHeader(h, Client) != nil || int(h.Length) != len(wire)-n {
			t.Fatalf("% x: %+v, %v", wire, h, err)
		}
		back, _, err := ParseClose(wire[n:])
		if err != nil || onWire(StatusCode(code)) && back != StatusCode(code) {
			t.Fatalf("% x: %d, %v", wire, back, err)
		}
		body := []byte(closeBody(code, reason))
		got, view, err := ParseClose(body)
		if err == nil && (!utf8.Valid(view) || string(view) != reason) {
			t.Fatalf("% x: reason %q", body, view)
		}
		if err == nil && len(body) <= maxControlBytes &&
			!bytes.Equal(AppendClose(nil, got, string(view)), AppendFrame(nil, OpClose, body)) {
			t.Fatalf("% x does not go back as it was", body)
		}
	})
}
