package websocket

import (
	"errors"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// handle takes the WebSocket requests of the server's path, also those that are not in order: the handshake answers
// these. All else goes on.
func (s *Server) handle(req *webapp.Request, res *webapp.Response, next webapp.Next) {
	if !meant(req) || req.SubPath() != "/" {
		next(nil)
		return
	}
	h, terms, refused := ws.Upgrade(req, s.options.PerMessageDeflate != nil)
	if refused != nil {
		s.stats.Refused++
		refused.Answer(res)
		return
	}
	if !s.options.Cors.Allows(req) {
		s.refuse(res, &webapp.Error{Status: 403, Message: "Origin is not allowed"})
		return
	}
	if req.Asks() {
		s.identify(req, res)
		return
	}
	s.admit(req, res, h, terms)
}

// identify finds out who the client is, now or later. Who has a bad token is refused; where nobody gets is for the
// app's guard to say, which asked before the same.
func (s *Server) identify(req *webapp.Request, res *webapp.Response) {
	req.Identify(func(info *eos.Info, err error) {
		if e := req.Refusal(info, err); e != nil {
			if e.Status == 401 {
				res.Set("WWW-Authenticate", "EdgerOS")
			}
			s.refuse(res.Set("Cache-Control", "no-store"), e)
			return
		}
		h, terms, _ := ws.Upgrade(req, s.options.PerMessageDeflate != nil) // what it was may not be valid any more
		s.admit(req, res, h, terms)
	})
}

// admit asks Verify, if there is one.
func (s *Server) admit(req *webapp.Request, res *webapp.Response, h ws.Request, terms ws.Terms) {
	if s.options.Verify != nil {
		s.ask(req, res)
		return
	}
	s.enter(req, res, h, terms)
}

// meant tells whether a client wants a WebSocket.
func meant(req *webapp.Request) bool {
	if _, has := req.HeaderLookup("Sec-WebSocket-Key"); has {
		return true
	}
	h := ws.Request{Upgrade: req.Header("Upgrade")}
	return h.Upgrade != "" && h.WantsWebSocket()
}

// ask lets Verify decide, now or later, and then opens the channel.
func (s *Server) ask(req *webapp.Request, res *webapp.Response) {
	decided := false
	s.options.Verify(req, func(err error) {
		switch {
		case decided || res.Ended():
		case err != nil:
			s.refuse(res, err)
		default:
			h, terms, _ := ws.Upgrade(req, s.options.PerMessageDeflate != nil) // what it was is not valid later
			s.enter(req, res, h, terms)
		}
		decided = true
	})
	if !decided {
		req.Keep()
	}
}

var (
	errClosed = &webapp.Error{Status: 503, Message: "server is closed"}
	errFull   = &webapp.Error{Status: 503, Message: "too many channels"}
	errTight  = &webapp.Error{Status: 503, Message: "server is short of memory"}
)

// enter opens the channel if there is room for it.
func (s *Server) enter(req *webapp.Request, res *webapp.Response, h ws.Request, terms ws.Terms) {
	switch o := &s.options; {
	case s.closed:
		s.refuse(res, errClosed)
	case o.MaxChannels > 0 && s.stats.Channels >= o.MaxChannels:
		res.Set("Retry-After", "5")
		s.refuse(res, errFull)
	case !s.loop.Budget().Admits():
		s.refuse(res, errTight)
	default:
		s.open(req, res, h, terms)
	}
}

// refuse answers with an error, and closes: what a WebSocket client does after it is not HTTP's.
func (s *Server) refuse(res *webapp.Response, err error) {
	s.stats.Refused++
	var e *webapp.Error
	if !errors.As(err, &e) {
		e = &webapp.Error{Status: 403, Message: err.Error()}
	}
	res.Set("Connection", "close").Fail(e)
}

// open switches the connection, and makes a channel of it.
func (s *Server) open(req *webapp.Request, res *webapp.Response, h ws.Request, terms ws.Terms) {
	protocol := ""
	if len(s.options.Protocols) > 0 {
		protocol = h.SelectProtocol(s.options.Protocols)
	} else {
		protocol = h.FirstProtocol()
	}
	var lines [256]byte
	fields := terms.AppendLine(res.AppendFields(lines[:0]))
	ch := &Channel{server: s, terms: terms, reader: ws.NewReader(&s.limits, terms.Side()), record: s.remember(req)}
	if info := req.EOS(); info != nil || protocol != "" {
		ch.rare = &rare{eos: info, protocol: protocol}
	}
	conn, rest := req.Switch()
	if conn == nil {
		return // the client hung up while Verify made up its mind
	}
	ch.conn = conn
	conn.Commit(ws.AppendSwitch(conn.Out(), h.Key, protocol, fields))
	conn.SetHandler((*wire)(ch))
	s.insert(ch)
	ch.seen = s.loop.Now()
	ch.look()
	if s.onConnection != nil {
		ch.opened(req)
	}
	if len(rest) > 0 {
		(*wire)(ch).OnData(conn, rest)
	}
}
