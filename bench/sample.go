//go:build linux

package main

// sample is the state of both processes at one moment; the difference of two
// gives the figures of the time between.
type sample struct {
	at           int64
	user, system float64
	own          float64
	serverCore   float64
	loadCore     float64
	switches     float64
	counters     counters // of the server, nil when it tells none
}

// take samples. The counters are asked for outside of the measured time: before
// its begin and after its end.
func (s *settings) take(first bool) (a sample) {
	if first {
		a.counters = s.ask("?lag=on")
	}
	if s.pid > 0 {
		a.user, a.system = cpuOf(s.pid)
		a.switches = switchesOf(s.pid)
	}
	a.serverCore, a.loadCore = coreBusy(s.serverCore), coreBusy(s.core)
	a.own = ownCPU()
	a.at = nanotime()
	if !first {
		a.counters = s.ask("?lag=off")
	}
	return a
}

// figures are what happened between two samples, for n messages.
func (s *settings) figures(a, b sample, n uint64) figures {
	seconds := float64(b.at-a.at) / 1e9
	f := figures{figSeconds: seconds, figMessages: float64(n)}
	million := float64(n) / 1e6
	f[figRate] = float64(n) / seconds
	own := b.own - a.own
	f[figLoadUse], f[figLoadCPU] = own/seconds, own/million
	if s.pid > 0 {
		cpu := b.user + b.system - a.user - a.system
		f[figUser], f[figSystem] = (b.user-a.user)/million, (b.system-a.system)/million
		f[figCPU], f[figServerUse] = cpu/million, cpu/seconds
		f[figRSS] = memoryOf(s.pid, "VmRSS")
		if s.serverCore >= 0 && s.core >= 0 && s.serverCore != s.core {
			f[figForeignServer] = max(0, (b.serverCore-a.serverCore-cpu)/seconds)
			f[figForeignLoad] = max(0, (b.loadCore-a.loadCore-own)/seconds)
		}
	}
	if a.counters != nil && b.counters != nil {
		s.fromCounters(f, a.counters, b.counters, float64(n))
	}
	return f
}

func (s *settings) fromCounters(f figures, a, b counters, n float64) {
	f[figHeap] = b["heapBytes"]
	if _, ok := b["allocs"]; ok {
		f[figAllocs] = (b["allocs"] - a["allocs"]) / n
	}
	if _, ok := b["turns"]; ok {
		calls := 0.0
		for _, name := range []string{"turns", "reads", "writes", "accepted", "closed"} {
			calls += b[name] - a[name]
		}
		f[figCalls] = calls / n
	}
	if lag, ok := b["lagMax"]; ok {
		f[figLagP99], f[figLagMax] = b["lagP99"], lag
	}
}
