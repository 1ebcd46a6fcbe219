//go:build linux

package main

import (
	"bytes"
	"strconv"
)

// broadcast lets one client send and counts what all receive; the next message
// follows when everybody has the last one. With rooms the clients are spread
// over them, and every room does so at the same time.
type broadcast struct {
	idler
	opener
	event    string // chat or room
	rooms    []room
	depth    int
	payload  []byte
	prefix   []byte // of a delivered packet, up to the serial number
	running  bool
	frame    []byte
	messages uint64
	rounds   uint64
	bad      uint64
	latency  histogram // of each delivery
	whole    histogram // from sending to the last delivery
}

// room is the clients that get each other's messages.
type room struct {
	name    string
	members int
	sender  *conn
	serial  int
	flights [256]flight // by serial
}

// flight is a message that not everybody has yet.
type flight struct {
	sent int64
	seen int
}

// serialDigits lead every payload: the number of the message in its room, modulo
// the flights. Sender and room follow from the receiver.
const serialDigits = 3

func newBroadcast(l *loop, s settings) *broadcast {
	w := &broadcast{opener: s.opener(l), event: "chat", depth: s.depth, payload: fill(max(s.size, serialDigits))}
	w.rooms = make([]room, max(s.rooms, 1))
	if s.rooms > 0 {
		w.event = "room"
	}
	for i := range w.rooms {
		w.rooms[i].name = "r" + strconv.Itoa(1000+i)
	}
	w.prefix = []byte(`42["` + w.event + `","`)
	return w
}

func (w *broadcast) roomOf(c *conn) *room { return &w.rooms[int(c.index)%len(w.rooms)] }

// onReady joins the room before the client counts as opened.
func (w *broadcast) onReady(c *conn) {
	r := w.roomOf(c)
	r.members++
	if r.sender == nil {
		r.sender = c
	}
	if w.event == "chat" {
		w.join()
		return
	}
	c.send(appendText(nil, eventPacket(firstID, "join", r.name)))
}

func (w *broadcast) onClose(*conn, error) { w.lost() }

func (w *broadcast) start() {
	w.running = true
	for i := range w.rooms {
		for range w.depth {
			w.emit(&w.rooms[i])
		}
	}
}

// emit sends the next message of a room.
func (w *broadcast) emit(r *room) {
	f := &r.flights[r.serial]
	putDigits(w.payload[:serialDigits], r.serial)
	r.serial = (r.serial + 1) % len(r.flights)
	args := []string{string(w.payload)}
	if w.event == "room" {
		args = []string{r.name, args[0]}
	}
	w.frame = appendText(w.frame[:0], eventPacket(-1, w.event, args...))
	*f = flight{sent: nanotime()}
	r.sender.send(w.frame)
}

func (w *broadcast) onText(c *conn, b []byte) {
	if !w.running {
		if bytes.HasPrefix(b, []byte("43")) {
			w.join()
		}
		return
	}
	n := len(w.prefix)
	b = bytes.TrimSuffix(b, []byte{'\n'}) // googollee's
	if len(b) != n+len(w.payload)+2 || !bytes.Equal(b[:n], w.prefix) {
		w.bad++
		return
	}
	r, serial := w.roomOf(c), digits(b[n:n+serialDigits])
	if serial < 0 || serial >= len(r.flights) {
		w.bad++
		return
	}
	w.delivered(r, &r.flights[serial])
}

func (w *broadcast) delivered(r *room, f *flight) {
	now := nanotime()
	w.messages++
	w.latency.add(now - f.sent)
	if f.seen++; f.seen == r.members {
		w.whole.add(now - f.sent)
		w.rounds++
		w.emit(r)
	}
}

func (w *broadcast) reset() {
	w.latency.reset()
	w.whole.reset()
	w.rounds = 0
}

func (w *broadcast) count() uint64 { return w.messages }

func (w *broadcast) report(f figures) {
	f.latencies(&w.latency)
	f[figRounds] = float64(w.rounds)
	f[figWhole] = w.whole.quantile(.5)
	f[figBad] = float64(w.bad)
}
