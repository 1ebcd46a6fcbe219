//go:build linux

package main

import "time"

// storm connects to the namespace, closes with a reset and connects again, a
// fixed number of clients at a time.
type storm struct {
	idler
	loop     *loop
	clients  int // at a time
	messages uint64
	latency  histogram // from dial to the namespace
}

func newStorm(l *loop, _ settings) *storm { return &storm{loop: l} }

// open does nothing: to open is what is measured.
func (w *storm) open(n int, _ time.Duration) error {
	w.clients = n
	return nil
}

func (w *storm) start() {
	for range w.clients {
		w.loop.conn().dial()
	}
}

func (w *storm) onReady(c *conn) {
	w.messages++
	w.latency.add(nanotime() - c.begun)
	c.close()
	c.dial()
}

// onClose tries again, unless there is nobody to talk to.
func (w *storm) onClose(c *conn, _ error) {
	if w.loop.errs > mayFail {
		w.loop.stop = true
		return
	}
	c.dial()
}

func (w *storm) reset()           { w.latency.reset() }
func (w *storm) count() uint64    { return w.messages }
func (w *storm) report(f figures) { f.latencies(&w.latency) }
