package sio

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/edgesio/edgesio/eos"
)

// Namespace is a part of the server that clients join by name and that has its own sockets, rooms, middlewares and
// handlers. A dynamic one (OfFunc, OfRegexp) has no sockets but children, which share what is registered on it.
// Loop's goroutine only.
type Namespace struct {
	server     *Server
	name       string
	wire       string     // as packets carry it: "" or "/name,"
	parent     *Namespace // of a child of a dynamic namespace
	match      func(name string, h Handshake) bool
	children   []*Namespace
	adapter    Adapter
	duplicates *duplicates        // nil unless Deduplicate was called
	keeper     RecoveryAdapter    // the adapter, when lost sockets may come back
	secrets    map[string]*Socket // connected sockets by pid, then
	gap        uint64             // number of the latest packet that is forgotten
	lost       int                // sockets that may come back
	rules      *rules             // nil without a policy
	listeners  listeners
	sockets    []*Socket
	table      socketTable
	epoch      uint32
	pending    int // sockets on their way through the middlewares
}

// newNamespace makes a namespace with its adapter.
func (srv *Server) newNamespace(name string, parent *Namespace) *Namespace {
	ns := &Namespace{server: srv, name: name, wire: wireName(name), parent: parent,
		rules: srv.newRules(name)}
	ns.adapter = srv.opts.Adapter(ns)
	if srv.history != nil {
		ns.keeper, _ = ns.adapter.(RecoveryAdapter)
	}
	return ns
}

// Of returns the namespace of a name, which is made when it does not exist. A missing leading slash is added.
func (srv *Server) Of(name string) *Namespace {
	if !srv.may(nil, eos.ServerOf) {
		return srv.detached()
	}
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	ns := srv.namespaces[name]
	if ns == nil {
		ns = srv.newNamespace(name, nil)
		srv.namespaces[name] = ns
		srv.tellNew(ns)
	}
	return ns
}

// OfFunc returns a dynamic namespace: a client that joins a name for which match is true brings a child of that name to
// life. match is asked on the loop, before any middleware, for names that no namespace has. At most
// Options.MaxChildNamespaces children live at a time.
func (srv *Server) OfFunc(match func(name string, h Handshake) bool) *Namespace {
	if !srv.may(nil, eos.ServerOf) {
		return srv.detached()
	}
	ns := &Namespace{server: srv, name: "/_" + strconv.Itoa(len(srv.parents)), match: match}
	srv.parents = append(srv.parents, ns)
	return ns
}

// OfRegexp is OfFunc for the names that an expression matches.
func (srv *Server) OfRegexp(expr *regexp.Regexp) *Namespace {
	return srv.OfFunc(func(name string, _ Handshake) bool { return expr.MatchString(name) })
}

// lookup finds the namespace that a client wants to join, or makes the child of a dynamic one; nil is none.
func (srv *Server) lookup(name, auth string, c *Client) *Namespace {
	if ns := srv.namespaces[name]; ns != nil {
		return ns
	}
	return srv.bear(name, handshakeOf(c.conn, auth))
}

// bear makes the child of the first dynamic namespace that takes the name.
func (srv *Server) bear(name string, h Handshake) *Namespace {
	defer srv.guard("a dynamic namespace") // and it is none
	for _, parent := range srv.parents {
		if !parent.match(name, h) {
			continue
		}
		if srv.childCount >= srv.opts.MaxChildNamespaces && !srv.evict() {
			return nil
		}
		ns := srv.newNamespace(name, parent)
		parent.children = append(parent.children, ns)
		srv.namespaces[name] = ns
		srv.childCount++
		srv.tellNew(ns)
		return ns
	}
	return nil
}

// tellNew calls the handler of new namespaces.
func (srv *Server) tellNew(ns *Namespace) {
	if srv.onNewNamespace != nil {
		defer srv.guard("OnNewNamespace")
		srv.onNewNamespace(ns)
	}
}

// evict removes a child namespace that nobody is in.
func (srv *Server) evict() bool {
	for _, parent := range srv.parents {
		for _, ns := range parent.children {
			if ns.empty() {
				ns.discard()
				return true
			}
		}
	}
	return false
}

// empty tells whether nobody is in the namespace or on the way into it.
func (ns *Namespace) empty() bool { return len(ns.sockets) == 0 && ns.pending == 0 }

// emptied is called when a socket left.
func (ns *Namespace) emptied() {
	if ns.parent != nil && ns.server.opts.CleanupEmptyChildNamespaces && ns.empty() && ns.lost == 0 {
		ns.discard()
	}
}

// discard removes a child namespace.
func (ns *Namespace) discard() {
	srv := ns.server
	if srv.namespaces[ns.name] != ns {
		return
	}
	delete(srv.namespaces, ns.name)
	srv.childCount--
	i := slices.Index(ns.parent.children, ns)
	ns.parent.children = slices.Delete(ns.parent.children, i, i+1)
	ns.closeAdapter()
}

// Name is the name of the namespace, with its leading slash.
func (ns *Namespace) Name() string {
	if !ns.may(eos.NamespaceName) {
		return ""
	}
	return ns.name
}

// Server is the server that the namespace belongs to.
func (ns *Namespace) Server() *Server { return ns.server }

// Adapter is what delivers the namespace's broadcasts; nil for a dynamic namespace.
func (ns *Namespace) Adapter() Adapter { return ns.adapter }

// Socket returns the connected socket with an id, or nil.
func (ns *Namespace) Socket(id string) *Socket { return ns.table.find(id) }

// Sockets returns the connected sockets, in no order. The slice is the caller's.
func (ns *Namespace) Sockets() []*Socket {
	if !ns.may(eos.ServerSockets) {
		return nil
	}
	return slices.Clone(ns.sockets)
}

// Len is the number of connected sockets.
func (ns *Namespace) Len() int { return len(ns.sockets) }

// is compares the name with one from a packet; nil is the main namespace.
func (ns *Namespace) is(name []byte) bool {
	if name == nil {
		return ns.wire == ""
	}
	return ns.name == string(name)
}

// inherited are the listeners of the dynamic namespace that this one is a child of.
func (ns *Namespace) inherited() *listeners {
	if ns.parent == nil {
		return nil
	}
	return &ns.parent.listeners
}

// admit returns middleware number n, those of the dynamic namespace first.
func (ns *Namespace) admit(n int) Middleware {
	for _, l := range [...]*listeners{ns.inherited(), &ns.listeners} {
		if !l.has(onAdmit) {
			continue
		}
		for i := range l.list {
			if l.list[i].kind != onAdmit {
				continue
			}
			if n == 0 {
				return l.list[i].fn.(Middleware)
			}
			n--
		}
	}
	return nil
}

// insert adds a socket that connected.
func (ns *Namespace) insert(s *Socket) {
	s.index = int32(len(ns.sockets))
	ns.sockets = append(ns.sockets, s)
	ns.table.insert(s)
	ns.TellRoom(CreateRoom, s.id, s)
	ns.TellRoom(JoinRoom, s.id, s)
}

// remove takes a socket out; the last one of the list takes its place.
func (ns *Namespace) remove(s *Socket) {
	if !ns.table.remove(s) {
		return
	}
	last := len(ns.sockets) - 1
	moved := ns.sockets[last]
	ns.sockets[s.index], moved.index = moved, s.index
	ns.sockets[last] = nil
	ns.sockets = ns.sockets[:last]
	s.index = -1
	if cap(ns.sockets) > 64 && last < cap(ns.sockets)/4 {
		ns.sockets = append(make([]*Socket, 0, last*2), ns.sockets...)
	}
	ns.TellRoom(LeaveRoom, s.id, s)
	ns.TellRoom(DeleteRoom, s.id, s)
}

// nextEpoch starts a broadcast: a socket whose epoch is the result has been dealt with.
func (ns *Namespace) nextEpoch() uint32 {
	if ns.epoch++; ns.epoch == 0 {
		for _, s := range ns.sockets {
			s.epoch = 0
		}
		ns.epoch = 1
	}
	return ns.epoch
}

// Use adds a middleware: each client that joins must pass all of them, in the order in which they were added.
func (ns *Namespace) Use(fn Middleware) {
	if ns.may(eos.NamespaceUse) {
		ns.listeners.add(onAdmit, "", fn, false, false)
	}
}

// OnConnection calls fn with each socket that connected. fn registers the socket's handlers, unless those of the
// namespace are enough.
func (ns *Namespace) OnConnection(fn func(*Socket)) Listener {
	return ns.listeners.add(onConnection, "", fn, false, false)
}

// OnDisconnecting and OnDisconnect call fn with each socket that is about to leave its rooms, or has left.
func (ns *Namespace) OnDisconnecting(fn func(*Socket, Reason)) Listener {
	return ns.listeners.add(onDisconnecting, "", fn, false, false)
}

// OnDisconnect calls fn with each socket that was disconnected, after the socket's own handlers.
func (ns *Namespace) OnDisconnect(fn func(*Socket, Reason)) Listener {
	return ns.listeners.add(onDisconnect, "", fn, false, false)
}

// On calls fn for each event of a name that comes to a socket of the namespace: one function for all of them, which
// Event.Socket tells apart. It runs before the socket's own handlers.
func (ns *Namespace) On(event string, fn func(*Event)) Listener {
	if !ns.may(eos.SocketOn) {
		return Listener{}
	}
	return ns.listeners.add(onEvent, event, fn, false, false)
}

// OnAny calls fn for every event that comes to a socket of the namespace, before middlewares and handlers.
func (ns *Namespace) OnAny(fn func(*Event)) Listener {
	if !ns.may(eos.SocketOn) {
		return Listener{}
	}
	return ns.listeners.add(onAny, "", fn, false, false)
}

// Off removes the namespace's handlers of an event.
func (ns *Namespace) Off(event string) {
	ns.listeners.remove(func(x *listener) bool { return x.kind == onEvent && x.name == event })
}
