package eio

import (
	"log/slog"
	"strconv"

	"github.com/edgesio/edgesio/eio/internal/jstext"
	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A Server is an Engine.IO engine on one loop. Loop's goroutine only.
type Server struct {
	loop         *poll.Loop
	options      Options
	sessions     table
	onConnection func(*Session)
	hooks        *engineHooks       // nil while nobody listens
	permits      func(eos.API) bool // nil: everything
	debug        *slog.Logger       // nil while nobody wants to know
	limits       ws.Limits
	early        ws.Limits          // of sessions that are early, and of probes
	log          *webapp.LogLimiter // nil without a web server
	storm        storm
	tolls        tolls
	inflater     ws.Inflater    // of compressed messages that come in
	deflater     ws.Deflater    // of those that go out
	grain        int64          // ms, see beatGrain
	round        round          // of the heartbeat, the last
	openTail     string         // of the open packet, behind the sid
	dirty        *polling       // polls to answer at the end of the turn
	flushTimer   poll.Timer     // due at once while dirty is not empty
	payload      []byte         // scratch for a polling answer
	script       []byte         // scratch for a JSONP answer
	block        []byte         // scratch for a header block and the open packet
	raw          [sidBytes]byte // scratch for an id
	opening      *opening       // of the last handshake
	stats        Stats
	closed       bool
	draining     bool // see Drain
}

// Stats are counters since New, and what is open now.
type Stats struct {
	Sessions, WebSockets                int // the latter of the former
	Sessions3, WebSockets3              int // of them those of protocol 3
	Handshakes, Refused, Upgrades, Ends uint64
	// PacketsIn and PacketsOut are packets of sessions, of all types but those of a probe and the noops that end polls;
	// over polling those that go out are counted when they are queued.
	PacketsIn, PacketsOut uint64
	EndedBy               ReasonCounts // Ends by their reason
	// Throttled are handshakes beyond the rates, probes that flooded, and how often
	// a session was held back.
	Throttled uint64
}

// New makes an engine that handles what Handle is given.
func New(loop *poll.Loop, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Server{loop: loop, options: o}
	e.grain = beatGrain(o.PingInterval)
	e.limits = ws.Limits{MessageBytes: o.MaxHTTPBufferSize, Fragments: o.MaxFragments, Inflater: &e.inflater,
		Budget: loop.Budget()}
	loop.Budget().OnOver(e.fullest)
	e.early = e.limits
	e.early.MessageBytes = min(o.MaxEarlyBytes, o.MaxHTTPBufferSize)
	e.storm.begin(&o)
	e.tolls.begin(e)
	if o.PerMessageDeflate != nil {
		e.deflater.Threshold = o.PerMessageDeflate.Threshold
	}
	e.openTail = `],"pingInterval":` + strconv.FormatInt(o.PingInterval.Milliseconds(), 10) +
		`,"pingTimeout":` + strconv.FormatInt(o.PingTimeout.Milliseconds(), 10) +
		`,"maxPayload":` + strconv.Itoa(o.MaxHTTPBufferSize) + `}`
	return e, nil
}

// Attach makes an engine and gives it every request below its path on srv. The
// users of its handshakes are identified as webapp's EOSOptions say.
func Attach(loop *poll.Loop, srv *webapp.Server, o Options) (*Server, error) {
	e, err := New(loop, o)
	if err == nil {
		e.deflater.Writer, e.log = srv.Flate, srv.Log()
		if o.NoTrailingSlash {
			srv.HandleSessions(e.options.Path, e.Handle)
		}
		srv.HandleSessions(e.options.Path+"/", e.Handle)
	}
	return e, err
}

// OnConnection calls fn with each new session, after those that were set before;
// one of them should call SetHandler. Messages that came with the handshake
// follow.
func (e *Server) OnConnection(fn func(*Session)) {
	first := e.onConnection
	if first == nil {
		e.onConnection = fn
		return
	}
	e.onConnection = func(s *Session) {
		first(s)
		fn(s)
	}
}

// ClientsCount is the number of open sessions.
func (e *Server) ClientsCount() int { return e.sessions.n }

// Session finds an open session by its id, or nil.
func (e *Server) Session(id string) *Session { return find(&e.sessions, id) }

// Options tells the options in force.
func (e *Server) Options() Options { return e.options }

// Stats tells the counters.
func (e *Server) Stats() Stats {
	s := e.stats
	s.Sessions = e.sessions.n
	return s
}

// Close closes every session with "server shutting down" and refuses new ones.
func (e *Server) Close() {
	e.closed = true
	e.sessions.all(func(s *Session) { s.end(ServerShutdown, nil) })
}

// Handle serves one request below the engine's path.
func (e *Server) Handle(req *webapp.Request, res *webapp.Response) {
	q := e.question(req)
	if !q.polls(&e.options) && req.Throttled(res) {
		return
	}
	if e.options.Cors.Apply(req, res) {
		return // a preflight, answered
	}
	if e.closed {
		res.Status(503).End("")
		return
	}
	if e.hooks != nil && len(e.hooks.middlewares) > 0 {
		e.pass(0, req, res)
		return
	}
	e.serve(req, res, q)
}

// serve handles a request that the middlewares have let through.
func (e *Server) serve(req *webapp.Request, res *webapp.Response, q question) {
	code := q.judge(&e.options)
	switch {
	case code == accepted && q.upgrade && !e.options.Cors.Allows(req):
		// A browser keeps the answers of polling from a foreign page; nothing but
		// us keeps it from a WebSocket.
		e.refuse(res, q, 403, Forbidden, Forbidden.String())
	case code != accepted:
		e.refuse(res, q, 400, code, code.String())
	case q.session == nil && e.draining:
		e.late(res)
	case q.session == nil && e.stormy(req, res, q):
	case q.session != nil && !q.upgrade:
		e.dress(req, res, false)
		q.session.polling.handle(req, res)
	default:
		e.admit(req, res, q)
	}
}

// question reads from a request what decides about it. An empty sid is none.
func (e *Server) question(req *webapp.Request) (q question) {
	name, _ := req.QueryLookup("transport")
	if q.transport = transportOf(name); !e.options.has(q.transport) {
		q.transport = noTransport
	}
	q.protocol = 3 // as the reference has it, whatever else the client says
	if v, _ := req.QueryLookup("EIO"); string(v) == "4" {
		q.protocol = 4
	}
	if sid, _ := req.QueryLookup("sid"); len(sid) > 0 {
		q.named, q.session = true, find(&e.sessions, sid)
	}
	q.upgrade, q.get, q.req = req.Upgrade(), req.Method() == "GET", req
	return q
}

// refuse answers a request with an error: as JSON, or to a WebSocket request,
// whose client cannot read that, as plain text, with status 400 unless it is about
// the user.
func (e *Server) refuse(res *webapp.Response, q question, status int, code Code, message string) {
	e.stats.Refused++
	if code == UnsupportedVersion {
		e.complainVersion(q)
	}
	if e.debug != nil {
		e.debug.Debug("request refused", "code", int(code), "message", message, "context", q.context())
	}
	if e.hooks != nil && e.hooks.connectionError != nil {
		e.hooks.connectionError(&ConnectionError{Request: q.req, Code: code, Message: message, Context: q.context()})
	}
	if status == 401 {
		res.Set("WWW-Authenticate", "EdgerOS")
	}
	if q.upgrade {
		if status != 401 && status != 503 {
			status = 400
		}
		res.Status(status).Set("Connection", "close").Type("text/html").End(message)
		return
	}
	b := append(e.script[:0], `{"code":`...)
	b = append(strconv.AppendInt(b, int64(code), 10), `,"message":"`...)
	b = append(jstext.AppendString(b, []byte(message)), `"}`...)
	res.Status(status).Type("application/json").SendBytes(b)
	e.script = b
}

// flushLater answers t's poll after the input of this turn is handled.
func (e *Server) flushLater(t *polling) {
	if t.waiting {
		return
	}
	t.waiting = true
	t.next, e.dirty = e.dirty, t
	if !e.flushTimer.Armed() {
		e.loop.Arm(&e.flushTimer, 0, e)
	}
}

// OnTimer answers the polls that have something to take.
func (e *Server) OnTimer(*poll.Timer) {
	t := e.dirty
	e.dirty = nil
	for t != nil {
		next := t.next
		t.next, t.waiting = nil, false
		switch {
		case t.session.polling != t:
		case t.doomed:
			t.session.end(TransportError, poll.ErrMemory)
		default:
			t.flush()
		}
		t = next
	}
}

// onWebSocket counts sessions whose transport is a WebSocket, by one more or less.
func (e *Server) onWebSocket(s *Session, n int) {
	e.stats.WebSockets += n
	if s.protocol == 3 {
		e.stats.WebSockets3 += n
	}
}

// forget takes a closed session out of the server's tables.
func (e *Server) forget(s *Session) {
	e.sessions.remove(s)
	e.loop.Disarm(&s.beat)
	e.stats.Ends++
	if s.protocol == 3 {
		e.stats.Sessions3--
	}
}

// openPacket makes the open packet, in scratch.
func (e *Server) openPacket(s *Session) packet {
	dst := append(append(append(e.block[:0], `{"sid":"`...), s.id...), `","upgrades":[`...)
	if s.ws == nil && !e.options.RefuseUpgrades && e.options.has(websocketTransport) {
		dst = append(dst, `"websocket"`...)
	}
	e.block = append(dst, e.openTail...)
	return packet{kind: packetOpen, data: e.block}
}

// The header lines of an answer to a poll, and to a POST.
var (
	textFields  = webapp.MakeFields("Content-Type", "text/plain; charset=UTF-8", "Cache-Control", "no-store")
	octetFields = webapp.MakeFields("Content-Type", "application/octet-stream", "Cache-Control", "no-store")
	postFields  = webapp.MakeFields("Cache-Control", "no-store", "Content-Type", "text/html")
)

// sendPayload answers a poll. The connection's encodings were noted when the
// poll came.
func (e *Server) sendPayload(res *webapp.Response, t *polling, payload []byte, octets bool) {
	fields := textFields
	if octets {
		fields = octetFields
	}
	if t.jsonp {
		e.script = appendJSONP(e.script[:0], t.index, payload)
		payload = e.script
	}
	res.SetFields(fields)
	if o := &e.options; t.dense && !o.NoHTTPCompression && len(payload) >= o.HTTPCompressionThreshold {
		res.SendCompressed(payload)
	} else {
		res.SendBytes(payload)
	}
	if cap(e.payload) > keepScratch {
		e.payload = nil
	}
	if cap(e.script) > keepScratch {
		e.script = nil
	}
}

// keepScratch is what the server keeps of its scratch buffers.
const keepScratch = 64 << 10
