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
	"edgesio_acks_pending", "edgesio_assembly_bytes", "edgesio_recovery_sessions", "edgesio_recovery_bytes",
	"edgesio_memory_used_bytes", "edgesio_goroutines", liveHeap,
}

// liveHeap is what the last collection found alive.
const liveHeap = "edgesio_heap_live_bytes"

// more are the pages of the hazard program's other servers, and what is read of them.
var (
	more       = []string{"/hazard/metrics/hazard.io", "/hazard/metrics/msgpack.io"}
	moreGauges = []string{"edgesio_sessions", "edgesio_sockets", "edgesio_namespaces", "edgesio_rooms",
		"edgesio_acks_pending", "edgesio_assembly_bytes", "edgesio_recovery_sessions", "edgesio_recovery_bytes"}
)

// slack is by how much a figure may be above its baseline: the bystanders are at work, and the scrape has connections
// of its own. The live heap may keep what tables and buffers have grown to: a table of the 1024 addresses that came
// last has 100 kB. Go returns memory to the system in its own time.
var slack = holdings{
	"edgesio_connections": 3, "edgesio_http_connections": 3, "edgesio_timers": 5, "edgesio_output_bytes": 1 << 10,
	"edgesio_http_upload_bytes": 1 << 10, "edgesio_memory_used_bytes": 2 << 10, "edgesio_goroutines": 4,
	liveHeap: 1 << 20, "fds": 3, "resident MB": 16,
}

// remembered is what a client that lost its connection costs for two minutes, and how many may (gateway.go). The hazard
// program forgets them in two seconds.
const (
	remembered    = 600
	maxRemembered = 2048
)

// may is the most that a figure may be now.
func (g *gateway) may(name string, now holdings) float64 {
	most := g.base[name] + slack[name]
	lost := now["edgesio_recovery_sessions"]
	switch {
	case g.name == "hazard":
	case name == "edgesio_recovery_sessions":
		most = maxRemembered
	case name == "edgesio_recovery_bytes":
		most = 1 << 20
	case name == "edgesio_memory_used_bytes":
		most += now["edgesio_recovery_bytes"]
	case name == liveHeap:
		most += lost*remembered + now["edgesio_recovery_bytes"]
	}
	if name == "resident MB" && *emulator != "" {
		most += 48 // the emulator's translations
	}
	return most
}

// holds asks /proc and the program itself.
func (g *gateway) holds() holdings {
	h := holdings{}
	if fds, err := os.ReadDir(fmt.Sprint("/proc/", g.pid, "/fd")); err == nil {
		h["fds"] = float64(len(fds))
	}
	if b, err := os.ReadFile(fmt.Sprint("/proc/", g.pid, "/statm")); err == nil {
		pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
		h["resident MB"] = float64(pages) * float64(os.Getpagesize()) / (1 << 20)
	}
	g.scrape(g.metrics, "/metrics", "", gauges, h)
	if g.name == "hazard" {
		for _, page := range more {
			g.scrape(g.addr, page, page+" ", moreGauges, h)
		}
	}
	return h
}

// figures are all metrics of the program.
func (g *gateway) figures() holdings {
	h := holdings{}
	g.scrape(g.metrics, "/metrics", "", nil, h)
	return h
}

// scrape adds metrics of a page, those of a list or all of them.
func (g *gateway) scrape(addr, page, prefix string, list []string, h holdings) {
	x := &exchange{g: &gateway{addr: addr}}
	defer x.finish()
	defer func() {
		if why, ok := recover().(failure); ok {
			h["no metrics: "+string(why)] = 1
		}
	}()
	for line := range strings.Lines(x.ask("GET", page, "").body) {
		at := strings.LastIndexByte(line, ' ')
		if line[0] == '#' || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(line[:at], "{")
		if n, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64); err == nil &&
			(list == nil || slices.Contains(list, name)) {
			h[prefix+name] += n
		}
	}
}

// settle waits until the program holds what it held at first; it returns "" or what is left.
func (g *gateway) settle() string {
	for end := time.Now().Add(patience()); ; time.Sleep(50 * time.Millisecond) {
		var left []string
		now := g.holds()
		for _, name := range slices.Sorted(maps.Keys(now)) {
			if most := g.may(name, now); now[name] > most {
				left = append(left, fmt.Sprintf("%s %g, at first %g", name, now[name], g.base[name]))
			}
		}
		if len(left) == 0 || !g.alive() {
			return ""
		}
		if time.Now().After(end) {
			return strings.Join(left, "; ")
		}
		if now[liveHeap] > g.may(liveHeap, now) {
			g.collect()
		}
	}
}

// collect makes the program allocate: its collector comes when the heap has grown by half, not by itself.
func (g *gateway) collect() {
	x := &exchange{g: g}
	defer func() { _ = recover() }() // the next look tells what is wrong
	defer x.finish()
	s := x.poll4().joined()
	for range 4 { // which is four of the ten seconds of ByteRate
		s.post("4" + strings.Repeat("x", 999_000))
		s = x.poll4().joined()
	}
}

// atRest is what the program holds when its collector has been at work.
func (g *gateway) atRest() holdings {
	g.collect()
	g.collect()
	return g.holds()
}
