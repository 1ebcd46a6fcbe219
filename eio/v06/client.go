package v06

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strconv"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// clientState is the life of a session. What may follow:
//
//	away   -> open (the client has a connection), closed (none came in time)
//	open   -> away (the connection ended, or a poll was answered), closed
//	closed -> nothing
//
// A session begins away, and opens at once.
type clientState uint8

const (
	clientAway clientState = iota
	clientOpen
	clientClosed
)

// String returns the state's name.
func (s clientState) String() string { return [...]string{"away", "open", "closed"}[s] }

// peer is where a session came from.
type peer = netip.AddrPort

// link is the connection of a websocket or flashsocket session.
type link interface {
	// send puts a batch, which is copied, into a frame.
	send(batch []byte) Status
	// shut says goodbye with a code, 0 for none, and closes the connection.
	shut(code ws.StatusCode)
}

// A Client is one session. Loop's goroutine only.
type Client struct {
	// Data is the application's.
	Data any

	listener     *Listener
	flushNext    *Client          // in the listener's list
	link         link             // the connection of an open socket
	res          *webapp.Response // the GET of an open client on another transport
	onMessage    func(m Message)
	onDisconnect func()
	id           string
	queue        []byte // a batch that waits for a connection, or for the end of the turn
	held         int    // messages in it
	timer        poll.Timer
	peer         peer
	index        string // of jsonp-polling: digits
	beats        int    // number of the last heartbeat
	connections  int
	transport    transport
	state        clientState
	awaiting     bool // the echo of the last heartbeat
	greeted      bool // the session id is sent
	dirty        bool // in the listener's list
}

// SessionID is the client's id, which nobody else knows.
func (c *Client) SessionID() string { return c.id }

// Listener is the listener that the client came to.
func (c *Client) Listener() *Listener { return c.listener }

// Connected is true until the client is disconnected; between two polls, too.
func (c *Client) Connected() bool { return c.state != clientClosed }

// Connections is the number of connections that the client has made: one for
// each poll.
func (c *Client) Connections() int { return c.connections }

// Transport is the name of the client's transport.
func (c *Client) Transport() string { return c.transport.String() }

// RemoteAddr is the client's address when it came.
func (c *Client) RemoteAddr() netip.AddrPort { return c.peer }

// OnMessage sets the function that gets the client's messages. m is valid until
// it returns.
func (c *Client) OnMessage(fn func(m Message)) { c.onMessage = fn }

// OnDisconnect sets the function that is told once that the client has gone.
func (c *Client) OnDisconnect(fn func()) { c.onDisconnect = fn }

// Send sends a message, which is copied: a string or []byte is text, a Message
// goes on as it came, anything else is encoded as JSON. What JSON cannot encode
// is dropped and logged. Without a connection the message waits for the next.
func (c *Client) Send(message any) Status {
	if c.state == clientClosed {
		return poll.Dropped
	}
	status := poll.Dropped
	framed, err := c.listener.frame(message)
	if err == nil {
		status = c.deliver(framed)
	}
	c.listener.giveMessage(framed)
	return status
}

// Broadcast sends a message to all other clients.
func (c *Client) Broadcast(message any) { c.listener.Broadcast(message, c.id) }

// Close disconnects the client. What was sent before goes out if there is a
// connection.
func (c *Client) Close() { c.end(0) }

// deliver sends a framed message, which is copied, or holds it.
func (c *Client) deliver(framed []byte) Status {
	switch {
	case c.state == clientClosed:
		return poll.Dropped
	case c.state == clientAway || c.transport.polls():
		return c.hold(framed)
	case c.link != nil:
		return c.link.send(framed)
	}
	return c.stream(framed)
}

// hold keeps a message for the next connection. A poll that stands is answered
// at the end of the turn: messages of one turn go together.
func (c *Client) hold(framed []byte) Status {
	o := &c.listener.options
	if len(framed) > o.MaxHeldBytes-len(c.queue) || c.held >= o.MaxHeldMessages ||
		!c.listener.loop.Budget().TakeOutput(len(framed)) {
		c.warn("v06: too many messages wait for a client", nil)
		c.end(0)
		return poll.Dropped
	}
	c.queue = append(c.queue, framed...)
	c.held++
	if c.state == clientOpen {
		c.listener.flushLater(c)
	}
	if len(c.queue) > o.MaxHeldBytes/2 || c.held > o.MaxHeldMessages/2 {
		return poll.Pressure
	}
	return poll.OK
}

// keepQueueBytes is what a session may keep of its queue between polls.
const keepQueueBytes = 512

// emptied forgets the queue, which was sent.
func (c *Client) emptied() {
	c.listener.loop.Budget().Give(len(c.queue))
	c.held = 0
	if c.queue = c.queue[:0]; cap(c.queue) > keepQueueBytes {
		c.queue = nil
	}
}

// opened is called when the client has a connection: link or res is set.
func (c *Client) opened() {
	c.setState(clientOpen)
	c.connections++
	first := !c.greeted
	if first {
		c.greeted = true
		greeting := appendMessage(nil, []byte(c.id))
		c.listener.loop.Budget().Hold(len(greeting))
		c.queue = append(greeting, c.queue...)
		c.held++
	}
	c.startTimes()
	switch {
	case c.held == 0:
	case c.transport.polls():
		c.listener.flushLater(c)
	case c.link != nil:
		c.link.send(c.queue)
		c.emptied()
	default:
		c.stream(c.queue)
		c.emptied()
	}
	if first {
		c.listener.enter(c)
	}
}

// lost is called when the connection is gone: link and res are nil.
func (c *Client) lost() {
	d := c.listener.times[c.transport].CloseTimeout
	c.setState(clientAway)
	c.awaiting = false
	if d == 0 {
		c.end(0)
		return
	}
	c.listener.loop.Arm(&c.timer, d, c)
}

func (c *Client) setState(to clientState) {
	if c.state == to || c.state == clientClosed {
		panic("v06: session goes from " + c.state.String() + " to " + to.String())
	}
	c.state = to
}

// end disconnects once and lets go of everything that the session holds. code is
// for a close frame.
func (c *Client) end(code ws.StatusCode) {
	if c.state == clientClosed {
		return
	}
	c.setState(clientClosed)
	c.listener.loop.Disarm(&c.timer)
	if k := c.link; k != nil {
		c.link = nil
		k.shut(code)
	}
	if c.res != nil {
		c.dismiss()
	}
	c.emptied()
	c.queue = nil
	if !c.greeted {
		return
	}
	c.listener.leave(c)
	if c.onDisconnect != nil {
		c.onDisconnect()
	}
	if c.listener.onLeave != nil {
		c.listener.onLeave(c)
	}
}

// receive takes a batch and tells whether it was well-formed; the session has
// ended if not.
func (c *Client) receive(batch []byte) bool {
	if !sound(batch, c.listener.options.MaxBatch) {
		return c.malformed(batch)
	}
	for len(batch) > 0 && c.state != clientClosed {
		message, rest, _ := nextMessage(batch)
		if !c.take(message) {
			return c.malformed(message)
		}
		batch = rest
	}
	return true
}

// take hands one message up.
func (c *Client) take(message []byte) bool {
	if n, ok := bytes.CutPrefix(message, []byte(beatMark)); ok {
		c.echoed(string(n))
		return true
	}
	m := Message{data: message}
	if m.data, m.object = bytes.CutPrefix(message, []byte(objectMark)); m.object && !json.Valid(m.data) {
		return false
	}
	if c.onMessage != nil {
		c.onMessage(m)
	}
	if l := c.listener; l.onMessage != nil && c.state != clientClosed {
		l.onMessage(m, c)
	}
	return true
}

// malformed ends the session: the client speaks something else.
func (c *Client) malformed(input []byte) bool {
	c.warn("v06: malformed message", input)
	c.end(ws.StatusInvalidFramePayloadData)
	return false
}

// warn logs what a client did, rarely.
func (c *Client) warn(message string, input []byte) {
	c.listener.web.Log().Warn("v06", message, c.peer, input)
}

// beat is the heartbeat of a number, framed.
func beat(n int) []byte {
	return appendMessage(nil, strconv.AppendInt([]byte(beatMark), int64(n), 10))
}
