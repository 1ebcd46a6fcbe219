package polltest

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// script is what will happen, sorted by time; equal times keep their order.
type script []act

type act struct {
	at time.Duration
	fn func()
}

// At calls fn when the clock shows at, from within Wait; at once is in the next
// Wait.
func (k *Kernel) At(at time.Duration, fn func()) {
	i, _ := slices.BinarySearchFunc(k.script, at, func(a act, at time.Duration) int {
		if a.at <= at {
			return -1
		}
		return 1
	})
	k.script = slices.Insert(k.script, i, act{at, fn})
}

// After is At, counted from now.
func (k *Kernel) After(d time.Duration, fn func()) { k.At(k.now+d, fn) }

func (s script) next() (time.Duration, bool) {
	if len(s) == 0 {
		return 0, false
	}
	return s[0].at, true
}

// run calls what was due at the time of the call: what that schedules for now
// comes with the next one.
func (s *script) run(now time.Duration) {
	n := 0
	for n < len(*s) && (*s)[n].at <= now {
		n++
	}
	if n == 0 {
		return
	}
	due := slices.Clone((*s)[:n])
	*s = slices.Delete(*s, 0, n)
	for _, a := range due {
		a.fn()
	}
}

// Seeds runs f as a subtest for each of n seeds, a tenth of them with -short. A
// failure names its seed: -run 'TestName/seed=17' replays it.
func Seeds(t *testing.T, n int, f func(t *testing.T, seed uint64)) {
	t.Helper()
	if testing.Short() {
		n = max(n/10, 1)
	}
	for seed := range uint64(n) {
		ok := t.Run(fmt.Sprintf("seed=%d", seed+1), func(t *testing.T) { f(t, seed+1) })
		if !ok { // one is enough to work on
			return
		}
	}
}

// Coin is true at the given rate, drawn from the seed: for a script's own
// choices.
func (k *Kernel) Coin(rate float64) bool { return k.chance.Float64() < rate }

// IntN is a number below n, drawn from the seed.
func (k *Kernel) IntN(n int) int { return k.chance.IntN(n) }
