package v06

import (
	"crypto/md5"
	"encoding/binary"
	"strings"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// The opening handshakes of 2010. hixie-75 asks nothing but the right words in
// the right order. hixie-76 sends two keys in headers and 8 bytes behind the
// head, the nonce, and wants MD5 of the three behind ours. Proxies let the nonce
// through only when they have seen the 101, so that goes out first.

const (
	nonceBytes   = 8
	nonceTimeout = 10 * time.Second
)

// openHixie answers a handshake without a version.
func (l *Listener) openHixie(t transport, req *webapp.Request, res *webapp.Response) {
	key1, ok1 := req.HeaderLookup("Sec-WebSocket-Key1")
	key2, ok2 := req.HeaderLookup("Sec-WebSocket-Key2")
	n := &nonce{listener: l, transport: t}
	keyed := ok1 || ok2
	valid := req.Method() == "GET" && !req.HasBody() && strings.EqualFold(req.Header("Upgrade"), "websocket")
	if keyed && valid {
		n.key1, ok1 = keyNumber(key1)
		n.key2, ok2 = keyNumber(key2)
		valid = ok1 && ok2
	}
	if !valid {
		res.Status(400).Set("Connection", "close").End("malformed WebSocket handshake")
		return
	}
	if l.refuses(req, res) {
		return
	}
	head := appendHixieSwitch(nil, req, keyed)
	conn, rest := req.Switch()
	if conn == nil {
		return // the client hung up in this turn
	}
	conn.Write(head)
	if !keyed {
		l.beginHixie(t, conn, rest)
		return
	}
	conn.SetHandler(n)
	l.loop.Arm(&n.timer, nonceTimeout, n)
	n.conn = conn
	n.OnData(conn, rest)
}

// appendHixieSwitch appends the 101 response. Clients compare origin and location
// with their own.
func appendHixieSwitch(dst []byte, req *webapp.Request, keyed bool) []byte {
	phrase, prefix := "Web Socket Protocol Handshake", "WebSocket-"
	if keyed {
		phrase, prefix = "WebSocket Protocol Handshake", "Sec-WebSocket-"
	}
	scheme, origin := "ws://", req.Header("Origin")
	if req.Secure() {
		scheme = "wss://"
	}
	if origin == "" {
		origin = "null"
	}
	target := req.Target()
	if !strings.HasPrefix(target, "/") { // with its authority
		scheme, target = "", "ws"+strings.TrimPrefix(target, "http")
	} else {
		target = req.Host() + target
	}
	dst = append(dst, "HTTP/1.1 101 "+phrase+"\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"...)
	dst = append(dst, prefix+"Origin: "+origin+"\r\n"...)
	dst = append(dst, prefix+"Location: "+scheme+target+"\r\n"...)
	if protocol := req.Header(prefix + "Protocol"); protocol != "" {
		dst = append(dst, prefix+"Protocol: "+protocol+"\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// keyNumber is the number in a key of hixie-76: its digits, divided by its
// spaces. Both have to come out even.
func keyNumber(key []byte) (uint32, bool) {
	var digits, spaces uint64
	for _, b := range key {
		switch {
		case b == ' ':
			spaces++
		case '0' <= b && b <= '9':
			if digits = 10*digits + uint64(b-'0'); digits >= 1<<32 {
				return 0, false
			}
		}
	}
	if spaces == 0 || digits%spaces != 0 {
		return 0, false
	}
	return uint32(digits / spaces), true
}

// appendProof appends the answer to a handshake of hixie-76; all of nonce is
// copied.
func appendProof(dst []byte, key1, key2 uint32, nonce [nonceBytes]byte) []byte {
	var question [8 + nonceBytes]byte
	binary.BigEndian.PutUint32(question[:], key1)
	binary.BigEndian.PutUint32(question[4:], key2)
	copy(question[8:], nonce[:])
	sum := md5.Sum(question[:])
	return append(dst, sum[:]...)
}

// nonce is the handler of a connection that waits for one.
type nonce struct {
	listener   *Listener
	conn       *poll.Conn
	timer      poll.Timer
	key1, key2 uint32
	got        [nonceBytes]byte
	have       uint8
	transport  transport
}

// OnData takes the nonce; what is behind it is the session's.
func (n *nonce) OnData(conn *poll.Conn, b []byte) {
	took := copy(n.got[n.have:], b)
	n.have += uint8(took)
	if n.have < nonceBytes || !conn.Open() {
		return
	}
	l := n.listener
	l.loop.Disarm(&n.timer)
	if l.closed || l.full() {
		conn.Close()
		return
	}
	conn.Commit(appendProof(conn.Out(), n.key1, n.key2, n.got))
	l.beginHixie(n.transport, conn, b[took:])
}

// OnDrain is nothing: little is sent.
func (n *nonce) OnDrain(*poll.Conn) {}

// OnClose gives up.
func (n *nonce) OnClose(*poll.Conn, error) { n.listener.loop.Disarm(&n.timer) }

// OnTimer gives up a client that sends no nonce.
func (n *nonce) OnTimer(*poll.Timer) { n.conn.Close() }
