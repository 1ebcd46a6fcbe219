package sio

import "runtime/debug"

// Calls of adapters that the program has made, where a panic must not leave something half done: a packet that is
// never ended, a socket that stays in the tables. Where an adapter panics in what a handler calls, such as Join, the
// panic is the handler's.

// spread hands a packet to the adapter.
func (ns *Namespace) spread(p *Packet, to *Audience) Status {
	if m, ok := ns.adapter.(*MemoryAdapter); ok {
		return m.Broadcast(p, to)
	}
	return ns.spreadElsewhere(p, to)
}

func (ns *Namespace) spreadElsewhere(p *Packet, to *Audience) (status Status) {
	status = Dropped
	defer ns.server.guard("the adapter's Broadcast")
	return ns.adapter.Broadcast(p, to)
}

// leaveRooms is the end of a socket for the adapter.
func (s *Socket) leaveRooms() {
	defer s.ns.server.guard("the adapter's DelAll")
	s.ns.adapter.DelAll(s)
}

// keep saves a lost socket.
func (ns *Namespace) keep(saved *SavedSession) {
	defer ns.server.guard("the adapter's PersistSession")
	ns.keeper.PersistSession(saved)
}

func (ns *Namespace) closeAdapter() {
	defer ns.server.guard("the adapter's Close")
	ns.adapter.Close()
}

// append calls the Parser, which fails if it panics.
func (t *translate) append(p *WirePacket) (message []byte, binary bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Handler: "the Parser", Value: v, Stack: debug.Stack()}
		}
	}()
	return t.parser.AppendPacket(t.buf[:0], p)
}
