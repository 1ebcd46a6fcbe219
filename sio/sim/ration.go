package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/edgesio/edgesio/sio"
)

// Rates: limits of what one client, one address or all together may do, drawn so
// small that they are met. Who is held back loses nothing; who is refused must
// have had so many before.

// ration draws them. It has dice of its own.
func (c *Config) ration() {
	rnd := rand.New(rand.NewPCG(c.Seed, 8))
	if c.Crowd || rnd.IntN(4) > 0 {
		return
	}
	c.Rationed, c.Addresses = true, rnd.IntN(4)
	s := &c.Sio
	if rnd.IntN(2) == 0 { // held back
		s.EventRate, s.EventBurst = 80+rnd.IntN(100), 10+rnd.IntN(60)
		s.ByteRate, s.ByteBurst = 60_000+rnd.IntN(100_000), 10_000+rnd.IntN(100_000)
		s.FloodTimeout = -1
	}
	if s.JoinRate = -1; rnd.IntN(2) == 0 {
		s.JoinRate, s.JoinBurst = 1, 1+rnd.IntN(3)
	}
	if c.Calm {
		return
	}
	if s.EventRate > 0 && rnd.IntN(2) == 0 {
		s.EventRate, s.FloodTimeout = s.EventRate/8, time.Duration(500+rnd.IntN(5000))*time.Millisecond
	}
	switch rnd.IntN(5) {
	case 0:
		s.HandshakeRate, s.HandshakeBurst = 1+rnd.IntN(3), 1+rnd.IntN(6)
	case 1:
		s.HandshakesPerAddress = 2 + rnd.IntN(6)
	case 2:
		c.Web.MaxConnsPerAddress = 2 + rnd.IntN(10)
	case 3:
		c.Web.Rate, c.Web.Burst = 3+rnd.IntN(10), 5+rnd.IntN(30)
	case 4:
		s.ConnectRate, s.ConnectBurst = 1, 2+rnd.IntN(2)
	}
}

// calls are when an address, or everybody, asked for something.
type calls struct{ at []time.Duration }

func (c *calls) note(now time.Duration) { c.at = append(c.at, now) }

// since counts the calls from a time on.
func (c *calls) since(from time.Duration) (n int) {
	for i := len(c.at); i > 0 && c.at[i-1] >= from; i-- {
		n++
	}
	return n
}

// way is how long at most a request is on its way, until the kernel had a
// descriptor for it, and its answer.
const way = 8 * time.Second

// empties tells whether a bucket of so many can have been emptied: so many calls
// within the time in which it fills.
func (c *calls) empties(now time.Duration, burst int, fills time.Duration) bool {
	return c.since(now-fills-way) >= burst
}

// address is where a client comes from. Shared ones are shared by the good only.
func (w *World) address(who string) netip.Addr {
	name, _, _ := strings.Cut(who, "/")
	var n, net int
	switch _, err := fmt.Sscanf(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz"), "%d", &n); {
	case err != nil:
		net = 9
	case strings.HasPrefix(name, "good"):
		net = 1
		if w.Addresses > 0 {
			n %= w.Addresses
		}
	case strings.HasPrefix(name, "guest"):
		net = 2
	default:
		net = 3
	}
	return netip.AddrFrom4([4]byte{10, byte(net), byte(n >> 8), byte(n)})
}

// of is the record of an address.
func (w *World) of(a netip.Addr) *visits {
	v := w.visits[a]
	if v == nil {
		v = new(visits)
		w.visits[a] = v
	}
	return v
}

// visits are an address' connections and requests, and its handshakes.
type visits struct{ requests, handshakes calls }

// asks notes a request of a good client's.
func (e *engine) asks() {
	v, now := e.w.of(e.w.address(e.who)), e.w.now()
	v.requests.note(now)
	if e.sid == "" {
		v.handshakes.note(now)
		e.w.handshakes.note(now)
	}
}

// excuse finds out whether there is a cause for a refusal.
func (e *engine) excuse(r *reply) {
	w, now := e.w, e.w.now()
	if e.who[:4] != "good" {
		return
	}
	w.figures.Refused++
	v, handshake := w.of(w.address(e.who)), e.sid == ""
	after := r.header["retry-after"]
	o := &w.Sio
	full := func(c *calls, rate, burst int, per time.Duration) bool {
		return rate > 0 && c.empties(now, burst, time.Duration(burst)*per/time.Duration(rate))
	}
	var ok bool
	switch r.status {
	case 400:
		ok = !handshake || w.Slowly // a session that is no more; AllowRequest
	case 403:
		ok = w.Slowly
	case 408, 413:
		ok = !w.Calm
	case 429:
		w.figures.Throttled++
		ok = after != "" && (full(&v.requests, w.Web.Rate, w.Web.Burst, time.Second) || handshake &&
			full(&v.handshakes, o.HandshakesPerAddress, o.HandshakesPerAddress, 10*time.Second))
	case 503:
		w.figures.Throttled++
		short := o.MaxSessions > 0 || w.Loop.MemoryBytes > 0 || w.closing
		ok = after != "" && (short || w.handed || handshake &&
			(full(&w.handshakes, o.HandshakeRate, o.HandshakeBurst, time.Second) || o.HandshakeRate > 0 && w.Villains > 0))
	default:
		ok = false
	}
	if !ok {
		w.fail("%s: refused without a cause: %d, Retry-After %q, %q", e.who, r.status, after, r.body)
	}
}

// overRate tells whether more sessions were opened than a limit allows.
func (w *World) overRate() bool {
	o := &w.Sio
	if o.HandshakeRate <= 0 {
		return false
	}
	for _, n := range w.nodes {
		if int(n.io.Engine().Stats().Handshakes) > o.HandshakeBurst+int(w.now().Seconds()*float64(o.HandshakeRate))+1 {
			return true
		}
	}
	return false
}

// crowded tells whether an address has more connections than it may.
func (w *World) crowded() bool {
	limit := w.Web.MaxConnsPerAddress
	return limit > 0 && w.loop.Stats().Conns > limit*len(w.visits)
}

// join lets a socket into a room, which JoinRate may forbid.
func (a *app) join(s *sio.Socket, room string) bool {
	switch err := s.Join(room); {
	case err == nil:
		return true
	case err == sio.ErrJoinRate && cmp.Or(a.w.Sio.JoinRate, -1) > 0:
		a.w.figures.JoinsRefused++
	default:
		a.w.fail("Join: %v", err)
	}
	return false
}
