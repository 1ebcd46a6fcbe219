package sio

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Conversations on the wire, as the reference servers were recorded to hold them (facts from ../shared/conformance).
//
//	> text   the client sends a text frame      >b 01 02  a binary one
//	< text   the server's next frame is text    <b 0102   a binary one
//	< -      nothing comes                      < close   the server closes
//	? r      the disconnect reason of the socket that connected first
//
// Ids of sockets are written <sid>, and @1 is the placeholder of attachment 1.
type conversation struct {
	name  string
	eio   int
	lines string
}

var conversations = []conversation{
	{"connect", 4, `
		> 40
		< 40{"sid":"<sid>"}
		< -`},
	{"connect with auth", 4, `
		> 40{"token":"123"}
		< 40{"sid":"<sid>"}
		> 420["handshake"]
		< 430[{"token":"123"},"","","/socket.io/?EIO=4&transport=websocket",false,false,false,false]`},
	{"connect without auth", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 420["handshake"]
		< 430[{},"","","/socket.io/?EIO=4&transport=websocket",false,false,false,false]`},
	{"connect to a namespace", 4, `
		> 40/custom,
		< 40/custom,{"sid":"<sid>"}
		> 40
		< 40{"sid":"<sid>"}`},
	{"connect to a namespace without comma", 4, `
		> 40/custom
		< 40/custom,{"sid":"<sid>"}`},
	{"connect to a namespace with auth", 4, `
		> 40/custom,{"a":1}
		< 40/custom,{"sid":"<sid>"}`},
	{"unknown namespaces", 4, `
		> 40/random
		< 44/random,{"message":"Invalid namespace"}
		> 40/random,{"a":1}
		< 44/random,{"message":"Invalid namespace"}
		> 40/custom?token=1,
		< 44/custom?token=1,{"message":"Invalid namespace"}
		> 40/
		< 40{"sid":"<sid>"}`},
	{"the main namespace by its name", 4, `
		> 40/,
		< 40{"sid":"<sid>"}`},
	{"connect with digits", 4, `
		> 4012
		< 40{"sid":"<sid>"}`},
	{"connect twice", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 40
		< close
		? forced close`},
	{"refused by middleware", 4, `
		> 40/no,
		< 44/no,{"message":"nope"}
		> 40/no-data,
		< 44/no-data,{"message":"nope","data":{"code":"E1"}}
		> 40
		< 40{"sid":"<sid>"}`},
	{"event while middleware is pending", 4, `
		> 40/async,
		> 42/async,["message",1]
		< close`},
	{"dynamic namespaces", 4, `
		> 40/dyn-12,
		< 40/dyn-12,{"sid":"<sid>"}
		> 42/dyn-12,["message",1]
		< 42/dyn-12,["message-back",1]
		> 40/dyn-x,
		< 44/dyn-x,{"message":"Invalid namespace"}`},
	{"event before connect", 4, "> 42[\"message\",1]\n< close"},
	{"ack before connect", 4, "> 430[]\n< close"},
	{"disconnect before connect", 4, "> 41\n< close"},
	{"connect error from client", 4, "> 44{\"message\":\"x\"}\n< close"},
	{"connect error from connected client", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 44{"message":"x"}
		< close`},
	{"event to a namespace that is not joined", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 42/custom,["message",1]
		< close
		? forced close`},
	{"events", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 42["message",1,"2",{"3":[true,null]}]
		< 42["message-back",1,"2",{"3":[true,null]}]
		> 42["message"]
		< 42["message-back"]
		> 42["message","é€😀",[],{},"",0,false,null]
		< 42["message-back","é€😀",[],{},"",0,false,null]
		> 42["message",{"b":1,"a":2,"c":{"z":1,"y":2}}]
		< 42["message-back",{"b":1,"a":2,"c":{"z":1,"y":2}}]
		> 42["message",{"__proto__":{"x":1},"constructor":null}]
		< 42["message-back",{"__proto__":{"x":1},"constructor":null}]
		> 42[5]
		< 42["five"]
		> 427["nobody"]
		< -
		> 42["forbidden",1]
		< -
		> 42["message",1]
		< 42["message-back",1]
		> 42["types"]
		< 42["types","1970-01-01T00:00:00.000Z",null,null,1e+21,1,0,"é<>&\u2028",{"n":null,"j":"J"}]`},
	{"event in a namespace", 4, `
		> 40/custom
		< 40/custom,{"sid":"<sid>"}
		> 42/custom,["message",1]
		< 42/custom,["message-back",1]
		> 42/custom,13["message-with-ack","bar"]
		< 43/custom,13["bar"]`},
	{"acks", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 420["message-with-ack",1,"x"]
		< 430[1,"x"]
		> 42456["message-with-ack",1,"x"]
		< 43456[1,"x"]
		> 422147483648["message-with-ack",1,"x"]
		< 432147483648[1,"x"]
		> 429["message-with-ack"]
		< 439[]
		> 42007["message-with-ack",1]
		< 437[1]
		> 429007199254740993["message-with-ack",1]
		< 439007199254740992[1]
		> 421["double-ack"]
		< 431[1]
		< -`},
	{"server asks", 4, `
		> 40/dyn-77,
		< 40/dyn-77,{"sid":"<sid>"}
		> 42/dyn-77,["emit-with-ack",1]
		< 42/dyn-77,0["emit-with-ack",1]
		> 42/dyn-77,["emit-with-ack",2]
		< 42/dyn-77,1["emit-with-ack",2]
		> 43/dyn-77,1["r",2]
		< 42/dyn-77,["ack-result","r",2]
		> 43/dyn-77,0[]
		< 42/dyn-77,["ack-result"]
		> 43/dyn-77,0[1]
		< -
		> 43/dyn-77,99[1]
		< -
		> 42/dyn-77,["emit-with-ack",3]
		< 42/dyn-77,2["emit-with-ack",3]
		> 461-/dyn-77,2[@0]
		>b 01 02
		< 451-/dyn-77,["ack-result",@0]
		<b 0102`},
	{"binary", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 452-["message",@0,{"x":@1}]
		>b 01 02 03
		>b 04
		< 452-["message-back",@0,{"x":@1}]
		<b 010203
		<b 04
		> 452-["message",@1,@0]
		>b 01
		>b 02
		< 452-["message-back",@0,@1]
		<b 02
		<b 01
		> 42["bin"]
		< 453-["bin-back",{"a":@0,"b":[@1],"c":"x"},@2]
		<b 0102
		<b 03
		<b 04
		> 42["emptybin"]
		< 451-["emptybin",@0]
		<b
		> 4215["ackbin"]
		< 461-15[@0,"t"]
		<b 0908
		> 451-16["message-with-ack",@0]
		>b 07
		< 461-16[@0]
		<b 07
		> 451-["message","x"]
		>b 01
		< 42["message-back","x"]
		> 451-["message",@0,@0]
		>b 01
		< 452-["message-back",@0,@1]
		<b 01
		<b 01
		> 451-["message",@0]
		> 3
		>b 05
		< 451-["message-back",@0]
		<b 05
		> 42["message",@7]
		< 42["message-back",@7]`},
	{"binary in a namespace", 4, `
		> 40/custom
		< 40/custom,{"sid":"<sid>"}
		> 451-/custom,12["message-with-ack",@0]
		>b 01
		< 461-/custom,12[@0]
		<b 01`},
	{"client leaves", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 41
		< -
		? client namespace disconnect
		> 40
		< 40{"sid":"<sid>"}
		> 41
		> 42["message",1]
		< close`},
	{"client leaves one namespace", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 40/custom,
		< 40/custom,{"sid":"<sid>"}
		> 41/custom,
		> 42["message",1]
		< 42["message-back",1]`},
	{"server disconnects", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 42["disconnect-me"]
		< 41
		< -
		? server namespace disconnect`},
	{"server disconnects a namespace", 4, `
		> 40/custom
		< 40/custom,{"sid":"<sid>"}
		> 42/custom,["disconnect-me"]
		< 41/custom,`},
	{"server disconnects and closes", 4, `
		> 40
		< 40{"sid":"<sid>"}
		> 40/custom,
		< 40/custom,{"sid":"<sid>"}
		> 42["two-then-disconnect"]
		< 42["a"]
		< 42["b",1]
		< 41
		< 41/custom,
		< close
		? server namespace disconnect`},
	{"protocol 4: open", 3, `
		< 40
		< -`},
	{"protocol 4: namespaces", 3, `
		< 40
		> 420["handshake"]
		< 430[{},"","","/socket.io/?EIO=3&transport=websocket",false,false,true,false]
		> 40/custom?token=abc&q=2&q=3,
		< 40/custom,
		> 42/custom,1["handshake"]
		< 43/custom,1[{"token":"abc","q":["2","3"]},"","","/socket.io/?EIO=3&transport=websocket",false,false,false,true]
		> 41/custom,
		> 42["message",1]
		< 42["message-back",1]
		> 41
		< -`},
	{"protocol 4: refused", 3, `
		< 40
		> 40/random,
		< 44/random,{"message":"Invalid namespace"}
		> 40/no,
		< 44/no,"nope"
		> 40/no-data,
		< 44/no-data,{"code":"E1"}
		> 40/dyn-1,
		< 40/dyn-1,`},
	{"protocol 4: events", 3, `
		< 40
		> 42["message",1,"é"]
		< 42["message-back",1,"é"]
		> 4212["message-with-ack",1]
		< 4312[1]
		> 451-["message",@0]
		>b 04 01 02 03
		< 451-["message-back",@0]
		<b 04010203
		> 42["forbidden"]
		< -`},
	{"protocol 4: connects again, and sends elsewhere", 3, `
		< 40
		> 40
		< -
		> 42/custom,["message",1]
		< -
		> 42["message",1]
		< 42["message-back",1]`},
	{"protocol 4: server disconnects", 3, `
		< 40
		> 42["two-then-disconnect"]
		< 42["a"]
		< 42["b",1]
		< 41
		< close`},
}

func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) { c.hold(t) })
	}
}

var placeholders = regexp.MustCompile(`@(\d)`)

var sidPattern = regexp.MustCompile(`"sid":"[A-Za-z0-9_-]{20}"`)

func (c *conversation) hold(t *testing.T) {
	r := newRig(t, Options{ConnectTimeout: 500 * time.Millisecond})
	reasons := r.fixture()
	w := r.ws(c.eio, "")
	sid := ""
	for line := range strings.Lines(c.lines) {
		line = strings.TrimSpace(line)
		verb, arg, _ := strings.Cut(line, " ")
		arg = strings.ReplaceAll(arg, `\u2028`, "\u2028")
		arg = placeholders.ReplaceAllString(arg, `{"_placeholder":true,"num":$1}`)
		switch verb {
		case "":
		case ">":
			w.send(arg)
		case ">b":
			w.bin(unhex(t, arg)...)
		case "?":
			if got := reasons[sid]; string(got) != arg {
				t.Fatalf("disconnect reason %q, want %q", got, arg)
			}
		default:
			want := map[string]string{"<b": "bin " + arg, "<": arg}[verb]
			if arg == "-" {
				want = "nothing"
			}
			got := w.recv()
			if sid == "" && sidPattern.MatchString(got) {
				sid = sidPattern.FindString(got)[len(`"sid":"`):]
				sid = sid[:20]
			}
			if got = sidPattern.ReplaceAllString(got, `"sid":"<sid>"`); got != want {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	var out []byte
	for _, x := range strings.Fields(s) {
		hi, lo := strings.IndexByte(hexDigits, x[0]), strings.IndexByte(hexDigits, x[1])
		if hi < 0 || lo < 0 {
			t.Fatalf("bad hex %q", s)
		}
		out = append(out, byte(hi<<4|lo))
	}
	return out
}
