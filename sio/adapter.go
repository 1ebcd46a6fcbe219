package sio

// Audience says whom a broadcast or a query is for: the sockets that are in any of Rooms, or all of the namespace
// when there are none, without those that are in any of Except. The id of a socket is a room that only it is in.
// The slices are valid until the call returns.
type Audience struct {
	Rooms, Except []string
	Volatile      bool // leave out those who would have to wait for it
	Local         bool // only this server's sockets, not those of others behind the same adapter
}

// Adapter keeps the rooms of a namespace and delivers its broadcasts. The one in memory serves a single process; one
// that reaches others embeds a MemoryAdapter and replaces Broadcast.
//
// All methods are called on the loop's goroutine, and none may call handlers: Broadcast and Each must not run code that
// adds or removes sockets or rooms.
type Adapter interface {
	// Add puts a socket into a room. Limits have been checked.
	Add(s *Socket, room string)
	// Del takes a socket out of a room; DelAll out of all of them.
	Del(s *Socket, room string)
	DelAll(s *Socket)
	// SocketRooms appends the rooms of a socket, its own one not counted.
	SocketRooms(dst []string, s *Socket) []string
	// Broadcast delivers p, which is valid until the call returns, once to each socket of an audience.
	Broadcast(p *Packet, to *Audience) Status
	// Each calls fn once for each socket of an audience.
	Each(to *Audience, fn func(*Socket))
	// Close is called when the namespace is no more.
	Close()
}

// MemoryAdapter is the Adapter of a single process.
//
// A room is a list of members and each socket has a list of the rooms it is in; the two refer to each other's places,
// so that joining, leaving and visiting cost the same however large a room is. The room of a socket's own id exists
// only as the namespace's table of sockets. Nothing is allocated per broadcast.
type MemoryAdapter struct {
	ns    *Namespace
	rooms map[string]*room
	peak  int // most rooms since the map was made: maps do not shrink
}

// room is a room with members; an empty one does not exist.
type room struct {
	name    string
	members []member
}

// member is a socket in a room; residence is the room in the socket's list. Each has the other's place.
type member struct {
	socket *Socket
	place  uint32 // socket.extra.rooms[place] is the other end
}

type residence struct {
	room  *room
	place uint32 // room.members[place] is the other end
}

// residences are the rooms that the socket is in.
func (s *Socket) residences() []residence {
	if s.extra == nil {
		return nil
	}
	return s.extra.rooms
}

// NewMemoryAdapter makes an adapter for a namespace.
func NewMemoryAdapter(ns *Namespace) *MemoryAdapter { return &MemoryAdapter{ns: ns} }

// Add puts a socket into a room.
func (a *MemoryAdapter) Add(s *Socket, name string) {
	if a.find(s, name) >= 0 {
		return
	}
	if d := a.ns.server.debug; d != nil {
		d.say(scopeAdapter, "join", "id", s.id, "room", name)
	}
	r := a.rooms[name]
	if r == nil {
		if a.rooms == nil {
			a.rooms = make(map[string]*room)
		}
		r = &room{name: name}
		a.rooms[name] = r
		a.peak = max(a.peak, len(a.rooms))
	}
	x := s.more()
	x.rooms = append(x.rooms, residence{r, uint32(len(r.members))})
	r.members = append(r.members, member{s, uint32(len(x.rooms) - 1)})
	if a.told() {
		if len(r.members) == 1 {
			a.ns.TellRoom(CreateRoom, name, s)
		}
		a.ns.TellRoom(JoinRoom, name, s)
	}
}

// told tells whether somebody listens to what happens to rooms.
func (a *MemoryAdapter) told() bool {
	return a.ns.listeners.has(onRoom) || a.ns.inherited().has(onRoom)
}

// find is the place of a room in the socket's list, -1 when it is not in it.
func (a *MemoryAdapter) find(s *Socket, name string) int {
	for i, r := range s.residences() {
		if r.room.name == name {
			return i
		}
	}
	return -1
}

// Del takes a socket out of a room.
func (a *MemoryAdapter) Del(s *Socket, name string) {
	if i := a.find(s, name); i >= 0 {
		a.leave(s, i)
	}
}

// DelAll takes a socket out of all its rooms.
func (a *MemoryAdapter) DelAll(s *Socket) {
	for n := len(s.residences()); n > 0; n = len(s.residences()) {
		a.leave(s, n-1)
	}
	if s.extra != nil {
		s.extra.rooms = nil
	}
}

// leave cuts both ends of a residence; the last of each list takes the free place.
func (a *MemoryAdapter) leave(s *Socket, i int) {
	x := s.extra
	r, place := x.rooms[i].room, x.rooms[i].place

	lastMember := len(r.members) - 1
	moved := r.members[lastMember]
	r.members[place] = moved
	moved.socket.extra.rooms[moved.place].place = place
	r.members[lastMember] = member{}
	r.members = r.members[:lastMember]

	lastRoom := len(x.rooms) - 1
	x.rooms[i] = x.rooms[lastRoom]
	if i != lastRoom {
		x.rooms[i].room.members[x.rooms[i].place].place = uint32(i)
	}
	x.rooms[lastRoom] = residence{}
	x.rooms = x.rooms[:lastRoom]

	if lastMember == 0 {
		delete(a.rooms, r.name)
		if len(a.rooms) == 0 && a.peak > 64 {
			a.rooms, a.peak = nil, 0
		}
	}
	if a.told() {
		a.ns.TellRoom(LeaveRoom, r.name, s)
		if lastMember == 0 {
			a.ns.TellRoom(DeleteRoom, r.name, s)
		}
	}
}

// SocketRooms appends the rooms of a socket.
func (a *MemoryAdapter) SocketRooms(dst []string, s *Socket) []string {
	for _, r := range s.residences() {
		dst = append(dst, r.room.name)
	}
	return dst
}

// RoomCount is the number of rooms with members.
func (a *MemoryAdapter) RoomCount() int { return len(a.rooms) }

// RoomLen is the number of sockets in a room.
func (a *MemoryAdapter) RoomLen(name string) int {
	if r := a.rooms[name]; r != nil {
		return len(r.members)
	}
	return 0
}

// Broadcast delivers p to an audience.
func (a *MemoryAdapter) Broadcast(p *Packet, to *Audience) Status {
	worst := OK
	volatile := to.Volatile
	if len(p.offset) > 0 {
		a.ns.server.history.keep(a.ns, p, to)
	}
	a.Each(to, func(s *Socket) {
		if st := s.deliver(p, volatile); st != Dropped {
			worst = max(worst, st)
		}
	})
	return worst
}

// Each visits an audience. Who has been visited, or is excepted, carries the number of this round.
func (a *MemoryAdapter) Each(to *Audience, fn func(*Socket)) {
	round := a.ns.nextEpoch()
	for _, name := range to.Except {
		if s := a.ns.table.find(name); s != nil {
			s.epoch = round
		}
		if r := a.rooms[name]; r != nil {
			for i := range r.members {
				r.members[i].socket.epoch = round
			}
		}
	}
	if len(to.Rooms) == 0 {
		for _, s := range a.ns.sockets {
			if s.epoch != round {
				s.epoch = round
				fn(s)
			}
		}
		return
	}
	for _, name := range to.Rooms {
		if s := a.ns.table.find(name); s != nil && s.epoch != round {
			s.epoch = round
			fn(s)
		}
		r := a.rooms[name]
		if r == nil {
			continue
		}
		for i := range r.members {
			if s := r.members[i].socket; s.epoch != round {
				s.epoch = round
				fn(s)
			}
		}
	}
}

// Close forgets the lost sockets of the namespace.
func (a *MemoryAdapter) Close() {
	if h := a.ns.server.history; h != nil {
		h.leave(a.ns)
	}
}
