package sio

import (
	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/rate"
)

// clientState is the life of a client. What may follow:
//
//	waiting -> joined (its first socket is connected), closed (ConnectTimeout, or anything that closes)
//	joined  -> closed
//	closed  -> nothing
type clientState uint8

const (
	clientWaiting clientState = iota
	clientJoined
	clientClosed
)

// String names the state.
func (s clientState) String() string { return [...]string{"waiting", "joined", "closed"}[s] }

// follows tells whether a client in state s may go to state to.
func (s clientState) follows(to clientState) bool { return to > s }

// Client is one Engine.IO session with its sockets, one for each namespace that it joined. Loop's goroutine only.
type Client struct {
	server *Server
	conn   *eio.Session
	head   *Socket // its sockets, in the order of their CONNECT packets
	delay  *deadline
	input  decoder
	state  clientState
	proto4 bool        // Socket.IO protocol 4 over Engine.IO 3
	group  uint8       // of the user, in groups
	nsps   rate.Bucket // of CONNECT packets
}

// deadline is the connect timeout of a client; it is dropped when the client joined.
type deadline struct {
	timer  poll.Timer
	client *Client
	bytes  int       // came so far
	next   *deadline // in the server's list of spare ones
}

// maxSpareDeadlines is how many the server keeps for reuse: those of clients that
// connect in a burst would be garbage of the same size.
const maxSpareDeadlines = 64

// await gives the client its connect timeout.
func (c *Client) await() {
	srv := c.server
	d := srv.delay
	if d != nil {
		srv.delay, srv.delays = d.next, srv.delays-1
	} else {
		d = new(deadline)
	}
	d.client, d.bytes, d.next, c.delay = c, 0, nil, d
	c.conn.SetEarly(true)
	srv.loop.ArmCoarse(&d.timer, srv.opts.ConnectTimeout, d)
}

// OnTimer closes the client that joined nothing in time.
func (d *deadline) OnTimer(*poll.Timer) { d.client.close() }

// Conn is the Engine.IO session.
func (c *Client) Conn() *eio.Session {
	if !c.may(eos.ClientConn) {
		return nil
	}
	return c.conn
}

// Server is the server that the client is connected to.
func (c *Client) Server() *Server { return c.server }

// Sockets are the client's connected sockets.
func (c *Client) Sockets() []*Socket {
	var list []*Socket
	for s := c.head; s != nil; s = s.next {
		if s.Connected() {
			list = append(list, s)
		}
	}
	return list
}

// setState changes the state, by the rules of clientState.
func (c *Client) setState(to clientState) {
	if !c.state.follows(to) {
		panic("sio: client goes from " + c.state.String() + " to " + to.String())
	}
	c.state = to
}

// onSession makes a session a client. Engine.IO 3 means Socket.IO 4, where the server connects the main namespace by
// itself.
func (srv *Server) onSession(conn *eio.Session) {
	c := &Client{server: srv, conn: conn, proto4: conn.Protocol() == 3}
	conn.SetHandler(c)
	if d := srv.debug; d != nil {
		d.say(scopeServer, "incoming connection", "sid", conn.ID())
	}
	srv.clients++
	if c.proto4 {
		srv.clients4++
	}
	c.await()
	if srv.opts.Accounts != nil {
		c.group = srv.groupOf(c)
	}
	if srv.expiries != nil {
		srv.expiries.watch(c)
	}
	if c.proto4 {
		c.connect(srv.Namespace.name, "")
	}
}

// OnMessage takes a message of the session; it is called by the engine.
func (c *Client) OnMessage(_ *eio.Session, data []byte, binary bool) {
	if c.state == clientClosed {
		return
	}
	if d := c.delay; d != nil {
		if d.bytes += len(data); d.bytes > c.server.opts.MaxEarlyBytes {
			c.server.counts.throttled++
			c.refuse(errEarly, data)
			return
		}
	}
	switch err := c.receive(data, binary); err {
	case nil:
	case poll.ErrMemory: // no fault of the client's
		c.conn.CloseWith(eio.TransportError, err)
	default:
		c.refuse(err, data)
	}
}

// OnDrain is called by the engine when everything that was sent has left.
func (c *Client) OnDrain(*eio.Session) { c.drained() }

// OnClose is called by the engine when the session is over. When that happens in the middle of sending, handlers are
// told as soon as the packet in hand is sent.
func (c *Client) OnClose(_ *eio.Session, reason eio.Reason, desc error) {
	if c.server.onRefuse != nil && desc == eio.ErrFlood && c.state != clientClosed {
		c.server.onRefuse(c, desc)
	}
	if srv := c.server; srv.enc.busy {
		srv.ended = append(srv.ended, ending{c, reason, desc})
		return
	}
	c.onClose(reason, desc)
}

// receive handles one message; an error means that the client broke the protocol.
func (c *Client) receive(data []byte, binary bool) error {
	srv := c.server
	if srv.translate != nil {
		return c.parse(srv.translate, data, binary)
	}
	if binary {
		return c.complete(data)
	}
	if c.input.state() != decoderIdle {
		return errTextInside
	}
	var p packet
	if err := p.parse(data, &srv.limits); err != nil {
		return err
	}
	if !p.kind.binary() {
		return c.onPacket(&p, nil)
	}
	if c.state != clientJoined {
		return errNotJoined
	}
	if err := srv.check(&p); err != nil {
		return err
	}
	return c.input.begin(&srv.pool, data, p.attachments)
}

// complete takes an attachment; the last one makes the packet whole.
func (c *Client) complete(data []byte) error {
	srv := c.server
	text, atts, done, err := c.input.attachment(&srv.pool, data)
	if err != nil || !done {
		return err
	}
	a := c.input.take(&srv.pool)
	defer srv.pool.recycle(a)
	var p packet
	if err := p.parse(text, &srv.limits); err != nil {
		return err
	}
	return c.onPacket(&p, atts)
}

// check validates the payload of a binary packet's header before memory is spent on its attachments.
func (srv *Server) check(p *packet) error {
	e := srv.takeEvent()
	err := e.load(&srv.scan, p, nil, &srv.limits)
	srv.putEvent(e)
	return err
}

// Reasons, beside those of the codec, for which a client is disconnected.
const (
	errNotJoined = parseError("packet for a namespace that is not joined")
	errTwice     = parseError("namespace is joined already")
	errDirection = parseError("packet type is the server's")
	errAuth      = parseError("auth payload is too large")
	errConnects  = parseError("too many CONNECT packets")
	errEarly     = parseError("too many bytes before a namespace is joined")
)

// onPacket brings a packet to its socket.
func (c *Client) onPacket(p *packet, atts [][]byte) error {
	name := p.namespace
	if c.proto4 {
		name, _ = cutQuery(name)
	}
	s := c.find(name)
	if d := c.server.debug; d != nil {
		d.say(scopeClient, "got packet", "sid", c.conn.ID(), "type", p.kind.String(), "nsp", string(name), "data",
			string(p.data))
	}
	switch {
	case p.kind == typeConnect:
		return c.onConnect(p, s)
	case p.kind == typeConnectError:
		return errDirection
	case s == nil || s.state == socketConnecting:
		if c.proto4 {
			return nil // a 2.x server ignores it, and its clients rely on that
		}
		return errNotJoined
	case s.state != socketConnected:
		return nil
	case p.kind == typeDisconnect:
		s.onClose(ClientNamespaceDisconnect)
		return nil
	}
	srv := c.server
	e := srv.takeEvent()
	err := e.load(&srv.scan, p, atts, &srv.limits)
	if err == nil {
		e.socket = s
		if p.kind.event() {
			s.onEvent(e)
		} else if p.hasID {
			s.onAck(e)
		}
		if e.wait {
			e.detach()
			return nil
		}
	}
	srv.putEvent(e)
	return err
}

// find returns the client's socket in a namespace; nil is the main one.
func (c *Client) find(name []byte) *Socket {
	for s := c.head; s != nil; s = s.next {
		if s.ns.is(name) {
			return s
		}
	}
	return nil
}

// link appends a socket to the client's list and tells whether there was room for it.
func (c *Client) link(s *Socket) bool {
	at, n := &c.head, 0
	for ; *at != nil; at = &(*at).next {
		n++
	}
	if n >= c.server.opts.MaxNamespacesPerClient {
		return false
	}
	*at = s
	return true
}

// unlink takes a socket out of the client's list.
func (c *Client) unlink(s *Socket) {
	for at := &c.head; *at != nil; at = &(*at).next {
		if *at == s {
			*at, s.next = s.next, nil
			return
		}
	}
}

// send sends a packet whose JSON payload, if any, is in pieces.
func (c *Client) send(kind packetType, ns *Namespace, payload ...string) Status {
	enc := c.server.open(ns.wire)
	for _, piece := range payload {
		enc.buf = append(enc.buf, piece...)
	}
	message, binary, _ := c.server.seal(enc, kind, ns.wire, 0, false)
	status := Dropped
	if enc.err == nil {
		status = c.conn.Send(message, binary)
	}
	c.server.done(enc)
	return status
}

// disconnect disconnects every socket, then closes the connection.
func (c *Client) disconnect() {
	for s := c.first(socketConnected); s != nil; s = c.first(socketConnected) {
		s.disconnect(false)
	}
	c.close()
}

// first returns the first socket in a state.
func (c *Client) first(state socketState) *Socket {
	s := c.head
	for s != nil && s.state != state {
		s = s.next
	}
	return s
}

// refuse closes the connection of a client that broke the protocol with message.
func (c *Client) refuse(err error, message []byte) {
	if d := c.server.debug; d != nil {
		d.say(scopeClient, "refused", "sid", c.conn.ID(), "error", err)
	}
	if c.server.onRefuse != nil {
		c.server.onRefuse(c, err)
	} else {
		c.server.log.Warn("socket.io", err.Error(), c.conn.RemoteAddr(), message)
	}
	c.close()
}

// close closes the connection after what was sent before. Over WebSocket the session ends at once and tells us so; over
// polling it stays until the client fetched what waits for it, and for us it is over.
func (c *Client) close() {
	if c.state == clientClosed {
		return
	}
	c.conn.Close(false)
	c.onClose(ForcedServerClose, nil)
}

// onClose ends the client and its sockets, once.
func (c *Client) onClose(reason Reason, desc error) {
	if c.state == clientClosed {
		return
	}
	c.setState(clientClosed)
	srv := c.server
	srv.clients--
	if c.proto4 {
		srv.clients4--
	}
	c.joined()
	if srv.expiries != nil {
		srv.expiries.forget(c)
	}
	c.input.drop(&srv.pool)
	outer := srv.closing
	srv.closing = desc
	for c.first(socketConnected) != nil || c.first(socketConnecting) != nil {
		if s := c.first(socketConnected); s != nil {
			s.onClose(reason)
		} else {
			c.first(socketConnecting).onClose(reason)
		}
	}
	srv.closing = outer
}

// joined ends the connect timeout.
func (c *Client) joined() {
	d, srv := c.delay, c.server
	if d == nil {
		return
	}
	srv.loop.Disarm(&d.timer)
	c.delay, d.client = nil, nil
	c.conn.SetEarly(false)
	if srv.delays < maxSpareDeadlines {
		d.next, srv.delay, srv.delays = srv.delay, d, srv.delays+1
	}
}
