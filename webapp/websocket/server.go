package websocket

import (
	"fmt"
	"runtime/debug"

	"github.com/edgesio/edgesio/eos"
	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/webapp"
	"github.com/edgesio/edgesio/webapp/ws"
)

// A Server is a WebSocket server on a path of an app. Loop's goroutine only.
type Server struct {
	app          *webapp.App
	permits      *eos.Guard
	loop         *poll.Loop
	options      Options
	onConnection func(*Channel, *webapp.Request)
	limits       ws.Limits
	inflater     ws.Inflater // of messages that come in
	deflater     ws.Deflater // of those that go out
	channels     []*Channel  // nil where one ended during Each
	walks        int         // of Each, that are under way
	holes        int         // in channels
	grain        int64       // ms, see ping.go
	shared       Message     // of Broadcast
	block        []byte      // scratch, see record.go
	stats        Stats
	closed       bool
}

// Stats are counters since NewServer, and what is open now.
type Stats struct {
	Channels int    // open, and those whose close handshake is under way
	Opened   uint64 // channels
	Closed   uint64 // of them
	Refused  uint64 // requests that got another answer than 101
	Breaches uint64 // channels that were closed for breaking the protocol
	Panics   uint64
}

// NewServer makes a server of the WebSocket requests for path, a pattern as those of the app's routes. Middlewares and
// routes that were added to the app before come first.
func NewServer(app *webapp.App, path string, o Options) (*Server, error) {
	if err := app.Guard().Check(eos.WsServerCreateServer); err != nil {
		return nil, err
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{app: app, permits: app.Guard(), loop: app.Loop(), options: o, grain: pingGrain(o)}
	s.limits = ws.Limits{MessageBytes: o.MaxMessageBytes, Fragments: o.MaxFragments, Inflater: &s.inflater,
		Budget: s.loop.Budget()}
	if o.PerMessageDeflate != nil {
		s.deflater.Threshold = o.PerMessageDeflate.Threshold
	}
	app.Use(path, webapp.Member(eos.WsServerCreateServer, s.handle))
	return s, nil
}

// OnConnection calls fn with each new channel; it should say who gets its messages. The request is valid until fn
// returns. What the client sent already follows.
func (s *Server) OnConnection(fn func(ch *Channel, req *webapp.Request)) { s.onConnection = fn }

// Len is the number of channels.
func (s *Server) Len() int { return s.stats.Channels }

// Stats tells the counters.
func (s *Server) Stats() Stats { return s.stats }

// Each calls fn with every channel until it returns false. Channels that open meanwhile may be left out, those that
// close meanwhile are.
func (s *Server) Each(fn func(ch *Channel) bool) {
	s.walks++
	defer s.walked()
	for i, n := 0, len(s.channels); i < n; i++ {
		if ch := s.channels[i]; ch != nil && !fn(ch) {
			return
		}
	}
}

// walked is the end of Each: the last one closes the holes.
func (s *Server) walked() {
	if s.walks--; s.walks > 0 || s.holes == 0 {
		return
	}
	kept := s.channels[:0]
	for _, ch := range s.channels {
		if ch != nil {
			ch.index = int32(len(kept))
			kept = append(kept, ch)
		}
	}
	clear(s.channels[len(kept):])
	s.channels, s.holes = kept, 0
	s.shrink()
}

// insert and remove keep the table of channels.
func (s *Server) insert(ch *Channel) {
	ch.index = int32(len(s.channels))
	s.channels = append(s.channels, ch)
	s.stats.Channels++
	s.stats.Opened++
}

func (s *Server) remove(ch *Channel) {
	s.loop.Disarm(&ch.timer)
	s.stats.Channels--
	s.stats.Closed++
	if s.walks > 0 {
		s.channels[ch.index] = nil
		s.holes++
		return
	}
	last := len(s.channels) - 1
	moved := s.channels[last]
	s.channels[ch.index], moved.index = moved, ch.index
	s.channels[last] = nil
	s.channels = s.channels[:last]
	s.shrink()
}

// shrink gives back what a peak needed.
func (s *Server) shrink() {
	if n := len(s.channels); cap(s.channels) > 1024 && n < cap(s.channels)/4 {
		s.channels = append(make([]*Channel, 0, 2*n), s.channels...)
	}
}

// Close closes every channel with 1001 and refuses new ones with 503.
func (s *Server) Close() {
	s.closed = true
	s.Each(func(ch *Channel) bool {
		ch.close(ws.StatusGoingAway, "")
		return true
	})
}

// A PanicError is what OnError is told of a panic in a handler.
type PanicError struct {
	Path  string
	Value any
	Stack []byte
}

// Error tells the path and the value; the stack is apart.
func (p *PanicError) Error() string {
	return fmt.Sprintf("websocket: panic in a handler of %s: %v", webapp.Quote([]byte(p.Path)), p.Value)
}

// guard is deferred around every call of the program: a panic ends its channel and nothing else.
func (s *Server) guard(ch *Channel) {
	v := recover()
	if v == nil {
		return
	}
	s.stats.Panics++
	p := &PanicError{Path: ch.path(), Value: v, Stack: debug.Stack()}
	ch.fail(ws.StatusInternalServerError, p)
	s.report(p, string(p.Stack))
}
