package v06

import (
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// Options configure a Listener, with the old server's names and defaults. A zero
// field takes the default.
type Options struct {
	// Resource is the first part of the path. Default "socket.io".
	Resource string
	// Origins whose pages may connect, as "host:port"; "*" stands for any host or
	// any port. Default "*:*": every page may. Where origins are named, answers
	// may carry cookies, a websocket needs an Origin header, and jsonp-polling,
	// whose requests have none, needs a Referer.
	Origins []string
	// Transports that may be used. Default: all.
	Transports []string
	// TransportOptions by the name of the transport.
	TransportOptions map[string]TransportOptions
	// FlashPolicyServer is the address of a second listener that hands out the
	// policy file for flashsocket, ":843" where Flash asks first. Default: none;
	// Flash then asks on the app's port and is answered there.
	FlashPolicyServer string
	// Log gets a line for each client that comes and goes. Default: nobody. What
	// peers do wrong is in the app's own log.
	Log func(line string)
	// ClientFS is the folder of the 0.6 client: socket.io.js, and for flashsocket
	// lib/vendor/web-socket-js/WebSocketMain.swf. It takes /<resource>/socket.io.js,
	// also from package sio. Default: no files are served.
	ClientFS fs.FS
	// AllowRequest may refuse a new session (401). The request is valid until it
	// returns.
	AllowRequest func(req *webapp.Request) bool

	// MaxMessageBytes bounds a batch from a client: a POST body, a WebSocket
	// message or a frame. Default 1e6.
	MaxMessageBytes int
	// MaxBatch bounds the messages in it. Default 4096.
	MaxBatch int
	// MaxHeldBytes and MaxHeldMessages bound what waits for a client without a
	// connection, which is disconnected beyond. From half of it on Send reports
	// Pressure. Default 1 MiB and 4096.
	MaxHeldBytes, MaxHeldMessages int
	// MaxClients refuses more sessions with 503. Default: no bound but the app's.
	MaxClients int
}

// TransportOptions are the times of one transport. A zero field takes the
// default.
type TransportOptions struct {
	// Timeout is how long the client may take to echo a heartbeat. Default 8 s.
	// Polling has no heartbeat.
	Timeout time.Duration
	// CloseTimeout is how long a session outlives its connection: the time that
	// the client has for its next poll. Default 8 s for polling, else none.
	CloseTimeout time.Duration
	// HeartbeatInterval is the time from one echo to the next heartbeat. Default
	// 10 s.
	HeartbeatInterval time.Duration
	// Duration is how long a poll stands. Default 20 s.
	Duration time.Duration
}

// Status tells how a send went: poll.OK, poll.Pressure, poll.Dropped.
type Status = poll.Status

func (o Options) withDefaults() (Options, error) {
	set(&o.Resource, "socket.io")
	set(&o.MaxMessageBytes, 1e6)
	set(&o.MaxBatch, 4096)
	set(&o.MaxHeldBytes, 1<<20)
	set(&o.MaxHeldMessages, 4096)
	if o.Origins == nil {
		o.Origins = []string{"*:*"}
	}
	if o.Transports == nil {
		o.Transports = transportNames[:]
	}
	if strings.ContainsAny(o.Resource, "/?#%\\") {
		return o, errors.New("v06: resource " + o.Resource + " is not one part of a path")
	}
	if o.MaxMessageBytes < 0 || o.MaxBatch < 0 || o.MaxHeldBytes < 0 || o.MaxHeldMessages < 0 || o.MaxClients < 0 {
		return o, errors.New("v06: negative limit")
	}
	return o, nil
}

// times are the times of every transport.
func (o *Options) times() (times [transports]TransportOptions, err error) {
	for t := range transports {
		times[t] = t.defaults()
	}
	for name, given := range o.TransportOptions {
		t, ok := transportOf(name)
		if !ok {
			return times, errTransport(name)
		}
		if min(given.Timeout, given.CloseTimeout, given.HeartbeatInterval, given.Duration) < 0 {
			return times, errors.New("v06: negative time for " + name)
		}
		fallback := times[t]
		set(&given.Timeout, fallback.Timeout)
		set(&given.CloseTimeout, fallback.CloseTimeout)
		set(&given.HeartbeatInterval, fallback.HeartbeatInterval)
		set(&given.Duration, fallback.Duration)
		times[t] = given
	}
	return times, nil
}

func errTransport(name string) error { return errors.New("v06: unknown transport " + name) }

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
