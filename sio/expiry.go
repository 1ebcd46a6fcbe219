package sio

import (
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// Tokens that end while their users are connected (Options.DisconnectExpired): each of the client's sockets gets the
// event "eos_expired" with {"reason":"expired"}, then all are disconnected and the connection is closed. The client
// fetches a new token and connects again, which is a handshake that is verified like any other.

// expiredEvent tells a client why it is about to be disconnected.
const expiredEvent = "eos_expired"

// expiryGrain is by how much an end may be noticed too late, and expiryLook how often the wall clock is looked at: it
// may be set while nobody's timer notices.
const (
	expiryGrain = time.Second
	expiryLook  = time.Minute
)

// expiries are the clients whose tokens end, under one timer.
type expiries struct {
	srv     *Server
	timer   poll.Timer
	armed   int64             // unix ms that the timer stands for
	clients map[*Client]int64 // unix ms of the token's end
}

// watch notes a client whose token ends.
func (x *expiries) watch(c *Client) {
	info := c.conn.EOS()
	if info == nil || info.Expires.IsZero() {
		return
	}
	at := info.Expires.UnixMilli()
	if x.clients == nil {
		x.clients = make(map[*Client]int64)
	}
	if x.clients[c] = at; !x.timer.Armed() || at < x.armed {
		x.arm(at)
	}
}

// forget is called when a client is gone.
func (x *expiries) forget(c *Client) {
	if delete(x.clients, c); len(x.clients) == 0 {
		x.clients = nil // maps do not shrink
		x.srv.loop.Disarm(&x.timer)
	}
}

// arm sets the timer to the next end, rounded up so that ends near each other are one.
func (x *expiries) arm(at int64) {
	wait := max(time.Duration(at-x.srv.loop.Time().UnixMilli())*time.Millisecond, 0)
	wait = min((wait+expiryGrain)/expiryGrain*expiryGrain, expiryLook)
	x.armed = at
	x.srv.loop.Arm(&x.timer, wait, x)
}

// OnTimer ends those whose time is over.
func (x *expiries) OnTimer(*poll.Timer) {
	now := x.srv.loop.Time().UnixMilli()
	var over []*Client
	next := int64(0)
	for c, at := range x.clients {
		if at <= now {
			over = append(over, c)
		} else if next == 0 || at < next {
			next = at
		}
	}
	for _, c := range over {
		c.expire()
	}
	if next != 0 && len(x.clients) > 0 && !x.timer.Armed() {
		x.arm(next)
	}
}

// expire tells the client's sockets that the token has ended, and disconnects them.
func (c *Client) expire() {
	for _, s := range c.Sockets() {
		s.tell1(expiredEvent, &eos.VerifyError{Reason: eos.ReasonExpired})
	}
	c.disconnect()
}
