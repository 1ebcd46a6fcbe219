package sim

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"strings"
)

// WebSocket frames and handshake (RFC 6455) from the client's side, written from
// the document, without package webapp/ws.

const (
	opContinue = 0
	opText     = 1
	opBinary   = 2
	opClose    = 8
	opPing     = 9
	opPong     = 10
)

// wsConn is a client's WebSocket.
type wsConn struct {
	line      *line
	in        []byte
	accept    string
	hasty     bool // sends before the handshake was answered
	asked     bool // the request was sent
	offer     string
	deflate   bool // was agreed on
	squeezed  bool // the message that is coming
	open      bool
	closed    bool // a close frame came
	closing   bool // we sent one
	ended     bool
	msg       []byte
	msgOp     byte
	fragments float64 // chance that a message is sent in fragments
	onOpen    func()
	onMessage func(op byte, data []byte)
	onEnd     func(why string)
	onRefused func(r *reply) // optional
	onWrong   func(what string, b []byte)
}

// hello starts the handshake.
func (c *wsConn) hello(target, headers string) {
	var nonce [16]byte
	for i := range nonce {
		nonce[i] = byte(c.line.rnd.Uint32())
	}
	if c.offer != "" {
		headers += "Sec-WebSocket-Extensions: " + c.offer + "\r\n"
	}
	key := base64.StdEncoding.EncodeToString(nonce[:])
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c.accept = base64.StdEncoding.EncodeToString(sum[:])
	c.line.send(request("GET", target, "", "Connection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+key+"\r\n"+headers, nil))
}

func (c *wsConn) onData(b []byte) {
	c.in = append(c.in, b...)
	if !c.open {
		r, n, wrong := parseReply(c.in)
		switch {
		case wrong != "":
			c.onWrong(wrong, c.in)
			return
		case r == nil:
			return
		case r.status != 101:
			if c.onRefused != nil {
				c.onRefused(r)
			}
			c.end("refused: " + string(r.body))
			return
		case r.header["sec-websocket-accept"] != c.accept || !strings.EqualFold(r.header["upgrade"], "websocket"):
			c.onWrong("wrong handshake answer", c.in)
			return
		}
		if wrong := c.agreed(r.header["sec-websocket-extensions"]); wrong != "" {
			c.onWrong(wrong, c.in)
			return
		}
		c.in, c.open = c.in[n:], true
		c.onOpen()
	}
	for !c.ended && c.frame() {
	}
}

// frame takes one frame off the input.
func (c *wsConn) frame() bool {
	b := c.in
	if len(b) < 2 {
		return false
	}
	op, size, at := b[0]&15, uint64(b[1]&127), 2
	squeezed := b[0]&0x40 != 0 && c.deflate && (op == opText || op == opBinary)
	if b[0]&0x70 != 0 && !(squeezed && b[0]&0x30 == 0) || b[1]&0x80 != 0 {
		c.onWrong("reserved bit or mask in a server's frame", b)
		return false
	}
	switch {
	case size == 126 && len(b) >= 4:
		size, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		size, at = binary.BigEndian.Uint64(b[2:]), 10
	case size > 125:
		return false
	}
	if size > 1<<30 {
		c.onWrong("gigantic frame", b)
		return false
	}
	if len(b) < at+int(size) {
		return false
	}
	data := b[at : at+int(size) : at+int(size)]
	c.in = b[at+int(size):]
	if op == opText || op == opBinary {
		c.squeezed = squeezed
	}
	c.took(op, b[0]&0x80 != 0, data)
	return true
}

// took handles a frame.
func (c *wsConn) took(op byte, fin bool, data []byte) {
	switch {
	case c.closed:
		c.onWrong("frame after the close frame", data)
	case op == opClose:
		c.closed = true
		if !c.closing {
			c.send(opClose, data)
			c.closing = true
		}
		c.end("closed")
	case op == opPing:
		c.send(opPong, data)
	case op == opPong:
	case op > opBinary, op == opContinue && c.msgOp == 0, op != opContinue && c.msgOp != 0:
		c.onWrong("opcode out of place", data)
	default:
		if op != opContinue {
			c.msgOp, c.msg = op, nil
		}
		c.msg = append(c.msg, data...)
		if fin {
			op, data := c.msgOp, c.msg
			c.msgOp, c.msg = 0, nil
			if c.squeezed {
				var err error
				if data, err = inflate(data); err != nil {
					c.onWrong("compression: "+err.Error(), data)
					return
				}
				c.line.w.figures.Inflated++
			}
			c.onMessage(op, data)
		}
	}
}

// send sends a message, now and then in fragments with a ping in between.
func (c *wsConn) send(op byte, data []byte) {
	if c.closing || !c.open && !c.hasty {
		return
	}
	rnd := c.line.rnd
	var b []byte
	rsv := byte(0)
	if c.deflate && op < 8 && rnd.IntN(2) == 0 {
		data, rsv = deflate(data), 0x40
	}
	for first := true; op < 8 && rnd.Float64() < c.fragments; first = false {
		n := 0
		if len(data) > 0 {
			n = rnd.IntN(len(data))
		}
		b = appendMasked(b, op|rsv, false, data[:n], rnd)
		if data, op, rsv = data[n:], opContinue, 0; first && rnd.IntN(2) == 0 {
			b = appendMasked(b, opPing, true, []byte("between"), rnd)
		}
	}
	c.line.send(appendMasked(b, op|rsv, true, data, rnd))
}

// close sends a close frame.
func (c *wsConn) close() {
	c.send(opClose, []byte{0x03, 0xe8})
	c.closing = true
}

func (c *wsConn) lost(reset bool) {
	if reset {
		c.end("reset")
	} else {
		c.end("fin")
	}
}

// end reports once that the WebSocket is over.
func (c *wsConn) end(why string) {
	if !c.ended {
		c.ended = true
		c.line.finish()
		c.onEnd(why)
	}
}

// appendMasked appends a client's frame.
func appendMasked(dst []byte, op byte, fin bool, data []byte, rnd *rand.Rand) []byte {
	if fin {
		op |= 0x80
	}
	dst = append(dst, op)
	switch n := len(data); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	var key [4]byte
	binary.LittleEndian.PutUint32(key[:], rnd.Uint32())
	dst = append(dst, key[:]...)
	for i, c := range data {
		dst = append(dst, c^key[i&3])
	}
	return dst
}
