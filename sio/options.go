package sio

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/webapp"
)

// Options configure a Server. The names are those of the reference's options in Go's spelling, and so are the defaults
// unless a line says otherwise; a zero field is its default. The options of the engine stand here flat: each field of
// eio.Options has a field of the same name and type (a test compares them).
type Options struct {
	// Path under which clients connect and fetch the browser bundle; slashes around it do not matter. Default
	// "/socket.io".
	Path string
	// NoServeClient is the reference's serveClient: false.
	NoServeClient bool
	// ClientFS has the files that browsers load (socket.io.js and its kin, and VERSION). Default is the bundle that
	// make puts into the binary.
	ClientFS fs.FS
	// ConnectTimeout is the time for a client to join its first namespace. Default 45 s.
	ConnectTimeout time.Duration
	// CleanupEmptyChildNamespaces removes a child of a dynamic namespace when its last socket left. Without it an empty
	// child is removed only when MaxChildNamespaces are reached.
	CleanupEmptyChildNamespaces bool
	// Adapter makes the adapter of each namespace. Default NewMemoryAdapter.
	Adapter func(*Namespace) Adapter

	// ConnectionStateRecovery lets lost sockets come back; nil is off.
	ConnectionStateRecovery *ConnectionStateRecovery
	// Parser is the wire form of packets. Default is socket.io-parser's; see package sio/msgpack for the other one.
	Parser Parser

	// What one client may use. Defaults: 10 attachments of a packet; 4 times MaxHTTPBufferSize for the bytes of one
	// binary packet; 512 bytes of a namespace, event or room name; 16 kB of an auth payload; 65536 values in an argument
	// that Bind and Any decode; 64 namespaces; 1024 rooms of a socket; 1024 outstanding acks of a socket.
	MaxAttachments         int
	MaxBinaryBytes         int
	MaxNameBytes           int
	MaxAuthBytes           int
	MaxElements            int
	MaxNamespacesPerClient int
	MaxRoomsPerSocket      int
	MaxPendingAcks         int
	// ConnectRate is how many CONNECT packets a client may send in a second, and ConnectBurst how many at once: a client
	// that sends more is disconnected. Default 10 and twice MaxNamespacesPerClient; negative is no limit.
	ConnectRate, ConnectBurst int
	// JoinRate is how many rooms a socket may be brought into in a second, and JoinBurst how many at once: beyond,
	// Socket.Join returns ErrJoinRate. Default 500 and twice MaxRoomsPerSocket; negative is no limit.
	JoinRate, JoinBurst int
	// MaxChildNamespaces is the number of namespaces that clients may bring to life through OfFunc and OfRegexp.
	// Default 1024.
	MaxChildNamespaces int
	// MaxReconstructionBytes is the memory for binary packets of all clients that are not complete yet. Default 16 MB.
	MaxReconstructionBytes int

	// Origins is 2.x's: scheme://host:port, host:port, host:* or *:port of those who may connect, several in a string with
	// blanks. It refuses a handshake with code 4; Cors decides what a browser may read. Empty is all, as *:*.
	Origins []string
	// OriginFunc decides instead of Origins, now or in a later turn. Without an Origin header it gets the Referer.
	OriginFunc func(origin string, decide func(ok bool))

	// Policy says which group may join which namespace and room, emit and receive which event; see policy.go for what
	// happens to the others. Nil lets everybody do everything.
	Policy *eos.Policy
	// Accounts knows the groups of users. Default: those of the app's EOSOptions; everybody is a guest without.
	Accounts eos.Accounts
	// DisconnectExpired disconnects clients when the token that they were verified by ends, up to a second late: each
	// socket gets the event "eos_expired" first.
	DisconnectExpired bool

	// The engine's options, see eio.Options.
	PingInterval, PingTimeout        time.Duration
	UpgradeTimeout                   time.Duration
	MaxHTTPBufferSize                int
	MaxFragments                     int
	Transports                       []string
	RefuseUpgrades                   bool
	NoTrailingSlash                  bool
	InitialPacket                    string
	RefuseEIO3                       bool
	Cors                             *webapp.Cors
	Cookie                           *webapp.Cookie
	AllowRequest                     func(req *webapp.Request, decide func(err error))
	NoHTTPCompression                bool
	HTTPCompressionThreshold         int
	PerMessageDeflate                *eio.Deflate
	MaxQueuedBytes, MaxQueuedPackets int
	MaxSessions                      int
	HandshakeRate, HandshakeBurst    int
	HandshakesPerAddress             int
	MaxAddresses                     int
	EventRate, EventBurst            int
	ByteRate, ByteBurst              int
	FloodTimeout                     time.Duration
	// MaxEarlyBytes bounds in sum, too, what a client may send before it is in a namespace. Default here is 4 times
	// MaxAuthBytes.
	MaxEarlyBytes int
	GenerateID    func(req *webapp.Request) string
}

// withDefaults fills the zero fields.
func (o Options) withDefaults() (Options, error) {
	if o.Path = strings.TrimRight(o.Path, "/"); o.Path == "" {
		o.Path = "/socket.io"
	} else if o.Path[0] != '/' {
		o.Path = "/" + o.Path
	}
	set(&o.ConnectTimeout, 45*time.Second)
	set(&o.MaxHTTPBufferSize, 1e6)
	set(&o.MaxAttachments, 10)
	set(&o.MaxBinaryBytes, 4*o.MaxHTTPBufferSize)
	set(&o.MaxNameBytes, 512)
	set(&o.MaxAuthBytes, 16<<10)
	set(&o.MaxEarlyBytes, 4*o.MaxAuthBytes)
	set(&o.MaxElements, 1<<16)
	set(&o.MaxNamespacesPerClient, 64)
	set(&o.MaxRoomsPerSocket, 1024)
	set(&o.MaxPendingAcks, 1024)
	set(&o.ConnectRate, 10)
	set(&o.ConnectBurst, 2*o.MaxNamespacesPerClient)
	set(&o.JoinRate, 500)
	set(&o.JoinBurst, 2*o.MaxRoomsPerSocket)
	set(&o.MaxChildNamespaces, 1024)
	set(&o.MaxReconstructionBytes, 16<<20)
	o.guardOrigins()
	if o.ConnectionStateRecovery != nil {
		r, err := o.ConnectionStateRecovery.withDefaults()
		if err != nil {
			return o, err
		}
		o.ConnectionStateRecovery = r
	}
	if o.Adapter == nil {
		o.Adapter = func(ns *Namespace) Adapter { return NewMemoryAdapter(ns) }
	}
	if o.ClientFS == nil {
		o.ClientFS = bundle()
	}
	for _, n := range []int{o.MaxAttachments, o.MaxBinaryBytes, o.MaxNameBytes, o.MaxAuthBytes, o.MaxElements,
		o.MaxNamespacesPerClient, o.MaxRoomsPerSocket, o.MaxPendingAcks, o.MaxChildNamespaces,
		o.MaxReconstructionBytes, o.MaxEarlyBytes} {
		if n < 0 || o.ConnectTimeout < 0 {
			return o, errors.New("sio: negative option")
		}
	}
	if o.MaxAttachments > 1<<16 {
		return o, errors.New("sio: MaxAttachments is above 65536")
	}
	return o, nil
}

// engine returns the engine's part of the options.
func (o *Options) engine() eio.Options {
	var e eio.Options
	from, to := reflect.ValueOf(o).Elem(), reflect.ValueOf(&e).Elem()
	for i := range to.NumField() {
		if f := from.FieldByName(to.Type().Field(i).Name); f.IsValid() {
			to.Field(i).Set(f)
		}
	}
	return e
}

// set gives a zero field its default.
func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
