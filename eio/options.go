package eio

import (
	"errors"
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
)

// Options configure a Server, with the reference's names and defaults. A zero
// field takes the default; switches are named so that false is the default.
type Options struct {
	// Path of the engine on its web server, without the trailing slash. Default
	// "/engine.io".
	Path string
	// NoTrailingSlash is addTrailingSlash: false: the path without its slash is the
	// engine's too.
	NoTrailingSlash bool
	// PingInterval and PingTimeout: a session is closed when nothing came from
	// the client for their sum. Default 25 s and 20 s.
	PingInterval, PingTimeout time.Duration
	// UpgradeTimeout bounds a probe on a WebSocket. Default 10 s.
	UpgradeTimeout time.Duration
	// MaxHTTPBufferSize is the largest message or POST body in bytes, sent to
	// clients as maxPayload. Default 1e6.
	MaxHTTPBufferSize int
	// MaxFragments of one WebSocket message. Default 1024.
	MaxFragments int
	// Transports that may be used. Default polling and websocket.
	Transports []string
	// RefuseUpgrades is allowUpgrades: false.
	RefuseUpgrades bool
	// RefuseEIO3 is allowEIO3: false. Unlike the reference's our default serves
	// clients of 1.x and 2.x.
	RefuseEIO3 bool
	// InitialPacket is a text message that goes out with the handshake.
	InitialPacket string
	// Cors is off when nil.
	Cors *webapp.Cors
	// Cookie with the session id as value is set by the handshake; nil sets none.
	Cookie *webapp.Cookie
	// AllowRequest may refuse a handshake (polling or WebSocket) or an upgrade:
	// it must call decide once, now or in a later turn; the error's text goes to
	// the client with code 4.
	AllowRequest func(req *webapp.Request, decide func(err error))
	// NoHTTPCompression is httpCompression: false. Otherwise polling answers of
	// HTTPCompressionThreshold bytes (default 1024) and more are compressed as
	// the client offers.
	NoHTTPCompression        bool
	HTTPCompressionThreshold int
	// PerMessageDeflate compresses the messages of WebSockets whose clients offer
	// it. Default nil: off, as in the reference's 4.x.
	PerMessageDeflate *Deflate
	// MaxQueuedBytes and MaxQueuedPackets bound what waits for a client that
	// does not poll: beyond the session is closed. From half of it on Send
	// reports Pressure. Default 1 MiB and 4096.
	MaxQueuedBytes, MaxQueuedPackets int
	// MaxSessions refuses handshakes with 503 while so many are open. Default:
	// no bound but the listener's.
	MaxSessions int
	// HandshakeRate is how many sessions may be opened in a second, by all clients
	// together, and HandshakeBurst how many at once. What comes beyond, as when all
	// reconnect after a power cut, gets 503 before anything is made for it, with a
	// Retry-After that spreads them out. Default 200 and 1000; negative is no limit.
	HandshakeRate, HandshakeBurst int
	// HandshakesPerAddress is how many sessions one address may open at once, and in
	// each ten seconds then: beyond is 429. Default 400, a page reload in an office;
	// negative is no limit. The address is webapp's Request.IP.
	HandshakesPerAddress int
	// MaxAddresses are remembered for HandshakesPerAddress, of 60 bytes each while
	// they come. Default 1024.
	MaxAddresses int
	// EventRate is how many packets a client may send in a second, and EventBurst how
	// many at once: messages (an event with two attachments is three), heartbeats,
	// pings and pongs of the WebSocket. ByteRate and ByteBurst are the same for the
	// bytes of frames and POST bodies. From a client beyond nothing is read until it
	// is even again; over polling it waits for the answer to its POST, which is what
	// makes a client wait. Nothing is lost. Default 2000, 4000, 2 MiB and 8 MiB;
	// negative is no limit.
	EventRate, EventBurst int
	ByteRate, ByteBurst   int
	// FloodTimeout ends a session, with TransportError and ErrFlood, that was held
	// back for so long by EventRate without being even in between. Default 30 s, at
	// most 55 s; negative is never.
	FloodTimeout time.Duration
	// MaxEarlyBytes bounds a message or a POST body of a session that is early (see
	// Session.SetEarly) and of a WebSocket that probes. Default 64 KiB.
	MaxEarlyBytes int
	// GenerateID makes session ids. It must never return the same twice, nor
	// anything that can be guessed. Default: 15 random bytes as 20 characters.
	GenerateID func(req *webapp.Request) string
}

// Deflate are the options of compression (RFC 7692). It is without context
// takeover in both directions: one compressor, of 1.2 MB once it is used, serves
// all sessions of a Server, and a session holds nothing for it.
type Deflate struct {
	// Threshold is the size in bytes of a frame's payload below which it goes
	// uncompressed. Default 1024.
	Threshold int
}

func (o Options) withDefaults() (Options, error) {
	set(&o.Path, "/engine.io")
	set(&o.PingInterval, 25*time.Second)
	set(&o.PingTimeout, 20*time.Second)
	set(&o.UpgradeTimeout, 10*time.Second)
	set(&o.MaxHTTPBufferSize, 1e6)
	set(&o.MaxFragments, 1024)
	set(&o.HTTPCompressionThreshold, 1024)
	set(&o.MaxQueuedBytes, 1<<20)
	set(&o.MaxQueuedPackets, 4096)
	set(&o.HandshakeRate, 200)
	set(&o.HandshakeBurst, 1000)
	set(&o.HandshakesPerAddress, 400)
	set(&o.MaxAddresses, 1024)
	set(&o.EventRate, 2000)
	set(&o.EventBurst, 4000)
	set(&o.ByteRate, 2<<20)
	set(&o.ByteBurst, 8<<20)
	set(&o.FloodTimeout, 30*time.Second)
	set(&o.MaxEarlyBytes, 64<<10)
	if o.Transports == nil {
		o.Transports = []string{"polling", "websocket"}
	}
	for _, name := range o.Transports {
		if transportOf(name) == noTransport {
			return o, errors.New("eio: unknown transport " + name)
		}
	}
	if d := o.PerMessageDeflate; d != nil {
		deflate := *d
		set(&deflate.Threshold, 1024)
		o.PerMessageDeflate = &deflate
		if d.Threshold < 0 {
			return o, errors.New("eio: negative option")
		}
	}
	if o.MaxHTTPBufferSize < 0 || o.PingInterval < 0 || o.PingTimeout < 0 || o.UpgradeTimeout < 0 ||
		o.MaxEarlyBytes < 0 {
		return o, errors.New("eio: negative option")
	}
	if o.Cors != nil {
		return o, o.Cors.Check()
	}
	return o, nil
}

func (o *Options) has(t transport) bool { return slices.Contains(o.Transports, t.String()) }

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Status tells how a send went: poll.OK, poll.Pressure, poll.Dropped.
type Status = poll.Status
