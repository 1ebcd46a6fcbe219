package eio

import "testing"

func TestProtocol3(t *testing.T) { talk(t, mainOptions, protocol3) }

var protocol3 = []conversation{
	{"e3.utf16", "lengths count UTF-16 code units", `
		get 3 -> open
		post sid "2:4€" -> ok
		get sid -> payload "2:4€"
		post sid "3:4😀" -> ok
		get sid -> payload "3:4😀"
		post sid "6:4hello2:4€3:4😀" -> ok
		get sid -> payload "6:4hello2:4€3:4😀"`},
	{"e3.utf8-len", "not bytes", `
		get 3 -> open
		post sid "4:4€" -> ok
		get sid -> code 1
		reason parse error`},
	{"e3.bad", "a payload's breach closes, what stood before is delivered", `
		get 3 -> open
		g: get sid -> nothing
		post sid "2:4a3" -> ok
		g -> payload "2:4a"
		get sid -> code 1
		reason parse error`},
	{"e3.binary-text-post", "binary from a session that can: a binary payload", `
		get 3 -> open
		post sid "6:4hello10:b4AQIDBA==" -> ok
		get sid -> octets x0006ff34 "hello" x0105ff0401020304`},
	{"e3.binary-b64", "b64=1", `
		get 3&b64=1 -> open
		post sid "6:4hello10:b4AQIDBA==2:4€" -> ok
		get sid -> payload "6:4hello10:b4AQIDBA==2:4€"`},
	{"e3.binary-post", "a binary body", `
		get 3 -> open
		post sid x0004ff34 "€" x0105ff0401020304 {Content-Type: application/octet-stream} -> ok
		get sid -> octets x0004ff34 "€" x0105ff0401020304`},
	{"e3.binary-post-long", "a length of several digits", `
		get 3 -> open
		post sid x00010203ff "4" a*122 {Content-Type: application/octet-stream} -> ok
		get sid -> payload "123:4" a*122`},
	{"e3.mixed", "text and binary from the server", `
		get 3 -> open
		post sid "7:4!mixed" -> ok
		get sid -> octets x0003ff34 "t1" x0105ff0401020304 x0004ff34 "€"
		get 3&b64=1 -> open
		post sid "7:4!mixed" -> ok
		get sid -> payload "3:4t110:b4AQIDBA==2:4€"`},
	{"e3.ping", "the client pings", `
		get 3 -> open
		post sid "1:2" -> ok
		get sid -> payload "1:3"
		post sid "6:2probe" -> ok
		get sid -> payload "1:3"`},
	{"e3.pong", "and does not pong", `
		get 3 -> open
		post sid "1:3" -> ok
		get sid -> code 1
		reason transport error`},
	{"e3.close", "the client closes", `
		get 3 -> open
		g: get sid -> nothing
		post sid "1:1" -> ok
		g -> payload "1:6"
		get sid -> code 1
		reason transport close`},
	{"e3.dup-get", "two polls", `
		get 3 -> open
		a: get sid -> nothing
		b: get sid -> 400
		a -> payload "1:1"
		reason transport error`},
	{"e3.too-big", "a body above the limit", `
		get 3 -> open
		post sid "1001:4" a*1000 -> 413
		reason open`},
	{"e3.server-close", "the server closes", `
		get 3 -> open
		g: get sid -> nothing
		post sid "7:4!close" -> ok
		g -> payload "1:1"
		reason forced close
		get 3 -> open
		post sid "7:4!close" -> ok
		get sid -> payload "1:61:1"
		reason forced close`},
	{"e3.ws", "WebSocket: binary frames lead with the type", `
		w: ws 3 -> switch
		w -> greeting
		w: text "4hi" -> text "4hi"
		w: bin x04010203 -> bin x04010203
		w: text "b4AQIDBA==" -> bin x0401020304
		w: text "2" -> text "3"
		w: text "2abc" -> text "3"
		w: text "4!mixed" -> text "4t1"
		w -> bin x0401020304
		w -> text "4€"`},
	{"e3.ws-b64", "b64=1", `
		w: ws 3&b64=1 -> switch
		w -> greeting
		w: bin x0401020304 -> text "b4AQIDBA=="`},
	{"e3.ws-bad-bin", "a binary frame without that type", `
		v: ws 3 -> switch
		v -> greeting
		# the reference passes over both
		v: bin x0901 -> close
		reason parse error
		w: ws 3 -> switch
		w -> greeting
		w: bin "" -> close
		reason parse error`},
	{"e3.ws-bad", "a packet of no type", `
		w: ws 3 -> switch
		w -> greeting
		w: text "abc" -> close
		reason parse error`},
	{"e3.ws-pong", "a pong from the client", `
		w: ws 3 -> switch
		w -> greeting
		w: text "3" -> close
		reason transport error`},
	{"e3.ws-close-packet", "a close packet", `
		w: ws 3 -> switch
		w -> greeting
		# the reference ignores it
		w: text "1" -> close
		reason transport close`},
}

// TestPayloadsOfSessions posts each payload of the one table to a session: a sound
// one keeps it open, a malformed one is a parse error.
func TestPayloadsOfSessions(t *testing.T) {
	for _, v := range vectors {
		r := newRig(t, 1, quietly, Options{})
		s := r.openPoll("EIO=" + string('0'+v.protocol))
		p := r.dial()
		kind := "Content-Type: text/plain"
		if v.octets {
			kind = "Content-Type: application/octet-stream"
		}
		post(p, s, v.bytes(), kind)
		r.settle()
		list, ok := decode(v.bytes(), v.protocol, v.octets)
		want := Reason("")
		for i := range list {
			if want == "" {
				want = endOf(list[i], v.protocol)
			}
		}
		if want == "" && !ok {
			want = ParseError
		}
		if got := r.reasons[s.ID()]; got != want {
			t.Errorf("protocol %d, %q: session closed with %q, want %q", v.protocol, v.payload, got, want)
		}
		r.finish()
	}
}

// endOf is the reason with which a packet ends a session, "" if it does not.
func endOf(p packet, protocol uint8) Reason {
	switch {
	case p.kind == packetClose:
		return TransportClose
	case p.kind == packetPing && protocol == 4, p.kind == packetPong && protocol == 3:
		return TransportError
	}
	return ""
}
