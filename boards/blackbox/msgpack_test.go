package blackbox

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// The wire form of socket.io-msgpack-parser, made by hand.

// str is a string of up to 31 bytes.
func str(s string) string { return string([]byte{0xa0 | byte(len(s))}) + s }

// pack is a packet of a type with data for the main namespace.
func pack(kind byte, data string) string {
	return "\x83" + str("type") + string([]byte{kind}) + str("nsp") + str("/") + str("data") + data
}

// event5 is an event "echo" with one argument.
func event5(arg string) string { return pack(2, "\x92"+str("echo")+arg) }

func u32(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }
func u64(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

const msgpackPath = "/msgpack.io/?EIO=4&transport=websocket"

// msg is a row of group M: a binary message of a client that joined.
func msg(sent, wire, want string, remark ...string) row {
	return row{name: "M", sent: sent, want: want, hazard: true, remark: strings.Join(remark, ""),
		run: func(x *exchange) string {
			w := x.engineAt(msgpackPath)
			w.send(raw(0x82, "\x82"+str("type")+"\x00"+str("nsp")+str("/")))
			if _, p, how := w.read(); how != "" || !strings.Contains(p, "sid") {
				return fmt.Sprintf("no answer to CONNECT: %.80q %s", p, how)
			}
			w.send(raw(0x82, wire))
			if !strings.HasSuffix(want, "open") {
				_, p, how := w.read()
				return p + how
			}
			w.send(raw(0x82, "\x84"+str("type")+"\x02"+str("nsp")+str("/")+str("data")+"\x91"+str("req")+str("id")+"\x07"))
			_, p, how := w.read()
			if how == "" && strings.Contains(p, "hello world") {
				return "open"
			}
			return fmt.Sprintf("%.80q %s", p, how)
		}}
}

func bomb(sent, arg string) row  { return msg(sent, event5(arg), "close") }
func taken(sent, arg string) row { return msg(sent, event5(arg), "open") }

var msgpackRows = []row{
	bomb("dd ffffffff", "\xdd\xff\xff\xff\xff"), msg("dd ffffffff as the packet", "\xdd\xff\xff\xff\xff", "close"),
	bomb("dd 10000000", "\xdd\x10\x00\x00\x00"), bomb("df 04000000", "\xdf\x04\x00\x00\x00"),
	msg("df 04000000 as the packet", "\xdf\x04\x00\x00\x00", "close"), bomb("c6 40000000", "\xc6\x40\x00\x00\x00"),
	bomb("c6 ffffffff", "\xc6\xff\xff\xff\xff"), bomb("db ffffffff", "\xdb\xff\xff\xff\xff"),
	bomb("db 80000000", "\xdb\x80\x00\x00\x00"), bomb("c9 ffffffff", "\xc9\xff\xff\xff\xff\x01"),
	bomb("20 nested dd 00100000", strings.Repeat("\xdd\x00\x10\x00\x00", 20)),
	bomb("91 x 10^6", strings.Repeat("\x91", 999_000)),
	bomb("81 a1 61 x 10^6", strings.Repeat("\x81\xa1a", 333_000)),
	bomb("a map key that is an array", "\x81\x91\x01\x01"), bomb("a map key that is a map", "\x81\x80\x01"),
	bomb("a map key that is a number", "\x81\x01\x01"),
	bomb("a truncated d4", "\xd4"), bomb("a truncated d5", "\xd5\x01\x01"), bomb("a truncated d6", "\xd6\x01\x01"),
	bomb("a truncated d7", "\xd7\x01\x01"), bomb("a truncated d8", "\xd8\x01\x01"), bomb("c1", "\xc1"),
	bomb("a string that is not UTF-8", "\xa2\xc0\xaf"),
	taken("a timestamp of 4 bytes", "\xd6\xff"+u32(1)), taken("a timestamp of 8 bytes", "\xd7\xff"+u64(1)),
	taken("a timestamp of 12 bytes", "\xc7\x0c\xff"+u32(1)+u64(1)), bomb("a timestamp of 5 bytes", "\xc7\x05\xff12345"),
	bomb("a timestamp of 10^9 nanoseconds", "\xd7\xff"+u64(1_000_000_000<<34)),
	bomb("an unknown extension", "\xd4\x55\x01"),
	bomb("a map with a key twice", "\x82\xa1a\x01\xa1a\x02"),
	msg("no type", "\x82"+str("nsp")+str("/")+str("data")+"\x91"+str("req"), "close"),
	msg("no nsp", "\x82"+str("type")+"\x02"+str("data")+"\x91"+str("req"), "close"),
	msg("no data", "\x82"+str("type")+"\x02"+str("nsp")+str("/"), "close"),
	msg("type is a string", "\x83"+str("type")+str("2")+str("nsp")+str("/")+str("data")+"\x91"+str("req"), "close"),
	msg("type 2^32+2", "\x83"+str("type")+"\xcf"+u64(1<<32+2)+str("nsp")+str("/")+str("data")+"\x91"+str("req"),
		"close"),
	msg("type -1", pack(0xff, "\x91"+str("req")), "close"),
	msg("nsp is a number", "\x83"+str("type")+"\x02"+str("nsp")+"\x01"+str("data")+"\x91"+str("req"), "close"),
	msg("data is a map", pack(2, "\x81\xa1a\x01"), "close"),
	msg("data is bytes", pack(2, "\xc4\x01x"), "close"), msg("an empty data", pack(2, "\x90"), "close"),
	msg("bytes behind the packet", event5("\x01")+"\x00", "close"),
	bomb("NaN", "\xcb"+u64(math.Float64bits(math.NaN()))), bomb("an infinity",
		"\xcb"+u64(math.Float64bits(math.Inf(1)))),
	bomb("a NaN of 32 bits", "\xca\x7f\xc0\x00\x00"),
	taken("a number above int64", "\xcf"+u64(math.MaxUint64)), taken("bytes", "\xc4\x03abc"),
	bomb("1 MB of 80, in an array", "\xdd"+u32(900_000)+strings.Repeat("\x80", 900_000)),
	msg("an ack id of 2^64-1", "\x84"+str("type")+"\x02"+str("nsp")+str("/")+str("data")+"\x91"+str("req")+str("id")+
		"\xcf"+
		u64(math.MaxUint64), "close"),
	msg("an empty message", "", "close"),
	{name: "M", sent: "a text message", want: "close", hazard: true, run: func(x *exchange) string {
		w := x.engineAt(msgpackPath)
		w.send(text("40"))
		_, p, how := w.read()
		return p + how
	}},
}
