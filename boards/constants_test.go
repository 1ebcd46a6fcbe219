//go:build !race && linux

package boards

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/tlsconn"
	"github.com/edgesio/edgesio/sio"
	"github.com/edgesio/edgesio/webapp"
)

const many = 1000 // clients that a figure is the mean of

// ours are the sizes for the machine that the test is built for.
func ours() sizes { return Build{GOARCH: runtime.GOARCH}.sizes() }

// bound wants a constant to be no less than what was measured, and not far above it.
func bound(t *testing.T, what string, measured, constant int) {
	t.Helper()
	t.Logf("%s: %d bytes, in the budget %d", what, measured, constant)
	if measured > constant || measured < constant/3 {
		t.Errorf("%s: %d bytes, in the budget %d", what, measured, constant)
	}
}

// host is a server, with clients that are bare descriptors: the heap's growth is the server's.
type host struct {
	testing.TB
	loop *poll.Loop
	app  *webapp.App
	io   *sio.Server
	fds  []int
}

func newHost(t testing.TB) *host {
	loop, err := poll.New(poll.Options{})
	check(t, err)
	app, err := webapp.CreateWith(loop, "budget", webapp.Addr{Host: "127.0.0.1"},
		webapp.Options{Rate: 1e6, Burst: 1e6, MaxConnsPerAddress: 1e6})
	check(t, err)
	io, err := sio.New(app, sio.Options{HandshakeRate: 1e5, HandshakeBurst: 1e5, HandshakesPerAddress: 1e6,
		ConnectionStateRecovery: &sio.ConnectionStateRecovery{MaxSessions: 2 * many}})
	check(t, err)
	check(t, app.Start())
	h := &host{TB: t, loop: loop, app: app, io: io, fds: make([]int, 0, 2*many)}
	t.Cleanup(func() { h.drop(); loop.Close() })
	return h
}

// drop lets the clients go without a goodbye.
func (h *host) drop() {
	for _, fd := range h.fds {
		syscall.Close(fd)
	}
	h.fds = h.fds[:0]
}

func (h *host) dial() int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	check(h, err)
	h.fds = append(h.fds, fd)
	// It returns when the system has connected them, which takes its time on a busy machine, over loopback too.
	check(h, syscall.Connect(fd, &syscall.SockaddrInet4{Port: h.app.Port(), Addr: [4]byte{127, 0, 0, 1}}))
	check(h, syscall.SetNonblock(fd, true))
	return fd
}

// ask sends and waits for an answer that contains a text.
func (h *host) ask(fd int, request, part string) string {
	if _, err := syscall.Write(fd, []byte(request)); err != nil {
		h.Fatal(err)
	}
	answer := ""
	for range 1000 {
		check(h, h.loop.Poll(time.Millisecond))
		var b [2000]byte
		if n, _ := syscall.Read(fd, b[:]); n > 0 {
			if answer += string(b[:n]); strings.Contains(answer, part) {
				return answer
			}
		}
	}
	h.Fatalf("%q: %q", request, answer)
	return ""
}

const browser = " HTTP/1.1\r\nHost: gateway.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept-Language: en-US,en;q=0.9\r\nOrigin: http://gateway.example\r\n"

func (h *host) webSocket() {
	fd := h.dial()
	h.ask(fd, "GET /socket.io/?EIO=4&transport=websocket"+browser+"Connection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", `"sid"`)
	h.ask(fd, "\x81\x82\x00\x00\x00\x0040", `40{"sid"`)
}

func (h *host) polling() {
	fd := h.dial()
	const target = "/socket.io/?EIO=4&transport=polling"
	open := h.ask(fd, "GET "+target+browser+"\r\n", `"sid":"`)
	_, sid, _ := strings.Cut(open, `"sid":"`)
	sid, _, _ = strings.Cut(sid, `"`)
	h.ask(fd, "POST "+target+"&sid="+sid+browser+"Content-Length: 2\r\n\r\n40", "ok")
	h.ask(fd, "GET "+target+"&sid="+sid+browser+"\r\n", `40{"sid"`)
	_, err := syscall.Write(fd, []byte("GET "+target+"&sid="+sid+browser+"\r\n")) // the poll that stands
	check(h, err)
	check(h, h.loop.Poll(time.Millisecond))
}

func live() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// An idle client, one that polls being the dearest, and one that is lost.
func TestConstantsOfSessions(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	worst := 0
	for _, open := range []func(*host){(*host).webSocket, (*host).polling} {
		h := newHost(t)
		open(h)
		before := live()
		for range many {
			open(h)
		}
		n := (live() - before) / many
		t.Logf("%d bytes", n)
		worst = max(worst, n)
		if h.io.Len() != many+1 {
			t.Fatalf("%d clients", h.io.Len())
		}
	}
	bound(t, "idle session", worst, int(ours().session))

	h := newHost(t)
	before := live()
	for range many {
		h.webSocket()
	}
	h.drop()
	for try := 0; h.loop.Stats().Conns > 0 && try < 10000; try++ {
		check(t, h.loop.Poll(time.Millisecond))
	}
	if h.io.Len() != 0 || h.loop.Stats().Conns != 0 {
		t.Fatalf("%d clients", h.io.Len())
	}
	bound(t, "lost session", (live()-before)/many, int(ours().lost))
	runtime.KeepAlive(h)
}

// An idle TLS connection, and one in the middle of its handshake.
func TestConstantsOfTLS(t *testing.T) {
	const conns = 100
	cert, key := pair(t)
	loop, err := poll.New(poll.Options{})
	check(t, err)
	s, err := tlsconn.New(loop, tlsconn.Options{Certificates: []poll.Cert{{Cert: cert, Key: key}}})
	check(t, err)
	ln, err := loop.Listen(poll.ListenOptions{Address: "127.0.0.1:0", Layer: s.Layer,
		Accept: func(*poll.Conn) poll.Handler { return deaf{} }})
	check(t, err)
	raw := make([]net.Conn, 0, 5*conns)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", ln.Addr().String())
		check(t, err)
		raw = append(raw, c)
		return c
	}
	shake := func() {
		done := make(chan error)
		client := tls.Client(dial(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS13})
		go func() { done <- client.Handshake() }()
		for served := false; ; check(t, loop.Poll(time.Millisecond)) {
			select {
			case err := <-done:
				check(t, err)
				served = true
			default:
			}
			if served && s.Stats().Running+s.Stats().Waiting == 0 {
				return
			}
		}
	}
	shake()
	const descriptor = 400 // of package net, for the client
	var rounds [3]int      // a table or a stack of the runtime's that grows in one of them is not the connections'
	for i := range rounds {
		before := live()
		for range conns {
			shake()
		}
		rounds[i] = (live()-before)/conns - descriptor
	}
	slices.Sort(rounds[:])
	bound(t, "idle TLS connection", rounds[1], int(ours().tls))

	var hello recorder
	_ = tls.Client(&hello, &tls.Config{InsecureSkipVerify: true}).Handshake()
	before := live()
	for range tlsHandshakes {
		_, err := dial().Write(hello)
		check(t, err)
	}
	for _, c := range raw[len(raw)-tlsHandshakes:] { // until each was answered, and waits for its client
		for n, try := 0, 0; n == 0 && try < 10000; try++ {
			check(t, loop.Poll(time.Millisecond))
			check(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
			n, _ = c.Read(make([]byte, 1))
		}
	}
	if n := s.Stats().Running; n != tlsHandshakes {
		t.Fatalf("%d handshakes", n)
	}
	bound(t, "TLS handshake", (live()-before)/tlsHandshakes, tlsHandshake)
	for _, c := range raw {
		c.Close()
	}
	check(t, loop.Close())
}

type deaf struct{}

func (deaf) OnData(*poll.Conn, []byte) {}
func (deaf) OnDrain(*poll.Conn)        {}
func (deaf) OnClose(*poll.Conn, error) {}

// recorder keeps what is written, and has nothing to read.
type recorder []byte

func (r *recorder) Write(b []byte) (int, error)      { *r = append(*r, b...); return len(b), nil }
func (r *recorder) Read([]byte) (int, error)         { return 0, net.ErrClosed }
func (r *recorder) Close() error                     { return nil }
func (r *recorder) LocalAddr() net.Addr              { return nil }
func (r *recorder) RemoteAddr() net.Addr             { return nil }
func (r *recorder) SetDeadline(time.Time) error      { return nil }
func (r *recorder) SetReadDeadline(time.Time) error  { return nil }
func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

func pair(t *testing.T) (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gateway"},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	check(t, err)
	bytes, err := x509.MarshalECPrivateKey(private)
	check(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: bytes}))
}

const atStart = "BOARDS_TEST_START"

// What the runtime has when a server has started, as GOMEMLIMIT counts it, in a process of its own.
func TestConstantOfRuntime(t *testing.T) {
	if os.Getenv(atStart) != "" {
		newHost(t).webSocket()
		s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
			{Name: "/memory/classes/heap/free:bytes"}} // which the other lines will use
		metrics.Read(s)
		fmt.Printf("runtime %d\n", s[0].Value.Uint64()-s[1].Value.Uint64()-s[2].Value.Uint64())
		return
	}
	var runs []int // how many threads and collections a start has is the scheduler's: 1.8 to 3.3 MB on 386
	for range 7 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestConstantOfRuntime$")
		// The most cores that a board has, and what collects earliest of the profiles: not what make test was started with.
		cmd.Env = append(os.Environ(), atStart+"=1", "GOMAXPROCS=4", "GOGC=50", "GOMEMLIMIT=off", "GODEBUG=")
		out, err := cmd.CombinedOutput()
		check(t, err)
		_, rest, _ := strings.Cut(string(out), "runtime ")
		number, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.Atoi(number)
		check(t, err)
		runs = append(runs, n)
	}
	slices.Sort(runs)
	t.Log(runs)
	bound(t, "runtime", runs[len(runs)/2], int(ours().runtime))
}
