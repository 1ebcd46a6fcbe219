package websocket

import (
	"errors"
	"time"

	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// Options configure a Server. A zero field takes the default.
type Options struct {
	// Protocols are the subprotocols that are served, the best first: the first one that the client offers too is
	// chosen, and none if there is none. Default: the one that the client likes best.
	Protocols []string
	// Cors says from which origins browsers may connect: others get 403. Default nil: from all.
	Cors *webapp.Cors
	// Verify may refuse a request that is in order otherwise: it must call decide once, now or in a later turn. A
	// [webapp.Error] is the answer; any other error is a 403 with its text. Default nil: none is refused.
	Verify func(req *webapp.Request, decide func(err error))
	// PerMessageDeflate compresses messages for clients that offer it. Default nil: off.
	PerMessageDeflate *Deflate
	// MaxMessageBytes is the largest message taken, over all of its fragments and inflated (close code 1009). Default
	// 1,000,000.
	MaxMessageBytes int
	// MaxFragments of one message (1009). Default 1024.
	MaxFragments int
	// MaxQueuedBytes that may wait for one client: one that has more is dropped with poll.ErrOverflow. Default: the
	// poll.Limits of the listener alone, which tell when to hold back.
	MaxQueuedBytes int
	// MaxChannels answers further requests with 503. Default: no bound but the listener's.
	MaxChannels int
	// PingInterval is how long a client may be silent before it is pinged, PingTimeout how long it may stay so then;
	// both up to a second more, so that channels share their wake-ups. Default 25 s and 20 s; a negative PingInterval
	// pings nobody.
	PingInterval, PingTimeout time.Duration
	// CloseTimeout is how long Close waits for the client's close frame. Default 5 s.
	CloseTimeout time.Duration
	// OnError is told of panics in handlers, whose channel is closed with code 1011, and of calls that the permission
	// matrix denies. Default: a log line, at most one in 5 s.
	OnError func(err error)
}

// Deflate are the options of compression (RFC 7692). It is without context takeover in both directions: one
// compressor, of 1.2 MB once it is used, serves all channels of a Server, and a channel holds nothing for it.
type Deflate struct {
	// Threshold is the size in bytes of a message below which it goes uncompressed. Default 1024.
	Threshold int
}

func (o Options) withDefaults() (Options, error) {
	set(&o.MaxMessageBytes, ws.DefaultMessageBytes)
	set(&o.MaxFragments, ws.DefaultFragments)
	set(&o.PingInterval, 25*time.Second)
	set(&o.PingTimeout, 20*time.Second)
	set(&o.CloseTimeout, 5*time.Second)
	if d := o.PerMessageDeflate; d != nil {
		deflate := *d
		set(&deflate.Threshold, 1024)
		o.PerMessageDeflate = &deflate
		if d.Threshold < 0 {
			return o, errNegative
		}
	}
	if min(o.MaxMessageBytes, o.MaxFragments, o.MaxQueuedBytes, o.MaxChannels) < 0 ||
		min(o.PingTimeout, o.CloseTimeout) < 0 {
		return o, errNegative
	}
	if o.Cors != nil {
		return o, o.Cors.Check()
	}
	return o, nil
}

var errNegative = errors.New("websocket: negative option")

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
