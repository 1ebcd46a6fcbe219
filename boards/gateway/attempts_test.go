package main

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

func TestAttempts(t *testing.T) {
	loop, err := poll.New(poll.Options{Kernel: polltest.New(1, polltest.Faults{})})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	a := newAttempts(loop)
	from, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range maxFailures {
		if w := a.wait(from); w != 0 {
			t.Fatalf("attempt %d waits %s", i, w)
		}
		a.fail(from)
	}
	if w := a.wait(from); w <= 0 || w > failureTime {
		t.Errorf("after %d failures the wait is %s", maxFailures, w)
	}
	if w := a.wait(netip.MustParseAddr("::ffff:192.0.2.1")); w == 0 {
		t.Error("the same address in IPv6's form may try")
	}
	if w := a.wait(other); w != 0 {
		t.Errorf("another address waits %s", w)
	}
	a.succeed(from)
	if w := a.wait(from); w != 0 {
		t.Errorf("after a success the wait is %s", w)
	}
	a.fail(from)
	pass(t, loop, failureTime)
	if w := a.wait(from); w != 0 {
		t.Errorf("after a minute the wait is %s", w)
	}
}

// The table has a bound. One that is full of failures forgets none of them, and lets others in all the same.
func TestAttemptsTable(t *testing.T) {
	loop, err := poll.New(poll.Options{Kernel: polltest.New(1, polltest.Faults{})})
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	a := newAttempts(loop)
	first := netip.AddrFrom4([4]byte{})
	for i := range 4 * maxAttackers {
		for range maxFailures {
			a.fail(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(i)))))
		}
	}
	late := netip.MustParseAddr("2001:db8::1")
	if a.wait(late) != 0 || a.wait(first) == 0 || a.failed.Len() != maxAttackers {
		t.Errorf("a newcomer waits %v, who failed first %v, %d addresses", a.wait(late), a.wait(first), a.failed.Len())
	}
	for range maxFailures {
		a.fail(late)
	}
	if a.wait(netip.MustParseAddr("2001:db8::ffff")) == 0 {
		t.Error("a neighbour in the same /64 may try")
	}
	pass(t, loop, failureTime)
	if a.wait(late) != 0 || a.wait(first) != 0 {
		t.Error("what is over is not forgotten")
	}
}

// pass lets virtual time pass.
func pass(t testing.TB, loop *poll.Loop, d time.Duration) {
	t.Helper()
	done := false
	loop.After(d, func() { done = true })
	for !done {
		if err := loop.Poll(-1); err != nil {
			t.Fatal(err)
		}
	}
}
