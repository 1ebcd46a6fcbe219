//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import "time"

// userTimeout is Linux's; here the protocol's heartbeat has to do.
func userTimeout(int, time.Duration) {}
