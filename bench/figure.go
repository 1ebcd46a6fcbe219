//go:build linux

package main

import (
	"math"
	"slices"
)

// figures are the numbers of one run by name; what does not apply or is not
// known is not there.
type figures map[string]float64

// The names of figures, as they stand in the JSON.
const (
	figMessages      = "messages"
	figSeconds       = "seconds"
	figRate          = "rate"
	figP50           = "p50_us"
	figP99           = "p99_us"
	figP999          = "p999_us"
	figMax           = "max_us"
	figWhole         = "whole_us"
	figRounds        = "rounds"
	figCPU           = "cpu_s_per_1m"
	figUser          = "cpu_user_s_per_1m"
	figSystem        = "cpu_system_s_per_1m"
	figServerUse     = "server_share"
	figLoadUse       = "load_share"
	figLoadCPU       = "load_cpu_s_per_1m"
	figForeignServer = "foreign_server_share"
	figForeignLoad   = "foreign_load_share"
	figRSS           = "rss_bytes"
	figHeap          = "heap_bytes"
	figAllocs        = "allocs_per_message"
	figCalls         = "syscalls_per_message"
	figLagP99        = "lag_p99_us"
	figLagMax        = "lag_max_us"
	figPerConn       = "rss_bytes_per_conn"
	figHeapPerConn   = "heap_bytes_per_conn"
	figConns         = "conns"
	figConnectRate   = "connects_per_s"
	figWakeups       = "wakeups_per_s"
	figStart         = "start_ms"
	figStartRSS      = "start_rss_bytes"
	figKicked        = "kicked"
	figToSlow        = "to_slow"
	figBad           = "bad"
	figErrors        = "errors"
)

// metric tells how a figure is shown.
type metric struct {
	name  string
	title string  // of its column
	scale float64 // what is shown is the figure divided by it
	digit int     // decimals
	about string
}

var shownFigures = []metric{
	{figRate, "rate /s", 1, 0, "messages, deliveries or connects a second"},
	{figP50, "p50 us", 1, 0, "latency at the client"},
	{figP99, "p99 us", 1, 0, ""},
	{figP999, "p99.9 us", 1, 0, ""},
	{figWhole, "all us", 1, 0, "until everybody has a broadcast"},
	{figCPU, "CPU s/1M", 1, 3, "server, user + system, for a million messages"},
	{figUser, "user", 1, 3, ""},
	{figSystem, "system", 1, 3, ""},
	{figServerUse, "server %", .01, 0, "share of its core"},
	{figLoadUse, "load %", .01, 0, "share of its core that the load takes"},
	{figLoadCPU, "load s/1M", 1, 2, "what the load generator itself costs"},
	{figRSS, "RSS MB", 1 << 20, 1, ""},
	{figHeap, "heap MB", 1 << 20, 2, "live and not yet collected objects"},
	{figAllocs, "allocs/msg", 1, 3, ""},
	{figCalls, "calls/msg", 1, 2, "system calls of the loop: waits, reads, writes, accepts, closes"},
	{figLagP99, "lag p99 us", 1, 0, "lateness of a timer on the loop, grain 1 ms"},
	{figLagMax, "lag max us", 1, 0, ""},
	{figConns, "conns", 1, 0, ""},
	{figPerConn, "RSS B/conn", 1, 0, "growth of the server's RSS for a connection"},
	{figHeapPerConn, "heap B/conn", 1, 0, ""},
	{figConnectRate, "connects/s", 1, 0, ""},
	{figWakeups, "wake-ups/s", 1, 2, "voluntary context switches of the server"},
	{figStart, "start ms", 1, 2, "from exec to listening"},
	{figStartRSS, "RSS MB at start", 1 << 20, 2, ""},
	{figKicked, "kicked", 1, 0, "clients that the server gave up"},
	{figBad, "bad", 1, 0, "answers that were wrong"},
	{figErrors, "errors", 1, 0, "connections lost"},
}

// metricOf is the metric of a figure.
func metricOf(name string) metric {
	i := slices.IndexFunc(shownFigures, func(m metric) bool { return m.name == name })
	if i < 0 {
		return metric{name: name, title: name, scale: 1}
	}
	return shownFigures[i]
}

// latencies takes the quantiles of a histogram.
func (f figures) latencies(h *histogram) {
	if h.n == 0 {
		return
	}
	f[figP50], f[figP99], f[figP999] = h.quantile(.5), h.quantile(.99), h.quantile(.999)
	f[figMax] = float64(h.max) / 1e3
}

// tidy drops what no JSON can hold: quotients of nothing.
func (f figures) tidy() figures {
	for name, v := range f {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			delete(f, name)
		}
	}
	return f
}

// median takes for every figure the median over the runs that have it.
func median(runs []figures) figures {
	values := map[string][]float64{}
	for _, f := range runs {
		for name, v := range f {
			values[name] = append(values[name], v)
		}
	}
	m := figures{}
	for name, v := range values {
		slices.Sort(v)
		m[name] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return m
}
