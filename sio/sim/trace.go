package sim

import (
	"fmt"
	"io"
	"time"
)

// trace is the record of a run: a hash over everything that happened, and a
// readable line for each of those things when somebody wants to read.
type trace struct {
	hash  uint64
	lines uint64
	out   io.Writer
	now   func() time.Duration
}

const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

// note records that who did or saw what; n and b say more.
func (t *trace) note(who, what string, n int64, b []byte) {
	now := t.now()
	h := t.hash
	h = (h ^ uint64(now)) * fnvPrime
	h = (h ^ uint64(n)) * fnvPrime
	for i := range len(who) {
		h = (h ^ uint64(who[i])) * fnvPrime
	}
	for i := range len(what) {
		h = (h ^ uint64(what[i])) * fnvPrime
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * fnvPrime
	}
	t.hash = h
	t.lines++
	if t.out != nil {
		t.print(now, who, what, n, b)
	}
}

// shown is how much of a piece of data a line of the trace shows.
const shown = 160

func (t *trace) print(now time.Duration, who, what string, n int64, b []byte) {
	more := ""
	if len(b) > shown {
		more = fmt.Sprintf("... (%d bytes)", len(b))
		b = b[:shown]
	}
	fmt.Fprintf(t.out, "%9.3f %-6s %-16s %6d %q%s\n", now.Seconds(), who, what, n, b, more)
}
