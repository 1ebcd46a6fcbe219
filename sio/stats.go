package sio

import (
	"sort"

	"github.com/edgesio/edgesio/eio"
)

// Stats are what is open now, and counters since the server was made. What the engine, the HTTP server and the loop
// below count is in their own Stats.
type Stats struct {
	Clients    int // Engine.IO sessions
	Sockets    int // connected, in all namespaces
	Namespaces int
	Rooms      int // with members, in all namespaces on the in-memory adapter
	Acks       int // asked for and not settled
	Bytes      int // of binary packets that are not complete

	// What is kept for connection state recovery: lost sockets, packets, and about what the packets take.
	RecoverySessions, RecoveryPackets, RecoveryBytes int

	Denials uint64 // by Options.Policy
	// Throttled are clients that ConnectRate or MaxEarlyBytes disconnected and rooms that JoinRate kept; what the engine
	// held back is in its own.
	Throttled  uint64
	Broadcasts uint64 // one for each namespace that a call reached
	// Dropped are packets that a connected client did not get: volatile ones while it was not ready, Latest values that a
	// newer one replaced or that found no room, and what its queue had no room for.
	Dropped     uint64
	Panics      uint64           // of handlers and marshalers
	Disconnects eio.ReasonCounts // of sockets
}

// counts are the Stats that are counted where they happen.
type counts struct {
	acks                                 int
	denials, broadcasts, dropped, panics uint64
	throttled                            uint64
	disconnects                          eio.ReasonCounts
}

// Stats tells the counters. It looks at each namespace, not at each socket.
func (srv *Server) Stats() Stats {
	c := &srv.counts
	st := Stats{Clients: srv.clients, Namespaces: len(srv.namespaces), Acks: c.acks, Bytes: srv.pool.held,
		Denials: c.denials, Throttled: c.throttled, Broadcasts: c.broadcasts, Dropped: c.dropped, Panics: c.panics,
		Disconnects: c.disconnects}
	for _, ns := range srv.namespaces {
		st.Sockets += len(ns.sockets)
		if a, ok := ns.adapter.(interface{ RoomCount() int }); ok {
			st.Rooms += a.RoomCount()
		}
	}
	if h := srv.history; h != nil {
		st.RecoverySessions, st.RecoveryPackets, st.RecoveryBytes = len(h.sessions), len(h.packets)-h.head, h.bytes
	}
	return st
}

// Namespaces lists the namespaces: those that the program made by name, then the children of dynamic ones, oldest
// first. The slice is the caller's.
func (srv *Server) Namespaces() []*Namespace {
	list := make([]*Namespace, 0, len(srv.namespaces))
	for _, ns := range srv.namespaces {
		if ns.parent == nil {
			list = append(list, ns)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].name < list[j].name })
	for _, parent := range srv.parents {
		list = append(list, parent.children...)
	}
	return list
}

// Parent is the dynamic namespace that this one is a child of, or nil.
func (ns *Namespace) Parent() *Namespace { return ns.parent }
