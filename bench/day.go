//go:build linux

package main

import (
	"bytes"
	"strconv"
	"time"
)

// day is a gateway's day: every client sends its telemetry at 10 Hz into a room
// of ten that shows it, as fast as the clock says and not as fast as the server
// can. A share of the clients reads too slowly and holds output up; a client
// that the server gives up comes again. Latency is counted at the others.
type day struct {
	idler
	opener
	slowShare int // percent
	payload   []byte
	prefix    []byte
	frame     []byte
	running   bool
	begun     int64
	sent      uint64 // by all, since begun
	times     [serials]int64
	lastRead  int64
	small     [1024]byte
	messages  uint64
	toSlow    uint64
	kicked    uint64
	bad       uint64
	latency   histogram
}

const (
	telemetryHz  = 10
	roomSize     = 10
	serialLength = 5 // digits at the start of a payload
	serials      = 100_000
	slowPause    = 500 * time.Millisecond
	mostBehind   = 1000 // telemetry that a stalled load makes up for
)

func newDay(l *loop, s settings) *day {
	w := &day{opener: s.opener(l), slowShare: s.slowShare, payload: fill(max(s.size, serialLength))}
	w.prefix = []byte(`42["telemetry","`)
	w.prepare = func(c *conn) { c.thin = w.slow(int(c.index)) }
	l.ticking = true
	return w
}

// slow picks the slow readers, evenly.
func (w *day) slow(i int) bool { return i*w.slowShare/100 != (i+1)*w.slowShare/100 }

func (w *day) roomOf(c *conn) string { return "r" + strconv.Itoa(1000+int(c.index)/roomSize) }

func (w *day) onReady(c *conn) {
	c.send(appendText(nil, eventPacket(firstID, "join", w.roomOf(c))))
}

// inRoom follows when the room is joined, at first or again.
func (w *day) inRoom(c *conn) {
	if !w.running {
		w.join()
	} else if c.thin {
		c.want(0)
	}
}

func (w *day) onClose(c *conn, _ error) {
	if !w.running {
		w.lost()
		return
	}
	if w.kicked++; w.loop.errs < 100*mayFail {
		c.dial()
	}
}

func (w *day) start() {
	w.running = true
	w.begun = nanotime()
	for _, c := range w.loop.conns {
		if c.thin {
			c.want(0)
		}
	}
}

// onTick sends what the clock asks for and reads a little for the slow ones.
func (w *day) onTick(now int64) {
	if !w.running {
		return
	}
	clients := uint64(len(w.loop.conns))
	due := uint64(now-w.begun) * clients * telemetryHz / uint64(time.Second)
	if due > w.sent+mostBehind {
		w.sent = due - mostBehind
	}
	for ; w.sent < due; w.sent++ {
		w.emit(w.loop.conns[w.sent%clients], int(w.sent%serials))
	}
	if now-w.lastRead < int64(slowPause) {
		return
	}
	w.lastRead = now
	for _, c := range w.loop.conns {
		if c.thin && c.state == ready {
			c.read(w.small[:])
		}
	}
}

func (w *day) emit(c *conn, serial int) {
	if c.state != ready {
		return
	}
	putDigits(w.payload[:serialLength], serial)
	w.times[serial] = nanotime()
	w.frame = appendText(w.frame[:0], eventPacket(-1, "telemetry", w.roomOf(c), string(w.payload)))
	c.send(w.frame)
}

func (w *day) onText(c *conn, b []byte) {
	n := len(w.prefix)
	switch {
	case bytes.HasPrefix(b, []byte("43")):
		w.inRoom(c)
	case len(b) < n+serialLength || !bytes.Equal(b[:n], w.prefix):
		w.bad++
	case c.thin:
		w.toSlow++
	default:
		if serial := digits(b[n : n+serialLength]); serial >= 0 {
			w.messages++
			w.latency.add(nanotime() - w.times[serial])
		}
	}
}

func (w *day) reset() {
	w.latency.reset()
	w.toSlow, w.kicked = 0, 0
}

func (w *day) count() uint64 { return w.messages }

func (w *day) report(f figures) {
	f.latencies(&w.latency)
	f[figKicked] = float64(w.kicked)
	f[figToSlow] = float64(w.toSlow)
	f[figBad] = float64(w.bad)
}
