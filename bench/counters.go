//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// counters are what a server tells of itself at /stats: heapBytes and allocs
// (objects since its start) by servers in Go, and for ours poll's Stats and the
// loop lag too.
type counters map[string]float64

// fetchCounters asks a server; path may carry a query. It goes over a connection
// of its own, which blocks.
func fetchCounters(at netip.AddrPort, path string) (counters, error) {
	c, err := net.DialTimeout("tcp4", at.String(), time.Second)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, at); err != nil {
		return nil, err
	}
	var in, scratch []byte
	for {
		r, joined, err := parseReply(in, scratch)
		scratch = joined
		if err != nil {
			return nil, err
		}
		if r.n > 0 {
			var got counters
			err = json.Unmarshal(r.body, &got)
			return got, err
		}
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			return nil, err
		}
		in = append(in, b[:n]...)
	}
}

// ask fetches the server's counters; nil when it has none or does not answer.
func (s *settings) ask(query string) counters {
	if !s.stats.IsValid() {
		return nil
	}
	got, err := fetchCounters(s.stats, "/stats"+query)
	if err != nil {
		return nil
	}
	return got
}
