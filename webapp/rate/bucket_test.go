package rate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestBucketModel compares with a bucket that counts in floating point, at times
// that pass the turn-over of the clock.
func TestBucketModel(t *testing.T) {
	for seed := range uint64(200) {
		d := rand.New(rand.NewPCG(seed, 1))
		n, burst := 1+d.IntN(5000), 1+d.IntN(5000)
		r := New(n, time.Second, burst)
		var b Bucket
		now := int64(1)<<26 - 5000 // of milliseconds: the clock turns over at 1<<26
		full := float64(burst)
		tokens, at := full, now
		for range 2000 {
			now += int64(d.IntN(20))
			take := 1 + d.IntN(8)
			tokens = min(full, tokens+float64(now-at)*float64(n)/1000)
			at = now
			has := b.Take(&r, now, take)
			if has != (tokens >= float64(take)) && math.Abs(tokens-float64(take)) > 1+full/100 {
				t.Fatalf("seed %d: rate %d, burst %d: Take(%d) at %d is %v with %.2f tokens",
					seed, n, burst, take, now, has, tokens)
			}
			if has {
				tokens -= float64(take)
			} else if wait := b.Wait(&r, now, take); take <= burst && (wait <= 0 || b.Wait(&r, now+wait, take) != 0) {
				t.Fatalf("seed %d: wait %d", seed, wait)
			}
			// Costs are rounded up: the model goes on from what the bucket has.
			left := full - float64(b.lack(now, r.span))*float64(n)/1000/(1<<unitShift)
			if math.Abs(left-tokens) > 1+full/100 {
				t.Fatalf("seed %d: %.2f tokens left, want %.2f", seed, left, tokens)
			}
			tokens = left
		}
	}
}

func TestBucketDebt(t *testing.T) {
	r := New(1000, time.Second, 100)
	var b Bucket
	now := int64(123456789)
	if d := b.Charge(&r, now, 100); d != 0 {
		t.Errorf("debt %d when it is empty", d)
	}
	if d := b.Charge(&r, now, 50); d != 50 {
		t.Errorf("debt %d ms of 50 tokens", d)
	}
	if d := b.Charge(&r, now+20, 0); d != 30 {
		t.Errorf("debt %d ms after 20", d)
	}
	if d := b.Charge(&r, now, math.MaxInt); d != maxDebt>>unitShift {
		t.Errorf("debt %d ms of everything", d)
	}
	if b.Full(&r, now) || !b.Full(&r, now+70000) {
		t.Error("it is not full in time")
	}
	b = 0
	b.Take(&r, now, 10)
	if b.Give(&r, now, 10); !b.Full(&r, now) {
		t.Error("what was given back is missing")
	}
	var none Rate
	if !b.Take(&none, now, math.MaxInt) || b.Charge(&none, now, math.MaxInt) != 0 || b.Wait(&none, now, 1) != 0 {
		t.Error("the zero Rate is a limit")
	}
}

// A bucket that was never touched is full at every time.
func TestZeroBucketIsFull(t *testing.T) {
	r := New(1, time.Hour, 2)
	for now := int64(0); now < 1<<28; now += 4999 {
		var b Bucket
		if !b.Take(&r, now, 2) || b.Take(&r, now, 1) {
			t.Fatalf("at %d", now)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	r := New(1000, time.Second, 100)
	var b Bucket
	now := int64(5)
	if n := testing.AllocsPerRun(100, func() { now++; b.Charge(&r, now, 3); b.Take(&r, now, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A bucket that was left alone for a turn of the clock, 18.6 hours, refuses nobody
// but for the moment that its last tokens cost: a gateway may be quiet for days.
func TestBucketLeftAlone(t *testing.T) {
	const turn = int64(1) << (32 - unitShift)
	r := New(200, time.Second, 1000)
	var b Bucket
	now := int64(123456789)
	b.Take(&r, now, 5) // 25 ms
	refused := 0
	for at := now + turn - 100000; at < now+turn+100000; at++ {
		left := b
		if left.Wait(&r, at, 1) != 0 || !left.Take(&r, at, 1) {
			refused++
		}
	}
	if refused > 10 {
		t.Errorf("refused for %d ms", refused)
	}
}
