package ws

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// A million bytes of blocks that bring nothing are refused when they begin to cost; their number is what says so, not
// the clock.
func TestInflateRefusesWork(t *testing.T) {
	for name, payload := range map[string]string{
		"dynamic": emptyDynamic(88_000),
		"fixed":   strings.Repeat("\x02\x08\x20\x80\x00", 200_000) + "\x00",
		"stored":  strings.Repeat(stored(0, 0, ""), 200_000) + "\x00",
	} {
		var z Inflater
		out, err := z.inflate([]byte(payload), 1_000_000)
		if err != ErrTooManyBlocks || len(out) != 0 || z.work > freeWork+workOfTables || z.at > len(payload)/2 {
			t.Errorf("%s: %v after %d of %d bytes, work %d", name, err, z.at, len(payload), z.work)
		}
	}
	if _, err := new(Inflater).inflate([]byte(emptyDynamic(freeWork/workOfTables-8)), 1); err != nil {
		t.Errorf("as many as are free: %v", err)
	}
	wire := frame(fin|rsv1|byte(OpBinary), emptyDynamic(1000))
	if got := outcome(t, deflating(1_000_000, 10), wire); got != failure(ErrTooManyBlocks) {
		t.Error(got)
	}
}

// What compressors write is taken, however often they flush: a byte at a time, and pieces that get tables of their own.
func TestInflateTakesFlushes(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	letters := make([]byte, 100_000)
	for i := range letters {
		letters[i] = "ACGT"[random.IntN(4)]
	}
	for _, c := range []struct{ level, piece int }{{9, 1}, {1, 1}, {-2, 1}, {0, 1}, {9, 30}, {1, 100}, {-2, 200},
		{6, 1000}} {
		var out bytes.Buffer
		w, err := flate.NewWriter(&out, c.level)
		if err != nil {
			t.Fatal(err)
		}
		for rest := letters; len(rest) > 0; {
			n := min(c.piece, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			w.Flush()
			rest = rest[n:]
		}
		want, err := io.ReadAll(flate.NewReader(strings.NewReader(out.String() + "\x01\x00\x00\xff\xff")))
		if err != nil || !bytes.Equal(want, letters) {
			t.Fatal(err)
		}
		var z Inflater
		got, err := z.inflate(bytes.TrimSuffix(out.Bytes(), []byte(flushTail)), len(letters))
		if err != nil || !bytes.Equal(got, letters) {
			t.Errorf("%+v: %v, %d bytes, work %d", c, err, len(got), z.work)
		}
	}
}
