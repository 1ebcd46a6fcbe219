package sio

import (
	"encoding/json"
	"io"

	"github.com/edgesio/edgesio/eos"
)

// RecoveryMark says how much of a server's recovery state an export held.
type RecoveryMark uint64

// ErrNoRecovery: the server keeps nothing, since Options.ConnectionStateRecovery is nil.
var ErrNoRecovery = errorText("sio: connection state recovery is off")

type errorText string

func (e errorText) Error() string { return string(e) }

// ExportRecovery writes what the clients of this server need to come back to another one (ImportRecovery): its lost
// sockets, those that are connected and may be lost, the packets that are kept, and the answers that Deduplicate
// remembers. Socket.Data goes as JSON (encoding/json); a socket whose Data cannot be represented is left out, and
// reported to OnError. A socket that is left out comes back as a new one.
//
// after is 0, or the mark of an earlier export: then only the packets of later are written, for an importer that has
// the earlier ones. Nobody may have come or gone in between; see Detach. The state is of use to a server that takes
// over; two that serve with the same state would each miss what the other one sends.
func (srv *Server) ExportRecovery(w io.Writer, after RecoveryMark) (RecoveryMark, error) {
	h := srv.history
	if h == nil {
		return 0, ErrNoRecovery
	}
	if err := srv.permits.Check(eos.ServerClose); err != nil {
		return 0, err
	}
	h.expire()
	x := &export{recordWriter: recordWriter{w: w}, places: make(map[*Namespace]int)}
	_, x.err = io.WriteString(w, recordMagic)
	x.putString(h.prefix)
	x.putNumber(h.last)
	x.putNumber(uint64(after))
	x.putNumber(uint64(srv.engine.ClientsCount() + srv.engine.Expected()))
	x.flush(recordHead)
	for _, ns := range srv.namespaces {
		if ns.keeper != nil {
			x.places[ns] = len(x.places)
			x.putString(ns.name)
			x.putNumber(ns.gap)
			x.flush(recordNamespace)
		}
	}
	if after == 0 {
		x.sessions(srv)
	}
	now := h.loop.Now()
	for i := h.head; i < len(h.packets); i++ {
		if place, ok := x.places[h.packets[i].ns]; ok && h.packets[i].number > uint64(after) {
			x.packet(&h.packets[i], place, now)
		}
	}
	for ns, place := range x.places {
		x.answers(ns.duplicates, place)
	}
	x.putNumber(x.n)
	x.flush(recordEnd)
	return RecoveryMark(h.last), x.err
}

// export is an ExportRecovery under way.
type export struct {
	recordWriter
	places map[*Namespace]int
}

// sessions writes the lost sockets, oldest first, then those that are connected.
func (x *export) sessions(srv *Server) {
	h := srv.history
	now := h.loop.Now()
	for l := h.first; l != nil; l = l.next {
		x.session(srv, l.SavedSession, l.ns, now-l.at)
	}
	for _, ns := range srv.namespaces {
		for _, s := range ns.sockets {
			if r := s.recovery(); ns.keeper != nil && r != nil && r.pid != "" {
				x.session(srv, s.saved(r), ns, 0)
			}
		}
	}
}

func (x *export) session(srv *Server, s *SavedSession, ns *Namespace, age int64) {
	place, ok := x.places[ns]
	if !ok {
		return
	}
	var data []byte
	if s.Data != nil {
		var err error
		if data, err = json.Marshal(s.Data); err != nil {
			srv.report(nil, err)
			return
		}
	}
	x.putNumber(uint64(place))
	x.putNumber(uint64(age))
	for _, text := range [...]string{s.ID, s.PID, s.Acoid, s.Since} {
		x.putString(text)
	}
	x.putList(s.Rooms)
	x.putString(string(data))
	x.flush(recordSession)
}

func (x *export) packet(k *kept, place int, now int64) {
	if k.data == nil {
		return // its namespace is no more
	}
	x.putNumber(uint64(place))
	x.putNumber(uint64(now - k.at))
	x.putNumber(k.number)
	flags := uint64(0)
	if k.binary {
		flags = 1
	}
	x.putNumber(flags)
	x.putNumber(uint64(k.deaf))
	x.putNumber(uint64(max(len(k.ends), 1)))
	from := uint32(0)
	for _, end := range k.ends {
		x.putString(string(k.data[from:end]))
		from = end
	}
	if len(k.ends) == 0 {
		x.putString(string(k.data))
	}
	x.putList(k.rooms)
	x.putList(k.except)
	x.flush(recordPacket)
}

// answers writes what a repetition of an event is answered with, oldest first. An event that has no answer yet is left
// out: who answers it would be gone.
func (x *export) answers(d *duplicates, place int) {
	if d == nil {
		return
	}
	for i := range d.ring {
		if a := d.ring[(d.next+i)%len(d.ring)]; a != nil && a.done {
			x.putNumber(uint64(place))
			x.putString(a.id)
			x.putString(string(a.answer))
			x.flush(recordAnswer)
		}
	}
}

// saved is what is kept of a socket.
func (s *Socket) saved(r *recovery) *SavedSession {
	return &SavedSession{ID: s.id, PID: r.pid, Acoid: s.EOS().Acoid(), Rooms: s.ns.adapter.SocketRooms(nil, s),
		Data: s.Data, Since: r.since}
}
