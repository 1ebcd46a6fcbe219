//go:build linux

package main

import "math/bits"

// histogram counts latencies in 64 linear steps per power of two, so that a
// value is known to 1.6 %. The zero histogram is empty.
type histogram struct {
	buckets [64 * 64]uint64
	n       uint64
	max     int64
}

// add counts one latency in nanoseconds.
func (h *histogram) add(ns int64) {
	ns = max(ns, 0)
	h.max = max(h.max, ns)
	h.n++
	h.buckets[bucketOf(uint64(ns))]++
}

// quantile is the latency in microseconds that a share q of all stays below.
func (h *histogram) quantile(q float64) float64 {
	want, sum := uint64(q*float64(h.n)), uint64(0)
	for i, n := range h.buckets {
		if sum += n; sum > want {
			return float64(bucketFloor(i)) / 1e3
		}
	}
	return float64(h.max) / 1e3
}

func (h *histogram) reset() { *h = histogram{} }

func bucketOf(v uint64) int {
	if v < 64 {
		return int(v)
	}
	e := bits.Len64(v) - 7
	return (e+1)*64 + int(v>>e) - 64
}

// bucketFloor is the least value of a bucket.
func bucketFloor(i int) int64 {
	if i < 64 {
		return int64(i)
	}
	return (int64(i%64) + 64) << (i/64 - 1)
}
