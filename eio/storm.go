package eio

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/rate"
)

// Handshakes beyond what the machine can take, as when all clients come back at
// once after a power cut, and beyond what one address should want. They are
// answered before anything is made for them: no session, no record, no question
// to AllowRequest.

// storm has the buckets of handshakes.
type storm struct {
	all       rate.Bucket
	limit     rate.Rate
	addresses rate.Table
	rate      int
	expected  int    // of Expect, who have not come yet
	until     int64  // ms, when they are not expected any more; 0 while nobody has come
	turned    int    // away since the bucket was full
	dice      uint32 // of xorshift; 0 is not drawn yet
}

// returnTime is how long clients are expected to come back; stock clients try
// every five seconds.
const returnTime = 30 * time.Second

// Expect lets the next n handshakes, within 30 s from the first one, pass without
// regard to HandshakeRate and HandshakesPerAddress: the clients of a process that this one
// takes over from, or whom it has let go itself, come back all at once, many of
// them from one address. That many were served a moment ago. It replaces what was
// expected before.
func (e *Server) Expect(n int) {
	e.storm.expected, e.storm.until = max(n, 0), 0
}

// Expected is how many of Expect may still come.
func (e *Server) Expected() int {
	if s := &e.storm; s.until != 0 && e.loop.Now() >= s.until {
		s.expected, s.until = 0, 0
	}
	return e.storm.expected
}

// perAddressPeriod is the time in which HandshakesPerAddress come back.
const perAddressPeriod = 10 * time.Second

func (s *storm) begin(o *Options) {
	s.addresses.Max = o.MaxAddresses
	s.setLimits(o)
}

// stormy answers a handshake that comes at a bad time, and tells so.
func (e *Server) stormy(req *webapp.Request, res *webapp.Response, q question) bool {
	s, now := &e.storm, e.loop.Now()
	if e.Expected() > 0 {
		if s.until == 0 { // a loop that has not turned yet when it expects has an old time
			s.until = now + returnTime.Milliseconds()
		}
		s.expected--
		return false
	}
	if wait := s.addresses.Take(req.IP(), now, 1); wait > 0 {
		e.turnAway(res, q, 429, (wait+999)/1000)
		e.warn("eio address", "eio: too many handshakes from one address", req, nil)
		return true
	}
	if s.all.Full(&s.limit, now) {
		s.turned = 0
	}
	if s.all.Take(&s.limit, now, 1) {
		return false
	}
	s.addresses.Give(req.IP(), now, 1)
	s.turned++
	e.turnAway(res, q, 503, s.later(e.loop))
	e.warn("eio storm", "eio: more handshakes than HandshakeRate: clients are told to come back later", req, nil)
	return true
}

// turnAway answers with the seconds after which to come back.
func (e *Server) turnAway(res *webapp.Response, q question, status int, seconds int64) {
	e.stats.Refused++
	e.stats.Throttled++
	res.Status(status).Set("Retry-After", strconv.FormatInt(seconds, 10))
	if q.upgrade {
		res.Set("Connection", "close")
	}
	res.End("")
}

// maxLater is the longest that a client is told to wait, in seconds.
const maxLater = 60

// later draws the seconds after which to come back from as many as it takes to
// serve all who were turned away, at least four: they must not come together
// again.
func (s *storm) later(loop *poll.Loop) int64 {
	for s.dice == 0 {
		var seed [4]byte
		loop.Random(seed[:])
		s.dice = binary.LittleEndian.Uint32(seed[:]) | 1
	}
	s.dice ^= s.dice << 13
	s.dice ^= s.dice >> 17
	s.dice ^= s.dice << 5
	spread := min(max(s.turned/max(s.rate, 1), 4), maxLater)
	return 1 + int64(s.dice%uint32(spread))
}

// warn writes a line of a class, if there is a log.
func (e *Server) warn(class, message string, req *webapp.Request, bytes []byte) {
	if e.log != nil && req != nil {
		e.log.Warn(class, message, req.RemoteAddr(), bytes)
	}
}

// complainVersion names a version that is not served, and the remedy.
func (e *Server) complainVersion(q question) {
	if q.req == nil {
		return
	}
	version, _ := q.req.QueryLookup("EIO")
	message := "eio: client speaks an Engine.IO that is neither 3 nor 4: give it the socket.io.js of this server"
	if v := string(version); v == "" || v == "3" {
		message = "eio: client speaks Engine.IO 3 (Socket.IO 1.x and 2.x): update it to 3.x or later, or unset RefuseEIO3"
	}
	e.warn("eio version", message, q.req, version)
}
