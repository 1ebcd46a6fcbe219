//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// polling is echo with ack over HTTP long-polling. Each client has a connection
// with a GET that always waits and another for its POSTs. An idle client does
// everything on one connection, one request after the other.
type polling struct {
	idler
	loop     *loop
	clients  []*poller // by connection index
	atOnce   int
	wanted   int
	started  int
	joined   int
	depth    int
	idle     bool
	running  bool
	payload  []byte
	events   [][]byte
	scratch  []byte
	messages uint64
	bad      uint64
	latency  histogram
}

// poller is one client.
type poller struct {
	get, post *conn
	sid       string
	joined    bool
	lost      bool
	pong      bool   // a ping waits for its answer
	posting   bool   // a POST waits for its answer
	acks      int    // of the present round
	poll      []byte // the GET request
	round     []byte // the POST request with the events of a round
	sent      int64
}

func newPolling(l *loop, s settings) *polling {
	w := &polling{loop: l, atOnce: s.atOnce, depth: min(s.depth, maxDepth), idle: s.kind != kindEcho}
	w.payload = fill(s.size)
	for slot := range w.depth {
		w.events = append(w.events, eventPacket(firstID+slot, "echo", string(w.payload)))
	}
	return w
}

func (w *polling) open(n int, patience time.Duration) error {
	w.wanted += n
	for range min(w.atOnce, n) {
		w.dialNext()
	}
	w.loop.run(patience)
	if w.joined < w.wanted {
		return fmt.Errorf("%d of %d polling clients joined, %d errors, the first: %v",
			w.joined, w.wanted, w.loop.errs, w.loop.err)
	}
	return nil
}

func (w *polling) dialNext() {
	if w.started == w.wanted {
		return
	}
	w.started++
	p := &poller{get: w.loop.conn()}
	p.post = p.get
	w.clients = append(w.clients, p)
	if !w.idle {
		p.post = w.loop.conn()
		w.clients = append(w.clients, p)
		p.post.dial()
	}
	p.get.dial()
}

// request builds a request: GET without a body, POST with one.
func (w *polling) request(sid string, body []byte) []byte {
	t := w.loop.target
	line := t.path + "?EIO=" + strconv.Itoa(t.version) + "&transport=polling"
	if t.version == 3 {
		line += "&b64=1"
	}
	if sid != "" {
		line += "&sid=" + sid
	}
	line += " HTTP/1.1\r\nHost: " + t.addr.String() + "\r\nAccept: */*\r\n"
	if body == nil {
		return []byte("GET " + line + "\r\n")
	}
	return append([]byte("POST "+line+"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\n\r\n"), body...)
}

func (w *polling) onReady(c *conn) {
	if p := w.clients[c.index]; c == p.get {
		c.send(w.request("", nil))
	}
}

// onClose lets another client take the place of one that did not get in.
func (w *polling) onClose(c *conn, _ error) {
	switch p := w.clients[c.index]; {
	case w.loop.errs > mayFail:
		w.loop.stop = true
	case !p.joined && !p.lost:
		p.lost = true
		p.get.close()
		p.post.close()
		w.started--
		w.dialNext()
	}
}

func (w *polling) onBytes(c *conn, b []byte) (used int) {
	for c.state == ready {
		r, scratch, err := parseReply(b[used:], w.scratch)
		w.scratch = scratch
		if err != nil {
			c.fail(err)
		}
		if r.n == 0 {
			break
		}
		used += r.n
		p := w.clients[c.index]
		if p.posting && c == p.post {
			w.posted(p)
		} else {
			w.polled(p, r.body)
		}
	}
	return used
}

// polled takes the answer to a GET.
func (w *polling) polled(p *poller, body []byte) {
	for rest := body; len(rest) > 0; {
		var packet []byte
		packet, rest = nextPacket(rest, w.loop.target.version)
		if packet == nil {
			w.bad++
		} else {
			w.onPacket(p, packet)
		}
	}
	if p.sid == "" {
		p.get.fail(fmt.Errorf("no session: %.80q", body))
		return
	}
	if p.get != p.post || !w.answer(p) {
		p.get.send(p.poll)
	}
	w.nextRound(p)
}

func (w *polling) onPacket(p *poller, b []byte) {
	switch {
	case b[0] == '0':
		w.opened(p, b)
	case b[0] == '2':
		p.pong = true
	case bytes.HasPrefix(b, []byte("40")) && !p.joined:
		p.joined = true
		if w.joined++; w.joined >= w.wanted {
			w.loop.stop = true
		}
		w.dialNext()
	case bytes.HasPrefix(b, []byte("43")):
		if !bytes.Contains(b, w.payload) {
			w.bad++
		}
		p.acks++
		w.messages++
		w.latency.add(nanotime() - p.sent)
	}
}

// opened takes the session id and joins the namespace, which a server of
// Engine.IO 3 does by itself.
func (w *polling) opened(p *poller, b []byte) {
	_, rest, _ := bytes.Cut(b, []byte(`"sid":"`))
	sid, _, _ := bytes.Cut(rest, []byte{'"'})
	p.sid = string(sid)
	p.poll = w.request(p.sid, nil)
	var body []byte
	for _, e := range w.events {
		body = appendPacket(body, w.loop.target.version, e)
	}
	p.round = w.request(p.sid, body)
	if w.loop.target.version != 3 {
		w.postNow(p, []byte("40"))
	}
}

func (w *polling) postNow(p *poller, packet []byte) {
	p.posting = true
	p.post.send(w.request(p.sid, appendPacket(nil, w.loop.target.version, packet)))
}

// answer posts a pong if one is due and tells whether a POST is under way.
func (w *polling) answer(p *poller) bool {
	if p.pong && !p.posting {
		p.pong = false
		w.postNow(p, []byte("3"))
	}
	return p.posting
}

// posted takes the answer to a POST.
func (w *polling) posted(p *poller) {
	p.posting = false
	if p.get == p.post {
		p.get.send(p.poll)
		return
	}
	w.nextRound(p)
}

// nextRound posts the next events when the last POST and its acks are answered.
func (w *polling) nextRound(p *poller) {
	if !w.running || p.posting || p.acks < w.depth || w.answer(p) {
		return
	}
	p.acks, p.posting, p.sent = 0, true, nanotime()
	p.post.send(p.round)
}

func (w *polling) start() {
	w.running = !w.idle
	for i, p := range w.clients {
		if c := w.loop.conns[i]; w.running && c == p.post {
			p.acks = w.depth
			w.nextRound(p)
		}
	}
}

func (w *polling) reset()        { w.latency.reset() }
func (w *polling) count() uint64 { return w.messages }

func (w *polling) report(f figures) {
	if !w.idle {
		f.latencies(&w.latency)
	}
	f[figBad] = float64(w.bad)
}
