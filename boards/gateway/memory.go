package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/boards/gateway/settings"
	"github.com/edgesio/edgesio/poll"
)

// The program's share of memory. A board has a kernel and other programs: memory-share of it is ours. A container has
// nobody but us; what the runtime does not count (pages of the binary, buffers of sockets) comes beside it. The limit
// of a service, such as systemd's MemoryMax=75%, is a container that is larger than our share of the board.
const (
	containerShare = 75 // percent of a cgroup's limit
	budgetPart     = 4  // of that, what peers may make us hold: buffers grow in steps, and the collector needs room
	leastBudget    = 4 << 20
	mostBudget     = 1 << 30
)

// memoryPlan is how much memory the program uses; zero fields set nothing.
type memoryPlan struct {
	limit  int64  // for the runtime, as GOMEMLIMIT
	from   string // what it is derived from
	budget int    // of the loop
}

// planMemory derives the limit: from the operator's -memory, from GOMEMLIMIT, which the runtime has read already, or
// from share percent of the memory that the profile was fitted to, 0 for none. Without that it is the part of the board
// or of the container, whichever is less. root is "/".
func planMemory(o settings.Bytes, share int, fitted int64, root fs.FS, set int64) memoryPlan {
	p := memoryPlan{}
	container, board := containerLimit(root), memTotal(root)
	inside, whole := part(container, containerShare), part(board, int64(share))
	switch {
	case o.Given:
		p.limit, p.from = o.N, "-memory"
	case set != math.MaxInt64:
		p.limit, p.from = set, "GOMEMLIMIT"
	case container > 0 && int64(min(container, 1<<50)) == fitted:
		p.limit, p.from = part(container, int64(share)), "cgroup"
	case container > 0 && (board == 0 || inside < whole):
		p.limit, p.from = inside, "cgroup"
	case board > 0:
		p.limit, p.from = whole, "MemTotal"
	}
	switch {
	case p.limit > 0:
		p.budget = int(min(max(p.limit/budgetPart, leastBudget), mostBudget))
	case o.Given:
		p.budget = -1
	}
	return p
}

func part(n uint64, percent int64) int64 {
	return int64(min(n, 1<<50)) / 100 * percent
}

// apply sets the runtime's limit and returns the loop's options.
func (p memoryPlan) apply() poll.Options {
	if p.limit > 0 {
		debug.SetMemoryLimit(p.limit)
		slog.Info("memory", "limit", p.limit, "from", p.from, "budget", p.budget)
	}
	return poll.Options{MemoryBytes: p.budget}
}

// ownMemory is the plan of this process.
func (c *config) ownMemory(root fs.FS) memoryPlan {
	fitted := int64(0)
	if c.profile == autoProfile {
		fitted = c.board.RAM
	}
	return planMemory(c.memory, c.memoryShare, fitted, root, debug.SetMemoryLimit(-1))
}

// collect sets how much the heap grows until garbage is collected.
func (c *config) collect() { debug.SetGCPercent(c.gcPercent(os.Getenv("GOGC"))) }

// gcPercent is what the setting says. GOGC wins over what nobody has asked for; what is no number is what the runtime
// makes of it.
func (c *config) gcPercent(gogc string) int {
	if gogc == "" || c.table.Find("gc").Asked() {
		return c.gc
	}
	if n, err := strconv.ParseInt(gogc, 10, 32); err == nil {
		return int(n)
	}
	if gogc == "off" {
		return -1
	}
	return 100
}

// memTotal is the memory of the board in bytes, 0 if it does not tell.
func memTotal(root fs.FS) uint64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	m, err := parseMemInfo(text)
	if err != nil {
		return 0
	}
	return m.Total
}

// containerLimit is the least limit of the cgroups that the process is in, 0 for none: version 2 (cgroup-v2.rst,
// memory.max and memory.high) and version 1 (memory.limit_in_bytes). A limit of a parent counts too. Where the
// process sees only its own part of the tree, its path may not exist; the root is its own cgroup then.
func containerLimit(root fs.FS) (limit uint64) {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	v1, v2 := parseCgroup(text)
	look := func(mount, below string, files ...string) {
		for dir := path.Clean("/" + below); below != ""; dir = path.Dir(dir) {
			for _, name := range files {
				text, err := fs.ReadFile(root, path.Join(mount, dir, name))
				if n := parseLimit(text); err == nil && n > 0 && (limit == 0 || n < limit) {
					limit = n
				}
			}
			if dir == "/" {
				return
			}
		}
	}
	look("sys/fs/cgroup", v2, "memory.max", "memory.high")
	look("sys/fs/cgroup/unified", v2, "memory.max", "memory.high")
	look("sys/fs/cgroup/memory", v1, "memory.limit_in_bytes")
	return limit
}

// parseCgroup reads /proc/self/cgroup, lines of "id:controllers:path": the path in the hierarchy of version 1 that has
// the memory controller, and that of version 2; "" for none.
func parseCgroup(text []byte) (v1, v2 string) {
	for line := range bytes.Lines(text) {
		f := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
		switch {
		case len(f) < 3 || !strings.HasPrefix(f[2], "/"):
		case f[0] == "0" && f[1] == "":
			v2 = f[2]
		case hasField(f[1], "memory"):
			v1 = f[2]
		}
	}
	return v1, v2
}

func hasField(list, name string) bool {
	for f := range strings.SplitSeq(list, ",") {
		if f == name {
			return true
		}
	}
	return false
}

// noLimit is where version 1 begins to mean none: it counts in pages, and 2^63 bytes of them are the default.
const noLimit = 1 << 60

// parseLimit reads a file with a limit in bytes, 0 for "max" or what is none.
func parseLimit(text []byte) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n >= noLimit {
		return 0
	}
	return n
}
