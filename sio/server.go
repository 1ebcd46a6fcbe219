package sio

import (
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/edgesio/edgesio/eio"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/rate"
)

// Server is a Socket.IO server on an app's HTTP server, and the main namespace "/" of itself: io.OnConnection, io.Use,
// io.On, io.Emit and io.To are those of the embedded Namespace. Loop's goroutine only, as everything of this package.
type Server struct {
	*Namespace

	opts   Options
	loop   *poll.Loop
	engine *eio.Server
	log    *webapp.LogLimiter
	limits limits
	// translate is nil with the default parser.
	translate *translate
	history   *history  // nil without connection state recovery
	expiries  *expiries // nil unless Options.DisconnectExpired
	counts    counts
	connects  rate.Rate  // of a client
	joins     rate.Rate  // of a socket
	permits   *eos.Guard // of the app

	namespaces map[string]*Namespace
	parents    []*Namespace // dynamic namespaces
	childCount int
	clients    int
	clients4   int // of them those of protocol 4

	scan      scanner
	enc       encoder
	event     *Event // spare
	none      Event  // what AckFuncs get with an error
	pool      assemblies
	spare     *wait
	spares    int
	raw       [15]byte  // scratch for an id
	ended     []ending  // clients whose session ended while something was being sent
	delay     *deadline // spare ones
	delays    int
	closed    bool
	drain     *drain       // once Drain was called
	debug     *debugger    // nil while no scope is on
	logger    *slog.Logger // of debug output
	late      []*Socket    // those that hold Latest values
	lateTimer poll.Timer

	closing        error // description of the end that disconnect handlers are being told of
	onError        func(*Socket, error)
	onRefuse       func(*Client, error)
	onNewNamespace func(*Namespace)
	onDenied       func(*Client, *Socket, *eos.PolicyError)
	outgoing       bool // somebody listens to outgoing events
}

// ending is a session's end that waits until the packet in hand is sent.
type ending struct {
	client *Client
	reason Reason
	desc   error
}

// New makes a server that serves the paths below Options.Path of an app, the browser bundle among them.
func New(app *webapp.App, opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	web := app.Server()
	if o := web.EOS(); opts.Accounts == nil && o != nil {
		opts.Accounts = o.Accounts
	}
	if len(opts.Origins) > 0 || opts.OriginFunc != nil {
		if err := web.Guard().Check(eos.ServerOrigins); err != nil {
			return nil, err
		}
	}
	engine, err := eio.Attach(app.Loop(), web, opts.engine())
	if err != nil {
		return nil, err
	}
	srv := &Server{
		opts:    opts,
		loop:    app.Loop(),
		engine:  engine,
		log:     web.Log(),
		permits: web.Guard(),
		limits: limits{attachments: opts.MaxAttachments, nameBytes: opts.MaxNameBytes,
			namespaceBytes: opts.MaxNameBytes + opts.MaxAuthBytes},
		connects:   rate.New(opts.ConnectRate, time.Second, opts.ConnectBurst),
		joins:      rate.New(opts.JoinRate, time.Second, opts.JoinBurst),
		namespaces: make(map[string]*Namespace),
		pool: assemblies{limit: opts.MaxReconstructionBytes, each: opts.MaxBinaryBytes,
			budget: app.Loop().Budget()},
	}
	if opts.Parser != nil {
		srv.translate = &translate{parser: opts.Parser}
	}
	if opts.ConnectionStateRecovery != nil {
		srv.history = newHistory(srv.loop, opts.ConnectionStateRecovery)
		srv.loop.Budget().OnTight(srv.history.shed)
	}
	if opts.DisconnectExpired {
		srv.expiries = &expiries{srv: srv}
	}
	srv.Namespace = srv.newNamespace("/", nil)
	srv.namespaces["/"] = srv.Namespace
	engine.OnConnection(srv.onSession)
	engine.OnError(srv.engineFailed)
	engine.Permit(func(api eos.API) bool { return srv.may(nil, api) })
	srv.mount(web)
	if list := debugFromEnvironment(); list != "" {
		srv.Debug(list)
	}
	return srv, nil
}

// mount serves the files for browsers.
func (srv *Server) mount(web *webapp.Server) {
	if !srv.opts.NoServeClient {
		files := newClientFiles(srv.opts.ClientFS, srv.opts.Path+"/", srv.engine.Handle)
		web.HandleOpen(srv.opts.Path+"/socket.io", files.handle)
	}
}

// Engine is the Engine.IO server below.
func (srv *Server) Engine() *eio.Server { return srv.engine }

// Loop is the loop that the server runs on.
func (srv *Server) Loop() *poll.Loop { return srv.loop }

// Options are the options in force, defaults filled in.
func (srv *Server) Options() Options { return srv.opts }

// Path is the path under which clients connect.
func (srv *Server) Path() string {
	if !srv.may(nil, eos.ServerPath) {
		return ""
	}
	return srv.opts.Path
}

// OnError calls fn with faults of the program: a *PanicError of a handler, or a value that could not be emitted. The
// socket is nil when the fault belongs to none. Without it they are logged, at most one line every five seconds.
func (srv *Server) OnError(fn func(s *Socket, err error)) { srv.onError = fn }

// OnRefuse calls fn with clients that are about to be disconnected because they broke the protocol, and with why.
// Without it they are logged, at most one line every five seconds.
func (srv *Server) OnRefuse(fn func(c *Client, err error)) { srv.onRefuse = fn }

// OnNewNamespace calls fn with each namespace that is made, before anybody is in it, after the functions that were set
// before.
func (srv *Server) OnNewNamespace(fn func(*Namespace)) {
	first := srv.onNewNamespace
	if first == nil {
		srv.onNewNamespace = fn
		return
	}
	srv.onNewNamespace = func(ns *Namespace) {
		first(ns)
		fn(ns)
	}
}

// Close disconnects everybody with "server shutting down" and refuses new clients. The app is not stopped. Closing
// again does nothing. done are called in a later turn, when everybody was told.
func (srv *Server) Close(done ...func()) {
	if !srv.may(nil, eos.ServerClose) {
		return
	}
	for _, fn := range done {
		srv.loop.After(0, fn)
	}
	if srv.closed {
		return
	}
	srv.loop.Disarm(&srv.lateTimer)
	srv.forgetLate()
	srv.closed = true
	srv.engine.Close()
	if srv.drain != nil {
		srv.drain.over()
	}
	for _, ns := range srv.namespaces {
		ns.closeAdapter()
	}
}

// open starts a packet for a namespace. It must be ended with done. A marshaler that emits while its value is being
// emitted gets an encoder of its own.
func (srv *Server) open(wire string) *encoder {
	enc := &srv.enc
	var scratch []byte
	if enc.busy {
		enc = new(encoder)
	} else {
		scratch = srv.loop.Scratch()
	}
	enc.begin(scratch, wire)
	return enc
}

// done ends a packet, and tells the clients whose session did not survive it: users' code never runs in the middle of
// sending.
func (srv *Server) done(enc *encoder) {
	if enc != &srv.enc {
		enc.reset()
		return
	}
	srv.loop.SetScratch(enc.buf)
	enc.reset()
	for len(srv.ended) > 0 && !enc.busy {
		x := srv.ended[0]
		srv.ended[0] = ending{}
		if srv.ended = srv.ended[1:]; len(srv.ended) == 0 {
			srv.ended = nil
		}
		x.client.onClose(x.reason, x.desc)
	}
}

// takeEvent returns an event to fill; putEvent gives it back. One is enough, except while a middleware holds it.
func (srv *Server) takeEvent() *Event {
	e := srv.event
	srv.event = nil
	if e == nil {
		e = new(Event)
	}
	return e
}

func (srv *Server) putEvent(e *Event) {
	e.release()
	srv.event = e
}

// socketID makes the id of a socket: random for protocol 5, derived from the engine's for protocol 4.
func (srv *Server) socketID(s *Socket) string {
	if !s.client.proto4 {
		var id [20]byte
		srv.loop.Random(srv.raw[:])
		base64.RawURLEncoding.Encode(id[:], srv.raw[:])
		return string(id[:])
	}
	if s.ns.wire == "" {
		return s.client.conn.ID()
	}
	return s.ns.name + "#" + s.client.conn.ID()
}
