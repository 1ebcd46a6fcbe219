package v06

import (
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll/polltest"
)

// The script of FuzzSession: a byte for the transport, then for each action a
// byte for what it is, one for how many bytes follow, and these.
const (
	doWrite byte = iota // on the socket, as it is
	doText              // in a frame of the socket's kind
	doPost
	doForm
	doGet
	doSend
	doWait
	doHangUp
	actions
)

func action(do byte, data string) string { return string([]byte{do, byte(len(data))}) + data }

// FuzzSession plays any script on a session of any transport: no panic, no
// message after the end, nothing is left over.
func FuzzSession(f *testing.F) {
	for i, v := range vectors {
		f.Add([]byte(string(rune(i%6)) + action(doText, v.wire) + action(doForm, v.wire) + action(doGet, "") +
			action(doSend, "x")))
	}
	for i, v := range hixieVectors {
		f.Add([]byte(string(rune(i%6)) + action(doWrite, v.wire) + action(doPost, "data="+v.wire) + action(doHangUp, "") +
			action(doWait, "123")))
	}
	f.Add([]byte("\x04" + action(doGet, "") + action(doForm, batch("!three", "!close")) + action(doGet, "")))
	f.Add([]byte("\x00" + action(doText, batch("!others", "~h~1")) + action(doWait, strings.Repeat("x", 20))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		r := newRig(t, Options{MaxMessageBytes: 150, MaxBatch: 5, MaxHeldMessages: 8})
		s := &stage{rig: r, kind: transport(b[0]) % transports}
		s.open()
		for b = b[1:]; len(b) >= 2; {
			n := min(int(b[1]), len(b)-2)
			s.play(b[0]%actions, string(b[2:2+n]))
			b = b[2+n:]
		}
		r.finish()
	})
}

// stage is a session of a transport with its connection.
type stage struct {
	*rig
	kind transport
	c    *Client
	conn *polltest.Peer
}

func (s *stage) open() {
	s.conn = s.dial()
	switch path := "/socket.io/" + s.kind.String(); s.kind {
	case websocket:
		ask(s.conn, "GET", path, "", rfcLines...)
	case flashsocket:
		ask(s.conn, "GET", path, "", hixie76Lines...)
		s.conn.WriteString(draftNonce)
	default:
		ask(s.conn, "GET", path+"//1/2", "")
	}
	s.settle()
	if s.c = s.last; s.c == nil {
		s.Fatalf("no session: %q", s.conn.Read())
	}
}

// play does one action.
func (s *stage) play(do byte, data string) {
	path := "/socket.io/" + s.kind.String() + "/" + s.c.SessionID() + "/3"
	switch do {
	case doWrite:
		s.conn.WriteString(data)
	case doText:
		switch s.kind {
		case websocket:
			s.conn.Write(text(data))
		case flashsocket:
			s.conn.WriteString("\x00" + data + "\xff")
		}
	case doPost:
		ask(s.dial(), "POST", path, data)
	case doForm:
		ask(s.dial(), "POST", path, "data="+escape(data))
	case doGet:
		ask(s.dial(), "GET", path, "")
	case doSend:
		s.c.Send(data)
		s.io.Broadcast(data)
	case doWait:
		s.sleep(time.Duration(len(data)) * time.Second)
	case doHangUp:
		s.conn.Close()
	}
	if len(data)%2 == 0 { // else it meets the next one in its turn
		s.settle()
	}
}
