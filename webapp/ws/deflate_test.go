package ws

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// squeezed is a message in compressed form, as a client sends it.
func squeezed(level int, message string) string {
	var b bytes.Buffer
	w := clients[level]
	if w == nil {
		w, _ = flate.NewWriter(nil, level)
		clients[level] = w
	}
	w.Reset(&b)
	io.WriteString(w, message)
	w.Flush()
	return strings.TrimSuffix(b.String(), flushTail)
}

var clients = map[int]*flate.Writer{} // by level: making one takes long

// small is a compressed frame.
func small(op OpCode, payload string) string { return frame(fin|rsv1|byte(op), payload) }

func deflating(bytes, fragments int) *Limits {
	return &Limits{MessageBytes: bytes, Fragments: fragments, Inflater: new(Inflater)}
}

// stored is a block that is not compressed; n may lie about its length.
func stored(final byte, n int, data string) string {
	return string([]byte{final, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) + data
}

// W16, and the examples of RFC 7692, section 7.2.3: streams of compressed messages and what they come to, with a limit
// of 200 bytes and 8 fragments.
var deflateVectors = []struct{ name, wire, want string }{
	{"7.2.3.1 one block", small(OpText, mustHex("f248cdc9c90700")), `text "Hello"`},
	{"7.2.3.1 fragments", frame(rsv1|1, mustHex("f248cd")) + last(mustHex("c9c90700")), `text "Hello"`},
	{"7.2.3.2 with context takeover", small(OpText, mustHex("f248cdc9c90700")) + small(OpText, mustHex("f200110000")),
		lines(`text "Hello"`, failure(ErrDeflate))},
	{"7.2.3.3 stored", small(OpText, mustHex("000500faff48656c6c6f00")), `text "Hello"`},
	{"7.2.3.4 final block", small(OpText, mustHex("f348cdc9c9070000")), `text "Hello"`},
	{"7.2.3.5 two blocks", small(OpText, mustHex("f248050000 00ffffcac9c90700"[:10]+"00ffffcac9c90700")), `text "Hello"`},
	{"7.2.3.6 empty", small(OpText, "\x00"), `text ""`},
	{"7.2.3.6 empty, in fixed codes", small(OpBinary, "\x02\x00"), `binary ""`},
	{"not compressed, beside", text("a") + small(OpText, mustHex("f248cdc9c90700")) + text("b"),
		lines(`text "a"`, `text "Hello"`, `text "b"`)},
	{"fragments not compressed", startText("\x00") + last("a"), `text "\x00a"`},
	{"ping inside", frame(rsv1|2, mustHex("f248cd")) + ping("p") + more("") + last(mustHex("c9c90700")),
		lines(`ping "p"`, `binary "Hello"`)},
	{"final blocks only", small(OpText, mustHex("f348cdc9c90700")), `text "Hello"`},
	{"final blocks, one behind the other", small(OpText, stored(1, 1, "a")+stored(1, 1, "b")+stored(0, 1, "c")+"\x00"),
		`text "abc"`},
	{"final block that the tail ends", small(OpText, "\x01"), `text ""`},
	{"window across a final block", small(OpText, stored(1, 3, "abc")+"\x02\x13\x02\x00\x00"), failure(ErrDeflate)},
	{"tail not taken off", small(OpText, mustHex("f248cdc9c90700")+flushTail+"\x00"), `text "Hello"`},

	{"W16 RSV1 on a continuation", frame(rsv1|1, "\x00") + frame(fin|rsv1, ""), failure(ErrReservedBit)},
	{"W16 RSV1 only on a continuation", startText("a") + frame(fin|rsv1, "b"), failure(ErrReservedBit)},
	{"W16 RSV1 on a ping", frame(fin|rsv1|9, ""), failure(ErrReservedBit)},
	{"W16 RSV1 on a close", frame(fin|rsv1|8, ""), failure(ErrReservedBit)},
	{"W16 RSV1 on a reserved opcode", frame(fin|rsv1|3, ""), failure(ErrReservedBit)},
	{"W16 RSV2", frame(fin|rsv1|rsv2|1, "\x00"), failure(ErrReservedBit)},
	{"W16 RSV3", frame(fin|rsv3|1, "\x00"), failure(ErrReservedBit)},
	{"W16 nothing", small(OpText, ""), failure(ErrDeflate)},
	{"W16 nothing, in fragments", frame(rsv1|1, "") + last(""), failure(ErrDeflate)},
	{"W16 block of type 3", small(OpText, "\x06"), failure(ErrDeflate)},
	{"W16 garbage", small(OpBinary, "\xff\xff\xff\xff"), failure(ErrDeflate)},
	{"W16 plain text", small(OpText, "Hello"), failure(ErrDeflate)},
	{"W16 stored length", small(OpText, "\x00\x05\x00\xfa\xfeHello\x00"), failure(ErrDeflate)},
	{"W16 stored block cut", small(OpText, stored(0, 50, "Hello")), failure(ErrDeflate)},
	{"W16 stored block that takes the tail", small(OpBinary, stored(0, 7, "abc")), `binary "abc\x00\x00\xff\xff"`},
	{"W16 offset before the start", small(OpText, "\x02\x13\x02\x00\x00"), failure(ErrDeflate)},
	{"W16 length 286", small(OpText, "\x1a\x03\x00"), failure(ErrDeflate)},
	{"W16 offset 30", small(OpText, "\x4a\x04\x1e\x00"), failure(ErrDeflate)},
	{"W16 too many literals", small(OpText, "\xf4\xff"+strings.Repeat("\x00", 40)), failure(ErrDeflate)},
	{"W16 codes cut", small(OpText, "\x04"), failure(ErrDeflate)},
	{"W16 codes that are not complete", small(OpText, "\x04\x00\x24\x49\x00"), failure(ErrDeflate)},
	{"W16 cut", small(OpText, mustHex("f248cd")), failure(ErrDeflate)},
	{"W16 not UTF-8", small(OpText, squeezed(1, "ab\xff")), failure(ErrText)},
	{"W16 UTF-8 that does not end", small(OpText, squeezed(1, "ab\xe2\x82")), failure(ErrText)},
	{"W16 binary need not be", small(OpBinary, squeezed(1, "ab\xff")), `binary "ab\xff"`},
	{"W16 at the limit", small(OpText, squeezed(9, strings.Repeat("a", 200))),
		line("text", strings.Repeat("a", 200))},
	{"W16 one more", small(OpText, squeezed(9, strings.Repeat("a", 201))), failure(ErrMessageTooBig)},
	{"W16 one more, stored", small(OpText, squeezed(0, strings.Repeat("a", 190))+squeezed(0, strings.Repeat("a", 11))),
		failure(ErrMessageTooBig)},
	{"W16 bomb 1000:1", small(OpBinary, squeezed(9, strings.Repeat("\x00", 200_000))[:200]), failure(ErrMessageTooBig)},
	{"W16 bomb in fragments", frame(rsv1|2, squeezed(9, strings.Repeat("\x00", 20_000))) + last(""),
		failure(ErrMessageTooBig)},
	{"W16 more than the limit, compressed", small(OpText, strings.Repeat("\x00\x00\x00\xff\xff", 41)),
		failure(ErrMessageTooBig)},
	{"W16 the same in fragments", frame(rsv1|1, strings.Repeat("a", 150)) + last(strings.Repeat("a", 51)),
		failure(ErrMessageTooBig)},
	{"W8 fragments", frame(rsv1|1, "\x00") + strings.Repeat(more(""), 8), failure(ErrTooManyFragments)},
	{"nothing after an error", small(OpText, "\x06") + text("late"), failure(ErrDeflate)},
	{"the next message is plain again", small(OpText, "\x00") + text("\xff"), lines(`text ""`, failure(ErrText))},
}

func TestDeflateVectors(t *testing.T) {
	limits := deflating(200, 8)
	for _, v := range deflateVectors {
		if got := outcome(t, limits, v.wire); got != v.want {
			t.Errorf("%s: got\n%s\nwant\n%s", v.name, got, v.want)
		}
		for _, n := range []int{1, 2, 3, 7} {
			if got := outcome(t, limits, octets(v.wire, n)...); got != v.want {
				t.Errorf("%s, in pieces of %d: got\n%s\nwant\n%s", v.name, n, got, v.want)
			}
		}
	}
	// All of the rules for what is not compressed hold beside it.
	limits = deflating(vectorLimits.MessageBytes, vectorLimits.Fragments)
	for _, v := range vectors {
		if !strings.Contains(v.name, "RSV1") && !strings.HasPrefix(v.name, "W16") {
			if got := outcome(t, limits, v.wire); got != v.want {
				t.Errorf("%s, with compression agreed on: got\n%s\nwant\n%s", v.name, got, v.want)
			}
		}
	}
}

// Without an Inflater, or without Deflate, nothing compressed is taken.
func TestDeflateNotAgreedOn(t *testing.T) {
	for _, r := range []Reader{
		NewReader(nil, Deflate), NewReader(&Limits{}, Deflate), NewReader(deflating(9, 9), Server),
	} {
		if err := r.Feed([]byte(small(OpText, "\x00")), &log{}); err != ErrReservedBit {
			t.Error(err)
		}
	}
}

// W16: what a bomb makes us allocate.
func TestBombs(t *testing.T) {
	const limit = 1 << 20
	zeros := strings.Repeat("\x00", 20<<20)
	bombed := squeezed(9, zeros)
	limits := deflating(limit, 0)
	for name, c := range map[string]struct {
		payload string
		ceiling uint64
	}{
		"bomb": {bombed, limit * 5 / 4},
		// What is compressed badly at first lets expect less.
		"late bomb": {squeezed(0, zeros[:limit/8]) + flushTail + bombed, 2 * limit},
		"one more":  {squeezed(0, zeros[:limit]) + flushTail + squeezed(9, "1"), 2 * limit},
	} {
		bomb := small(OpBinary, c.payload[:min(len(c.payload), limit)])
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := NewReader(limits, Deflate)
			if err := r.Feed([]byte(bomb), &log{}); err != ErrMessageTooBig && name != "one more" {
				t.Fatal(name, err)
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > c.ceiling+uint64(len(bomb))+20_000 {
				t.Errorf("%s: %d bytes allocated in all for a limit of %d", name, n, limit)
			}
			if z := limits.Inflater; cap(z.spare) > keepInflatedBytes || z.in != nil || z.out != nil {
				t.Errorf("%s: %d bytes kept", name, cap(z.spare))
			}
		}
	}
	// The spill follows what came, not what might.
	r := NewReader(deflating(256<<20, 0), Deflate)
	if err := r.Feed([]byte(small(OpBinary, bombed)[:100]), &log{}); err != nil || cap(r.spill()) > 200 {
		t.Errorf("%v, spill of %d bytes", err, cap(r.spill()))
	}
}

// A handler may cause another connection to be fed before it is done with its own message.
func TestInflaterIsLent(t *testing.T) {
	limits := deflating(1<<20, 0)
	for _, size := range []int{5, 300, 100_000} {
		message := strings.Repeat("x", size)
		n := &nested{t: t, limits: limits, want: message, left: 3}
		for range 2 {
			r := NewReader(limits, Deflate)
			if err := r.Feed([]byte(small(OpText, squeezed(1, message))), n); err != nil {
				t.Fatal(err)
			}
		}
		if cap(limits.Inflater.spare) > keepInflatedBytes {
			t.Errorf("%d bytes kept", cap(limits.Inflater.spare))
		}
	}
}

type nested struct {
	discard
	t      *testing.T
	limits *Limits
	want   string
	left   int
}

func (n *nested) OnMessage(_ OpCode, payload []byte) {
	if n.left--; n.left >= 0 {
		r := NewReader(n.limits, Deflate)
		other := strings.Repeat("y", len(n.want)+1)
		in := &nested{t: n.t, limits: n.limits, want: other, left: n.left}
		if err := r.Feed([]byte(small(OpText, squeezed(1, other))), in); err != nil {
			n.t.Error(err)
		}
	}
	if string(payload) != n.want {
		n.t.Errorf("%.20q was overwritten: %.20q", n.want, payload)
	}
}

var library = flate.NewReader(nil)

// inflatedBytes is more than any message of the tests.
const inflatedBytes = 300_000

// inflated decodes with the standard library: what the blocks hold up to the first error, which is nil if they end
// with the tail.
func inflated(payload string) (out []byte, err error) {
	out, err = inflatedBefore(payload, "\x01\x00\x00\xff\xff")
	if err == nil && len(out) <= inflatedBytes {
		if _, err := inflatedBefore(payload, "\x03\x00"); err != nil { // a block took what ends the library's stream
			return out, err
		}
	}
	return out, err
}

// inflatedBefore ends the stream with an empty final block, since the library has no end without one.
func inflatedBefore(payload, end string) (out []byte, err error) {
	src := strings.NewReader(payload + flushTail + end)
	r := library
	r.(flate.Resetter).Reset(src, nil)
	for {
		piece, err := io.ReadAll(io.LimitReader(r, inflatedBytes+1))
		out = append(out, piece...)
		switch {
		case len(out) > inflatedBytes:
			return out, nil
		case err != nil:
			return out, err
		case src.Len() == 0 || src.Len() == len(flushTail)+len(end):
			return out, nil
		case src.Len() < len(flushTail)+len(end):
			return out, errors.New("the tail is part of a final block")
		}
		r.(flate.Resetter).Reset(src, out)
	}
}

// A stored block may take the four bytes of the tail, and must not reach beyond them, into what only the library's
// stream has.
func TestStoredBlockTakesTheTail(t *testing.T) {
	for n := range 20 {
		payload := []byte{1, byte(n), 0, ^byte(n), 0xff, 'a', 'b'}
		sameAsLibrary(t, payload)
		_, err := new(Inflater).inflate(payload, 100)
		if ok := err == nil; ok != (n == 2 || n == 2+len(flushTail)) {
			t.Errorf("a block of %d bytes, of which 2 are there: %v", n, err)
		}
	}
}

func TestInflateAgainstTheLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	rounds := 400
	if testing.Short() {
		rounds = 60
	}
	for round := range rounds {
		message := sample(random, random.IntN(1<<(1+random.IntN(17))))
		payload := squeezed([]int{-2, -1, 0, 1, 2, 6, 9}[round%7], message)
		if round%3 == 0 { // several flushes
			payload += flushTail + squeezed(9, message)
			message += message
		}
		z := new(Inflater)
		got, err := z.inflate([]byte(payload), len(message))
		if err != nil || string(got) != message {
			t.Fatalf("round %d: %v, %d bytes of %d", round, err, len(got), len(message))
		}
		if _, err := z.inflate([]byte(payload), len(message)-1); len(message) > 0 && err != ErrMessageTooBig {
			t.Fatalf("round %d, limit one less: %v", round, err)
		}
		bad := []byte(payload)
		if len(bad) > 0 {
			bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
		}
		sameAsLibrary(t, bad)
		sameAsLibrary(t, []byte(payload[:random.IntN(len(payload)+1)]))
	}
}

// sameAsLibrary compares the outcome of one payload.
func sameAsLibrary(t *testing.T, payload []byte) {
	t.Helper()
	want, wantErr := inflated(string(payload))
	z := new(Inflater)
	got, err := z.inflate(payload, inflatedBytes)
	if len(want) > inflatedBytes {
		if err == nil {
			t.Fatalf("% x: %d bytes, the library %d", payload, len(got), len(want))
		}
		return
	}
	if err == nil && !bytes.HasPrefix(want, got) {
		t.Fatalf("% x: %q, the library %q, %v", payload, got, want, wantErr)
	}
	if wantErr == nil && err == nil && len(got) != len(want) && len(want)-len(got) > 5 {
		t.Fatalf("% x: %d bytes, the library %d", payload, len(got), len(want))
	}
	if err != nil && wantErr == nil {
		t.Fatalf("% x: %v, the library takes it", payload, err)
	}
}

// sample is n bytes of one of several kinds.
func sample(random *rand.Rand, n int) string {
	var b strings.Builder
	for kind := random.IntN(4); b.Len() < n; {
		switch kind {
		case 0:
			b.WriteByte(byte(random.Uint32()))
		case 1:
			fmt.Fprintf(&b, `{"id":%d,"name":"sensor-%d","value":%f},`, random.IntN(99), random.IntN(9), random.Float64())
		case 2:
			b.WriteString(strings.Repeat(string(rune('a'+random.IntN(3))), random.IntN(400)))
		default:
			b.WriteByte("etaoin shrdlu"[random.IntN(13)])
		}
	}
	return b.String()[:n]
}

// What Compress makes of a frame, a client reads as the message; and it never gets longer.
func TestCompress(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var d Deflater
	compressed := 0
	for range 300 {
		message := sample(random, 1+random.IntN(1<<(1+random.IntN(18))))
		op := []OpCode{OpText, OpBinary}[random.IntN(2)]
		plain := AppendFrame([]byte("before"), op, []byte(message))
		b := d.Compress(bytes.Clone(plain), 6)
		if !strings.HasPrefix(string(b), "before") || len(b) > len(plain) {
			t.Fatalf("%d bytes became %d", len(plain), len(b))
		}
		h, n, err := ParseHeader(b[6:])
		if err != nil || !h.Fin || h.Masked || h.OpCode != op || h.Length != int64(len(b)-6-n) {
			t.Fatalf("%+v, %v", h, err)
		}
		payload := string(b[6+n:])
		if h.Rsv != 0 {
			compressed++
			out, err := inflated(payload)
			if payload = string(out); err != nil || h.Rsv != 4 {
				t.Fatalf("%v, %+v", err, h)
			}
		} else if !bytes.Equal(b, plain) {
			t.Fatal("neither compressed nor as it was")
		}
		if payload != message {
			t.Fatalf("%d bytes became %d", len(message), len(payload))
		}
	}
	if compressed < 100 || cap(d.out) > keepDeflatedBytes {
		t.Errorf("%d of 300 compressed, %d bytes kept", compressed, cap(d.out))
	}
}
