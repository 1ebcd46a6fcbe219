package v06

import (
	"strconv"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// websocket and flashsocket as browsers of today have them: RFC 6455. A text
// message is a batch.

// unsupportedData is the close code for a binary message.
const unsupportedData ws.StatusCode = 1003

// socket is a session's link, the handler of its connection and of the reader
// that takes frames apart.
type socket struct {
	conn   *poll.Conn
	client *Client
	reader ws.Reader
}

// serveSocket answers a handshake of any generation.
func (l *Listener) serveSocket(t transport, id string, req *webapp.Request, res *webapp.Response) {
	_, keyed := req.HeaderLookup("Sec-WebSocket-Key")
	_, versioned := req.HeaderLookup("Sec-WebSocket-Version")
	switch {
	case id != "":
		unknown(res) // a socket is its session's only one
	case !req.Upgrade():
		res.Status(400).Set("Connection", "close").End("a WebSocket handshake is expected")
	case keyed || versioned:
		l.openSocket(t, req, res)
	default:
		l.openHixie(t, req, res)
	}
}

// openSocket makes the connection a session's link.
func (l *Listener) openSocket(t transport, req *webapp.Request, res *webapp.Response) {
	var h ws.Request
	h.Method, h.Proto, h.Body = req.Method(), "HTTP/1."+strconv.Itoa(req.Minor()), req.HasBody()
	req.EachHeader(func(name, value []byte) bool {
		h.Add(name, value)
		return true
	})
	if refused := ws.CheckUpgrade(&h); refused != nil {
		if refused.Header != "" {
			res.Set(refused.Header, refused.Value)
		}
		res.Status(refused.Status).Set("Connection", "close").End(refused.Message)
		return
	}
	if l.refuses(req, res) {
		return
	}
	c := l.newClient(t, req.RemoteAddr())
	conn, rest := req.Switch()
	if conn == nil {
		return // the client hung up in this turn
	}
	s := &socket{conn: conn, client: c, reader: ws.NewReader(&l.limits, ws.Server)}
	conn.SetHandler(s)
	conn.Commit(ws.AppendSwitch(conn.Out(), h.Key, h.FirstProtocol(), nil))
	c.link = s
	c.opened()
	if len(rest) > 0 {
		s.OnData(conn, rest)
	}
}

// OnData feeds the reader, whose findings arrive below.
func (s *socket) OnData(_ *poll.Conn, b []byte) {
	if err := s.reader.Feed(b, (*frames)(s)); err != nil {
		s.client.warn(err.Error(), nil)
		s.client.end(err.(ws.Error).Code())
	}
}

// OnDrain is nothing to us: who sends looks at Status.
func (s *socket) OnDrain(*poll.Conn) {}

// OnClose tells the session that its connection is gone.
func (s *socket) OnClose(*poll.Conn, error) {
	s.reader.Stop()
	s.client.unlink(s)
}

// unlink is called when the connection of k is gone, which may be another's by
// now.
func (c *Client) unlink(k link) {
	if c.link == k {
		c.link = nil
		c.lost()
	}
}

func (s *socket) send(batch []byte) Status {
	return s.conn.Commit(ws.AppendFrame(s.conn.Out(), ws.OpText, batch))
}

func (s *socket) shut(code ws.StatusCode) {
	s.reader.Stop()
	if s.conn.Open() {
		s.conn.Commit(ws.AppendClose(s.conn.Out(), code, ""))
		s.conn.Close()
	}
}

// frames is a socket as its reader's handler: both kinds of handler have an
// OnClose.
type frames socket

// OnMessage takes a whole message.
func (f *frames) OnMessage(op ws.OpCode, payload []byte) {
	if op != ws.OpText {
		f.client.warn("v06: binary message", payload)
		f.client.end(unsupportedData)
		return
	}
	f.client.receive(payload)
}

// OnPing answers a ping of the WebSocket protocol.
func (f *frames) OnPing(payload []byte) {
	f.conn.Commit(ws.AppendFrame(f.conn.Out(), ws.OpPong, payload))
}

// OnPong is nothing to us: the heartbeat is the protocol's own.
func (f *frames) OnPong([]byte) {}

// OnClose answers the peer's close frame with its own code.
func (f *frames) OnClose(code ws.StatusCode, _ []byte) {
	s := (*socket)(f)
	s.shut(code)
	s.client.unlink(s)
}
