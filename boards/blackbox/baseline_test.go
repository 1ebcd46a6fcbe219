package blackbox

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// holdings is what a program holds, by name.
type holdings map[string]float64

// gauges are the metrics that must be back where they were; a name's labels are added up.
var gauges = []string{
	"edgesio_connections", "edgesio_output_bytes", "edgesio_timers", "edgesio_http_connections",
	"edgesio_http_upload_bytes", "edgesio_sessions", "edgesio_sockets", "edgesio_namespaces", "edgesio_rooms",
	"edgesio_acks_pending", "edgesio_assembly_bytes", "edgesio_recovery_sessions", "edgesio_goroutines",
	"edgesio_heap_bytes",
}

// slack is by how much a figure may be above its baseline: the bystanders are at work, and of what was freed some
// waits for its use or its collection.
var slack = holdings{
	"edgesio_connections": 2, "edgesio_http_connections": 2, "edgesio_timers": 4, "edgesio_output_bytes": 1 << 10,
	"edgesio_http_upload_bytes": 1 << 10, "edgesio_goroutines": 4, "edgesio_heap_bytes": 8 << 20,
	"fds": 2, "resident MB": 120,
}

// holds asks /proc and, where there is one, /metrics.
func (g *gateway) holds() holdings {
	h := holdings{}
	if fds, err := os.ReadDir(fmt.Sprint("/proc/", g.pid, "/fd")); err == nil {
		h["fds"] = float64(len(fds))
	}
	if b, err := os.ReadFile(fmt.Sprint("/proc/", g.pid, "/statm")); err == nil {
		pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
		h["resident MB"] = float64(pages) * float64(os.Getpagesize()) / (1 << 20)
	}
	if g.metrics != "" {
		g.scrape(h)
	}
	return h
}

// scrape adds the metrics.
func (g *gateway) scrape(h holdings) {
	x := &exchange{g: &gateway{addr: g.metrics}}
	defer x.finish()
	defer func() {
		if why, ok := recover().(failure); ok {
			h["no metrics: "+string(why)] = 1
		}
	}()
	for line := range strings.Lines(x.ask("GET", "/metrics", "").body) {
		at := strings.LastIndexByte(line, ' ')
		if line[0] == '#' || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(line[:at], "{")
		if n, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64); err == nil && slices.Contains(gauges, name) {
			h[name] += n
		}
	}
}

// settle waits until the program holds what it held at first; it returns "" or what is left.
func (g *gateway) settle() string {
	for end := time.Now().Add(patience()); ; time.Sleep(50 * time.Millisecond) {
		var left []string
		now := g.holds()
		for _, name := range slices.Sorted(maps.Keys(now)) {
			if now[name] > g.base[name]+slack[name] {
				left = append(left, fmt.Sprintf("%s %g, at first %g", name, now[name], g.base[name]))
			}
		}
		if len(left) == 0 || !g.alive() {
			return ""
		}
		if time.Now().After(end) {
			return strings.Join(left, "; ")
		}
		if now["edgesio_heap_bytes"] > g.base["edgesio_heap_bytes"]+slack["edgesio_heap_bytes"] {
			g.collect()
		}
	}
}

// collect makes the program allocate: its collector comes when the heap has grown by half, not by itself.
func (g *gateway) collect() {
	x := &exchange{g: g}
	defer func() { _ = recover() }() // the next look tells what is wrong
	defer x.finish()
	s := x.poll4()
	s.post("4" + strings.Repeat("x", 999_000))
}
