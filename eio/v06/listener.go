package v06

import (
	"encoding/base64"
	"iter"
	"slices"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A Listener is the server of the protocol on one app. Loop's goroutine only.
type Listener struct {
	loop       *poll.Loop
	web        *webapp.Server
	options    Options
	times      [transports]TransportOptions
	origins    origins
	limits     ws.Limits
	clients    map[string]*Client
	dirty      *Client    // polls to answer at the end of the turn
	flushTimer poll.Timer // due at once while dirty is not empty
	message    []byte     // scratch for a framed message
	out        []byte     // scratch for an answer or a part of one
	flash      flash
	onConnect  func(c *Client)
	onMessage  func(m Message, c *Client)
	onLeave    func(c *Client)
	closed     bool
}

// New makes a listener on an app: it takes the requests of its transports before
// the app's router, and leaves all others where they were.
func New(app *webapp.App, o Options) (*Listener, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Listener{loop: app.Loop(), web: app.Server(), options: o, clients: make(map[string]*Client)}
	l.limits = ws.Limits{MessageBytes: o.MaxMessageBytes, Budget: l.loop.Budget()}
	if l.times, err = o.times(); err != nil {
		return nil, err
	}
	if l.origins, err = parseOrigins(o.Origins); err != nil {
		return nil, err
	}
	routes, err := l.routes()
	if err != nil {
		return nil, err
	}
	if slices.Contains(o.Transports, flashsocket.String()) {
		if err := l.servePolicy(); err != nil {
			return nil, err
		}
	}
	for _, r := range routes {
		l.web.Handle(r.path, r.handle)
	}
	return l, nil
}

// OnConnection sets the function that gets each new client, the old server's
// clientConnect and connection. What it sends goes out behind the session id.
func (l *Listener) OnConnection(fn func(c *Client)) { l.onConnect = fn }

// OnClientMessage sets the function that gets every client's messages, behind
// the client's own OnMessage. m is valid until it returns.
func (l *Listener) OnClientMessage(fn func(m Message, c *Client)) { l.onMessage = fn }

// OnClientDisconnect sets the function that is told of each client that has gone,
// behind the client's own OnDisconnect.
func (l *Listener) OnClientDisconnect(fn func(c *Client)) { l.onLeave = fn }

// Client is the connected client with that session id, or nil.
func (l *Listener) Client(id string) *Client { return l.clients[id] }

// Count is the number of connected clients.
func (l *Listener) Count() int { return len(l.clients) }

// Clients are the clients that are connected now, by session id.
func (l *Listener) Clients() iter.Seq2[string, *Client] {
	return func(yield func(string, *Client) bool) {
		for id, c := range l.clients { // a map lets go of entries meanwhile
			if !yield(id, c) {
				return
			}
		}
	}
}

// Broadcast sends a message, see Client.Send, to all clients but those with the
// given session ids. It is encoded once.
func (l *Listener) Broadcast(message any, except ...string) {
	framed, err := l.frame(message)
	if err == nil {
		for id, c := range l.clients {
			if !slices.Contains(except, id) {
				c.deliver(framed)
			}
		}
	}
	l.giveMessage(framed)
}

// Close disconnects all clients and refuses new ones with 503.
func (l *Listener) Close() {
	if l.closed {
		return
	}
	l.closed = true
	l.flash.close(l.web)
	for _, c := range l.clients {
		c.Close()
	}
}

// frame encodes a message into the scratch buffer, which giveMessage gives back:
// a client that is disconnected by it may make the app send another.
func (l *Listener) frame(message any) ([]byte, error) {
	b := l.message[:0]
	l.message = nil
	b, err := appendValue(b, message)
	if err != nil {
		l.web.Log().Error("v06 encode", "v06: a message cannot be encoded", err.Error())
	}
	return b, err
}

// keepScratch is what is kept of a scratch buffer.
const keepScratch = 64 << 10

func (l *Listener) giveMessage(b []byte) {
	if cap(b) <= keepScratch {
		l.message = b
	}
}

// giveOut takes the buffer that was made of l.out[:0] back.
func (l *Listener) giveOut(b []byte) {
	if l.out = b; cap(b) > keepScratch {
		l.out = nil
	}
}

// idBytes of randomness make a session id of 20 URL-safe characters.
const idBytes = 15

// newClient makes a client that has no connection yet.
func (l *Listener) newClient(t transport, peer peer) *Client {
	var raw [idBytes]byte
	l.loop.Random(raw[:])
	return &Client{listener: l, transport: t, id: base64.RawURLEncoding.EncodeToString(raw[:]), peer: peer}
}

// full tells whether there is no room for another session.
func (l *Listener) full() bool {
	return !l.loop.Budget().Admits() || l.options.MaxClients > 0 && len(l.clients) >= l.options.MaxClients
}

// flushLater answers c's poll after the input of this turn is handled.
func (l *Listener) flushLater(c *Client) {
	if c.dirty {
		return
	}
	c.dirty = true
	c.flushNext, l.dirty = l.dirty, c
	if !l.flushTimer.Armed() {
		l.loop.Arm(&l.flushTimer, 0, l)
	}
}

// OnTimer answers the polls that have something to take.
func (l *Listener) OnTimer(*poll.Timer) {
	c := l.dirty
	l.dirty = nil
	for c != nil {
		next := c.flushNext
		c.flushNext, c.dirty = nil, false
		if c.state == clientOpen && c.held > 0 {
			c.answer()
		}
		c = next
	}
}

// enter and leave keep the table of clients.
func (l *Listener) enter(c *Client) {
	l.clients[c.id] = c
	l.log(c, "connected")
	if l.onConnect != nil {
		l.onConnect(c)
	}
}

func (l *Listener) leave(c *Client) {
	if delete(l.clients, c.id); len(l.clients) == 0 {
		l.clients = make(map[string]*Client) // a map does not shrink
	}
	l.log(c, "disconnected")
}

func (l *Listener) log(c *Client, what string) {
	if l.options.Log != nil {
		l.options.Log("Client " + c.id + " " + what + " (" + c.transport.String() + ")")
	}
}
