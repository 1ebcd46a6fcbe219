package admin

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
)

// Credentials are what somebody typed into the page, and where from.
type Credentials struct {
	User, Password string
	Addr           netip.Addr
}

// Options configure the namespace. Auth must be set, a zero field is its default.
type Options struct {
	// Namespace is its name. Default "/admin", which is what the page asks for.
	Namespace string
	// Auth decides who may look, and calls decide once, now or in a later turn: a password is slow to check on purpose,
	// so that is Loop.Go's. It bounds how often an address may guess. It is asked once per sign-in: later the page shows
	// the id of its session.
	Auth func(c Credentials, decide func(ok bool))
	// Development sends sockets, rooms and events too; see the package's comment for what that costs.
	Development bool
	// ServerID tells servers apart that one page looks at. Default the name of the host.
	ServerID string
	// SessionTime is how long a sign-in holds. Default 24 h. MaxSessions are remembered, the oldest goes first; default
	// 64.
	SessionTime time.Duration
	MaxSessions int
	// MaxViewers may look at a time. Default 4.
	MaxViewers int
	// MaxSockets are told of when somebody begins to look. Default 1000.
	MaxSockets int
	// MaxEventBytes of the arguments of one event are shown, in JSON. Default 1024.
	MaxEventBytes int
	// Hide names headers and parameters of queries whose values are not shown, beside authorization, cookie,
	// proxy-authorization, edger-token, edger-srand, token and access_token. Case does not matter.
	Hide []string
	// Data is what is shown as the data of a socket: anything that encoding/json takes. Default {}: Socket.Data is the
	// program's and may hold secrets.
	Data func(s *sio.Socket) any
}

func (o Options) withDefaults() (Options, error) {
	set(&o.Namespace, "/admin")
	set(&o.SessionTime, 24*time.Hour)
	set(&o.MaxSessions, 64)
	set(&o.MaxViewers, 4)
	set(&o.MaxSockets, 1000)
	set(&o.MaxEventBytes, 1024)
	if o.Auth == nil {
		return o, errors.New("admin: Options.Auth is not set: who may look?")
	}
	if o.SessionTime < 0 || min(o.MaxSessions, o.MaxViewers, o.MaxSockets, o.MaxEventBytes) < 0 {
		return o, errors.New("admin: negative option")
	}
	o.Hide = append(slices.Clone(o.Hide), secrets...)
	return o, nil
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Admin is the namespace. Loop's goroutine only.
type Admin struct {
	io       *sio.Server
	ns       *sio.Namespace
	loop     *poll.Loop
	options  Options
	sessions sessions
	viewers  []*viewer
	watched  map[*sio.Namespace][]sio.Listener // while somebody looks in development mode
	feed     feed
	flush    poll.Timer // of the feed
	beat     poll.Timer // of server_stats
	status   status
	stats    Stats
}

// Stats are who looks now, and counters since New.
type Stats struct {
	Viewers, Sessions int
	SignIns, Wrong    uint64 // right and wrong passwords
	Refused           uint64 // commands, and viewers above MaxViewers
	Dropped           uint64 // events that were not shown, since more happened than the page takes
	Omitted           uint64 // sockets beyond MaxSockets
	Resyncs           uint64 // how often sockets were told anew
}

// viewer is a page that looks.
type viewer struct {
	socket  *sio.Socket
	next    uint64        // the number of the next entry of the feed
	stale   bool          // what it shows of sockets is not true any more
	pending []*sio.Socket // still to be told
}

// New opens the namespace.
func New(io *sio.Server, o Options) (*Admin, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	set(&o.ServerID, host)
	a := &Admin{io: io, ns: io.Of(o.Namespace), loop: io.Loop(), options: o}
	a.status = status{host: host, started: a.loop.Now()}
	a.sessions = sessions{limit: o.MaxSessions, hold: o.SessionTime.Milliseconds()}
	a.ns.Use(a.admit)
	a.ns.OnConnection(a.enter)
	a.ns.OnDisconnect(func(s *sio.Socket, _ sio.Reason) { a.leave(s) })
	a.ns.OnAny(func(*sio.Event) { a.stats.Refused++ }) // no handler: nothing happens
	io.OnNewNamespace(func(ns *sio.Namespace) {
		if a.watched != nil {
			a.watch(ns)
		}
	})
	return a, nil
}

// Namespace is the namespace that the page joins.
func (a *Admin) Namespace() *sio.Namespace { return a.ns }

// Stats tells the counters.
func (a *Admin) Stats() Stats {
	s := a.stats
	s.Viewers, s.Sessions = len(a.viewers), a.sessions.len()
	return s
}

// SignOut ends all sessions and disconnects who looks: everybody must sign in again. It is for when those who may look
// have changed.
func (a *Admin) SignOut() {
	a.sessions.clear()
	for _, v := range slices.Clone(a.viewers) {
		v.socket.Disconnect(false)
	}
}

// enter greets a page that was let in.
func (a *Admin) enter(s *sio.Socket) {
	if len(a.viewers) >= a.options.MaxViewers {
		a.stats.Refused++
		s.Disconnect(false)
		return
	}
	v := &viewer{socket: s, next: a.feed.end(), stale: a.options.Development}
	a.viewers = append(a.viewers, v)
	if id, ok := s.Data.(string); ok {
		s.Emit("session", id)
	}
	features := []string{"AGGREGATED_EVENTS"}
	if a.options.Development {
		features = append(features, "ALL_EVENTS")
	}
	s.Emit("config", map[string]any{"supportedFeatures": features})
	if len(a.viewers) == 1 {
		a.status.begin(a)
		if a.options.Development {
			a.begin()
		}
	}
	s.Volatile().Emit("server_stats", json.RawMessage(a.status.describe(a, nil)))
	a.wake()
}

// leave forgets a page; with the last one the listeners go.
func (a *Admin) leave(s *sio.Socket) {
	i := slices.IndexFunc(a.viewers, func(v *viewer) bool { return v.socket == s })
	if i < 0 {
		return
	}
	if a.viewers = slices.Delete(a.viewers, i, i+1); len(a.viewers) > 0 {
		return
	}
	a.viewers = nil
	a.loop.Disarm(&a.beat)
	a.loop.Disarm(&a.flush)
	for _, list := range a.watched {
		for _, l := range list {
			l.Off()
		}
	}
	a.watched = nil
	a.feed.clear()
}
