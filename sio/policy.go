package sio

import (
	"slices"

	"github.com/edgesio/edgesio/eos"
)

// What a user may do, by Options.Policy. It is asked before any handler runs:
//
//	joining a namespace   CONNECT_ERROR with the message and, as data, the *eos.PolicyError
//	joining a room        Socket.Join returns the *eos.PolicyError; the socket joins none of the rooms
//	emitting              no handler runs; the ack gets one argument, {"error": the *eos.PolicyError}, an event
//	                      without ack is answered with the event "eos_denied" and the error as its argument
//	receiving             the event is not sent to who may not have it; an AckFunc gets the *eos.PolicyError
//
// A server without a policy spends a nil check at each of these places.

// deniedEvent tells a client that its event was not let through.
const deniedEvent = "eos_denied"

// What a policy is asked about, as PolicyError.Action.
const (
	actConnect = "connect"
	actJoin    = "join"
	actEmit    = "emit"
	actReceive = "receive"
)

// groups by Client.group. Whoever is in none of them has the rights of a guest.
var groups = [...]eos.Group{eos.Guest, eos.Member, eos.Admin}

const allGroups = 1<<len(groups) - 1

// rules are a policy for one namespace, with its verdicts about events: a bit for each group that may.
type rules struct {
	policy          *eos.Policy
	nsp             string
	emits, receives map[string]uint8
}

// maxVerdicts bounds how many verdicts are kept: clients choose the names of their events.
const maxVerdicts = 256

// newRules makes the rules of a namespace, nil without a policy.
func (srv *Server) newRules(nsp string) *rules {
	if srv.opts.Policy == nil {
		return nil
	}
	return &rules{policy: srv.opts.Policy, nsp: nsp}
}

// mayEmit tells whether a client's event may go to its handlers.
func (r *rules) mayEmit(c *Client, event []byte) bool {
	bits, ok := r.emits[string(event)]
	if !ok {
		bits = keepVerdict(&r.emits, string(event), r.judge(r.policy.MayEmit, string(event)))
	}
	return bits>>c.group&1 != 0
}

// receivers are the groups that may receive an event.
func (r *rules) receivers(event string) uint8 {
	bits, ok := r.receives[event]
	if !ok {
		bits = keepVerdict(&r.receives, event, r.judge(r.policy.MayReceive, event))
	}
	return bits
}

// judge asks the policy for each group.
func (r *rules) judge(may func(g eos.Group, nsp, event string) bool, event string) (bits uint8) {
	for i, g := range groups {
		if may(g, r.nsp, event) {
			bits |= 1 << i
		}
	}
	return bits
}

// keepVerdict remembers a verdict; a full table begins anew.
func keepVerdict(in *map[string]uint8, event string, bits uint8) uint8 {
	if *in == nil || len(*in) >= maxVerdicts {
		*in = make(map[string]uint8)
	}
	(*in)[event] = bits
	return bits
}

// receives tells whether the policy lets the socket's user have an event.
func (s *Socket) receives(event string) bool {
	r := s.ns.rules
	return r == nil || r.receivers(event)>>s.client.group&1 != 0
}

// EOS is the platform's information about the user, nil for nobody.
func (s *Socket) EOS() *eos.Info { return s.client.conn.EOS() }

// Group is the user's group, as Options.Accounts had it when the session began, when one of its sockets last came to a
// namespace (with a policy), or when Regroup was called.
func (s *Socket) Group() eos.Group { return groups[s.client.group] }

// groupOf finds the group of a client.
func (srv *Server) groupOf(c *Client) uint8 {
	defer srv.guard("Accounts") // a guest may least
	g := eos.GroupOf(srv.opts.Accounts, c.conn.EOS())
	for i := range groups {
		if groups[i] == g {
			return uint8(i)
		}
	}
	return 0
}

// OnDenied calls fn with what the policy does not let users do. s is nil when it is about a namespace. Without it
// denials are only counted, see Stats.
func (srv *Server) OnDenied(fn func(c *Client, s *Socket, err *eos.PolicyError)) { srv.onDenied = fn }

// deny counts and tells about a denial.
func (c *Client) deny(s *Socket, action, name string) *eos.PolicyError {
	srv := c.server
	srv.counts.denials++
	err := &eos.PolicyError{Action: action, Name: name, Group: groups[c.group]}
	if srv.onDenied != nil {
		c.tellDenied(s, err)
	}
	return err
}

func (c *Client) tellDenied(s *Socket, err *eos.PolicyError) {
	defer c.server.guard("OnDenied")
	c.server.onDenied(c, s, err)
}

// denial is the one argument of a denied ack.
type denial struct {
	Error *eos.PolicyError `json:"error"`
}

// refuseEvent answers an event that its sender may not emit.
func (s *Socket) refuseEvent(e *Event) {
	err := s.client.deny(s, actEmit, e.Name())
	if e.ask {
		e.Ack(denial{err})
		return
	}
	s.tell1(deniedEvent, err)
}

// tell1 sends an event of the server's own, which is subject to no policy and not kept for lost sockets.
func (s *Socket) tell1(event string, arg any) {
	if !s.Connected() {
		return
	}
	enc := s.client.server.open(s.ns.wire)
	enc.event(event, []any{arg})
	s.finish(enc, typeEvent, 0, false, false)
}

// mayConnect tells whether the client's user, whose group is asked for anew, may join a namespace, and refuses it.
func (c *Client) mayConnect(name string) bool {
	p := c.server.opts.Policy
	if p == nil {
		return true
	}
	if c.server.opts.Accounts != nil {
		c.group = c.server.groupOf(c)
	}
	if p.MayConnect(groups[c.group], name) {
		return true
	}
	err := c.deny(nil, actConnect, name)
	c.refuseNamespace(name, Error{Message: err.Error(), Data: err}, true)
	return false
}

// mayJoin tells why the socket may not join rooms, nil when it may join all of them.
func (s *Socket) mayJoin(rooms []string) error {
	r := s.ns.rules
	for _, name := range rooms {
		if name != s.id && !r.policy.MayJoin(s.Group(), r.nsp, name) {
			return s.client.deny(s, actJoin, name)
		}
	}
	return nil
}

// Regroup asks Options.Accounts again for everybody's group, after they have changed. A socket whose user may not be in
// its namespace any more is told by the event "eos_denied" and disconnected; others leave the rooms that they may not
// be in.
func (srv *Server) Regroup() {
	seen := make(map[*Client]bool)
	for _, ns := range srv.namespaces {
		for _, s := range slices.Clone(ns.sockets) {
			if c := s.client; !seen[c] {
				seen[c], c.group = true, srv.groupOf(c)
			}
			if ns.rules != nil {
				s.reconsider(ns.rules)
			}
		}
	}
}

// SetPolicy changes Options.Policy, nil for none, and applies it to who is connected, see Regroup. What was sent before
// to sockets that are lost stays theirs.
func (srv *Server) SetPolicy(p *eos.Policy) {
	srv.opts.Policy = p
	for _, ns := range srv.namespaces {
		ns.rules = srv.newRules(ns.name)
	}
	srv.Regroup()
}

// reconsider applies the rules to a socket whose group may have changed.
func (s *Socket) reconsider(r *rules) {
	if s.state != socketConnected {
		return
	}
	if !r.policy.MayConnect(s.Group(), r.nsp) {
		s.tell1(deniedEvent, s.client.deny(s, actConnect, r.nsp))
		s.disconnect(false)
		return
	}
	s.leaveForbidden(r)
}

// leaveForbidden leaves the rooms that the user may not be in.
func (s *Socket) leaveForbidden(r *rules) {
	for _, name := range s.rooms() {
		if name != s.id && !r.policy.MayJoin(s.Group(), r.nsp, name) {
			s.leave([]string{name})
		}
	}
}
