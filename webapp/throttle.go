package webapp

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/rate"
)

// What one address may have: connections at a time, and connections and requests
// in a second. The cheapest answer to a flood is the earliest: a connection is
// closed before anything is made for it, a request ends before anybody is asked
// who sent it.

// tooMany is the one line that an operator reads of it. The usual cause of a wrong
// verdict is a proxy.
const tooMany = `too much from one address; if it is a proxy, name it in the setting "trust proxy"`

// arrive is Accept for connections that leave is told of. It counts all of them,
// so that a change of "trust proxy" finds the count right.
func (s *Server) arrive(pc *poll.Conn) poll.Handler {
	peer := pc.RemoteAddr()
	now := s.loop.Now()
	conns := s.visitors.Enter(peer.Addr(), now)
	limit := s.options.MaxConnsPerAddress
	crowded := limit > 0 && conns > limit
	if !s.isProxy(peer.Addr()) && (crowded || s.visitors.Take(peer.Addr(), now, 1) > 0) {
		s.stats.Throttled++
		s.log.Warn("address", "webapp: connection refused: "+tooMany, peer, nil)
		return nil
	}
	return s.Accept(pc)
}

func (s *Server) isProxy(a netip.Addr) bool { return len(s.set.proxies) > 0 && s.trusts(a.Unmap()) }

// SetAddressLimits changes Options.Rate, Burst and MaxConnsPerAddress: negative is no
// limit, and 0 leaves one as it is. Connections beyond a lower limit stay. Loop's
// goroutine only.
func (s *Server) SetAddressLimits(requests, burst, conns int) {
	o := &s.options
	change(&o.Rate, requests)
	change(&o.Burst, burst)
	change(&o.MaxConnsPerAddress, conns)
	s.visitors.Limit = rate.New(o.Rate, time.Second, o.Burst)
}

func change(p *int, n int) {
	if n != 0 {
		*p = n
	}
}

// leave is told when a connection that arrive counted is closed.
func (s *Server) leave(pc *poll.Conn) { s.visitors.Leave(pc.RemoteAddr().Addr(), s.loop.Now()) }

var errTooMany = &Error{429, "too many requests from one address"}

// throttle answers a request of an address that has had too many, and tells so.
func (s *Server) throttle(req *Request, res *Response) bool {
	from := req.c.pc.RemoteAddr().Addr()
	if len(s.set.proxies) > 0 {
		from = req.ip()
	}
	wait := s.visitors.Take(from, s.loop.Now(), 1)
	if wait == 0 {
		return false
	}
	s.stats.Throttled++
	s.log.Warn("address", "webapp: request refused: "+tooMany, req.c.pc.RemoteAddr(), req.target())
	c := req.c
	s.answered(errTooMany.Status)
	b := append(appendStatus(c.pc.Out(), errTooMany.Status), s.date()...)
	b = strconv.AppendInt(append(b, "\r\nRetry-After: "...), (wait+999)/1000, 10)
	c.write(append(b, "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"...))
	c.close()
	c.res, c.req = nil, nil
	res.status = uint16(errTooMany.Status)
	res.flags |= headSent | hasEnded
	c.over(req, res, errTooMany.Status, errTooMany)
	return true
}
