package webapp

import (
	"errors"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
)

// An App is a program's HTTP side: a router, the server below it and one
// listener. Loop's goroutine only.
type App struct {
	*Router
	name     string
	addr     Addr
	server   *Server
	listener *poll.Listener
	locals   map[string]any
	settings map[string]any
	engines  map[string]Engine // by extension
	events   events
}

// Create is the platform's WebApp.create and createApp: it makes an app on a loop. It listens from Start on.
func Create(loop *poll.Loop, name string, addr Addr) (*App, error) {
	return CreateWith(loop, name, addr, Options{})
}

// CreateWith is Create with limits and other options.
func CreateWith(loop *poll.Loop, name string, addr Addr, o Options) (*App, error) {
	if loop == nil {
		return nil, errors.New("webapp: an app needs a loop")
	}
	if err := addr.check(); err != nil {
		return nil, err
	}
	a := &App{Router: NewRouter(RouterOptions{}), name: name, addr: addr, server: NewServer(loop, o)}
	for _, api := range [...]eos.API{eos.WebAppCreate, eos.WebAppCreateApp} {
		if err := a.server.permits.Check(api); err != nil {
			return nil, err
		}
	}
	a.Router.app = a
	a.settings = map[string]any{"subdomain offset": a.server.set.domain}
	a.server.app = a
	a.server.Handle("", a.serve)
	return a, nil
}

// Start listens and accepts connections from the next turn on.
func (a *App) Start() error {
	if err := a.server.permits.Check(eos.AppStart); err != nil {
		return err
	}
	if a.listener != nil {
		return errors.New("webapp: " + a.name + " is started")
	}
	o := a.server.options.Listen
	o.Address = a.addr.String()
	o.Accept, o.Released = a.server.arrive, a.server.leave
	a.secure(&o)
	ln, err := a.server.loop.Listen(o)
	if err != nil {
		return err
	}
	a.server.stopping = false
	a.listener = ln
	call(a.events.start)
	if len(a.events.ready) > 0 {
		return a.server.loop.Post(a.ready)
	}
	return nil
}

// Stop stops listening and closes the connections: idle ones now, the others
// with their answer. Switched ones are not HTTP's any more.
func (a *App) Stop() {
	if a.listener != nil && a.may(eos.AppStop) {
		a.listener.Close()
		a.listener = nil
		a.server.Stop()
		call(a.events.stop)
	}
}

// Listener is what the app accepts connections on, to be passed on to another process; nil before Start and after Stop.
func (a *App) Listener() *poll.Listener { return a.listener }

// Pause is Stop for a while: callers wait in the listener's queue, for Resume, or for another process that has the same
// socket. Idle connections are closed, the others with their answer.
func (a *App) Pause() {
	if a.listener != nil && a.may(eos.AppStop) {
		a.listener.Pause()
		a.server.Stop()
	}
}

// Resume accepts connections again after Pause.
func (a *App) Resume() {
	if a.listener != nil && a.may(eos.AppStop) {
		a.server.stopping = false
		a.listener.Resume()
	}
}

// Name is the name that the app was created with.
func (a *App) Name() string { return a.name }

// Port is the port that the app listens on, the real one if it was created with
// port 0; 0 before Start.
func (a *App) Port() int {
	if a.listener == nil || !a.may(eos.AppPort) {
		return 0
	}
	return int(a.listener.Addr().Port())
}

// Loop is the loop that the app lives on.
func (a *App) Loop() *poll.Loop { return a.server.loop }

// Server is the HTTP server below the app.
func (a *App) Server() *Server {
	if !a.may(eos.AppServer) {
		return a.server.detached()
	}
	return a.server
}

// Guard is Server.Guard.
func (a *App) Guard() *eos.Guard { return a.server.permits }

// Log is Server.Log.
func (a *App) Log() *LogLimiter { return a.server.log }

// OnError sets who is told of panics in handlers and of errors that no
// ErrorHandler took.
func (a *App) OnError(fn func(err error)) { a.server.options.OnError = fn }

// Locals holds what the program's parts share.
func (a *App) Locals() map[string]any {
	if !a.may(eos.AppLocals) {
		return make(map[string]any)
	}
	if a.locals == nil {
		a.locals = make(map[string]any)
	}
	return a.locals
}
