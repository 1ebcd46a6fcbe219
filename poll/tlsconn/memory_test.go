//go:build !race

package tlsconn_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"testing"
	"unsafe"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

const (
	idleConns    = 200
	idleRequest  = "GET / HTTP/1.1\r\nHost: gateway.test\r\nUser-Agent: the memory test of a small gateway\r\n\r\n"
	idleAnswer   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	maxIdleBytes = 8 << 10
)

// used is what lives on the heap and on stacks.
func used() int {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// perConn is what each of many idle connections to addr holds, in this process,
// after one exchange: both sides, without the client's TLS, which is let go.
func perConn(t *testing.T, addr string, config *tls.Config) int {
	t.Helper()
	conns := make([]net.Conn, 0, idleConns)
	ask := func() {
		raw, err := net.Dial("tcp", addr)
		check(t, err)
		c := raw
		if config != nil {
			c = tls.Client(raw, config)
		}
		_, err = io.WriteString(c, idleRequest)
		check(t, err)
		var answer []byte
		for b := make([]byte, 1000); !bytes.HasSuffix(answer, []byte("ok")); {
			n, err := c.Read(b)
			check(t, err)
			answer = append(answer, b[:n]...)
		}
		conns = append(conns, raw)
	}
	for range 10 {
		ask()
	}
	before := used()
	for range idleConns {
		ask()
	}
	n := (used() - before) / idleConns
	for _, c := range conns {
		c.Close()
	}
	return n
}

// onLoop runs a server of ours, with TLS or without, while f runs.
func onLoop(t *testing.T, secure bool, f func(addr string)) {
	t.Helper()
	loop, err := poll.New(poll.Options{})
	check(t, err)
	o := poll.ListenOptions{Address: "127.0.0.1:0", Accept: func(*poll.Conn) poll.Handler { return answers{} }}
	if secure {
		s, err := tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: one().cert, Key: one().key}}})
		check(t, err)
		o.Layer = s.Layer
	}
	ln, err := loop.Listen(o)
	check(t, err)
	ended := make(chan error)
	go func() { ended <- loop.Run(context.Background()) }()
	f(ln.Addr().String())
	loop.Stop()
	check(t, <-ended)
	check(t, loop.Close())
}

// answers is a handler that holds nothing.
type answers struct{}

func (answers) OnData(c *poll.Conn, _ []byte) { c.Write([]byte(idleAnswer)) }
func (answers) OnDrain(*poll.Conn)            {}
func (answers) OnClose(*poll.Conn, error)     {}

// An idle TLS connection holds what crypto/tls holds, and little besides;
// net/http's server has a goroutine and two buffers on top.
func TestIdleMemory(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the ceiling is for 64-bit machines")
	}
	for _, version := range versions {
		config := one().config("gateway.test")
		config.MinVersion, config.MaxVersion = version, version
		var caller, ours, theirs int
		onLoop(t, false, func(addr string) { caller = perConn(t, addr, nil) - int(unsafe.Sizeof(poll.Conn{})) })
		onLoop(t, true, func(addr string) { ours = perConn(t, addr, config) - caller })

		mine, err := tls.X509KeyPair([]byte(one().cert), []byte(one().key))
		check(t, err)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
		server := &http.Server{
			Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }),
			ErrorLog:  log.New(io.Discard, "", 0),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{mine}},
		}
		go server.ServeTLS(ln, "", "")
		theirs = perConn(t, ln.Addr().String(), config) - caller
		server.Close()
		t.Logf("%s: %d bytes per idle connection, net/http %d", tls.VersionName(version), ours, theirs)
		if ours > maxIdleBytes || ours > theirs {
			t.Errorf("%s: %d bytes per idle connection, at most %d and net/http's %d", tls.VersionName(version), ours,
				maxIdleBytes, theirs)
		}
	}
}
