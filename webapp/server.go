package webapp

import (
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp/rate"
)

// Handler answers a request.
type Handler func(req *Request, res *Response)

// Stats are counters since the server was made, and what is open now.
type Stats struct {
	Conns    int    // HTTP connections, without those that switched
	Requests uint64 // handed to a handler
	Refused  uint64 // answered by the parser, or a body that broke off
	Aborted  uint64 // the peer went away before the answer
	Switched uint64
	Panics   uint64
	// Responses by the first digit of their status, when their heads went out; 0 is for
	// statuses above 599. A switch is no response: see Switched.
	Responses [6]uint64
	// Throttled are connections and requests beyond what Options let one address have.
	Throttled uint64

	UploadBytes int // held of bodies that are not complete
}

// A Server is the HTTP server below an App: connections, requests and the first
// choice of who answers. Loop's goroutine only.
type Server struct {
	loop     *poll.Loop
	app      *App // whose server it is, or nil
	options  Options
	set      settings
	finals   []func(req *Request, res *Response, f Final)
	cause    Final // why the response that is ended now is not as intended
	limits   headLimits
	mounts   []mount
	openings []opening
	root     Handler
	conns    *conn
	spares   *conn // that have switched, see giveConn
	spare    int   // of them
	stats    Stats
	log      *LogLimiter
	request  *Request  // the one in waiting, for requests that are answered at once
	response *Response // likewise
	fields   []byte    // header lines of a response in the making
	paths    [64]string
	now      dateCache
	shrink   compressor
	tags     map[tagKey]string // checksums of files without a time
	permits  *eos.Guard
	stopping bool
	visitors rate.Table
}

// mount is a prefix that goes to a handler before the router.
type mount struct {
	prefix  string
	handler Handler
	open    bool // see HandleOpen
	lax     bool // see HandleSessions
}

// NewServer makes a server without a listener: Accept is for poll.ListenOptions.
func NewServer(loop *poll.Loop, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		loop:    loop,
		options: o,
		limits: headLimits{uri: o.MaxURIBytes, bytes: o.MaxHeadBytes, fields: o.MaxHeaders,
			cookies: o.MaxCookies, params: o.MaxQueryParams},
		log:      NewLogLimiter(loop, o.Logger),
		permits:  eos.NewGuard(o.Matrix, o.Mode),
		set:      settings{domain: 2},
		visitors: rate.Table{Limit: rate.New(o.Rate, time.Second, o.Burst), Max: o.MaxAddresses},
	}
	loop.Budget().OnShortage(s.logShortage)
	if o.EOS != nil {
		s.log.Hide(o.EOS.Token, o.EOS.Srand)
	}
	loop.TellSlowTurns(s.log.slow)
	return s
}

// Loop is the loop that the server lives on.
func (s *Server) Loop() *poll.Loop { return s.loop }

// Log is the server's LogLimiter, for what is built on it.
func (s *Server) Log() *LogLimiter { return s.log }

// Guard is what the matrix of Options lets the program call. It counts what was
// denied.
func (s *Server) Guard() *eos.Guard { return s.permits }

// Stats tells the counters.
func (s *Server) Stats() Stats { return s.stats }

// Handle sends every request whose path begins with prefix to h, upgrades and
// all methods included, before the router is asked. The longest prefix wins, of
// equal ones the last; "" is for what nothing else takes.
func (s *Server) Handle(prefix string, h Handler) {
	if prefix == "" {
		s.root = h
		return
	}
	s.mounts = append(s.mounts, mount{prefix: prefix, handler: h})
}

// Unhandle takes a prefix back.
func (s *Server) Unhandle(prefix string) {
	for i := len(s.mounts) - 1; i >= 0; i-- {
		if s.mounts[i].prefix == prefix {
			s.mounts = append(s.mounts[:i], s.mounts[i+1:]...)
		}
	}
}

// Pass gives a request that came to the handler of prefix to whom it would have
// come without it: the handler of the longest shorter prefix, or the router.
func (s *Server) Pass(prefix string, req *Request, res *Response) {
	if h := s.choose(req.head.path, len(prefix)-1); h != nil {
		h(req, res)
	} else {
		res.notFound(req)
	}
}

// Accept takes a connection: the Accept function of a listener, without the limits
// per address that App's has.
func (s *Server) Accept(pc *poll.Conn) poll.Handler {
	if s.stopping {
		return nil
	}
	c := s.takeConn()
	*c = conn{srv: s, pc: pc, next: s.conns}
	if c.next != nil {
		c.next.prev = c
	}
	s.conns = c
	s.stats.Conns++
	c.deadline(s.options.FirstByteTimeout)
	return c
}

// Stop closes the connections: idle ones now, the others with their answer. New
// ones are refused.
func (s *Server) Stop() {
	s.stopping = true
	for c := s.conns; c != nil; c = c.next {
		switch c.state {
		case connIdle, connHead, connDrain, connHeld:
			c.close()
		}
	}
}

// maxSpares is how many connections are kept to be used again: more than a turn
// accepts, and the memory of a dozen clients.
const maxSpares = 32

func (s *Server) takeConn() *conn {
	c := s.spares
	if c == nil {
		return new(conn)
	}
	s.spares = c.next
	s.spare--
	return c
}

// giveConn takes back a connection that has switched and that nobody knows.
func (s *Server) giveConn(c *conn) {
	if s.spare < maxSpares {
		*c = conn{next: s.spares}
		s.spares = c
		s.spare++
	}
}

// forget drops a connection that ended or switched.
func (s *Server) forget(c *conn) {
	s.loop.Disarm(&c.timer)
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.conns = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	s.stats.Conns--
}

// dispatch hands a request on to its handler, if it may get there.
func (s *Server) dispatch(req *Request, res *Response) {
	s.stats.Requests++
	if m := s.mounted(req.head.path, len(req.head.path)); (m == nil || !m.lax) && s.throttle(req, res) {
		return
	}
	if s.options.EOS != nil && s.intercept(req, res) {
		return
	}
	s.route(req, res)
}

// route chooses the handler of a request and calls it.
func (s *Server) route(req *Request, res *Response) {
	h := s.choose(req.head.path, len(req.head.path))
	if h == nil {
		res.notFound(req)
		return
	}
	s.guard(req, res, func() { h(req, res) })
}

// choose finds the handler of the longest prefix of path that has at most limit
// bytes.
func (s *Server) choose(path []byte, limit int) Handler {
	if m := s.mounted(path, limit); m != nil {
		return m.handler
	}
	return s.root
}

// mounted finds the longest prefix of path that has at most limit bytes, or nil.
func (s *Server) mounted(path []byte, limit int) (found *mount) {
	best := 0
	for i := range s.mounts {
		m := &s.mounts[i]
		if n := len(m.prefix); n >= best && n <= limit && string(path[:n]) == m.prefix {
			found, best = m, n
		}
	}
	return found
}

// A PanicError is what OnError is told of a panic in a handler.
type PanicError struct {
	Value  any
	Stack  []byte
	Method string
	Path   string
}

// Error tells the value and the request; the stack is apart.
func (p *PanicError) Error() string {
	var b strings.Builder
	b.WriteString("webapp: panic in ")
	b.WriteString(p.Method)
	b.WriteByte(' ')
	b.WriteString(Quote([]byte(p.Path)))
	switch v := p.Value.(type) {
	case error:
		b.WriteString(": " + v.Error())
	case string:
		b.WriteString(": " + v)
	}
	return b.String()
}

// guard calls an application's function. A panic ends the exchange, not the
// process.
func (s *Server) guard(req *Request, res *Response, call func()) {
	done := false
	defer func() {
		if done {
			return
		}
		v := recover()
		if v == nil { // Goexit
			return
		}
		s.stats.Panics++
		p := &PanicError{Value: v, Stack: debug.Stack()}
		if req != nil && req.c != nil {
			p.Method, p.Path = req.head.method, req.path()
		}
		s.cause = Final{Reason: p.Error(), Stack: p.Stack}
		if res.flags&(isSending|hasEnded) == isSending {
			res.drop()
		}
		res.Fail(&Error{500, StatusText(500)})
		s.cause = Final{}
		s.report(p)
	}()
	call()
	done = true
}

// report hands an error to OnError, or to the log.
func (s *Server) report(err error) {
	if s.options.OnError != nil {
		s.options.OnError(err)
		return
	}
	detail := err.Error()
	if p, ok := err.(*PanicError); ok {
		detail += "\n" + string(p.Stack)
	}
	s.log.Error("handler", "webapp: error in a handler", detail)
}

// takeRequest is the request in waiting, or a new one.
func (s *Server) takeRequest() *Request {
	r := s.request
	s.request = nil
	if r == nil {
		r = &Request{}
	}
	return r
}

func (s *Server) giveRequest(r *Request) {
	r.release()
	s.request = r
}

func (s *Server) takeResponse() *Response {
	r := s.response
	s.response = nil
	if r == nil {
		r = &Response{}
	}
	return r
}

func (s *Server) giveResponse(r *Response) {
	*r = Response{}
	s.response = r
}

// fieldBytes is what a response's header lines begin with; a buffer that grew
// beyond four times that is not kept.
const fieldBytes = 512

func (s *Server) takeFields() []byte {
	b := s.fields
	s.fields = nil
	if b == nil {
		b = make([]byte, 0, fieldBytes)
	}
	return b
}

func (s *Server) giveFields(b []byte) {
	if cap(b) >= fieldBytes && cap(b) <= 4*fieldBytes {
		s.fields = b[:0]
	}
}

// maxIntern is the longest path that is kept for the next request to it.
const maxIntern = 64

// intern returns b as a string without an allocation if it was asked for lately:
// the paths of a gateway are few.
func (s *Server) intern(b []byte) string {
	if len(b) > maxIntern {
		return string(b)
	}
	h := uint32(2166136261) // FNV-1a
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	p := &s.paths[h%uint32(len(s.paths))]
	if *p != string(b) {
		*p = string(b)
	}
	return *p
}

// answered counts a response by its status.
func (s *Server) answered(code int) {
	class := uint(code) / 100
	if class >= uint(len(s.stats.Responses)) {
		class = 0
	}
	s.stats.Responses[class]++
}

// appendError appends a whole response that refuses and closes.
func (s *Server) appendError(b []byte, e *Error) []byte {
	s.answered(e.Status)
	b = append(appendStatus(b, e.Status), s.date()...)
	b = append(b, "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "...)
	b = strconv.AppendUint(b, uint64(len(e.Message)), 10)
	if e.Status == 503 {
		b = append(b, "\r\nRetry-After: "+retryAfter...)
	}
	b = append(b, "\r\nConnection: close\r\n\r\n"...)
	return append(b, e.Message...)
}
