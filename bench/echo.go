//go:build linux

package main

import "bytes"

// echo keeps a fixed number of messages in flight on every connection and sends
// the next when an answer comes: text with ack, binary with ack, or the same
// bytes raw. Answers of one read are followed by one write.
type echo struct {
	idler
	opener
	depth    int
	speech   string
	binary   bool
	payload  []byte
	frames   [][]byte // of each slot
	peers    []echoPeer
	running  bool
	batch    []byte
	messages uint64
	bad      uint64
	latency  histogram
}

// echoPeer is what echo knows of one connection.
type echoPeer struct {
	sent    []int64 // of each slot
	due     []int8  // slots to send again
	next    int8    // raw: the slot that the next answer belongs to
	waiting int8    // binary: the slot whose attachment comes next
	checked int8    // answers that were compared as a whole
	length  int     // of a right answer
	bytes   int     // raw TCP: of an unfinished answer
}

// maxDepth is the most messages in flight: ack ids have two digits.
const maxDepth = 64

func newEcho(l *loop, s settings) *echo {
	w := &echo{opener: s.opener(l), depth: min(s.depth, maxDepth), speech: l.target.speech, binary: s.kind == kindBinary}
	w.payload = fill(s.size)
	for slot := range w.depth {
		w.frames = append(w.frames, w.frameOf(firstID+slot))
	}
	return w
}

// frameOf builds the message of a slot, once.
func (w *echo) frameOf(id int) []byte {
	switch {
	case w.speech == speechTCP:
		return w.payload
	case w.binary && w.speech == speechSIO:
		b := w.payload
		if w.loop.target.version == 3 {
			b = append([]byte{4}, b...)
		}
		return appendBinary(appendText(nil, binaryPacket(id)), b)
	}
	return appendText(nil, eventPacket(id, "echo", string(w.payload)))
}

func (w *echo) onReady(*conn)        { w.join() }
func (w *echo) onClose(*conn, error) { w.lost() }

func (w *echo) start() {
	w.running = true
	w.peers = make([]echoPeer, len(w.loop.conns))
	for i, c := range w.loop.conns {
		p := &w.peers[i]
		p.sent = make([]int64, w.depth)
		p.due = make([]int8, w.depth, maxDepth)
		for slot := range p.due {
			p.due[slot] = int8(slot)
		}
		w.send(c, p, nanotime())
	}
}

// send sends what is due on c with one write.
func (w *echo) send(c *conn, p *echoPeer, now int64) {
	b := w.frames[p.due[0]]
	if len(p.due) > 1 {
		b = w.batch[:0]
		for _, slot := range p.due {
			b = append(b, w.frames[slot]...)
		}
		w.batch = b
	}
	for _, slot := range p.due {
		p.sent[slot] = now
	}
	p.due = p.due[:0]
	c.send(b)
}

func (w *echo) onText(c *conn, b []byte) {
	if !w.running {
		return
	}
	p := &w.peers[c.index]
	switch {
	case w.speech == speechWS:
		w.check(p, b)
		w.answered(p, w.inOrder(p))
	case w.binary && bytes.HasPrefix(b, []byte("461-")):
		if slot, ok := slotOf(b[4:]); ok {
			p.waiting = int8(slot)
		}
	case !w.binary && bytes.HasPrefix(b, []byte("43")):
		w.check(p, b)
		slot, ok := slotOf(b[2:])
		if !ok {
			slot = -1
		}
		w.answered(p, slot)
	}
}

func (w *echo) onBinary(c *conn, b []byte) {
	if w.running {
		p := &w.peers[c.index]
		w.check(p, b)
		w.answered(p, int(p.waiting))
	}
}

func (w *echo) onBytes(c *conn, b []byte) int {
	if w.running {
		p := &w.peers[c.index]
		for p.bytes += len(b); p.bytes >= len(w.payload); p.bytes -= len(w.payload) {
			w.answered(p, w.inOrder(p))
		}
	}
	return len(b)
}

// inOrder is the slot of the next answer where answers carry no id.
func (w *echo) inOrder(p *echoPeer) int {
	slot := p.next
	if p.next++; int(p.next) == w.depth {
		p.next = 0
	}
	return int(slot)
}

// check compares the first answers of a connection as a whole and the others by
// length: what is wrong once is wrong always, and the load has to be quick.
func (w *echo) check(p *echoPeer, b []byte) {
	switch {
	case p.checked < 2:
		p.checked++
		p.length = len(b)
		if !bytes.Contains(b, w.payload) {
			w.bad++
		}
	case len(b) != p.length:
		w.bad++
	}
}

func (w *echo) answered(p *echoPeer, slot int) {
	if slot < 0 || slot >= w.depth || len(p.due) == w.depth {
		w.bad++
		return
	}
	p.due = append(p.due, int8(slot))
}

func (w *echo) onTurn(c *conn) {
	if !w.running {
		return
	}
	p := &w.peers[c.index]
	if len(p.due) == 0 {
		return
	}
	now := nanotime()
	for _, slot := range p.due {
		w.latency.add(now - p.sent[slot])
	}
	w.messages += uint64(len(p.due))
	w.send(c, p, now)
}

func (w *echo) reset()        { w.latency.reset() }
func (w *echo) count() uint64 { return w.messages }

func (w *echo) report(f figures) {
	f.latencies(&w.latency)
	f[figBad] = float64(w.bad)
}
