package poll

import (
	"math"
	"runtime/metrics"
)

// heapGauge tells how full the process is, of the runtime's memory limit. It is
// sampled when somebody asks, at most once a second: a handful of microseconds
// that stop nothing.
type heapGauge struct {
	sample func() (used, limit uint64)
	at     int64 // ms, when it was sampled; 0 for never
	high   bool  // 80 % are reached
	low    bool  // 70 %
	full   bool
	asked  bool // since the sample those that could go were asked to
}

const heapEvery = 1000 // ms

// over tells whether 80 % of the limit are reached, or still 70 %.
func (g *heapGauge) over(now int64, still bool) bool {
	if g.at == 0 || now-g.at >= heapEvery {
		g.look(now)
	}
	g.full = g.high || still && g.low
	return g.full
}

func (g *heapGauge) look(now int64) {
	used, limit := g.sample()
	known := limit > 0 && limit < math.MaxInt64
	g.high, g.low = known && used >= limit/100*80, known && used >= limit/100*70
	g.at, g.asked = max(now, 1), false
}

// heapMetrics are what sampleHeap reads, in its order.
var heapMetrics = [...]string{
	"/gc/gomemlimit:bytes",
	"/memory/classes/total:bytes",
	"/memory/classes/heap/released:bytes",
	"/memory/classes/heap/free:bytes",
	"/memory/classes/heap/unused:bytes",
	"/memory/classes/heap/objects:bytes",
	"/gc/heap/live:bytes",
}

// sampleHeap is what the runtime cannot give back: what was live at the last
// collection, and its own memory beside the heap. Garbage does not count, since the
// collector lets it grow up to the limit where it may.
func sampleHeap() (used, limit uint64) {
	var list [len(heapMetrics)]metrics.Sample
	var v [len(heapMetrics)]uint64
	for i, name := range heapMetrics {
		list[i].Name = name
	}
	metrics.Read(list[:])
	for i := range list {
		if list[i].Value.Kind() != metrics.KindUint64 {
			return 0, 0 // a runtime that does not tell
		}
		v[i] = list[i].Value.Uint64()
	}
	beside := v[1] - min(v[1], v[2]+v[3]+v[4]+v[5])
	return beside + v[6], v[0]
}
