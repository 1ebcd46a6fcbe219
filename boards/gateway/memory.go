package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/poll"
)

// The program's share of memory. A board has a kernel and other programs: half of its memory is ours. A container has
// nobody but us; what the runtime does not count (pages of the binary, buffers of sockets) comes beside it.
const (
	boardShare     = 50 // percent of MemTotal
	containerShare = 75 // percent of a cgroup's limit
	budgetPart     = 4  // of that, what peers may make us hold: buffers grow in steps, and the collector needs room
	leastBudget    = 4 << 20
	mostBudget     = 1 << 30
)

// socketBuffers is the default of -socket-buffers. A peer that does not read holds up to 50 kB of the kernel's memory
// with it, and 4 MB with the system's defaults (bench stalled); it allows 6 MB/s to a peer that is 5 ms away.
var socketBuffers = size{bytes: 16 << 10}

// memoryPlan is how much memory the program uses; zero fields set nothing.
type memoryPlan struct {
	limit  int64  // for the runtime, as GOMEMLIMIT
	from   string // what it is derived from
	budget int    // of the loop
}

// planMemory derives the limit: from the operator's -memory, from GOMEMLIMIT, which the runtime has read already, from
// the cgroup's limit, or from the board's memory. root is "/".
func planMemory(o size, root fs.FS, set int64) memoryPlan {
	p := memoryPlan{}
	switch container, board := containerLimit(root), memTotal(root); {
	case o.given:
		p.limit, p.from = o.bytes, "-memory"
	case set != math.MaxInt64:
		p.limit, p.from = set, "GOMEMLIMIT"
	case container > 0 && (board == 0 || container < board):
		p.limit, p.from = part(container, containerShare), "cgroup"
	case board > 0:
		p.limit, p.from = part(board, boardShare), "MemTotal"
	}
	switch {
	case p.limit > 0:
		p.budget = int(min(max(p.limit/budgetPart, leastBudget), mostBudget))
	case o.given:
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
func ownMemory(o size) memoryPlan { return planMemory(o, os.DirFS("/"), debug.SetMemoryLimit(-1)) }

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

// size is a flag: a number of bytes with K, M or G (of 1024) behind it, or "off".
type size struct {
	bytes int64 // 0 for off
	given bool
}

// String is the size as the flag takes it.
func (s *size) String() string {
	switch {
	case s.bytes == 0 && s.given:
		return "off"
	case s.bytes == 0:
		return ""
	case s.bytes%(1<<20) == 0:
		return strconv.FormatInt(s.bytes>>20, 10) + "M"
	case s.bytes%(1<<10) == 0:
		return strconv.FormatInt(s.bytes>>10, 10) + "K"
	}
	return strconv.FormatInt(s.bytes, 10)
}

// Set reads the flag.
func (s *size) Set(text string) error {
	if text == "off" {
		*s = size{given: true}
		return nil
	}
	digits, shift := text, 0
	if n := len(text) - 1; n > 0 {
		if i := strings.IndexByte("KMG", text[n]); i >= 0 {
			digits, shift = text[:n], 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is no size: a number with K, M or G behind it, or off", text)
	}
	*s = size{bytes: int64(n) << shift, given: true}
	return nil
}
