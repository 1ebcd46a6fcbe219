package admin

import (
	"encoding/json"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/sio"
)

// The feed is what is to be told to all who look, in its order. Each of them has a place in it. It is flushed ten times
// a second to those whose connection takes it; one that falls out at the old end is told all sockets anew.

// feed has entries number first to end; entry n stands at list[n-first].
type feed struct {
	list  []entry
	first uint64
	bytes int
}

type entry struct {
	event string
	args  []any
	size  int
}

// kind says what is left out first: traffic is, state makes what the page shows of sockets true.
type kind bool

const (
	traffic kind = false
	state   kind = true
)

const (
	flushEvery   = 100 * time.Millisecond
	trafficBytes = 64 << 10  // of the feed: with more in it no traffic is added
	feedBytes    = 256 << 10 // with more in it the oldest entries fall out
	turnBytes    = 64 << 10  // of the feed, and as many of sockets, to one who looks in one go
	entryBytes   = 160       // about what an entry costs beside its text
)

func (f *feed) end() uint64 { return f.first + uint64(len(f.list)) }

func (f *feed) clear() { *f = feed{first: f.end()} }

// forget drops entries before number n.
func (f *feed) forget(n uint64) {
	k := int(n - f.first)
	for i := range k {
		f.bytes -= f.list[i].size
		f.list[i] = entry{}
	}
	f.list, f.first = f.list[k:], n
	if len(f.list) == 0 {
		f.list = nil
	}
}

// full counts an event that is not told, if there is no room for it.
func (a *Admin) full() bool {
	if a.feed.bytes < trafficBytes {
		return false
	}
	a.stats.Dropped++
	return true
}

// tell adds an entry.
func (a *Admin) tell(k kind, event string, args ...any) {
	if len(a.viewers) == 0 || k == traffic && a.full() { // nobody any more: a call of the listeners was under way
		return
	}
	e := entry{event: event, args: args, size: entryBytes}
	for _, v := range args {
		switch v := v.(type) {
		case string:
			e.size += len(v)
		case json.RawMessage:
			e.size += len(v)
		}
	}
	f := &a.feed
	f.list = append(f.list, e)
	f.bytes += e.size
	for n := f.first; f.bytes > feedBytes; n++ {
		f.forget(n + 1)
		a.stats.Dropped++
	}
	a.wake()
}

// wake arms the flush.
func (a *Admin) wake() {
	if a.options.Development && !a.flush.Armed() && len(a.viewers) > 0 {
		a.loop.Arm(&a.flush, flushEvery, (*flusher)(a))
	}
}

// flusher is an Admin as the receiver of its timer.
type flusher Admin

// OnTimer tells each what its connection takes.
func (x *flusher) OnTimer(*poll.Timer) {
	a := (*Admin)(x)
	seen, waits := a.feed.end(), false
	for i := 0; i < len(a.viewers); i++ { // who is told may be disconnected by that
		v := a.viewers[i]
		if v.next < a.feed.first {
			v.next, v.stale = a.feed.first, true
		}
		a.follow(v)
		a.catchUp(v)
		seen = min(seen, v.next)
		waits = waits || v.stale || v.pending != nil
	}
	if a.feed.first < seen {
		a.feed.forget(seen)
	}
	if waits || a.feed.list != nil {
		a.wake()
	}
}

// ready tells whether the page's connection takes more. What is sent then is volatile only so that it is not kept for
// connection state recovery.
func (v *viewer) ready() bool {
	c := v.socket.Conn()
	return v.socket.Connected() && c != nil && c.Writable()
}

// follow sends entries of the feed.
func (a *Admin) follow(v *viewer) {
	for sent := 0; v.next < a.feed.end() && v.next >= a.feed.first && sent < turnBytes && v.ready(); v.next++ {
		e := &a.feed.list[v.next-a.feed.first]
		sent += e.size
		v.socket.Volatile().Emit(e.event, e.args...)
	}
}

// catchUp sends sockets: a first part that replaces what the page had, then the others.
func (a *Admin) catchUp(v *viewer) {
	if v.stale && v.next == a.feed.end() && v.ready() {
		v.stale = false
		a.stats.Resyncs++
		v.pending = a.everybody()
		first := []json.RawMessage{}
		v.each(func(s *sio.Socket) int {
			text := a.describe(s)
			first = append(first, text)
			return len(text)
		})
		v.socket.Volatile().Emit("all_sockets", first)
		return
	}
	v.each(func(s *sio.Socket) int {
		text := a.describe(s)
		v.socket.Volatile().Emit("socket_connected", json.RawMessage(text), stamp(s.Handshake().Issued()))
		return len(text)
	})
}

// each calls tell, which returns its cost, for sockets that are pending, up to the bytes of a turn.
func (v *viewer) each(tell func(s *sio.Socket) int) {
	n, sent := 0, 0
	for ; n < len(v.pending) && sent < turnBytes && v.ready(); n++ {
		if s := v.pending[n]; s.Connected() {
			sent += tell(s)
		}
	}
	if v.pending = v.pending[n:]; len(v.pending) == 0 {
		v.pending = nil
	}
}

// everybody lists the sockets that a page is told of.
func (a *Admin) everybody() (list []*sio.Socket) {
	for _, ns := range a.io.Namespaces() {
		room := a.options.MaxSockets - len(list)
		all := ns.Sockets()
		if len(all) > room {
			a.stats.Omitted += uint64(len(all) - room)
			all = all[:room]
		}
		list = append(list, all...)
	}
	return list
}
