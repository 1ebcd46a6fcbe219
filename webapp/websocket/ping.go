package websocket

import (
	"errors"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/ws"
)

// RFC 6455, sections 5.5.2 and 7.1.1: a client that says nothing for PingInterval is pinged, one that goes on for
// PingTimeout is gone, and so is one that does not answer our close frame within CloseTimeout. One timer per channel
// does it: what comes in only leaves its time behind, and the timer looks at it when it falls due, at multiples of a
// grain that channels share.

// What Channel.Err tells besides.
var (
	// ErrSilent: nothing came within PingTimeout of a ping.
	ErrSilent = errors.New("websocket: client is silent")
	// ErrUnanswered: no close frame came within CloseTimeout of ours.
	ErrUnanswered = errors.New("websocket: close frame is not answered")
)

// pingGrain is the multiple of milliseconds at which channels look.
func pingGrain(o Options) int64 { return min(max(o.PingInterval.Milliseconds()/16, 1), 1000) }

// heard notes that something came: it answers a ping, whatever it is.
func (ch *Channel) heard() {
	ch.seen = ch.server.loop.Now()
	if ch.state == channelOpen {
		ch.since = 0
	}
}

// due is when the channel has to do something, in ms.
func (ch *Channel) due() int64 {
	o := &ch.server.options
	switch {
	case ch.state == channelClosing:
		return ch.since + o.CloseTimeout.Milliseconds()
	case ch.since != 0:
		return ch.since + o.PingTimeout.Milliseconds()
	}
	return ch.seen + o.PingInterval.Milliseconds()
}

// look arms the timer. Behind a ping, which was rounded itself, it looks after PingInterval at the latest, since the
// next one is due then if this one is answered.
func (ch *Channel) look() {
	s := ch.server
	if s.options.PingInterval < 0 && ch.state == channelOpen {
		return
	}
	at, now := ch.due(), s.loop.Now()
	switch {
	case ch.state == channelClosing:
	case ch.since != 0:
		at = min(at, now+max(s.options.PingInterval.Milliseconds(), 1))
	default:
		at += s.grain - 1
		at -= at % s.grain
	}
	s.loop.Arm(&ch.timer, time.Duration(at-now)*time.Millisecond, (*clock)(ch))
}

// clock is a channel as what its timer wakes.
type clock Channel

// OnTimer does what is due.
func (c *clock) OnTimer(*poll.Timer) {
	ch := (*Channel)(c)
	now := ch.server.loop.Now()
	switch {
	case now < ch.due():
		ch.look()
	case ch.state == channelClosing:
		ch.fail(0, ErrUnanswered)
	case ch.since != 0:
		ch.conn.Abort(ErrSilent)
		ch.end(ws.StatusAbnormalClosure, "", ErrSilent)
	default:
		ch.since = max(now, 1)
		ch.conn.Commit(ws.AppendHeader(ch.conn.Out(), ws.OpPing, 0))
		ch.look()
	}
}
