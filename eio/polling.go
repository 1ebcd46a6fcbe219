package eio

import (
	"bytes"
	"encoding/binary"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// polling is the transport over HTTP long-polling (Engine.IO protocol, "HTTP
// long-polling"): one GET stands and is answered when there is something to
// send, POSTs bring what the client sends. There may be one of each.
type polling struct {
	session *Session
	get     *webapp.Response // standing poll
	post    *webapp.Response // a POST whose body is awaited
	next    *polling         // in the server's list of those to flush
	probe   *websocket       // a WebSocket that tries to become the transport
	queue   []byte           // records of packets that wait for a poll, see appendRecord
	packets int
	index   string // of JSONP: digits, which may be none
	jsonp   bool
	octets  bool // the awaited body is a binary payload
	waiting bool // in the server's list
	doomed  bool // its queue is full, or held most of the memory: to be ended with the next flush
	short   bool // doomed for the memory
	dense   bool // what waits may be compressed: something of it is not plain
}

// A record is kind (with bits for binary and plain), length, data. Packets wait
// in this form because the next transport may be another.

const (
	recordHead   = 5
	recordBinary = 0x80
	recordPlain  = 0x40 // no packet's kind has this bit
)

func appendRecord(dst []byte, p packet) []byte {
	kind := byte(p.kind)
	if p.binary {
		kind |= recordBinary
	}
	if p.plain {
		kind |= recordPlain
	}
	dst = append(dst, kind)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(p.data)))
	return append(dst, p.data...)
}

func nextRecord(b []byte) (p packet, rest []byte) {
	end := recordHead + int(binary.LittleEndian.Uint32(b[1:]))
	return packet{kind: packetType(b[0] &^ (recordBinary | recordPlain)), binary: b[0]&recordBinary != 0,
		plain: b[0]&recordPlain != 0, data: b[recordHead:end]}, b[end:]
}

// enqueue adds p to what the next poll takes. A standing poll is answered at
// the end of the turn: packets of one turn go together.
func (t *polling) enqueue(p packet) Status {
	s := t.session
	o := &s.server.options
	if t.doomed {
		return poll.Dropped
	}
	if uint64(len(t.queue))+uint64(len(p.data))+recordHead > uint64(o.MaxQueuedBytes) ||
		t.packets >= o.MaxQueuedPackets {
		t.doom(ErrQueue)
		return poll.Dropped
	}
	if !t.room(recordHead + len(p.data)) {
		return poll.Dropped
	}
	t.queue = appendRecord(t.queue, p)
	t.packets++
	t.dense = t.dense || !p.plain
	if t.get != nil {
		s.server.flushLater(t)
	}
	if t.pressed() {
		return poll.Pressure
	}
	return poll.OK
}

// pressed tells whether the last enqueue reported Pressure.
func (t *polling) pressed() bool {
	o := &t.session.server.options
	return len(t.queue) > o.MaxQueuedBytes/2 || t.packets > o.MaxQueuedPackets/2
}

func (t *polling) writable() bool { return t.get != nil }

// handle serves a request of the session.
func (t *polling) handle(req *webapp.Request, res *webapp.Response) {
	switch req.Method() {
	case "GET":
		t.onGet(req, res)
	case "POST":
		t.onPost(req, res)
	default:
		res.Set("Allow", "GET, POST")
		res.Status(405).End("")
	}
}

// onGet lets a poll stand, or answers it at once.
func (t *polling) onGet(req *webapp.Request, res *webapp.Response) {
	s := t.session
	if t.get != nil {
		res.Status(400).End("")
		s.end(TransportError, ErrOverlap)
		return
	}
	t.get = res
	if s.state == sessionClosing && t.packets == 0 {
		t.answer(packetNoop, packetClose)
		s.end(ForcedClose, nil)
		return
	}
	guardOldBrowser(req, res)
	res.OnAbort(t)
	t.flush()
}

// onPost waits for the body of a POST.
func (t *polling) onPost(req *webapp.Request, res *webapp.Response) {
	s := t.session
	kind, _ := req.HeaderLookup("Content-Type")
	t.octets = string(kind) == "application/octet-stream"
	switch {
	case t.post != nil:
		first := t.post
		t.post = nil
		first.Drop()
		res.Status(400).End("")
		s.end(TransportError, ErrOverlap)
	case t.octets && s.protocol == 4:
		res.Status(400).End("")
		s.end(TransportError, ErrType)
	default:
		t.post = res
		res.OnAbort(t)
		req.ReadBody(s.maxBody(), t)
	}
}

// OnAbort ends the session when the client gives up a request.
func (t *polling) OnAbort(res *webapp.Response) {
	if res == t.get {
		t.get = nil
	} else if res == t.post {
		t.post = nil
	} else {
		return
	}
	t.session.end(TransportError, ErrAborted)
}

// OnBody takes the body of the awaited POST, a payload.
func (t *polling) OnBody(_ *webapp.Request, res *webapp.Response, body []byte, err error) {
	s := t.session
	if t.post != res { // discarded
		return
	}
	t.post = nil
	switch {
	case err == webapp.ErrAborted:
		s.end(TransportError, ErrAborted)
		return
	case err == webapp.ErrBodyTooLarge:
		res.Status(413).End("") // the session stays, as the reference's
		return
	case err != nil:
		res.Status(400).End("")
		s.end(TransportError, err)
		return
	}
	tolls := &s.server.tolls
	tolls.packets = 0
	if !t.take(body) {
		s.end(ParseError, ErrPayload)
	}
	tolls.packets = max(tolls.packets, 1) // a form may be empty
	if debt := s.toll(tolls, len(body)); debt > 0 && s.polling == t && s.hold(debt, res) {
		t.post = res // answered when the session is even
		return
	}
	res.SetFields(postFields).End("ok")
}

// take is receive for a handler that may panic: the session ends then, and its
// client need not wait until no ping comes.
func (t *polling) take(body []byte) (ok bool) {
	defer t.containPost(&ok)
	return t.receive(body)
}

// receive hands the packets of a payload up, until the session closes. False
// tells that the payload is malformed; what stood before was delivered.
func (t *polling) receive(body []byte) bool {
	if t.jsonp {
		var ok bool
		if body, ok = formField(body); !ok {
			return false
		}
		if body == nil {
			return true // a form without d; an empty d is a payload without packets
		}
	}
	next := nextV4
	if t.session.protocol == 3 {
		if next = nextV3; t.octets {
			next = nextBinaryV3
		}
	}
	if body == nil {
		body = []byte{}
	}
	for body != nil {
		p, rest, ok := next(body)
		if !ok {
			return false
		}
		t.session.server.tolls.packets++
		if !t.session.receive(p) {
			return true
		}
		body = rest
	}
	return true
}

// guardOldBrowser switches off the XSS filter of Internet Explorer, which took
// answers for pages.
func guardOldBrowser(req *webapp.Request, res *webapp.Response) {
	agent, _ := req.HeaderLookup("User-Agent")
	if bytes.Contains(agent, []byte(";MSIE")) || bytes.Contains(agent, []byte("Trident/")) {
		res.Set("X-XSS-Protection", "0")
	}
}
