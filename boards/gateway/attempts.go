package main

import (
	"net/netip"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// Failed sign-ins that an address may have within the time, and the addresses that are remembered.
const (
	maxFailures   = 5
	failureTime   = time.Minute
	maxAttackers  = 256
	ipv6NetPrefix = 64 // what one peer has of IPv6 addresses
)

// attempts slows down who guesses passwords. Loop's goroutine only.
type attempts struct {
	loop   *poll.Loop
	failed map[netip.Addr]failures
}

type failures struct {
	count int
	until int64 // of the loop's clock
}

func newAttempts(loop *poll.Loop) *attempts {
	return &attempts{loop: loop, failed: map[netip.Addr]failures{}}
}

// wait is how long an address must wait, 0 if it may try.
func (a *attempts) wait(from netip.Addr) time.Duration {
	now := a.loop.Now()
	f, known := a.failed[peer(from)]
	switch {
	case known && f.until > now && f.count >= maxFailures:
		return time.Duration(f.until-now) * time.Millisecond
	case !known && len(a.failed) >= maxAttackers && !a.forget(now):
		return failureTime // too many at once: nobody new
	}
	return 0
}

// fail counts before the password is checked, so that tries at the same time count too; succeed takes it back.
func (a *attempts) fail(from netip.Addr) {
	from = peer(from)
	f := a.failed[from]
	if now := a.loop.Now(); f.until <= now {
		f = failures{until: now + failureTime.Milliseconds()}
	}
	f.count++
	a.failed[from] = f
}

func (a *attempts) succeed(from netip.Addr) {
	from = peer(from)
	if f := a.failed[from]; f.count > 1 {
		f.count--
		a.failed[from] = f
	} else {
		delete(a.failed, from)
	}
}

// forget makes room.
func (a *attempts) forget(now int64) bool {
	for from, f := range a.failed {
		if f.until <= now {
			delete(a.failed, from)
		}
	}
	return len(a.failed) < maxAttackers
}

func peer(from netip.Addr) netip.Addr {
	from = from.Unmap()
	if from.Is6() {
		if p, err := from.Prefix(ipv6NetPrefix); err == nil {
			return p.Addr()
		}
	}
	return from
}
