package eio

import "testing"

func TestWebSocket(t *testing.T) { talk(t, mainOptions, websockets) }

var websockets = []conversation{
	{"e4.ws.open", "handshake, open packet, messages", `
		w: ws 4 -> switch
		w -> greeting
		w: text "4hi" -> text "4hi"
		w: bin x010203 -> bin x010203
		w: text "4€😀" -> text "4€😀"
		w: text "4" -> text "4"`},
	{"e4.ws.close", "closing handshake", `
		w: ws 4 -> switch
		w -> greeting
		w: shut 1000 -> close 1000
		w -> end
		reason transport close`},
	{"e4.ws.close-silent", "a close frame without a code", `
		w: ws 4 -> switch
		w -> greeting
		w: shut -> close
		w -> end
		reason transport close`},
	{"e4.ws.tcp-drop", "the connection breaks", `
		w: ws 4 -> switch
		w -> greeting
		w: reset
		reason transport close
		v: ws 4 -> switch
		v -> greeting
		v: fin -> end
		reason transport close`},
	{"e4.ws.close-packet", "a close packet", `
		w: ws 4 -> switch
		w -> greeting
		# the reference ignores it
		w: text "1" -> close
		w -> end
		reason transport close`},
	{"e4.ws.bad-packet", "a packet of no type", `
		w: ws 4 -> switch
		w -> greeting
		w: text "abc" -> close
		w: shut
		w -> end
		reason parse error`},
	{"e4.ws.bad-base64", "base64 that is none", `
		w: ws 4 -> switch
		w -> greeting
		w: text "b!!!" -> close
		reason parse error`},
	{"e4.ws.empty-frame", "an empty text frame is no packet", `
		w: ws 4 -> switch
		w -> greeting
		w: text "" -> close
		reason parse error`},
	{"e4.ws.empty-bin", "an empty binary frame is a message", `
		w: ws 4 -> switch
		w -> greeting
		w: bin "" -> bin ""`},
	{"e4.ws.b-text", "b and base64 in a text frame", `
		w: ws 4 -> switch
		w -> greeting
		w: text "bAQIDBA==" -> bin x01020304`},
	{"e4.ws.b64", "b64=1", `
		w: ws 4&b64=1 -> switch
		w -> greeting
		w: bin x01020304 -> text "bAQIDBA=="`},
	{"e4.ws.ping-dir", "the server pings, not the client", `
		w: ws 4 -> switch
		w -> greeting
		w: text "2" -> close
		reason transport error`},
	{"e4.ws.ignored-types", "open, pong, upgrade and noop from a client mean nothing", `
		w: ws 4 -> switch
		w -> greeting
		w: text "0{}" -> nothing
		w: text "3" -> nothing
		w: text "5" -> nothing
		w: text "6" -> nothing
		w: text "4x" -> text "4x"`},
	{"e4.ws.too-big", "a message above the limit", `
		w: ws 4 -> switch
		w -> greeting
		w: text "4" a*1000 -> close 1009
		w -> end
		reason transport error`},
	{"e4.ws.too-big-frag", "in sum over its fragments", `
		w: ws 4 -> switch
		w -> greeting
		w: part "4" a*600 -> nothing
		w: rest a*600 -> close 1009
		reason transport error`},
	{"e4.ws.max-ok", "a message at the limit", `
		w: ws 4 -> switch
		w -> greeting
		w: text "4" a*999 -> text "4" a*999
		w: part "4" a*500 -> nothing
		w: rest a*499 -> text "4" a*999`},
	{"e4.ws.server-close", "what was sent before goes first", `
		w: ws 4 -> switch
		w -> greeting
		w: text "4!burst-close" -> text "4m1"
		w -> text "4m2"
		w -> close
		w: shut
		reason forced close`},
	{"e4.ws.discard", "close(true)", `
		w: ws 4 -> switch
		w -> greeting
		w: text "4!discard" -> close
		reason forced close`},
	{"e4.ws.upgrade-polling", "an upgrade with transport=polling", `
		# the reference switches and then closes
		w: ws ?EIO=4&transport=polling -> plain "Bad request"
		w -> end`},
	{"e4.ws.bad-handshake", "no WebSocket handshake", `
		a: ws 4 {-Sec-WebSocket-Key} -> plain ` + noKey + `
		b: ws 4 {Sec-WebSocket-Key: abc} -> plain ` + noKey + `
		c: ws 4 {Sec-WebSocket-Version: 8} -> switch
		c -> greeting
		d: ws 4 {Sec-WebSocket-Version: 12} -> plain ` + noVersion + `
		e: ws 4 {-Sec-WebSocket-Version} -> plain ` + noVersion + `
		f: ws 4 {Upgrade: h2c} -> plain "Invalid Upgrade header"
		f -> end
		g: ws 4 {Content-Length: 3} "abc" -> plain "Invalid request body"
		h: ws 4 {Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==} -> plain ` + noKey + `
		i: POST ?EIO=4&transport=websocket {Connection: Upgrade} {Upgrade: websocket} -> plain "Bad handshake method"`},
	{"e4.ws.subprotocol", "the first one offered", `
		w: ws 4 {Sec-WebSocket-Protocol: foo, bar} -> switch {sec-websocket-protocol: foo}`},
	{"e4.ws.deflate-off", "compression offered while we have none", `
		w: ws 4 {Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits} -> switch`},
	{"e4.ws.early-data", "frames behind the handshake in its segment", `
		w: send ` + earlyHandshake + ` x81860000000034 "early" -> switch
		w -> greeting
		# the reference loses it
		w -> text "4early"`},
	{"ws.ping", "the WebSocket's own pings", `
		w: ws 4 -> switch
		w -> greeting
		w: send x898101020304 "c" -> pong "b"
		w: send x8a8000000000 -> nothing
		w: text "4x" -> text "4x"`},
	{"ws.rules", "breaches of RFC 6455", `
		a: ws 4 -> switch
		a -> greeting
		# not masked
		a: send x810134 -> close 1002
		reason transport error
		b: ws 4 -> switch
		b -> greeting
		# RSV1 without an extension
		b: send xc18100000000 "4" -> close 1002
		reason transport error
		c: ws 4 -> switch
		c -> greeting
		# a surrogate
		c: text x34eda080 -> close 1007
		reason transport error
		d: ws 4 -> switch
		d -> greeting
		# 2^63 bytes
		d: send x82ff8000000000000000 -> close 1002
		e: ws 4 -> switch
		e -> greeting
		# 2^32+4 bytes
		e: send x82ff000000010000000400000000 -> close 1009
		f: ws 4 -> switch
		f -> greeting
		f: shut 1005 -> close 1002
		g: ws 4 -> switch
		g -> greeting
		# a second close, and data behind the first
		g: shut 1001 -> close 1001
		g: text "4x" -> end`},
}

const noKey = `"Missing or invalid Sec-WebSocket-Key header"`

const noVersion = `"Missing or invalid Sec-WebSocket-Version header" {sec-websocket-version: 13, 8}`

const earlyHandshake = `"GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" ` +
	`"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"`
