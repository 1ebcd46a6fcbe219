package sio

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
)

// Connection state recovery: a client of protocol 5 whose transport broke comes back within some minutes, is the same
// socket again (id, rooms, Data), and gets what it missed. The client proves who it is with a secret, the pid of its
// CONNECT answer, and tells how far it got with the offset that every event carries as an extra last argument.

// ConnectionStateRecovery switches the recovery of lost sockets on and bounds it. A zero field is its default.
//
// A lost socket is one that ended for another reason than a disconnect by its client or by Socket.Disconnect. Its
// handlers are told as always; when it comes back a new Socket is connected, for which Recovered is true. Clients of
// protocol 4 take no part. What is kept is forgotten from its oldest on; a client that comes too late is a new one.
type ConnectionStateRecovery struct {
	// MaxDisconnectionDuration is how long a lost socket may come back, and how long packets are kept. Default 2 min.
	MaxDisconnectionDuration time.Duration
	// SkipMiddlewares lets a socket that comes back past the namespace's middlewares, as the reference does by default.
	// Here they are asked again unless it is set: they are where programs authenticate. AllowRequest, the app's
	// Verifier and the policy are asked in any case.
	SkipMiddlewares bool
	// What is kept in all namespaces together: lost sockets, packets, and bytes of packets. Default 1024, 4096, 4 MB.
	MaxSessions, MaxPackets, MaxBytes int
}

// withDefaults returns a copy with the zero fields filled.
func (r ConnectionStateRecovery) withDefaults() (*ConnectionStateRecovery, error) {
	set(&r.MaxDisconnectionDuration, 2*time.Minute)
	set(&r.MaxSessions, 1024)
	set(&r.MaxPackets, 4096)
	set(&r.MaxBytes, 4<<20)
	if r.MaxDisconnectionDuration < 0 || r.MaxSessions < 0 || r.MaxPackets < 0 || r.MaxBytes < 0 {
		return nil, errors.New("sio: negative option")
	}
	return &r, nil
}

// SavedSession is what is kept of a lost socket.
type SavedSession struct {
	ID    string   // of the socket
	PID   string   // the client's secret
	Acoid string   // of the user, "" for nobody: only the same one comes back
	Rooms []string // the socket's own not counted
	Data  any
	// Since is the adapter's LastOffset from when the socket first connected: a client that comes back without an
	// offset got no event yet.
	Since string
}

// RecoveryAdapter is an Adapter that recovers lost sockets. MemoryAdapter is one; one that reaches other servers may
// replace the methods. Like all methods of an Adapter they must not call handlers.
type RecoveryAdapter interface {
	Adapter
	// AppendOffset appends an offset for the next packet, of characters that need no escape in JSON. The packet that it
	// is for is given to Broadcast next, and has it as Packet.Offset: that is when it has to be kept.
	AppendOffset(dst []byte) []byte
	// LastOffset is the latest offset.
	LastOffset() string
	// PersistSession keeps a lost socket. s is the adapter's.
	PersistSession(s *SavedSession)
	// RestoreSession finds a lost socket, forgets it, and calls done with it, now or in a later turn; with nil when the
	// pid is unknown, it is too late, or packets since offset are kept no more. offset is empty when the client has none.
	RestoreSession(pid, offset string, done func(*SavedSession))
	// Replay calls send for each packet since offset that the socket has missed. It sends none of them and returns false
	// when some are kept no more: middlewares may have taken their time since RestoreSession.
	Replay(s *SavedSession, offset string, send func(p *MissedPacket)) bool
}

// MissedPacket is a packet that was kept. It is valid until the call returns.
type MissedPacket struct {
	Message     []byte
	Binary      bool
	Attachments [][]byte // binary messages that follow
	deaf        uint8    // see Packet
}

// recovery is what a socket needs that may come back, or came back.
type recovery struct {
	pid       string
	since     string        // see SavedSession
	offset    string        // which the client came back with
	saved     *SavedSession // while the socket comes back
	recovered bool
}

// recovery returns the socket's part in recovery, nil when it has none.
func (s *Socket) recovery() *recovery {
	if s.extra == nil {
		return nil
	}
	return s.extra.recovery
}

// Recovered tells whether the socket is one that was lost: it has its old id, rooms and Data, and what it missed was
// sent.
func (s *Socket) Recovered() bool {
	r := s.recovery()
	return r != nil && r.recovered
}

// recoverable tells whether a socket that ends for this reason may come back.
func recoverable(r Reason) bool {
	switch r {
	case TransportError, TransportClose, ForcedClose, PingTimeout, ServerShutdown, ForcedServerClose:
		return true
	}
	return false
}

// identify finds out whether a socket on its way into a namespace is one that was lost, and goes on with then.
func (s *Socket) identify(then func()) {
	ns := s.ns
	if ns.keeper == nil || s.client.proto4 {
		then()
		return
	}
	x := new(recovery)
	s.more().recovery = x
	var pid string
	pid, x.offset, s.auth = cutRecovery(s.auth)
	if pid == "" {
		x.pid = ns.server.newPID()
		then()
		return
	}
	ns.takeOver(pid, s)
	decided := false
	ns.keeper.RestoreSession(pid, x.offset, func(saved *SavedSession) {
		if decided || s.state != socketConnecting {
			return
		}
		decided = true
		if saved != nil && saved.Acoid != s.EOS().Acoid() {
			ns.keep(saved) // it is another user's
			saved = nil
		}
		if saved == nil || ns.table.find(saved.ID) != nil {
			x.pid = ns.server.newPID()
			then()
			return
		}
		s.id, s.Data, x.pid, x.since = saved.ID, saved.Data, saved.PID, saved.Since
		x.saved, x.recovered = saved, true
		saved.Rooms = s.rejoin(saved.Rooms)
		then()
	})
}

// rejoin joins the rooms of a socket that comes back, and returns those that its user may still be in. They were within
// the limits when it was lost.
func (s *Socket) rejoin(rooms []string) []string {
	if s.ns.rules == nil {
		_ = s.enter(rooms, true)
		return rooms
	}
	return slices.DeleteFunc(rooms, func(name string) bool { return s.enter([]string{name}, true) != nil })
}

// newPID makes a secret of 120 bits.
func (srv *Server) newPID() string {
	var b [15]byte
	srv.loop.Random(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ErrResumed describes the end of a socket whose client came back before the loss of its transport was noticed.
var ErrResumed = errors.New("sio: the client came back over another transport")

// takeOver ends the connection of a socket whose client is back. Whoever knows the pid of a socket that is connected
// must also be its user, and come from its address and with its auth; else that socket stays, and the other is a new
// one.
func (ns *Namespace) takeOver(pid string, by *Socket) {
	old := ns.secrets[pid]
	if old == nil || old.client == by.client || old.auth != by.auth ||
		old.EOS().Acoid() != by.EOS().Acoid() ||
		old.client.conn.RemoteAddr().Addr() != by.client.conn.RemoteAddr().Addr() {
		return
	}
	old.client.conn.CloseWith(TransportClose, ErrResumed)
}

// announce is called before the socket is in its namespace: it sends what the socket missed, and returns what goes into
// the CONNECT answer beside its id.
func (s *Socket) announce() string {
	x, ns := s.recovery(), s.ns
	if ns.keeper == nil || x == nil || x.pid == "" {
		return ""
	}
	if saved := x.saved; saved != nil {
		all := ns.keeper.Replay(saved, x.offset, func(p *MissedPacket) {
			if s.isDeaf(p.deaf) {
				return
			}
			s.client.conn.Send(p.Message, p.Binary)
			for _, b := range p.Attachments {
				s.client.conn.Send(b, true)
			}
		})
		if !all { // middlewares have seen it as recovered: it comes again, as a new one
			s.client.close()
			return ""
		}
	} else {
		x.since = ns.keeper.LastOffset()
	}
	return `,"pid":"` + x.pid + `"`
}

// announced is called when that has not ended the session.
func (s *Socket) announced() {
	x, ns := s.recovery(), s.ns
	if ns.keeper == nil || x == nil || x.pid == "" {
		return
	}
	x.saved, x.offset = nil, ""
	if ns.secrets == nil {
		ns.secrets = make(map[string]*Socket)
	}
	ns.secrets[x.pid] = s
}

// persist keeps a socket that is lost.
func (s *Socket) persist(reason Reason) {
	x, ns := s.recovery(), s.ns
	if ns.keeper == nil || x == nil || x.pid == "" {
		return
	}
	if delete(ns.secrets, x.pid); len(ns.secrets) == 0 {
		ns.secrets = nil // maps do not shrink
	}
	if recoverable(reason) {
		ns.keep(s.saved(x))
		return
	}
	x.pid = ""
}

// keeps tells whether an event to this socket goes through the log: the socket is there, or may come back.
func (s *Socket) keeps(how sending) bool {
	if s.ns.keeper == nil {
		return false
	}
	r := s.recovery()
	return r != nil && r.pid != "" && !how.volatile && s.state != socketConnecting
}

// offset appends the packet's offset to the payload, as one more argument.
func (e *encoder) offset(k RecoveryAdapter) {
	e.buf = append(e.buf[:len(e.buf)-1], `,"`...)
	from := len(e.buf)
	e.buf = k.AppendOffset(e.buf)
	e.packet.offset = append(e.packet.offset[:0], e.buf[from:]...)
	e.buf = append(e.buf, `"]`...)
}

// noOffset keeps a packet without offset from being taken for one with: clients believe every last string.
func (e *encoder) noOffset() {
	if n := len(e.buf); e.err == nil && n > 1 && e.buf[n-2] == '"' {
		e.buf = append(e.buf[:n-1], ",null]"...)
	}
}

// cutRecovery takes pid and offset, when they are strings, out of the auth of a CONNECT packet, which is a checked JSON
// object or empty. The rest is what the application sees.
func cutRecovery(auth string) (pid, offset, rest string) {
	if !strings.Contains(auth, `"pid"`) {
		return "", "", auth
	}
	b := []byte(auth)
	var kept strings.Builder
	strange := false
	for i := 1; i < len(b) && b[i] != '}'; {
		if b[i] == ',' || b[i] <= ' ' {
			i++
			continue
		}
		from := i
		i, _ = scanString(b, i)
		key := auth[from:i]
		i += strings.IndexByte(auth[i:], ':') + 1
		var value string
		i, value = memberValue(b, i)
		text := ""
		if len(value) > 1 && value[0] == '"' && !strings.Contains(value, `\`) {
			text = value[1 : len(value)-1]
		}
		switch key {
		case `"pid"`:
			pid = text
		case `"offset"`:
			offset, strange = text, text == ""
		default:
			kept.WriteByte("{,"[min(kept.Len(), 1)])
			kept.WriteString(key + ":" + value)
		}
	}
	if strange { // neither left out nor a string
		pid, offset = "", ""
	}
	if kept.Len() == 0 {
		return pid, offset, ""
	}
	return pid, offset, kept.String() + "}"
}

// memberValue returns the value of an object's member and the position behind it.
func memberValue(b []byte, i int) (int, string) {
	from, depth := i, 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			i, _ = scanString(b, i)
			i--
		case '{', '[':
			depth++
		case ']', '}', ',':
			if depth == 0 {
				return i, strings.TrimSpace(string(b[from:i]))
			}
			if b[i] != ',' {
				depth--
			}
		}
	}
	return i, ""
}
