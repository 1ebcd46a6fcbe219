package tlsconn

import (
	"crypto/tls"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// A Server makes the layers of one loop's connections, with one set of
// certificates. Loop's goroutine only, except Reload.
type Server struct {
	loop    *poll.Loop
	options Options
	config  *tls.Config
	now     atomic.Int64 // unix ns, as of the last handshake's begin: for its goroutine
	compute chan struct{}
	slots   slots
	stats   Stats
	in, out []byte // of the call to crypto/tls that is on the stack

	mu    sync.Mutex // guards certs
	certs []poll.Cert
	table atomic.Pointer[table]
}

// Stats are counters since New, and what is open now.
type Stats struct {
	Conns    int    // connections, handshakes included
	Running  int    // handshakes with a goroutine
	Waiting  int    // handshakes that wait for one
	Done     uint64 // handshakes that succeeded
	Resumed  uint64 // of them with a ticket
	Failed   uint64 // handshakes that failed, plain HTTP and deadlines included
	TimedOut uint64 // of them by the deadline
	Plain    uint64 // of them plain HTTP
}

// New makes a server. It fails if a certificate cannot be loaded.
func New(loop *poll.Loop, o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{loop: loop, options: o, compute: make(chan struct{}, o.MaxComputing)}
	s.slots = slots{srv: s, limit: o.MaxHandshakes}
	s.config = s.newConfig()
	s.config.GetConfigForClient = s.choose
	s.table.Store(new(table))
	for _, c := range o.Certificates {
		if err := s.AddCert(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Stats tells the counters.
func (s *Server) Stats() Stats {
	st := s.stats
	st.Running, st.Waiting = len(s.slots.running), len(s.slots.waiting)
	return st
}

// newConfig is what all certificates have in common. Records are not made small
// for the first kilobytes of a connection: one message is one record.
func (s *Server) newConfig() *tls.Config {
	return &tls.Config{
		MinVersion:                  s.options.MinVersion,
		CipherSuites:                suites,
		NextProtos:                  []string{"http/1.1"},
		DynamicRecordSizingDisabled: true,
		Time:                        func() time.Time { return time.Unix(0, s.now.Load()) },
	}
}

// Layer is for poll.ListenOptions.
func (s *Server) Layer(c *poll.Conn) poll.Layer {
	s.stats.Conns++
	l := &layer{srv: s, wire: c.Wire()}
	l.hs = newHandshake(l, c)
	return l
}

// StateOf tells what was negotiated on a connection: version, cipher suite, the
// client's certificate; false while the handshake lasts or if c has no TLS.
func StateOf(c *poll.Conn) (tls.ConnectionState, bool) {
	if l, ok := c.Layer().(*layer); ok && l.state == ready {
		return l.tls.ConnectionState(), true
	}
	return tls.ConnectionState{}, false
}
