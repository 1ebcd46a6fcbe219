package main

import (
	"context"
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
	return unsigned(l.Cur)
}

// unsigned is for BSD, where it is signed.
func unsigned[T int64 | uint64](n T) uint64 { return uint64(n) }

// conns is how many connections the process takes: max-conns, or what limit descriptors allow, one each. It is told of,
// and as a warning where somebody asked for more.
func (c *config) conns(limit uint64) int {
	if c.maxConns <= 0 || limit >= uint64(c.maxConns)+spare(limit) {
		return c.maxConns
	}
	n := int(limit - spare(limit))
	level := slog.LevelInfo
	if c.table.Find("max-conns").Asked() {
		level = slog.LevelWarn
	}
	slog.Log(context.Background(), level,
		"the process may not open a descriptor for each of max-conns connections: it takes fewer", "max-conns", c.maxConns,
		"taken", n, "descriptors", limit, "remedy", "a higher hard limit: LimitNOFILE=, ulimit -Hn")
	return n
}
