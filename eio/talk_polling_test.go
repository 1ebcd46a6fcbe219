package eio

import "testing"

func TestPolling(t *testing.T) { talk(t, mainOptions, pollings) }

var pollings = []conversation{
	{"e4.echo", "one text packet", `
		get 4 -> open
		post sid "4hello" -> ok
		get sid -> payload "4hello"`},
	{"e4.echo-multi", "text and binary, in order", `
		get 4 -> open
		post sid "4a\x1ebAQIDBA==\x1e4€\x1e4😀" -> ok
		get sid -> payload "4a\x1ebAQIDBA==\x1e4€\x1e4😀"`},
	{"e4.echo-hang", "a poll stands until there is something", `
		get 4 -> open
		g: get sid -> nothing
		wait 80ms
		g -> nothing
		post sid "4late" -> ok
		g -> payload "4late"`},
	{"e4.server-binary", "binary from the server is base64", `
		get 4 -> open
		post sid "4!mixed" -> ok
		get sid -> payload "4t1\x1ebAQIDBA==\x1e4€"`},
	{"e4.empty-message", "a message may be empty", `
		get 4 -> open
		post sid "4\x1e4x" -> ok
		get sid -> payload "4\x1e4x"`},
	{"e4.chunked-post", "chunked, and a character in two segments", `
		get 4 -> open
		p: begin sid 7 "4\xe2"
		p: send "\x82\xacuro" -> ok
		get sid -> payload "4€uro"
		p: begin sid chunked "2\r\n4a"
		p: send "\r\n3\r\nbcd\r\n0\r\n\r\n" -> ok
		get sid -> payload "4abcd"`},
	{"e4.bad.packet", "a packet of no type", `
		get 4 -> open
		post sid "abc" -> ok
		get sid -> code 1
		reason parse error`},
	{"e4.bad.packet-pending", "the standing poll is answered", `
		get 4 -> open
		g: get sid -> nothing
		post sid "9zzz" -> ok
		g -> payload "1"
		reason parse error`},
	{"e4.bad.empty-body", "a body without a packet", `
		get 4 -> open
		post sid "" -> ok
		get sid -> code 1
		reason parse error`},
	{"e4.bad.empty-packet", "what stood before an empty packet is delivered", `
		get 4 -> open
		g: get sid -> nothing
		post sid "4a\x1e\x1e4b" -> ok
		g -> payload "4a"
		reason parse error`},
	{"e4.bad.octet-stream", "protocol 4 has no binary bodies", `
		get 4 -> open
		post sid "4a" {Content-Type: application/octet-stream} -> 400
		get sid -> code 1
		reason transport error`},
	{"e4.bad.too-big", "a body above the limit, and one at it", `
		get 4 -> open
		p: post sid "4" a*1000 -> 413
		p: post sid "4" b*999 -> ok
		get sid -> payload "4" b*999
		reason open`},
	{"e4.bad.too-big-chunked", "a body without end", `
		get 4 -> open
		p: begin sid chunked "fff0\r\n4" b*999 -> nothing
		p: send "b" -> 413
		reason open`},
	{"e4.ping-dir", "the server pings, not the client", `
		get 4 -> open
		post sid "2" -> ok
		get sid -> code 1
		reason transport error`},
	{"e4.ignored-types", "open, pong, upgrade and noop from a client mean nothing", `
		get 4 -> open
		post sid "0" -> ok
		post sid "3" -> ok
		post sid "5" -> ok
		post sid "6" -> ok
		post sid "4alive" -> ok
		get sid -> payload "4alive"`},
	{"e4.dup-get", "two polls", `
		get 4 -> open
		a: get sid -> nothing
		b: get sid -> 400
		a -> payload "1"
		get sid -> code 1
		reason transport error`},
	{"e4.dup-post", "two POSTs", `
		get 4 -> open
		a: begin sid 6 "4he"
		b: post sid "4x" -> 400
		a -> end
		get sid -> code 1
		reason transport error`},
	{"e4.abort-get", "a poll that is given up", `
		get 4 -> open
		g: get sid -> nothing
		g: reset
		get sid -> code 1
		reason transport error`},
	{"e4.abort-get-fin", "likewise by FIN", `
		get 4 -> open
		g: get sid -> nothing
		g: fin
		get sid -> code 1
		reason transport error`},
	{"e4.abort-post", "a POST that is given up", `
		get 4 -> open
		p: begin sid 10 "4he"
		p: reset
		get sid -> code 1
		reason transport error`},
	{"e4.close-packet", "the client closes", `
		get 4 -> open
		g: get sid -> nothing
		post sid "1" -> ok
		g -> payload "6"
		get sid -> code 1
		reason transport close`},
	{"e4.close-packet-mid", "nothing counts behind a close packet", `
		get 4 -> open
		g: get sid -> nothing
		post sid "4a\x1e1\x1e4b" -> ok
		g -> payload "4a"
		reason transport close`},
	{"e4.server-close", "the server closes while a poll stands", `
		get 4 -> open
		g: get sid -> nothing
		post sid "4!close" -> ok
		g -> payload "1"
		reason forced close`},
	{"e4.server-close-idle", "or while none stands", `
		get 4 -> open
		post sid "4!close" -> ok
		reason open
		get sid -> payload "6\x1e1"
		reason forced close`},
	{"e4.server-close-buffered", "what was sent before goes first", `
		get 4 -> open
		post sid "4!burst-close" -> ok
		get sid -> payload "4m1\x1e4m2"
		post sid "4too late" -> ok
		get sid -> payload "6\x1e1"
		reason forced close`},
	{"e4.server-discard", "unless it is discarded", `
		get 4 -> open
		g: get sid -> nothing
		post sid "4!discard" -> ok
		g -> payload "1"
		reason forced close`},
	{"e4.burst", "messages of one turn share a payload", `
		get 4 -> open
		post sid "4!burst" -> ok
		get sid -> payload "4m1\x1e4m2\x1e4m3"
		g: get sid -> nothing
		post sid "4!burst" -> ok
		g -> payload "4m1\x1e4m2\x1e4m3"`},
	{"e4.compress", "from 1024 bytes on, as offered", `
		get 4 -> open
		post sid "4!big" -> ok
		get sid {Accept-Encoding: gzip, deflate} -> payload "4" a*2000 {content-encoding: gzip}
		post sid "4!big" -> ok
		get sid {Accept-Encoding: deflate} -> payload "4" a*2000 {content-encoding: deflate}
		post sid "4!big" -> ok
		get sid {Accept-Encoding: br} -> payload "4" a*2000
		post sid "4!big" -> ok
		get sid -> payload "4" a*2000
		post sid "4small" -> ok
		get sid {Accept-Encoding: gzip} -> payload "4small"
		g: get sid {Accept-Encoding: gzip} -> nothing
		post sid "4!big" -> ok
		g -> payload "4" a*2000 {content-encoding: gzip}`},
	{"e4.ie", "old browsers", `
		get 4 -> open
		post sid "4a" -> ok
		get sid {User-Agent: Mozilla/4.0 (compatible;MSIE 8.0; X 5.1)} -> payload "4a" {x-xss-protection: 0}
		post sid "4a" -> ok
		get sid {User-Agent: Mozilla/5.0 (X; Trident/7.0; rv:11.0)} -> payload "4a" {x-xss-protection: 0}`},
}

// TestNoCompression: httpCompression: false.
func TestNoCompression(t *testing.T) {
	o := mainOptions
	o.NoHTTPCompression = true
	hold(newRig(t, 1, quietly, o), conversation{"", "", `
		get 4 -> open
		post sid "4!big" -> ok
		get sid {Accept-Encoding: gzip} -> payload "4" a*2000`})
}
