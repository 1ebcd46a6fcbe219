package eio

import (
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// admit finds out who makes a handshake and goes on with it, in a later turn if
// it takes that long. The requests of a session that exists are not asked again.
func (e *Server) admit(req *webapp.Request, res *webapp.Response, q question) {
	if q.session == nil && req.Asks() {
		e.identify(req, res, q)
	} else {
		e.allow(req, res, q)
	}
}

// identify is apart from admit because its question outlives the call.
func (e *Server) identify(req *webapp.Request, res *webapp.Response, q question) {
	req.Identify(func(info *eos.Info, err error) {
		refusal := req.Refusal(info, err)
		switch {
		case e.closed:
			res.Status(503).End("")
		case refusal != nil:
			e.refuse(res, q, refusal.Status, Forbidden, "Not verified: "+refusal.Message)
		default:
			e.allow(req, res, q)
		}
	})
}

// allow asks AllowRequest about a handshake or an upgrade, likewise.
func (e *Server) allow(req *webapp.Request, res *webapp.Response, q question) {
	if e.options.AllowRequest == nil {
		e.enter(req, res, q)
	} else {
		e.ask(req, res, q)
	}
}

// ask is apart from admit because its question outlives the call.
func (e *Server) ask(req *webapp.Request, res *webapp.Response, q question) {
	decided, later := false, false
	e.loop.Mark("eio AllowRequest")
	e.options.AllowRequest(req, func(err error) {
		if decided || res.Ended() {
			return
		}
		decided = true
		if later { // the session may be gone
			q = e.question(req)
		}
		switch code := q.judge(&e.options); {
		case e.closed:
			res.Status(503).End("")
		case code != accepted:
			e.refuse(res, q, 400, code, code.String())
		case err != nil:
			e.refuse(res, q, 403, Forbidden, err.Error())
		default:
			e.enter(req, res, q)
		}
	})
	if later = !decided; later {
		req.Keep()
	}
}

// enter opens a session, or begins an upgrade.
func (e *Server) enter(req *webapp.Request, res *webapp.Response, q question) {
	switch {
	case q.session == nil && e.draining: // since it asked
		e.late(res)
	case q.session == nil && (e.options.MaxSessions > 0 && e.sessions.n >= e.options.MaxSessions ||
		!e.loop.Budget().Admits()):
		e.stats.Refused++
		res.Status(503).Set("Retry-After", "5").End("")
	case !q.upgrade:
		e.dress(req, res, true)
		e.openPolling(req, res, q)
	default:
		e.dress(req, res, q.session == nil)
		e.openWebSocket(req, res, q)
	}
}

func (e *Server) newSession(req *webapp.Request, q question) *Session {
	s := &Session{server: e, protocol: q.protocol, base64: req.Query("b64") != "", handshake: e.remember(req)}
	if e.options.GenerateID != nil {
		s.id = e.options.GenerateID(req)
	} else {
		s.id = e.newSID()
	}
	if info := req.EOS(); info != nil {
		s.Hooks().eos = info
	}
	e.sessions.insert(s)
	e.stats.Handshakes++
	if s.protocol == 3 {
		e.stats.Sessions3++
	}
	if e.debug != nil {
		e.debug.Debug("handshake", "sid", s.id, "protocol", int(s.protocol), "transport", q.transport.String())
	}
	s.startHeartbeat()
	return s
}

// openPolling answers the handshake with the open packet; the layer above comes
// after it, with its messages for the next poll.
func (e *Server) openPolling(req *webapp.Request, res *webapp.Response, q question) {
	s := e.newSession(req, q)
	t := &polling{session: s, get: res, dense: true}
	if j, ok := req.QueryLookup("j"); ok {
		t.jsonp, t.index = true, jsonpIndex(j)
	}
	s.polling = t
	e.setCookie(res, s)
	t.queue, t.packets = appendRecord(nil, e.openPacket(s)), 1
	if first := e.options.InitialPacket; first != "" {
		t.queue, t.packets = appendRecord(t.queue, packet{kind: packetMessage, data: []byte(first)}), 2
	}
	e.stats.PacketsOut += uint64(t.packets)
	e.loop.Budget().Hold(len(t.queue))
	t.flush()
	t.queue = nil // it was the size of an open packet
	if e.onConnection != nil {
		e.onConnection(s)
	}
}

// setCookie gives the client its session id, in the answer to the handshake.
func (e *Server) setCookie(res *webapp.Response, s *Session) {
	if c := e.options.Cookie; c != nil {
		cookie := *c
		cookie.Value = s.id
		res.Cookie(cookie)
	}
}

// openWebSocket switches the connection and makes it a session's transport, or a
// probe of the session that the request names.
func (e *Server) openWebSocket(req *webapp.Request, res *webapp.Response, q question) {
	h, terms, refused := ws.Upgrade(req, e.options.PerMessageDeflate != nil)
	if refused != nil {
		e.stats.Refused++
		refused.Answer(res)
		return
	}
	s := q.session
	if s == nil {
		s = e.newSession(req, q)
		e.setCookie(res, s)
	}
	var lines [256]byte
	fields := terms.AppendLine(res.AppendFields(lines[:0]))
	conn, rest := req.Switch()
	if conn == nil { // the client hung up in this turn, while AllowRequest made up its mind
		if q.session == nil {
			s.setState(sessionClosed)
			e.forget(s)
		}
		return
	}
	w := &websocket{conn: conn, session: s, terms: terms, reader: ws.NewReader(&e.limits, terms.Side())}
	conn.Commit(ws.AppendSwitch(conn.Out(), h.Key, h.FirstProtocol(), fields))
	conn.SetHandler(w)
	switch {
	case q.session == nil:
		s.ws = w
		e.onWebSocket(s, 1)
		s.send(e.openPacket(s))
		if first := e.options.InitialPacket; first != "" {
			s.Send([]byte(first), false)
		}
		if e.onConnection != nil {
			e.onConnection(s)
		}
	case s.polling == nil || s.polling.probe != nil: // upgraded, or another probe is first
		w.shut(0)
		conn.SetHandler(ignored{})
		return
	default:
		w.beginTrial()
	}
	if len(rest) > 0 && conn.Open() {
		w.OnData(conn, rest)
	}
}

// ignored is the handler of a connection that belongs to no session any more.
type ignored struct{}

func (ignored) OnData(*poll.Conn, []byte) {}
func (ignored) OnDrain(*poll.Conn)        {}
func (ignored) OnClose(*poll.Conn, error) {}
