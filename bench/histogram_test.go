//go:build linux

package main

import "testing"

func TestHistogramKnowsValuesTo16PerMille(t *testing.T) {
	for v := int64(0); v < 1<<40; v = v*9/8 + 1 {
		got := bucketFloor(bucketOf(uint64(v)))
		if got > v || float64(v-got) > float64(v)/64+1 {
			t.Fatalf("%d is in the bucket of %d", v, got)
		}
	}
}

func TestHistogramQuantiles(t *testing.T) {
	var h histogram
	if h.quantile(.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for us := range int64(1000) {
		h.add((us + 1) * 1000)
	}
	for q, want := range map[float64]float64{.5: 500, .99: 990, .999: 999} {
		if got := h.quantile(q); got < want*.98 || got > want*1.02 {
			t.Errorf("quantile %v is %v us, want %v", q, got, want)
		}
	}
	h.add(-5)
	if h.n != 1001 || h.max != 1_000_000 {
		t.Errorf("n %d, max %d", h.n, h.max)
	}
	if h.reset(); h != (histogram{}) {
		t.Error("reset leaves something")
	}
}
