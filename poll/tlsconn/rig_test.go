package tlsconn_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

const at = "127.0.0.1:443"

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // of the kernel in memory

// pair is a certificate for tests.
type pair struct {
	cert, key string // PEM
	leaf      *x509.Certificate
	secret    *ecdsa.PrivateKey
}

var serial int64

// newPair makes a certificate for names, signed by ca or by itself.
func newPair(t testing.TB, ca *pair, names ...string) *pair {
	t.Helper()
	serial++
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	text := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: epoch.AddDate(-1, 0, 0), NotAfter: epoch.AddDate(9, 0, 0),
		BasicConstraintsValid: true, IsCA: ca == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	p := &pair{secret: secret}
	parent, by := text, secret
	if ca != nil {
		parent, by = ca.leaf, ca.secret
	}
	der, err := x509.CreateCertificate(rand.Reader, text, parent, secret.Public(), by)
	check(t, err)
	p.leaf, err = x509.ParseCertificate(der)
	check(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(secret)
	check(t, err)
	p.cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	p.key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return p
}

// config is a client's that trusts p and asks for name.
func (p *pair) config(name string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(p.leaf)
	return &tls.Config{RootCAs: roots, ServerName: name, Time: func() time.Time { return epoch }}
}

var one = sync.OnceValue(func() *pair { return newPair(nil2{}, nil, "gateway.test") })

// nil2 is a testing.TB for what is made once, for all tests.
type nil2 struct{ testing.TB }

func (nil2) Helper() {}

func (nil2) Fatal(args ...any) { panic(args) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rig is a loop on the kernel in memory with a TLS listener.
type rig struct {
	t   *testing.T
	k   *polltest.Kernel
	l   *poll.Loop
	s   *tlsconn.Server
	all []*side
	new func(s *side)
}

// side is the server's side of a connection.
type side struct {
	c      *poll.Conn
	got    bytes.Buffer
	closes int
	drains int
	err    error
	data   func(s *side, b []byte)
}

func (s *side) OnData(_ *poll.Conn, b []byte) {
	if s.closes > 0 {
		panic("OnData after OnClose")
	}
	if s.data != nil {
		s.data(s, b)
		return
	}
	s.got.Write(b)
}

func (s *side) OnDrain(*poll.Conn) { s.drains++ }

func (s *side) OnClose(_ *poll.Conn, err error) { s.closes, s.err = s.closes+1, err }

func newRig(t *testing.T, seed uint64, f polltest.Faults, o tlsconn.Options, lo poll.ListenOptions) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(seed, f)}
	var err error
	r.l, err = poll.New(poll.Options{Kernel: r.k})
	check(t, err)
	if o.Certificates == nil {
		o.Certificates = []poll.Cert{{Cert: one().cert, Key: one().key}}
	}
	r.s, err = tlsconn.New(r.l, o)
	check(t, err)
	lo.Address, lo.Layer = at, r.s.Layer
	lo.Accept = func(c *poll.Conn) poll.Handler {
		s := &side{c: c}
		if r.new != nil {
			r.new(s)
		}
		r.all = append(r.all, s)
		return s
	}
	_, err = r.l.Listen(lo)
	check(t, err)
	return r
}

// echo makes every new connection answer with what it gets.
func (r *rig) echo() {
	r.new = func(s *side) { s.data = func(s *side, b []byte) { s.c.Write(b) } }
}

// until turns the loop with the clock at rest.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	if !r.k.Await(r.l, cond) {
		r.t.Fatalf("%s: did not happen; %+v", what, r.s.Stats())
	}
}

// end closes the loop and looks for leaks.
func (r *rig) end() {
	r.t.Helper()
	r.until("the handshakes' end", func() bool { return r.s.Stats().Running == 0 })
	check(r.t, r.l.Close())
	for i, s := range r.all {
		if s.closes != 1 {
			r.t.Errorf("connection %d: OnClose was called %d times", i, s.closes)
		}
	}
	if s := r.l.Stats(); s.Conns != 0 || r.l.Budget().Used() != 0 || s.Accepted != s.Closed || s.Timers > 1 { // slow peers'
		r.t.Errorf("counters at the end: %+v", s)
	}
	if s := r.s.Stats(); s.Conns != 0 || s.Waiting != 0 {
		r.t.Errorf("counters at the end: %+v", s)
	}
	check(r.t, r.k.Check())
}

// client is crypto/tls on a peer of the kernel in memory. It runs on a goroutine
// of its own; pump moves its bytes.
type client struct {
	*tls.Conn
	peer *polltest.Peer
	end  *end
	most int // bytes that pump moves at a time; 0: all
	done chan error
	err  error
}

var errCut = errors.New("the server's FIN came")

// dial makes a client that does what work says after the handshake.
func (r *rig) dial(config *tls.Config, work func(c *client) error) *client {
	c := &client{peer: r.k.Dial(at), end: newEnd(), done: make(chan error, 1), err: errRunning}
	c.Conn = tls.Client(c.end, config)
	go func() {
		err := c.Handshake()
		if err == nil {
			err = work(c)
		}
		c.done <- err
	}()
	return c
}

var errRunning = errors.New("running")

// pump moves bytes between the client and its peer, and tells whether the client
// has ended and all it wrote is under way.
func (r *rig) pump(c *client) bool {
	if c.err == errRunning {
		select {
		case c.err = <-c.done:
		default:
		}
	}
	most := c.most
	if most > 0 {
		most = 1 + r.k.IntN(most)
	}
	if b := c.end.take(most); len(b) > 0 {
		c.peer.Write(b)
	}
	c.end.give(c.peer.Read(), c.peer.Ended())
	return c.err != errRunning && c.end.waiting() == 0
}

// run pumps until the client has ended, and returns its error.
func (r *rig) run(c *client) error {
	r.t.Helper()
	r.until("the client's end", func() bool { return r.pump(c) })
	return c.err
}

// end is a net.Conn in memory, one side of which is the client's.
type end struct {
	mu      sync.Mutex
	arrived *sync.Cond
	in, out []byte
	cut     bool
}

func newEnd() *end {
	e := &end{}
	e.arrived = sync.NewCond(&e.mu)
	return e
}

func (e *end) Read(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.in) == 0 && !e.cut {
		e.arrived.Wait()
	}
	if len(e.in) == 0 {
		return 0, errCut // and not io.EOF, which is close_notify's
	}
	n := copy(b, e.in)
	e.in = e.in[n:]
	return n, nil
}

func (e *end) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out = append(e.out, b...)
	return len(b), nil
}

func (e *end) take(most int) []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.out)
	if most > 0 {
		n = min(n, most)
	}
	b := bytes.Clone(e.out[:n])
	e.out = e.out[n:]
	return b
}

func (e *end) give(b []byte, cut bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.in = append(e.in, b...)
	e.cut = e.cut || cut
	e.arrived.Broadcast()
}

func (e *end) waiting() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.out)
}

func (e *end) Close() error                     { return nil }
func (e *end) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (e *end) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetReadDeadline(time.Time) error  { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }

// exchange writes b and reads as much back, which must be the same.
func exchange(c *client, b []byte) error {
	go c.Write(b)
	got := make([]byte, len(b))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if !bytes.Equal(got, b) {
		return errors.New("the echo differs")
	}
	return nil
}

// drained reads to the server's close_notify.
func drained(c *client) ([]byte, error) { return io.ReadAll(c) }

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}
