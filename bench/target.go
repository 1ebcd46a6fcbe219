//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/edgesio/edgesio/webapp/ws"
)

// The speeches of a target.
const (
	speechSIO = "sio" // Socket.IO
	speechWS  = "ws"  // raw WebSocket echo
	speechTCP = "tcp" // raw TCP echo
)

// target is whom the load speaks to, and how.
type target struct {
	addr     netip.AddrPort
	speech   string
	version  int // Engine.IO 4 or 3
	overHTTP bool
	path     string
}

// framed tells whether connections carry WebSocket frames.
func (t target) framed() bool { return t.speech != speechTCP && !t.overHTTP }

// upgradeRequest is the WebSocket handshake. The key may be any; the answer to
// it is not checked, the servers' own tests do that.
func (t target) upgradeRequest() []byte {
	path := "/"
	if t.speech == speechSIO {
		path = t.path + "?EIO=" + strconv.Itoa(t.version) + "&transport=websocket"
	}
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + t.addr.String() + "\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: edgesio-bench\r\n\r\n")
}

var (
	connectFrame = appendText(nil, []byte("40"))
	pingFrame    = appendText(nil, []byte("2"))
	pongFrame    = appendText(nil, []byte("3"))
)

// upgraded takes the answer to the handshake; 0 while it is not complete.
func (c *conn) upgraded(b []byte) int {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0
	}
	if len(b) < 12 || string(b[9:12]) != "101" {
		c.fail(fmt.Errorf("upgrade refused: %.60q", b))
		return 0
	}
	c.state = opening
	if c.loop.target.speech == speechWS {
		c.state = ready
		c.loop.work.onReady(c)
	}
	return end + 4
}

// onFrame puts fragments together and answers control frames.
func (c *conn) onFrame(f frame) {
	switch {
	case f.op == ws.OpPing:
		c.send(ws.AppendMaskedFrame(nil, ws.OpPong, maskKey, f.payload))
	case f.op == ws.OpPong:
	case f.op == ws.OpClose:
		c.fail(fmt.Errorf("%s: close frame %q", c.state, f.payload))
	case f.final && f.op != ws.OpContinuation:
		c.onMessage(f.op, f.payload)
	default:
		if f.op != ws.OpContinuation {
			c.partOp, c.parts = uint8(f.op), c.parts[:0]
		}
		c.parts = append(c.parts, f.payload...)
		if f.final {
			c.onMessage(ws.OpCode(c.partOp), c.parts)
		}
	}
}

func (c *conn) onMessage(op ws.OpCode, p []byte) {
	t := &c.loop.target
	switch {
	case t.speech == speechWS:
		c.loop.work.onText(c, p)
	case op == ws.OpText:
		c.onPacket(p)
	case t.version == 3 && len(p) > 0:
		c.loop.work.onBinary(c, p[1:])
	default:
		c.loop.work.onBinary(c, p)
	}
}

// onPacket takes an Engine.IO packet: the way into the namespace and the
// heartbeat end here, messages go to the scenario.
func (c *conn) onPacket(p []byte) {
	if len(p) == 0 {
		return
	}
	switch {
	case p[0] == '4' && c.state == ready:
		c.loop.work.onText(c, p)
	case p[0] == '2':
		c.send(pongFrame)
	case p[0] == '0' && c.state == opening:
		c.state = joining
		if c.loop.target.version != 3 { // there the server joins it by itself
			c.send(connectFrame)
		}
	case p[0] == '4' && len(p) > 1 && p[1] == '0' && c.state == joining:
		c.state = ready
		c.loop.work.onReady(c)
	case p[0] == '4':
		c.fail(fmt.Errorf("%s: %.60q", c.state, p))
	}
}
