package main

import (
	"log/slog"
	"syscall"
)

// spareDescriptors is what the program needs beside its connections: the loop's own, listeners, the operator's
// connections, the socket of systemd, files that are read, and the next process.
const spareDescriptors = 64

// spare is that, or less where the limit is so low that it would leave no connections.
func spare(limit uint64) uint64 { return min(spareDescriptors, limit/4) }

// descriptorLimit is how many descriptors the process may have open. Go's package os has raised the soft limit to the
// hard one before main began.
func descriptorLimit() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 1 << 62
	}
	return uint64(l.Cur)
}

// conns is how many connections the process takes: max-conns, or what limit descriptors allow, one each.
func (c *config) conns(limit uint64) int {
	if c.maxConns <= 0 || limit >= uint64(c.maxConns)+spare(limit) {
		return c.maxConns
	}
	n := int(limit - spare(limit))
	slog.Warn("the process may not open a descriptor for each of max-conns connections: it takes fewer",
		"max-conns", c.maxConns, "taken", n, "descriptors", limit, "remedy", "a higher hard limit: LimitNOFILE=, ulimit -Hn")
	return n
}
