//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// sample is what the gateway tells of itself: each metric by name, those with labels added up.
type sample struct {
	sessions int // done until then
	values   map[string]float64
}

const (
	alive    = "edgesio_heap_live_bytes"
	held     = "edgesio_memory_used_bytes"
	resident = "process_resident_memory_bytes"
)

func (s sample) String() string {
	v := s.values
	return fmt.Sprintf("heap alive %.2f MB, for peers %.2f, resident %.1f; %.0f sessions, %.0f connections, %.0f timers",
		v[alive]/1e6, v[held]/1e6, v[resident]/1e6, v["edgesio_sessions"], v["edgesio_connections"], v["edgesio_timers"])
}

// look reads the metrics.
func (g *gateway) look() (sample, error) {
	s := sample{values: map[string]float64{}}
	c, err := net.DialTimeout("tcp", g.metrics, startPatience)
	if err != nil {
		return s, fmt.Errorf("no metrics: %w", err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(startPatience))
	fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", g.metrics)
	for lines := bufio.NewScanner(c); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			name, _, _ = strings.Cut(name, "{")
			s.values[name] += v
		}
	}
	if _, ok := s.values[alive]; !ok {
		return s, fmt.Errorf("no metrics: %s is missing", alive)
	}
	return s, nil
}

// settle waits until those who went without a word are forgotten.
func (g *gateway) settle(first sample) (s sample, err error) {
	for end := time.Now().Add(settlePatience); time.Now().Before(end); time.Sleep(time.Second / 2) {
		if s, err = g.look(); err != nil || remains(first, s) == nil {
			break
		}
	}
	return s, err
}
