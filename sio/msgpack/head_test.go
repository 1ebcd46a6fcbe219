package msgpack

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// edges are numbers at which a form begins or ends, with both neighbours.
func edges() (list []uint64) {
	for _, n := range []uint64{0, 16, 32, 128, 256, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 53, 1 << 63} {
		list = append(list, n-1, n, n+1)
	}
	return list
}

// Every lead byte, before every number at an edge in each width, with its bytes or without: read as msgp does, and cut
// anywhere as well.
func TestHeads(t *testing.T) {
	var tails [][]byte
	for _, n := range edges() {
		for _, width := range []int{1, 2, 4, 8} {
			var tail []byte
			for i := width - 1; i >= 0; i-- {
				tail = append(tail, byte(n>>(8*i)))
			}
			tails = append(tails, tail)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	body := make([]byte, 1<<16+10)
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	for lead := range 256 {
		for _, tail := range tails {
			b := append([]byte{byte(lead)}, tail...)
			sameUnit(t, append(b, body[:70]...))
			for cut := range len(b) + 1 {
				sameUnit(t, b[:cut:cut])
			}
		}
		sameUnit(t, append([]byte{byte(lead), 0xff, 0xff}, body...)) // the largest of 16 bits is there
		sameUnit(t, append([]byte{byte(lead), 0, 1, 0, 1}, body...))
	}
}

// Every value that is appended and cut short is refused for that reason.
func TestCutUnits(t *testing.T) {
	var list [][]byte
	for _, n := range edges() {
		list = append(list, appendUint(nil, n), appendInt(nil, int64(n)), appendFloat64(nil, float64(n)),
			appendArray(nil, uint32(n)), appendMap(nil, uint32(n)))
		if n <= 1<<16+1 {
			list = append(list, appendString(nil, make([]byte, n)), appendBinary(nil, make([]byte, n)))
		}
	}
	for _, size := range []string{"d4", "d5", "d6", "d7", "d8", "c703", "c80003", "c900000003"} {
		full := append(unhex(t, size+"05"), make([]byte, 16)...)
		_, _, rest, err := unit(full)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, full[:len(full)-len(rest)])
	}
	for _, b := range append(list, appendNil(nil), appendBool(nil, true)) {
		if _, _, rest, err := unit(b); err != nil || len(rest) != 0 {
			t.Fatalf("%.20x: %d left, %v", b, len(rest), err)
		}
		step := max(1, len(b)/50)
		for cut := 0; cut < len(b); cut++ {
			if cut > 10 && cut < len(b)-10 && cut%step != 0 {
				continue
			}
			if _, _, _, err := unit(b[:cut:cut]); err != ErrShort {
				t.Fatalf("%.20x cut to %d of %d: %v", b, cut, len(b), err)
			}
		}
	}
}

// Every message that is cut is refused, and none with a byte changed makes the decoder panic.
func TestCutMessages(t *testing.T) {
	p := New(Options{})
	for _, v := range vectors {
		wire := unhex(t, v.in)
		for cut := range wire {
			if out, err := parse(t, p, wire[:cut:cut]); err == nil {
				t.Fatalf("%s, %d of %d bytes: %s", v.name, cut, len(wire), out.Payload)
			}
		}
		for i := range wire {
			for c := range 256 {
				changed := bytes.Clone(wire)
				changed[i] = byte(c)
				_, _ = parse(t, p, changed)
			}
		}
	}
}

// What is wrong with a packet is told.
func TestPacketErrors(t *testing.T) {
	p := New(Options{})
	for in, want := range map[string]string{
		"91a161": "the message is an array", "c1": "the message is 0xc1, which is no value", "89": "too many fields",
		"8101": "the name of a field is an integer", "81 a474797065 a132": "type is a string",
		"81 a474797065 cb0000000000000000": "type is a float", "81 a36e7370 c40161": "nsp is binary",
		"81 a26964 ff": "id is out of range", "81 a26964 cfffffffffffffffff": "id is out of range",
		"81 a26964 cf0020000000000001": "id is out of range", "81 a26964 c0": "id is nil",
		"81 a474797065 cfffffffffffffffff": "type is out of range", "81 a474797065 c3": "type is a boolean",
		"81 a464617461 c1": "a value is 0xc1, which is no value", "81 a36e7370 d40505": "nsp is an extension",
		"81 a36e7370 a12f": "no type", "81 a474797065 02": "no nsp", "81 a36e7370 80": "nsp is a map",
	} {
		if _, err := parse(t, p, unhex(t, in)); !errors.Is(err, ErrPacket) || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	for in, want := range map[string]error{"": ErrShort, "81": ErrShort, "81a4747970": ErrShort,
		"81 a464617461 81": ErrShort, "81 a464617461 81a1": ErrShort, "81 a464617461 c7": ErrShort,
		"81 a464617461 81 c0": ErrKey, "80 80": ErrTrailing, "81 a464617461 ddffffffff": ErrElements,
		"81 a464617461 df80000000": ErrElements, "81 a464617461 dd80000000": ErrElements} {
		if _, err := parse(t, p, unhex(t, in)); err != want {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
}

// The limits hold to the value: nesting, and the number of values, known or not, of a container that is there or only
// announced.
func TestLimits(t *testing.T) {
	p, nils := New(Options{MaxElements: 300}), func(n int) string { return strings.Repeat("c0", n) }
	for in, want := range map[string]error{
		strings.Repeat("91", maxDepth-1) + "90":        nil,
		strings.Repeat("91", maxDepth) + "90":          ErrDepth,
		strings.Repeat("81a161", maxDepth-1) + "80":    nil,
		strings.Repeat("81a161", maxDepth) + "80":      ErrDepth,
		"dc012b" + nils(299):                           nil,
		"dc012c" + nils(300):                           ErrElements,
		"dc012c":                                       ErrElements,
		"92 dc0096" + nils(150) + "dc0094" + nils(148): ErrElements,
		"92 dc0096" + nils(150) + "dc0093" + nils(147): nil,
		"dc00c8 dc00c8" + nils(399):                    ErrElements, // each fits when it begins
	} {
		for _, field := range []string{"a464617461", "a161"} { // data, and one that is passed over
			if _, err := parse(t, p, unhex(t, "83 a474797065 02 a36e7370 a12f"+field+in)); err != want {
				t.Errorf("%.30s: %v, want %v", in, err, want)
			}
		}
	}
}

// A type of 2^32+2 is not 2 where an int has 32 bits; elsewhere package sio refuses it.
func TestTypeIsWhole(t *testing.T) {
	out, err := parse(t, New(Options{}), unhex(t, "82 a474797065 cf0000000100000002 a36e7370 a12f"))
	if fits := strconv.IntSize == 64; (err == nil) != fits || fits && int64(out.Type) != 1<<32+2 {
		t.Errorf("type %d, %v", out.Type, err)
	}
}

// An attachment has no capacity beyond itself: what a handler appends to it does not reach the next.
func TestAttachmentsAreApart(t *testing.T) {
	p := New(Options{})
	out, err := parse(t, p, unhex(t, upToData+"94 a161 c40101 c40102 c7010003"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if b, _, _, _ := out.Attachment(i); len(b) != 1 || cap(b) != 1 || b[0] != byte(i+1) {
			t.Errorf("attachment %d: %x of %d", i, b, cap(b))
		}
	}
}

// What msgp appends of generated values is read as it reads it itself.
func TestGeneratedValues(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	p := New(Options{})
	taken := 0
	for range 3000 {
		wire := generated(random, nil, 4)
		sameUnit(t, wire)
		sameValue(t, p, wire)
		if _, err := parse(t, p, append(unhex(t, upToData), wire...)); err == nil {
			taken++
		}
	}
	if taken < 2000 {
		t.Errorf("%d of 3000 values are taken", taken)
	}
}

// generated appends a value by msgp.
func generated(r *rand.Rand, b []byte, depth int) []byte {
	n := []uint64{r.Uint64N(20), r.Uint64N(300), r.Uint64N(1 << 17), r.Uint64()}[r.IntN(4)]
	kinds := 11
	if depth == 0 {
		kinds = 9
	}
	switch r.IntN(kinds) {
	case 0:
		return msgp.AppendNil(b)
	case 1:
		return msgp.AppendBool(b, n%2 == 0)
	case 2:
		return msgp.AppendUint64(b, n)
	case 3:
		return msgp.AppendInt64(b, -int64(n))
	case 4:
		return msgp.AppendInt64(b, int64(n))
	case 5:
		return msgp.AppendFloat64(b, math.Sqrt(float64(n)))
	case 6:
		return msgp.AppendFloat32(b, float32(n)/7)
	case 7:
		return msgp.AppendString(b, strings.Repeat("é\"", int(n%70)))
	case 8:
		return msgp.AppendBytes(b, make([]byte, n%300))
	case 9:
		b = msgp.AppendArrayHeader(b, uint32(n%20))
		for range n % 20 {
			b = generated(r, b, depth-1)
		}
		return b
	default:
		b = msgp.AppendMapHeader(b, uint32(n%20))
		for i := range n % 20 {
			b = generated(r, msgp.AppendString(b, strings.Repeat("k", int(i))), depth-1)
		}
		return b
	}
}

// The same of any bytes: what msgp reads is read here to the same end and the same value, and the other way round; the
// differences are listed in judge_test.go.
func FuzzAgainstMsgp(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.in))
	}
	random := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		f.Add(generated(random, nil, 2))
	}
	for _, s := range []string{"c1", "ddffffffff", "dfffffffff", "c6ffffffff", "c9ffffffff00", "d6ff00000001", "d40000",
		"d7000000000000000000", "c7020005 06", "ca7f800000", "dbffffffff", "d80000"} {
		f.Add(unhex(f, s))
	}
	p := New(Options{MaxElements: 1000})
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 1<<14 {
			return
		}
		sameUnit(t, in)
		sameValue(t, p, in)
	})
}
