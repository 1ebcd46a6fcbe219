package sio

import "slices"

// What users register, on a socket for that socket or on a namespace for all its sockets. A socket without listeners
// holds nil; one with a few holds one slice. Calls during which the list changes go on with the list as it was, as in
// Node.js: On appends behind what a running call looks at, Off makes a new slice.

// listenKind says what a listener listens to, and so the type of its function.
type listenKind uint8

const (
	onEvent         listenKind = iota // func(*Event)
	onAny                             // func(*Event)
	onAnyOutgoing                     // func(string, []any)
	onUse                             // EventMiddleware
	onConnection                      // func(*Socket)
	onAdmit                           // Middleware
	onDisconnecting                   // func(*Socket, Reason)
	onDisconnect                      // func(*Socket, Reason)
	onError                           // func(*Socket, error)
	onServerSide                      // ServerSideFunc
	onDrain                           // func(*Socket)
	onRoom                            // func(RoomEvent, string, *Socket)
	onSent                            // func([]*Socket, string, []any)
	onUpgrade                         // func(*Socket)
	listenKinds
)

// listener is one registration.
type listener struct {
	name string // of the event
	fn   any    // a function, of the type that goes with the kind
	id   uint32
	kind listenKind
	once bool
}

// listeners is everything registered in one place. A nil *listeners is empty.
type listeners struct {
	list   []listener
	count  [listenKinds]uint16
	lastID uint32
	index  map[string][]uint32 // positions of onEvent by name, once there are many
}

// indexFrom is the number of event listeners from which a map is faster than a look at each.
const indexFrom = 16

// Listener stands for one registered function. Its zero value is registered nowhere.
type Listener struct {
	in *listeners
	id uint32
}

// Off removes the function; a call that runs already is not affected. Removing it again does nothing.
func (l Listener) Off() {
	if l.in != nil {
		l.in.remove(func(x *listener) bool { return x.id == l.id })
	}
}

// add registers fn, in front of the others if asked to.
func (l *listeners) add(kind listenKind, name string, fn any, once, front bool) Listener {
	l.lastID++
	x := listener{name: name, fn: fn, id: l.lastID, kind: kind, once: once}
	if front {
		l.list = append([]listener{x}, l.list...)
	} else {
		l.list = append(l.list, x)
	}
	l.count[kind]++
	l.index = nil
	return Listener{l, x.id}
}

// remove drops the listeners that match.
func (l *listeners) remove(match func(*listener) bool) {
	if l == nil {
		return
	}
	kept := make([]listener, 0, len(l.list))
	for i := range l.list {
		if x := &l.list[i]; match(x) {
			l.count[x.kind]--
		} else {
			kept = append(kept, *x)
		}
	}
	l.list, l.index = slices.Clip(kept), nil
}

// has tells whether anything listens to kind.
func (l *listeners) has(kind listenKind) bool { return l != nil && l.count[kind] > 0 }

// each calls fn for the listeners of a kind.
func (l *listeners) each(kind listenKind, fn func(*listener)) {
	if !l.has(kind) {
		return
	}
	list := l.list
	for i := range list {
		if list[i].kind == kind {
			fn(&list[i])
		}
	}
}

// event calls the listeners of an event and tells whether there were any.
func (l *listeners) event(s *Socket, e *Event) (found bool) {
	if !l.has(onEvent) {
		return false
	}
	list := l.list
	if l.count[onEvent] >= indexFrom {
		for _, i := range l.positions(e.name) {
			found = true
			l.fire(s, &list[i], e)
		}
		return found
	}
	for i := range list {
		if x := &list[i]; x.kind == onEvent && x.name == string(e.name) {
			found = true
			l.fire(s, x, e)
		}
	}
	return found
}

// positions looks a name up in the index, which it makes when it is missing.
func (l *listeners) positions(name []byte) []uint32 {
	if l.index == nil {
		l.index = make(map[string][]uint32, len(l.list))
		for i := range l.list {
			if x := &l.list[i]; x.kind == onEvent {
				l.index[x.name] = append(l.index[x.name], uint32(i))
			}
		}
	}
	return l.index[string(name)]
}

// fire calls one event listener; one that is meant to run once is gone before it runs.
func (l *listeners) fire(s *Socket, x *listener, e *Event) {
	if x.once {
		Listener{l, x.id}.Off()
	}
	e.label = x.name
	s.run(x.fn.(func(*Event)), e)
}

// use returns middleware number n of the socket's events.
func (l *listeners) use(n int) EventMiddleware {
	if l.has(onUse) {
		for i := range l.list {
			if l.list[i].kind != onUse {
				continue
			}
			if n == 0 {
				return l.list[i].fn.(EventMiddleware)
			}
			n--
		}
	}
	return nil
}
