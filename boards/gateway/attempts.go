package main

import (
	"net/netip"
	"time"

	"github.com/edgesio/edgesio/poll"
	tokenrate "github.com/edgesio/edgesio/webapp/rate"
)

// Sign-ins that may fail at once from an address, and the time in which as many
// tries come back.
const (
	maxFailures  = 5
	failureTime  = time.Minute
	maxAttackers = 256
)

// attempts slows down who guesses passwords. Many who fail keep nobody else out
// but, when there are more than maxAttackers, newcomers
// of their own networks. Loop's goroutine only.
type attempts struct {
	loop   *poll.Loop
	failed tokenrate.Table
}

func newAttempts(loop *poll.Loop) *attempts {
	return &attempts{loop: loop, failed: tokenrate.Table{Limit: tokenrate.New(maxFailures, failureTime, maxFailures),
		Max: maxAttackers}}
}

// wait is how long an address must wait, 0 if it may try.
func (a *attempts) wait(from netip.Addr) time.Duration {
	return time.Duration(a.failed.Wait(from, a.loop.Now(), 1)) * time.Millisecond
}

// fail counts before the password is checked, so that tries at the same time count too; succeed takes it back.
func (a *attempts) fail(from netip.Addr) { a.failed.Take(from, a.loop.Now(), 1) }

func (a *attempts) succeed(from netip.Addr) { a.failed.Give(from, a.loop.Now(), 1) }
