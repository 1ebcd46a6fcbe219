//go:build linux

package main

import (
	"fmt"
	"time"
)

// opener opens the connections of a scenario, a bounded number at a time, so
// that no server's accept queue overflows.
type opener struct {
	loop     *loop
	atOnce   int
	wanted   int
	started  int
	joined   int
	inFlight bool        // between open's begin and end
	prepare  func(*conn) // called before a connection is dialed; may be nil
}

// mayFail is how many connections may go wrong before an opening is given up.
const mayFail = 50

// open dials n connections more and serves until all have joined, as the
// scenario tells by join.
func (o *opener) open(n int, patience time.Duration) error {
	errs := o.loop.errs
	o.wanted += n
	o.inFlight = true
	for range min(o.atOnce, n) {
		o.dialNext()
	}
	if o.joined < o.wanted {
		o.loop.run(patience)
	}
	o.inFlight = false
	if o.joined < o.wanted {
		return fmt.Errorf("%d of %d clients joined, %d errors, the first: %v",
			o.joined, o.wanted, o.loop.errs-errs, o.loop.err)
	}
	return nil
}

func (o *opener) dialNext() {
	if o.started < o.wanted {
		o.started++
		c := o.loop.conn()
		if o.prepare != nil {
			o.prepare(c)
		}
		c.dial()
	}
}

// join counts a client in and lets the next one come.
func (o *opener) join() {
	if o.joined++; o.joined >= o.wanted {
		o.loop.stop = true
	}
	o.dialNext()
}

// lost is what a scenario does about a connection that ended: while it opens,
// another one takes its place, unless that happens too often.
func (o *opener) lost() {
	switch {
	case !o.inFlight:
	case o.loop.errs > mayFail:
		o.loop.stop = true
	default:
		o.started--
		o.dialNext()
	}
}
