package metrics

import (
	"bytes"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime/metrics"
	"strconv"
)

// heap is what the Go runtime tells without stopping the world.
type heap struct{ samples []metrics.Sample }

func newHeap() heap {
	return heap{[]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/sched/goroutines:goroutines"}}}
}

func (h *heap) tell(t *Text) {
	metrics.Read(h.samples)
	for i, s := range h.samples {
		if s.Value.Kind() != metrics.KindUint64 {
			continue // a runtime that does not know it
		}
		if i == 0 {
			t.Gauge("edgesio_heap_bytes", "Memory of Go objects, live and not collected yet.", clamp(s.Value.Uint64()))
		} else {
			t.Gauge("edgesio_goroutines", "Goroutines.", clamp(s.Value.Uint64()))
		}
	}
}

func clamp(n uint64) int { return int(min(n, math.MaxInt)) }

// process is what /proc tells of the process; a zero figure is not known.
type process struct {
	fds   int
	rss   uint64  // bytes
	start float64 // seconds since 1970
}

// Ticks of the kernel's clock per second, as /proc counts on all systems that Go runs on.
const ticks = 100

// look reads the figures. It waits for the kernel: it is called off the loop. What cannot be read is 0.
func look(proc fs.FS, before process) process {
	p := process{fds: countFDs(proc), rss: readRSS(proc), start: before.start}
	// The start is told by the clock of the wall, which a board without a battery sets after boot: then, and only then,
	// it moves.
	if s := readStart(proc); s > 0 && math.Abs(s-p.start) > 2 {
		p.start = s
	}
	return p
}

func (p *process) tell(t *Text) {
	if p.fds > 0 {
		t.Gauge("process_open_fds", "Open file descriptors.", p.fds)
	}
	if p.rss > 0 {
		t.Family("process_resident_memory_bytes", "gauge", "Resident memory.")
		t.Int(p.rss)
	}
	if p.start > 0 {
		t.Family("process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.")
		t.Float(p.start)
	}
}

// countFDs counts /proc/self/fd: Linux 6.2 tells the number as the directory's size, older ones have it read.
func countFDs(proc fs.FS) int {
	const dir = "self/fd"
	if info, err := fs.Stat(proc, dir); err != nil {
		return 0
	} else if n := info.Size(); n > 0 {
		return int(n)
	}
	f, err := proc.Open(dir)
	if err != nil {
		return 0
	}
	defer f.Close()
	n := 0
	if d, ok := f.(fs.ReadDirFile); ok {
		for {
			list, err := d.ReadDir(256)
			if n += len(list); err != nil || len(list) == 0 {
				break
			}
		}
	}
	if _, real := f.(*os.File); real {
		n-- // the directory itself
	}
	return n
}

func readRSS(proc fs.FS) uint64 {
	f := bytes.Fields(read(proc, "self/statm"))
	if len(f) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(string(f[1]), 10, 48)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

// readStart adds field 22 of self/stat to the time of the boot. The second field is the program's name, which may have
// blanks and parentheses.
func readStart(proc fs.FS) float64 {
	stat := read(proc, "self/stat")
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const field = 22 - 3
	_, boot, ok := bytes.Cut(read(proc, "stat"), []byte("\nbtime "))
	if len(f) <= field || !ok {
		return 0
	}
	since, err := strconv.ParseUint(string(f[field]), 10, 63)
	boot, _, _ = bytes.Cut(boot, []byte("\n"))
	at, err2 := strconv.ParseUint(string(boot), 10, 40)
	if err != nil || err2 != nil {
		return 0
	}
	return float64(at) + float64(since)/ticks
}

// maxProcBytes bounds a file of /proc; /proc/stat has a long line of interrupts on large machines.
const maxProcBytes = 1 << 20

func read(proc fs.FS, name string) []byte {
	f, err := proc.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxProcBytes))
	if err != nil {
		return nil
	}
	return b
}
