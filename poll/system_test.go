package poll_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
)

// These tests run on the system's own kernel.

type echo struct{ closed chan error }

func (e *echo) OnData(c *poll.Conn, b []byte)   { c.Write(b) }
func (e *echo) OnDrain(*poll.Conn)              {}
func (e *echo) OnClose(_ *poll.Conn, err error) { e.closed <- err }
func (e *echo) Accept(*poll.Conn) poll.Handler  { return e }
func newEcho() *echo                            { return &echo{make(chan error, 100)} }
func (e *echo) ended(n int) func() bool         { return func() bool { return len(e.closed) >= n } }
func listen(t *testing.T, l *poll.Loop, o poll.ListenOptions) *poll.Listener {
	t.Helper()
	ln, err := l.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// client runs f with a connection on another goroutine and turns the loop until
// it returns.
func client(t *testing.T, l *poll.Loop, network, addr string, f func(c net.Conn) error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		c, err := net.Dial(network, addr)
		if err == nil {
			c.SetDeadline(time.Now().Add(10 * time.Second))
			err = f(c)
			c.Close()
		}
		done <- err
	}()
	var err error
	turn(t, l, func() bool {
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// bounce sends a megabyte and wants it back, from a socket that reads late.
func bounce(c net.Conn) error {
	want := pattern(1 << 20)
	go func() {
		c.Write(want)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	time.Sleep(20 * time.Millisecond)
	got, err := io.ReadAll(c)
	if err == nil && !bytes.Equal(got, want) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func TestSystemEcho(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for _, o := range []poll.ListenOptions{
		{Address: "127.0.0.1:0"},
		{Address: "localhost:0"},
		{Address: ":0"},
		{Address: "127.0.0.1:0", Network: "tcp4", SendBufferBytes: 16 << 10, ReceiveBufferBytes: 16 << 10},
		{Address: "[::1]:0", Network: "tcp6"},
		{Address: "[::]:0"},
		{Address: path, Network: "unix", SendBufferBytes: 16 << 10},
	} {
		t.Run(o.Network+" "+filepath.Base(o.Address), func(t *testing.T) {
			if strings.Contains(o.Address, "::") && !ipv6() {
				t.Skip("this machine has no IPv6")
			}
			l, h := newLoop(t, poll.Options{}), newEcho()
			o.Accept = h.Accept
			o.Limits.HardBytes = 2 << 20
			ln := listen(t, l, o)
			network, addr := "tcp", ln.Addr().String()
			if ln.Addr().Addr().IsUnspecified() {
				addr = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), ln.Addr().Port()).String()
			}
			if o.Network == "unix" {
				network, addr = "unix", path
			}
			client(t, l, network, addr, bounce)
			turn(t, l, h.ended(1))
			if err := <-h.closed; err != io.EOF {
				t.Fatal(err)
			}
			l.Poll(0)
			if s := l.Stats(); s.Conns != 0 || s.OutBytes != 0 || s.BytesIn != 1<<20 || s.BytesOut != 1<<20 {
				t.Fatalf("%+v", s)
			}
		})
	}
}

func ipv6() bool {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	ln.Close()
	return true
}

func TestSystemAddresses(t *testing.T) {
	l := newLoop(t, poll.Options{})
	var local, remote netip.AddrPort
	h := newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: ":0", Accept: func(c *poll.Conn) poll.Handler {
		local, remote = c.LocalAddr(), c.RemoteAddr()
		return h
	}})
	addr := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), ln.Addr().Port())
	var from string
	client(t, l, "tcp", addr.String(), func(c net.Conn) error {
		from = c.LocalAddr().String()
		c.Write([]byte("x"))
		_, err := c.Read(make([]byte, 1))
		return err
	})
	if remote.String() != from || local != addr {
		t.Errorf("%v -> %v, want %v -> %v", remote, local, from, addr)
	}
}

func TestSystemListenErrors(t *testing.T) {
	l, h := newLoop(t, poll.Options{}), newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: h.Accept})
	path := filepath.Join(t.TempDir(), "s")
	listen(t, l, poll.ListenOptions{Network: "unix", Address: path, Accept: h.Accept})
	for _, o := range []poll.ListenOptions{
		{Address: ln.Addr().String()},
		{Network: "unix", Address: path}, // somebody listens
		{Network: "unix", Address: filepath.Join(path, "no", "such")},
		{Address: "127.0.0.1"},
		{Address: "127.0.0.1:http"},
		{Address: "127.0.0.1:65536"},
		{Address: "example.org:80"},
		{Address: "127.0.0.1:0", Network: "tcp6"},
		{Address: "[::1]:0", Network: "tcp4"},
		{Address: "127.0.0.1:0", Network: "udp"},
	} {
		o.Accept = h.Accept
		if ln, err := l.Listen(o); err == nil {
			t.Errorf("%+v: listens on %v", o, ln.Addr())
		}
	}
}

func TestSystemStaleUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	old, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	old.(*net.UnixListener).SetUnlinkOnClose(false)
	old.Close()
	l, h := newLoop(t, poll.Options{}), newEcho()
	listen(t, l, poll.ListenOptions{Network: "unix", Address: path, Accept: h.Accept})
	client(t, l, "unix", path, bounce)
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Listen(poll.ListenOptions{Network: "unix", Address: file, Accept: h.Accept}); err == nil {
		t.Fatal("listens on a file")
	}
	if b, _ := os.ReadFile(file); string(b) != "mine" {
		t.Fatal("removed a file that is no socket")
	}
}

func TestSystemReset(t *testing.T) {
	l, h := newLoop(t, poll.Options{}), newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: h.Accept})
	var paused *poll.Conn
	pl := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: func(c *poll.Conn) poll.Handler {
		paused = c
		c.Pause()
		return h
	}})
	for _, addr := range []string{ln.Addr().String(), pl.Addr().String()} {
		client(t, l, "tcp", addr, func(c net.Conn) error {
			if addr == ln.Addr().String() {
				c.Write([]byte("x"))
				c.Read(make([]byte, 1))
			}
			return c.(*net.TCPConn).SetLinger(0)
		})
		if addr == pl.Addr().String() {
			turn(t, l, func() bool { return paused != nil }) // the client may be gone before
			paused.Resume()                                  // kqueue tells only those who ask
		}
		turn(t, l, h.ended(1))
		if err := <-h.closed; err != errReset {
			t.Fatal(err)
		}
	}
}

// Close delivers everything to a peer that has not read yet and is still
// sending, on real sockets too.
func TestSystemCloseDelivers(t *testing.T) {
	l := newLoop(t, poll.Options{})
	want := pattern(3 << 20)
	h := newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: func(c *poll.Conn) poll.Handler {
		c.Write(want)
		c.Close()
		return h
	}})
	client(t, l, "tcp", ln.Addr().String(), func(c net.Conn) error {
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					c.Write(make([]byte, 10))
					time.Sleep(time.Millisecond)
				}
			}
		}()
		time.Sleep(50 * time.Millisecond)
		got, err := io.ReadAll(c)
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("%d of %d bytes", len(got), len(want))
		}
		return err
	})
	turn(t, l, func() bool { return l.Stats().Conns == 0 })
	if err := <-h.closed; err != nil {
		t.Fatal(err)
	}
}

func TestSystemPipes(t *testing.T) {
	l := newLoop(t, poll.Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	fd, out := int(r.Fd()), int(w.Fd())
	var got []byte
	read := func(_ int, is poll.Interest) {
		b := make([]byte, 3)
		n, _ := r.Read(b)
		got = append(got, b[:n]...)
	}
	if err := l.Once(fd, poll.Readable, read); err != nil {
		t.Fatal(err)
	}
	w.WriteString("abcdef")
	turn(t, l, func() bool { return len(got) > 0 })
	l.Poll(0)
	if string(got) != "abc" || len(l.FDs()) != 0 {
		t.Fatalf("%q, watching %v", got, l.FDs())
	}
	if err := l.Add(fd, poll.Readable, read); err != nil {
		t.Fatal(err)
	}
	turn(t, l, func() bool { return string(got) == "abcdef" })
	writable := false
	if err := l.Once(out, poll.Writable, func(fd int, is poll.Interest) { writable = is == poll.Writable }); err != nil {
		t.Fatal(err)
	}
	turn(t, l, func() bool { return writable })
	w.Close()
	ended := false
	if err := l.Remove(fd); err != nil {
		t.Fatal(err)
	}
	l.Add(fd, poll.Readable, func(_ int, is poll.Interest) { ended = is&poll.Readable != 0 })
	turn(t, l, func() bool { return ended })
	if err := l.Remove(); err != nil {
		t.Fatal(err)
	}
}

// One large frame for many readers, some of which are slow: vectored writes that
// end anywhere.
func TestSystemSharedSegments(t *testing.T) {
	l := newLoop(t, poll.Options{})
	const n, rounds = 5, 40
	var conns []*poll.Conn
	h := newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", SendBufferBytes: 20_000,
		Accept: func(c *poll.Conn) poll.Handler {
			conns = append(conns, c)
			return h
		}})
	frame := pattern(50_000)
	want := bytes.Repeat(append([]byte("head"), frame...), rounds)
	done := make(chan error, n)
	for i := range n {
		go func() {
			c, err := net.Dial("tcp", ln.Addr().String())
			if err == nil {
				defer c.Close()
				got := make([]byte, len(want))
				for at := 0; at < len(got) && err == nil; {
					time.Sleep(time.Duration(i) * 100 * time.Microsecond)
					var k int
					k, err = c.Read(got[at:min(len(got), at+20_000)])
					at += k
				}
				if err == nil && !bytes.Equal(got, want) {
					err = io.ErrUnexpectedEOF
				}
			}
			done <- err
		}()
	}
	turn(t, l, func() bool { return len(conns) == n })
	for range rounds {
		for _, c := range conns {
			c.Write([]byte("head"))
			if c.WriteShared(frame) == poll.Dropped {
				t.Fatal("dropped")
			}
		}
		l.Poll(0)
	}
	turn(t, l, func() bool { return len(done) == n })
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestSystemAddRefusesWhatCannotBeWatched(t *testing.T) {
	l := newLoop(t, poll.Options{})
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	fd := int(f.Fd())
	f.Close()
	if err := l.Add(fd, poll.Readable, nil); err == nil || len(l.FDs()) != 0 {
		t.Fatal("watches a closed descriptor")
	}
}
