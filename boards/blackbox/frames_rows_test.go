package blackbox

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"strings"
)

// frame is a row of group W: frames of a client of Engine.IO, and how the server closes, or that it does not.
func frame(name, sent, wire, want string, remark ...string) row {
	return row{name: name, sent: sent, want: want, remark: strings.Join(remark, ""), run: func(x *exchange) string {
		w := x.joined()
		w.send(wire)
		return w.verdict()
	}}
}

var frameRows = []row{
	frame("W1", "RSV1 without compression", raw(0xc1, "3"), "1002 close"),
	frame("W1", "RSV2", raw(0xa1, "3"), "1002 close"),
	frame("W1", "RSV3", raw(0x91, "3"), "1002 close"),
	opcode(0x3), opcode(0x4), opcode(0x5), opcode(0x6), opcode(0x7),
	opcode(0xb), opcode(0xc), opcode(0xd), opcode(0xe), opcode(0xf),
	frame("W3", "not masked", "\x81\x013", "1002 close"),
	frame("W4", "125 in the form of 126", header(126, 125), "1002 close"),
	frame("W4", "0 in the form of 126", header(126, 0), "1002 close"),
	frame("W4", "65535 in the form of 127", header(127, 65535), "1002 close"),
	frame("W5", "a length with the most significant bit", header(127, 1<<63), "1002 close"),
	frame("W5", "2^64-1", header(127, 1<<64-1), "1002 close"),
	frame("W5", "2^63-1", header(127, 1<<63-1), "1009 close"),
	frame("W5", "2^32+4 and 4 bytes", header(127, 1<<32+4)+"abcd", "1009 close"),
	frame("W5", "2^32", header(127, 1<<32), "1009 close"),
	frame("W5", "2^31", header(127, 1<<31), "1009 close"),
	frame("W5", "2^31-1", header(127, 1<<31-1), "1009 close"),
	frame("W5", "maxPayload + 1", header(127, 1e6+1), "1009 close"),
	frame("W5", "maxPayload", text(`421["req","`+strings.Repeat("x", 1e6-13)+`"]`), "open"),
	frame("W6", "a ping of 126", raw(0x89, strings.Repeat("x", 126)), "1002 close"),
	frame("W6", "a close of 126", raw(0x88, "\x03\xe8"+strings.Repeat("x", 124)), "1002 close"),
	frame("W6", "a fragmented ping", raw(0x09, "x"), "1002 close"),
	frame("W7", "a continuation of nothing", raw(0x80, "x"), "1002 close"),
	frame("W7", "a message inside a message", raw(0x01, "4")+text("3"), "1002 close"),
	frame("W8", "10^5 fragments of a byte", raw(0x01, "4")+strings.Repeat(raw(0x00, "x"), 1e5), "1009 close"),
	frame("W8", "10^5 empty fragments", raw(0x01, "")+strings.Repeat(raw(0x00, ""), 1e5), "1009 close"),
	frame("W8", "a message that never ends", raw(0x01, "4")+strings.Repeat(raw(0x00, strings.Repeat("x", 1e4)), 120),
		"1009 close"),
	frame("W9", "overlong", text("4\xc0\xaf"), "1007 close"),
	frame("W9", "a surrogate", text("4\xed\xa0\x80"), "1007 close"),
	frame("W9", "above 10FFFF", text("4\xf4\x90\x80\x80"), "1007 close"),
	frame("W9", "split across fragments", raw(0x01, "4\xf4")+raw(0x80, "\x90\x80\x80"), "1007 close"),
	frame("W9", "cut short", text("4\xe2\x82"), "1007 close"),
	frame("W9", "fine, split across fragments", raw(0x01, "42[\"\xe2\x82")+raw(0x80, "\xac\"]"), "open"),
	frame("W10", "a payload of one byte", raw(0x88, "\x03"), "1002 close"),
	closeCode(0), closeCode(999), closeCode(1004), closeCode(1005), closeCode(1006), closeCode(1015), closeCode(2999),
	closeCode(5000),
	frame("W10", "a reason that is not UTF-8", closing(1000, "\xff"), "1007 close"),
	frame("W10", "data behind a close", closing(1000, "")+text(`421["req"]`), "1000 close"),
	frame("W10", "two closes", closing(1000, "")+closing(1001, ""), "1000 close"),
	frame("W10", "an empty close", raw(0x88, ""), "close"),
	frame("W14", "a mask of zeros", "\x81\x81\x00\x00\x00\x003", "open"),
	half("half a frame, then silence", text("3")[:6]), half("half a head, then silence", text("3")[:1]),
}

// half is a row whose client says no more, not even pongs.
func half(sent, wire string) row {
	return row{name: "W15", sent: sent, want: "close", hazard: true, remark: "the heartbeat ends it",
		run: func(x *exchange) string {
			w := x.joined()
			w.mute = true
			w.send(wire)
			return w.verdict()
		}}
}

func opcode(n byte) row {
	return frame("W2", fmt.Sprintf("opcode %X", n), raw(0x80|n, ""), "1002 close")
}

func closeCode(n uint16) row {
	return frame("W10", fmt.Sprint("code ", n), closing(n, ""), "1002 close")
}

// events are n events that want an ack.
func events(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(fmt.Sprintf(`42%d["req"]`, i)))
	}
	return b.String()
}

// acks reads n acks in their order.
func (w *channel) acks(n int) string {
	for i := range n {
		if m, how := w.say(); m != fmt.Sprintf(`43%d["hello world"]`, i) {
			return fmt.Sprintf("ack %d of %d: %.60q %s", i, n, m, how)
		}
	}
	return fmt.Sprint(n, " acks")
}

// flood sends pings and reads nothing until the server has had enough.
func flood(op byte) func(x *exchange) string {
	return func(x *exchange) string {
		w := x.joined()
		_ = w.tcp().SetReadBuffer(4 << 10)
		block := []byte(strings.Repeat(raw(0x80|op, strings.Repeat("x", 125)), 500))
		for range 2000 { // 131 MB; queued would be 64 MB
			if _, err := w.Write(block); late(err) {
				return "not taken any more"
			} else if err != nil {
				return "dropped"
			}
		}
		return w.verdict()
	}
}

var streamRows = []row{
	{name: "W11", sent: "3000 pings in a row, which are read", want: "3000 pongs", remark: heldBack,
		run: func(x *exchange) string {
			w := x.joined()
			w.send(strings.Repeat(raw(0x89, "x"), 3000))
			for i := range 3000 {
				if op, p, how := w.read(); op != 0x8a || p != "x" {
					return fmt.Sprintf("pong %d: %x %q %s", i, op, p, how)
				}
			}
			return "3000 pongs"
		}},
	flooded("W11", "10^5 pings in a row, which are read", strings.Repeat(raw(0x89, "x"), 1e5)),
	{name: "W11", sent: "pings without end, and nothing is read", want: "dropped", run: flood(opPing), native: true,
		remark: "native only: until the kernel's buffers are full the emulators need too long"},
	frame("W11", "3000 pongs that nobody asked for", strings.Repeat(raw(0x8a, "x"), 3000), "open", heldBack),
	flooded("W11", "10^5 pongs that nobody asked for", strings.Repeat(raw(0x8a, "x"), 1e5)),
	{name: "W12", sent: "CONNECT and 3 events, byte by byte", want: "3 acks", run: func(x *exchange) string {
		w := x.engine()
		w.sendSplit(text("40")+events(3), 1)
		w.join()
		return w.acks(3)
	}},
	{name: "W12", sent: "3 events, each split at every point", want: "as whole", run: func(x *exchange) string {
		w := x.joined()
		wire := events(3)
		for at := 1; at < len(wire); at++ {
			w.send(wire[:at]).finished().send(wire[at:])
			if got := w.acks(3); got != "3 acks" {
				return fmt.Sprintf("at %d: %s", at, got)
			}
		}
		return "as whole"
	}},
	{name: "W12", sent: "the handshake and an event, split at every point", want: "as whole",
		run: func(x *exchange) string {
			wire := knock(enginePath) + text("40") + text(`420["req"]`)
			for at := 1; at < len(wire); at += 3 {
				w := x.dial().send(wire[:at]).finished().send(wire[at:]).switched()
				w.read()
				w.join()
				if got := w.acks(1); got != "1 acks" {
					return fmt.Sprintf("at %d: %s", at, got)
				}
				w.conn.end()
			}
			return "as whole"
		}},
	{name: "W12", sent: "a bad opcode behind an event, split at every point", want: "as whole",
		run: func(x *exchange) string {
			wire := events(1) + raw(0x83, "x")
			for at := 1; at < len(wire); at++ {
				w := x.joined()
				w.send(wire[:at]).finished().send(wire[at:])
				if got := w.acks(1); got != "1 acks" {
					return fmt.Sprintf("at %d: %s", at, got)
				}
				if _, _, how := w.read(); how != "1002 close" {
					return fmt.Sprintf("at %d: %s", at, how)
				}
			}
			return "as whole"
		}},
	{name: "W13", sent: "64 events in one segment", want: "64 acks", run: func(x *exchange) string {
		w := x.joined()
		w.send(events(64))
		return w.acks(64)
	}},
	{name: "W13", sent: "3000 events at once, beside the bystanders", want: "3000 acks", remark: heldBack,
		run: func(x *exchange) string {
			w := x.joined()
			w.send(events(3000))
			return w.acks(3000)
		}},
	flooded("W13", "10^5 events at once, beside the bystanders", events(1e5)),
}

const heldBack = "beyond 2000 at once, 500 a second are read (limits.go)"

// flooded is a row whose client sends what is allowed, too much of it.
func flooded(name, sent, wire string) row {
	return row{name: name, sent: sent, want: "close", hazard: true,
		remark: "FloodTimeout, a tenth of 30 s", run: func(x *exchange) string {
			w := x.joined()
			w.send(wire)
			for {
				if _, _, how := w.read(); how != "" {
					return how
				}
			}
		}}
}

// deflated is a compressed payload, without the tail that RFC 7692 leaves out.
func deflated(s string) string {
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = z.Write([]byte(s))
	_ = z.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// compressed is a row on a channel with compression.
func compressed(sent, wire, want string, remark ...string) row {
	return row{name: "W16", sent: sent, want: want, hazard: true, remark: strings.Join(remark, ""),
		run: func(x *exchange) string {
			w := x.channel(knock("/hazard.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate"), "")
			w.read()
			w.send(text("40"))
			w.join()
			w.send(wire)
			return w.verdict()
		}}
}

var deflateRows = []row{
	compressed("a bomb of 1000:1", raw(0xc1, deflated("4"+strings.Repeat("a", 1<<26))), "1009 close"),
	compressed("a compressed message of no bytes", raw(0xc1, ""), "1007 close"),
	compressed("a bad block", raw(0xc1, "\x07\xff\xff"), "1007 close"),
	compressed("what refers to the message before", raw(0xc1, deflated(`42["a"]`))+raw(0xc1, "\x32\x61\x00"),
		"1007 close",
		"no context is taken over"),
	compressed("RSV1 on a continuation", raw(0x41, deflated("42[\"a\"]")[:2])+raw(0xc0, "x"), "1002 close"),
	compressed("RSV1 on a ping", raw(0xc9, ""), "1002 close"),
	compressed("RSV2 with compression", raw(0xa1, "3"), "1002 close"),
	compressed("text that is not UTF-8, compressed", raw(0xc1, deflated("4\xff")), "1007 close"),
	compressed("an event", raw(0xc1, deflated(`42["a"]`)), "open"),
	compressed("an event, and one that is not compressed", raw(0xc1, deflated(`42["a"]`))+text(`42["a"]`), "open"),
	compressed("an event in a final block", raw(0xc1, final(`42["a"]`)), "open"),
}

// final is a compressed payload whose last block is marked as such.
func final(s string) string {
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String() + "\x00"
}

// echoed is a row of the conformance groups on the plain WebSocket server, which sends back what it gets.
func echoed(sent, wire, back, want string) row {
	return row{name: "W17", sent: sent, want: want, hazard: true,
		remark: "one row per group; webapp/websocket/rfc6455 has them all", run: func(x *exchange) string {
			w := x.channel(knock("/hazard/ws"), "")
			w.send(wire)
			if back != "" {
				if _, p, how := w.read(); p != back {
					return fmt.Sprintf("%.60q %s", p, how)
				}
			}
			return w.verdict()
		}}
}

var conformanceRows = []row{
	echoed("1: text of 65536 bytes", text(strings.Repeat("*", 65536)), strings.Repeat("*", 65536), "open"),
	echoed("2: a ping of 125 bytes", raw(0x89, strings.Repeat("\xfe", 125)), strings.Repeat("\xfe", 125), "open"),
	echoed("3: RSV 7 behind a message", text("a")+raw(0xf1, "b"), "a", "1002 close"),
	echoed("4: a reserved opcode behind a message", text("a")+raw(0x8b, ""), "a", "1002 close"),
	echoed("5: a ping between fragments", raw(0x01, "a")+raw(0x89, "p")+raw(0x80, "b"), "p", "open"),
	echoed("6: a code point split in fragments", raw(0x01, "\xce")+raw(0x80, "\xba"), "\xce\xba", "open"),
	echoed("7: close 3000", closing(3000, ""), "", "3000 close"),
	echoed("9: 256 kB in fragments of 64 kB", raw(0x02, noise(0))+raw(0x00, noise(1))+raw(0x00, noise(2))+
		raw(0x80, noise(3)), noise(0)+noise(1)+noise(2)+noise(3), "open"),
	echoed("10: 64 kB in fragments of 1300 bytes", pieces(strings.Repeat("*", 65536), 1300), strings.Repeat("*", 65536),
		"open"),
	compressed("12 and 13 of W17: a message of 16 kB, 100 times",
		strings.Repeat(raw(0xc1, deflated(`42["a","`+strings.Repeat("ab", 8000)+`"]`)), 100), "open"),
}

// noise is 64 kB that look like nothing.
func noise(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 6455))
	b := make([]byte, 1<<16)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// pieces is a text message in fragments.
func pieces(s string, n int) string {
	var b strings.Builder
	for first := byte(1); ; first = 0 {
		if len(s) <= n {
			b.WriteString(raw(0x80|first, s))
			return b.String()
		}
		b.WriteString(raw(first, s[:n]))
		s = s[n:]
	}
}
