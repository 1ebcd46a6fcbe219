//go:build linux

package main

import (
	"errors"
	"fmt"
)

// nothing are the metrics that must be what they were before the first session.
var nothing = []string{
	"edgesio_sessions", "edgesio_sockets", "edgesio_rooms", "edgesio_acks_pending", "edgesio_connections",
	"edgesio_timers", "edgesio_output_bytes", "edgesio_http_connections", "edgesio_http_upload_bytes",
	"edgesio_assembly_bytes", "process_open_fds", "edgesio_goroutines", "edgesio_handler_panics_total",
}

// remains tells what is left of the sessions.
func remains(first, last sample) error {
	var left []error
	for _, name := range nothing {
		before, known := first.values[name]
		switch now, still := last.values[name]; {
		case !known || !still:
			left = append(left, fmt.Errorf("there is no metric %s", name))
		case now > before:
			left = append(left, fmt.Errorf("%s: %v, was %v", name, now, before))
		}
	}
	return errors.Join(left...)
}

// mayGrow is what the mean of the live heap may differ by between two thirds of a run: it is seen at collections, which
// come in the middle of things. With 200,000 sessions 16 bytes that each leaves behind are more.
const mayGrow = 1 << 20

// grows compares the live heap of the last third of the samples with that of the one before, without what peers hold at
// that moment: sessions, and what waits for those that were abandoned.
func grows(samples []sample) error {
	third := len(samples) / 3
	middle, last := mean(samples[third:2*third]), mean(samples[len(samples)-third:])
	fmt.Printf("heap alive per part of the run: %.0f, then %.0f bytes\n", middle, last)
	if last-middle > mayGrow {
		return fmt.Errorf("the heap grows: %.0f bytes alive, then %.0f", middle, last)
	}
	return nil
}

// perSession is about what a session holds.
const perSession = 1200

func mean(list []sample) float64 {
	sum := 0.0
	for _, s := range list {
		sum += s.values[alive] - s.values[held] - perSession*s.values["edgesio_sessions"]
	}
	return sum / float64(len(list))
}
