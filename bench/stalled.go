//go:build linux

package main

import (
	"bytes"
	"slices"
	"strconv"
	"time"
)

// stalled lets healthy clients work while others do not read at all: a message to
// everybody goes out at a fixed rate, and every millisecond one of the healthy asks
// for an echo. Latencies are counted at the healthy ones.
type stalled struct {
	idler
	opener
	healthy  []*conn
	deaf     []*conn
	ended    int // of them
	every    time.Duration
	burst    int // messages each time
	payload  []byte
	prefix   []byte
	frame    []byte
	times    [serials]int64
	serial   int
	lastChat int64
	echoes   int
	asked    []int64 // by healthy client
	begun    bool
	due      int // deliveries that have not come
	bad      int
	chat     histogram // from sending to each delivery
	echo     histogram // round trip
}

func newStalled(l *loop, s settings) *stalled {
	w := &stalled{opener: s.opener(l), every: chatEvery, burst: 1, payload: fill(max(s.size, serialLength))}
	w.prefix = []byte(`42["chat","`)
	l.ticking = true
	return w
}

// chatEvery is the time between two messages to everybody.
const chatEvery = 20 * time.Millisecond

// more opens n clients more, which read or do not.
func (w *stalled) more(n int, deaf bool, patience time.Duration) error {
	w.prepare = func(c *conn) { c.thin = deaf }
	return w.open(n, patience)
}

func (w *stalled) onReady(c *conn) {
	if c.thin {
		w.deaf = append(w.deaf, c)
		c.want(0)
	} else {
		w.healthy = append(w.healthy, c)
		w.asked = append(w.asked, 0)
	}
	w.join()
}

func (w *stalled) onClose(c *conn, _ error) {
	if at := slices.Index(w.deaf, c); at >= 0 {
		w.deaf = slices.Delete(w.deaf, at, at+1)
		w.ended++
		return
	}
	w.lost()
}

// deafen lets the last n clients read no more.
func (w *stalled) deafen(n int) {
	at := len(w.healthy) - n
	w.deaf = append(w.deaf, w.healthy[at:]...)
	w.healthy = w.healthy[:at]
	for _, c := range w.deaf {
		c.want(0)
	}
}

// release ends the clients that do not read.
func (w *stalled) release() {
	for _, c := range w.deaf {
		c.close()
	}
	w.deaf = w.deaf[:0]
}

func (w *stalled) onTick(now int64) {
	if !w.begun {
		return
	}
	if now-w.lastChat >= int64(w.every) {
		w.lastChat = now
		for range w.burst {
			w.emit()
		}
	}
	if i := w.echoes % len(w.healthy); w.asked[i] == 0 {
		w.asked[i] = nanotime()
		w.healthy[i].send(appendText(w.frame[:0], eventPacket(firstID+i, "echo", "x")))
	}
	w.echoes++
}

// emit sends the next message to everybody.
func (w *stalled) emit() {
	putDigits(w.payload[:serialLength], w.serial)
	w.times[w.serial] = nanotime()
	w.serial = (w.serial + 1) % serials
	w.frame = appendText(w.frame[:0], eventPacket(-1, "chat", string(w.payload)))
	w.due += len(w.healthy)
	w.healthy[0].send(w.frame)
}

// rest sends nothing until all that was sent has arrived: what went before must
// not be in the way of what is measured.
func (w *stalled) rest(patience time.Duration) {
	w.begun = false
	for end := nanotime() + int64(patience); w.due > 0 && nanotime() < end; {
		w.loop.run(20 * time.Millisecond)
	}
	w.begun = true
	w.reset()
}

func (w *stalled) onText(_ *conn, b []byte) {
	n := len(w.prefix)
	switch {
	case bytes.HasPrefix(b, []byte("43")):
		w.answered(b[2:])
	case len(b) < n+serialLength || !bytes.Equal(b[:n], w.prefix):
		w.bad++
	default:
		serial := digits(b[n : n+serialLength])
		if serial < 0 {
			w.bad++
			return
		}
		w.due--
		w.chat.add(nanotime() - w.times[serial])
	}
}

// answered takes an ack: id, then arguments.
func (w *stalled) answered(b []byte) {
	id, _, _ := bytes.Cut(b, []byte("["))
	i, err := strconv.Atoi(string(id))
	if i -= firstID; err != nil || i < 0 || i >= len(w.asked) || w.asked[i] == 0 {
		w.bad++
		return
	}
	w.echo.add(nanotime() - w.asked[i])
	w.asked[i] = 0
}

func (w *stalled) reset() {
	w.chat.reset()
	w.echo.reset()
}
