package v06

import (
	"strconv"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A session has one timer. What it means:
//
//	away            CloseTimeout: no connection came
//	open, polls     Duration: the poll is answered although there is nothing
//	open, awaiting  Timeout: the heartbeat was not echoed
//	open, else      HeartbeatInterval: the next heartbeat is due

// startTimes arms the timer of a connection that has just opened.
func (c *Client) startTimes() {
	times := &c.listener.times[c.transport]
	c.awaiting = false
	d := times.HeartbeatInterval
	if c.transport.polls() {
		d = times.Duration
	}
	c.listener.loop.Arm(&c.timer, d, c)
}

// echoed takes the echo of a heartbeat; one of an old number is nothing.
func (c *Client) echoed(n string) {
	if c.state == clientOpen && c.awaiting && n == strconv.Itoa(c.beats) {
		c.startTimes()
	}
}

// OnTimer is the deadline of the present state.
func (c *Client) OnTimer(*poll.Timer) {
	switch {
	case c.state == clientAway:
		c.end(0)
	case c.transport.polls():
		c.answer()
	case c.awaiting:
		c.silent()
	default:
		c.beats++
		c.awaiting = true
		c.listener.loop.Arm(&c.timer, c.listener.times[c.transport].Timeout, c)
		c.deliver(beat(c.beats))
	}
}

// silent gives up the connection of a client that does not echo. The session may
// come back on another, if CloseTimeout lets it.
func (c *Client) silent() {
	if k := c.link; k != nil {
		c.link = nil
		k.shut(ws.StatusPolicyViolation)
	}
	if res := c.res; res != nil {
		c.res = nil
		res.Drop()
	}
	c.lost()
}
