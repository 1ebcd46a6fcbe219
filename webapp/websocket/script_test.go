package websocket

import (
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// The script of FuzzScript: for each action a byte for what it is, one for who does it (of three clients; the upper
// bits are the octets of a piece) and one for how many bytes follow, then these.
const (
	doOpen   byte = iota // with compression if the first byte is odd
	doText               // a message; "panic" makes the handler panic
	doBinary             //
	doRaw                // bytes on the wire
	doFrame              // a frame whose first octet is the first byte
	doDense              // a compressed message that is the bytes, inflated
	doServe              // what the server does on its own
	doWait               // seconds, by the first byte
	doEnd                // FIN, RST or half of a FIN, by the first byte
	doStall              // the client stops reading, or goes on
	actions
)

func act(do, who byte, data string) string { return string([]byte{do, who, byte(len(data))}) + data }

// stage is three clients and what the server's handlers were told of their channels.
type stage struct {
	*rig
	clients [3]*polltest.Peer
	over    [3]bool
	life    map[*Channel]int // 1 open, 2 closed
}

// told is the handler of every channel: it echoes, and wants to be called between its opening and its end.
type told struct{ st *stage }

func (h told) alive(ch *Channel, what string) {
	if h.st.life[ch] != 1 {
		h.st.Errorf("%s in state %d", what, h.st.life[ch])
	}
}

func (h told) OnMessage(ch *Channel, data []byte, binary bool) {
	h.alive(ch, "message")
	switch string(data) {
	case "close":
		ch.Close(4000, "asked to")
	case "abort":
		ch.Abort()
	case "panic":
		panic("told to")
	}
	ch.SendData(data, binary)
}

func (h told) OnDrain(ch *Channel) { h.alive(ch, "drain") }

func (h told) OnClose(ch *Channel, code Code, _ string) {
	h.alive(ch, "close")
	h.st.life[ch] = 2
	if code < 1000 || code > 4999 || ch.Open() || ch.Send("late") != poll.Dropped {
		h.st.Errorf("closed with %d, open %v", code, ch.Open())
	}
}

func (st *stage) serve(how byte) {
	switch how % 6 {
	case 0:
		st.chat.Broadcast([]byte("to all"), false)
	case 1:
		st.chat.Broadcast([]byte(strings.Repeat("x", 3000)), true)
	default:
		st.chat.Each(func(ch *Channel) bool {
			switch how % 6 {
			case 2:
				ch.Close(Code(how)<<4, "reason")
			case 3:
				ch.Abort()
			case 4:
				ch.Send("one")
			case 5:
				ch.SendBytes([]byte{how})
				ch.Close(0, "")
			}
			return how&64 != 0
		})
	}
}

func (st *stage) write(i, piece int, b []byte) {
	p := st.clients[i]
	if p == nil || st.over[i] {
		return
	}
	for ; piece > 0 && len(b) > piece; b = b[piece:] {
		p.Write(b[:piece])
		st.loop.Poll(0)
	}
	p.Write(b)
}

// play does one action.
func (st *stage) play(do, who byte, data string) {
	i, piece, how := int(who%3), int(who>>3), byte(0)
	if data != "" {
		how = data[0]
	}
	switch do {
	case doOpen:
		offer := []string{"X: y", "Sec-WebSocket-Extensions: permessage-deflate"}[how&1]
		st.clients[i], st.over[i] = st.dial(), false
		st.write(i, piece, []byte(handshake("/chat", offer)))
	case doText:
		st.write(i, piece, []byte(masked(ws.OpText, data)))
	case doBinary:
		st.write(i, piece, []byte(masked(ws.OpBinary, data)))
	case doRaw:
		st.write(i, piece, []byte(data))
	case doFrame:
		if data != "" {
			st.write(i, piece, []byte(raw(how, data[1:])))
		}
	case doDense:
		st.write(i, piece, []byte(raw(0xc2, data)))
	case doServe:
		st.serve(how)
	case doWait:
		st.k.Sleep(st.loop, time.Duration(how)*time.Second)
	default:
		st.disturb(do, i, how)
	}
	if who&4 == 0 { // else it meets the next one in its turn
		st.settle()
	}
}

func (st *stage) disturb(do byte, i int, how byte) {
	switch p := st.clients[i]; {
	case p == nil:
	case do == doStall:
		[]func(){p.Stall, p.Resume}[how&1]()
	default:
		st.over[i] = true
		[]func(){p.Close, p.Reset, p.CloseWrite}[how%3]()
	}
}

// FuzzScript plays any script: handlers are called between opening and end, which is told once, also after a panic of
// theirs; and nothing is left.
func FuzzScript(f *testing.F) {
	open := act(doOpen, 0, "\x00")
	for _, c := range badFrames {
		if len(c.wire) < 250 {
			f.Add([]byte(open + act(doRaw, 0, c.wire)))
			f.Add([]byte(act(doOpen, 0, "\x01") + act(doRaw, 8, c.wire)))
		}
	}
	everything := ""
	for how := range byte(12) {
		everything += act(doServe, 0, string([]byte{how})) + act(doServe, 4, string([]byte{how | 64}))
	}
	for _, s := range []string{
		open + act(doOpen, 1, "\x01") + everything,
		open + act(doText, 0, "close") + act(doText, 4, "x") + act(doWait, 0, "\x06"),
		open + act(doText, 0, "panic") + act(doText, 0, "abort"),
		open + act(doStall, 0, "\x00") + strings.Repeat(act(doServe, 0, "\x01"), 8) + act(doStall, 0, "\x01"),
		open + act(doWait, 0, "\x1a") + act(doFrame, 0, "\x8a") + act(doWait, 0, "\x40"),
		act(doOpen, 0, "\x01") + act(doDense, 0, "\xcaH\xcd\xc9\xc9\x07\x00") +
			act(doFrame, 0, "\x41\xcaH") + act(doFrame, 0, "\x80\xcd\xc9\xc9\x07\x00"),
		open + act(doFrame, 0, "\x01abc") + act(doFrame, 0, "\x89ping") + act(doEnd, 0, "\x02") + act(doServe, 0, "\x04"),
		open + act(doFrame, 0, "\x88\x03\xe8") + act(doEnd, 0, "\x01"),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		st := &stage{rig: newRig(t, Options{
			MaxMessageBytes: 1000, MaxFragments: 10, MaxQueuedBytes: 20_000, MaxChannels: 5,
			PerMessageDeflate: &Deflate{Threshold: 10},
			OnError: func(err error) {
				if p, is := err.(*PanicError); is && p.Value != "told to" {
					t.Error(err)
				}
			},
		}), life: make(map[*Channel]int)}
		st.chat.OnConnection(func(ch *Channel, _ *webapp.Request) {
			st.life[ch] = 1
			ch.SetHandler(told{st})
		})
		for n := 0; len(b) >= 3 && n < 100; n++ {
			size := min(int(b[2]), len(b)-3)
			st.play(b[0]%actions, b[1], string(b[3:3+size]))
			b = b[3+size:]
		}
		for _, p := range st.peers {
			p.Resume()
		}
		st.finish()
		for _, life := range st.life {
			if life != 2 {
				t.Error("a channel was not told of its end")
			}
		}
	})
}
