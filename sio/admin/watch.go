package admin

import (
	"encoding/json"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// What development mode listens to while somebody looks.

// begin listens to all namespaces.
func (a *Admin) begin() {
	a.watched = make(map[*sio.Namespace][]sio.Listener)
	for _, ns := range a.io.Namespaces() {
		a.watch(ns)
	}
}

// watch listens to a namespace; to the children of a dynamic one through that, since they come and go.
func (a *Admin) watch(ns *sio.Namespace) {
	if p := ns.Parent(); p != nil {
		ns = p
	}
	if a.watched[ns] != nil {
		return
	}
	list := []sio.Listener{
		ns.OnConnection(a.connected),
		ns.OnDisconnect(a.disconnected),
		ns.OnRoom(a.room),
		ns.OnUpgrade(a.upgraded),
	}
	if ns != a.ns { // what we send would be told, and that, and that
		list = append(list, ns.OnAny(a.received), ns.OnAnyOutgoing(a.sent))
	}
	a.watched[ns] = list
}

func (a *Admin) connected(s *sio.Socket) {
	if s.Connected() { // a handler before may have disconnected it
		a.tell(state, "socket_connected", json.RawMessage(a.describe(s)), a.now())
	}
}

func (a *Admin) disconnected(s *sio.Socket, reason sio.Reason) {
	a.tell(state, "socket_disconnected", s.Namespace().Name(), s.ID(), string(reason), a.now())
}

func (a *Admin) upgraded(s *sio.Socket) {
	a.tell(state, "socket_updated", map[string]string{"id": s.ID(), "nsp": s.Namespace().Name(),
		"transport": transport(s)})
}

func (a *Admin) room(what sio.RoomEvent, room string, s *sio.Socket) {
	switch what {
	case sio.JoinRoom:
		a.tell(state, "room_joined", s.Namespace().Name(), room, s.ID(), a.now())
	case sio.LeaveRoom:
		a.tell(state, "room_left", s.Namespace().Name(), room, s.ID(), a.now())
	}
}

func (a *Admin) received(e *sio.Event) {
	if a.full() {
		return
	}
	limit := a.options.MaxEventBytes
	b := appendText([]byte{'['}, e.Name())
	for i := range e.Len() {
		b = appendShown(append(b, ','), e.Raw(i), limit-len(b))
	}
	s := e.Socket()
	a.tell(traffic, "event_received", s.Namespace().Name(), s.ID(), json.RawMessage(append(b, ']')), a.now())
}

func (a *Admin) sent(to []*sio.Socket, event string, args []any) {
	if a.full() {
		a.stats.Dropped += uint64(len(to) - 1)
		return
	}
	limit := a.options.MaxEventBytes
	b := appendText([]byte{'['}, event)
	for _, v := range args {
		b = appendAny(append(b, ','), v, limit-len(b))
	}
	text, now := json.RawMessage(append(b, ']')), a.now()
	for _, s := range to {
		a.tell(traffic, "event_sent", s.Namespace().Name(), s.ID(), text, now)
	}
}

// now is the time as JavaScript writes it.
func (a *Admin) now() string { return stamp(a.loop.Time()) }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
