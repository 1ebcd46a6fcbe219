package eio

import "time"

// flush answers the standing poll with all that waits.
func (t *polling) flush() {
	if t.get == nil || t.packets == 0 {
		return
	}
	e := t.session.server
	payload, octets := t.appendQueue(e.payload[:0])
	e.payload = payload
	if t.session.on("Hooks.Flush", (*Hooks).flush); t.get == nil {
		return // the hook panicked, and the session's end has answered
	}
	t.respond(payload, octets)
	pressed := t.pressed()
	t.packets, t.dense = 0, false
	t.give()
	if t.queue = t.queue[:0]; cap(t.queue) > keepQueueBytes {
		t.queue = nil
	}
	if pressed {
		t.session.drained()
	}
}

// keepQueueBytes is what a session that talks may keep between polls.
const keepQueueBytes = 512

// release ends the standing poll with a noop.
func (t *polling) release() {
	if t.get != nil {
		t.answer(packetNoop)
	}
}

// drain prepares an orderly close and tells whether it has to wait for polls.
func (t *polling) drain() bool {
	if t.get != nil && t.packets == 0 {
		return false // the standing poll takes the close packet
	}
	t.flush()
	t.session.server.loop.Arm(&t.session.beat, closeTimeout, t.session)
	return true
}

// shut answers what is waiting when the session ends.
func (t *polling) shut(reason Reason) {
	if t.packets > 0 {
		t.flush()
	}
	if t.get != nil {
		if reason == TransportClose { // the client's own close packet
			t.answer(packetNoop)
		} else {
			t.answer(packetClose)
		}
	}
	t.discard()
	t.drop()
}

// discard lets go of the requests: the session has another transport, or none.
func (t *polling) discard() {
	t.release()
	if t.post != nil { // its body may never come: nobody waits for it any more
		if t.session.marks&isHeld != 0 { // it came, and only its answer waits
			t.post.SetFields(postFields).End("ok")
		} else {
			t.post.Drop()
		}
		t.post = nil
	}
}

// closeTimeout is how long a closing session waits for polls to take what was
// sent before.
const closeTimeout = 30 * time.Second

// answer sends control packets to the standing poll.
func (t *polling) answer(kinds ...packetType) {
	e := t.session.server
	dst := e.payload[:0]
	for _, k := range kinds {
		if p := (packet{kind: k}); t.session.protocol == 3 {
			dst = appendV3(dst, p)
		} else {
			dst = appendV4(dst, 0, p)
		}
	}
	e.payload = dst
	t.respond(dst, false)
}

// appendQueue encodes what waits as one payload, and tells whether it is one of
// protocol 3's binary form.
func (t *polling) appendQueue(dst []byte) (payload []byte, octets bool) {
	s := t.session
	if s.protocol == 3 && !s.base64 && !t.jsonp { // a script is text
		for q := t.queue; len(q) > 0 && !octets; {
			var p packet
			p, q = nextRecord(q)
			octets = p.binary
		}
	}
	for q := t.queue; len(q) > 0; {
		var p packet
		switch p, q = nextRecord(q); {
		case octets:
			dst = appendBinaryV3(dst, p)
		case s.protocol == 3:
			dst = appendV3(dst, p)
		default:
			dst = appendV4(dst, 0, p)
		}
	}
	return dst, octets
}

// respond ends the standing poll with a payload.
func (t *polling) respond(payload []byte, octets bool) {
	e, res := t.session.server, t.get
	t.get = nil
	e.sendPayload(res, t, payload, octets)
}
