package webapp

import (
	"io/fs"
	"log/slog"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// Options bound what a Server accepts and holds. A zero field takes the default.
type Options struct {
	// MaxURIBytes bounds the request target (414). Default 8 KiB.
	MaxURIBytes int
	// MaxHeadBytes bounds request line and header fields together (431); at most
	// 65535. Default 16 KiB.
	MaxHeadBytes int
	// MaxHeaders bounds the number of header fields (431). Default 100.
	MaxHeaders int
	// MaxCookies bounds the cookies of a request (431), MaxQueryParams the parameters
	// of its query (400). Default 100 and 256; negative is what fits the bytes above.
	MaxCookies, MaxQueryParams int
	// Rate is how many connections and requests, of both together, one address may
	// begin in a second, and Burst how many at once. A connection beyond is closed, a
	// request answered with 429, Retry-After, and the end of its connection. Default
	// 1000 and 4000: an office behind one address. Behind a proxy that the setting
	// "trust proxy" names, the addresses count that it forwards; of one that it does
	// not name all peers are one. Negative is no limit. Connections are counted by
	// App's listener only, requests of sessions that poll by nobody (HandleSessions).
	Rate, Burst int
	// MaxConnsPerAddress closes further ones of an address at once, WebSockets and
	// all. Default 512; negative is no limit, and so it is for trusted proxies.
	MaxConnsPerAddress int
	// MaxAddresses without connections are remembered for Rate. Default 1024, of 60
	// bytes each, while they come.
	MaxAddresses int
	// MaxBodyBytes bounds what Content-Length may declare before a handler is
	// called (413); each ReadBody and StreamBody has its own limit below. Default
	// 16 MiB; negative is no bound, for bodies that are streamed.
	MaxBodyBytes int
	// MaxUploadBytes bounds what is held of bodies that are not complete, for all
	// connections together; the one that passes it is refused (503). The loop's
	// budget (poll.Options.MemoryBytes) is asked beside it. Default 32 MiB.
	MaxUploadBytes int
	// DrainBytes of a body that no handler wants are read and dropped to keep the
	// connection; with more left it is closed. Default 64 KiB.
	DrainBytes int
	// IdleTimeout closes a connection without a request, HeadTimeout bounds a
	// request head from its first byte on (408), BodyTimeout the body from the
	// call of ReadBody on (408). Default 30 s, 10 s, 30 s.
	IdleTimeout, HeadTimeout, BodyTimeout time.Duration
	// FirstByteTimeout closes a connection that says nothing at all after it was
	// accepted, TLS handshake included. Default 15 s: longer than that handshake may
	// take, and than browsers keep the connections that they open on suspicion;
	// negative is IdleTimeout.
	FirstByteTimeout time.Duration
	// MinBodyRate is how many bytes a second a peer must send of a streamed body in
	// each BodyTimeout (408); below, a slow peer would hold the exchange for as long
	// as it likes. Default 500; negative is any byte at all.
	MinBodyRate int
	// Secure says that peers speak TLS to what stands in front of the listener;
	// Request.Secure reports it.
	Secure bool
	// TLS makes App's listener speak TLS: a tlsconn.Server. Secure is then true.
	TLS TLS
	// Root is what Response.SendFile serves from. Default: the working directory.
	Root fs.FS
	// OnError is told of panics in handlers and of errors that no ErrorHandler
	// took. Default: a log line, at most one in 5 s.
	OnError func(err error)
	// Mode is the platform's mode of the process, eos.UserMode by default, and Matrix
	// says what may be called in it; the default is the platform's, which lets the
	// APIs of the web be called in both. What is denied has no effect.
	Mode   eos.Mode
	Matrix *eos.Matrix
	// EOS says how requests are identified and which must be; nil is not at all.
	EOS *EOSOptions
	// Logger gets the few lines that webapp writes. Default slog.Default().
	Logger *slog.Logger
	// Listen has the socket options of App's listener; Network, Address,
	// Accept and Released are set by App.
	Listen poll.ListenOptions
}

func (o Options) withDefaults() Options {
	o.Secure = o.Secure || o.TLS != nil
	set(&o.MaxURIBytes, 8<<10)
	set(&o.MaxHeadBytes, 16<<10)
	set(&o.MaxHeaders, 100)
	set(&o.MaxCookies, 100)
	set(&o.MaxQueryParams, 256)
	set(&o.Rate, 1000)
	set(&o.Burst, 4000)
	set(&o.MaxConnsPerAddress, 512)
	set(&o.MaxAddresses, 1024)
	set(&o.MaxBodyBytes, 16<<20)
	set(&o.MaxUploadBytes, 32<<20)
	set(&o.MinBodyRate, 500)
	set(&o.DrainBytes, 64<<10)
	set(&o.IdleTimeout, 30*time.Second)
	set(&o.HeadTimeout, 10*time.Second)
	set(&o.BodyTimeout, 30*time.Second)
	set(&o.FirstByteTimeout, 15*time.Second)
	if o.FirstByteTimeout < 0 {
		o.FirstByteTimeout = o.IdleTimeout
	}
	if o.EOS != nil {
		o.EOS = o.EOS.withDefaults()
	}
	o.MaxHeadBytes = min(o.MaxHeadBytes, 1<<16-1) // marks have 16 bits
	o.MaxURIBytes = min(o.MaxURIBytes, o.MaxHeadBytes-lineSlack)
	return o
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
