package tlsconn_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/poll/tlsconn"
)

var rough = polltest.Faults{ShortRead: 0.3, ShortWrite: 0.3, EAGAIN: 0.1, EINTR: 0.05}

var versions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// Every byte comes back, however reads, writes and the handshake's bytes are
// split, and both sides say goodbye.
func TestEcho(t *testing.T) {
	polltest.Seeds(t, 60, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, rough, tlsconn.Options{}, poll.ListenOptions{})
		r.echo()
		config := one().config("gateway.test")
		config.MaxVersion = versions[seed%2]
		config.NextProtos = []string{"h2", "http/1.1"}
		c := r.dial(config, func(c *client) error {
			if err := exchange(c, pattern(20+int(seed)*977)); err != nil {
				return err
			}
			if p := c.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
				return errors.New("ALPN chose " + p)
			}
			if err := c.CloseWrite(); err != nil {
				return err
			}
			rest, err := drained(c)
			if len(rest) > 0 {
				return errors.New("more than the echo came")
			}
			return err
		})
		c.most = [...]int{1 << 14, 700, 100, 7}[seed%4]
		if seed > 40 {
			c.most = 0
		}
		if seed%4 == 3 {
			c.most = max(c.most, 1+int(seed)*20)
		}
		check(t, r.run(c))
		r.until("the end", func() bool { return r.all[0].closes == 1 })
		if err := r.all[0].err; err != io.EOF {
			t.Errorf("close_notify is told as %v, want io.EOF", err)
		}
		if st := r.s.Stats(); st.Done != 1 || st.Failed != 0 {
			t.Errorf("%+v", st)
		}
		r.end()
	})
}

// Every split of the client's two flights leads to the same.
func TestHandshakeSplit(t *testing.T) {
	step := 3
	if testing.Short() {
		step = 29
	}
	for n := 1; n < 300; n += step {
		r := newRig(t, uint64(n), polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
		r.echo()
		c := r.dial(one().config("gateway.test"), func(c *client) error { return exchange(c, []byte("hello")) })
		var first []byte
		r.until("the ClientHello", func() bool {
			first = append(first, c.end.take(0)...)
			return len(first) > 0
		})
		at := n * len(first) / 300
		c.peer.Write(first[:at])
		for range 3 {
			check(t, r.l.Poll(0))
		}
		c.peer.Write(first[at:])
		check(t, r.run(c))
		r.end()
	}
}

// What came before a FIN without close_notify is delivered, and then it is an
// error: somebody may have cut the connection.
func TestTruncation(t *testing.T) {
	for _, amid := range []bool{false, true} {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
		c := r.dial(one().config("gateway.test"), func(c *client) error {
			_, err := c.Write(pattern(3000))
			return err
		})
		check(t, r.run(c))
		if amid {
			c.peer.Write([]byte{23, 3, 3, 1, 0, 99})
		}
		c.peer.CloseWrite()
		r.until("the end", func() bool { return len(r.all) > 0 && r.all[0].closes == 1 })
		if s := r.all[0]; s.err != tlsconn.ErrTruncated || !bytes.Equal(s.got.Bytes(), pattern(3000)) {
			t.Errorf("got %d bytes and %v", s.got.Len(), s.err)
		}
		r.end()
	}
}

// All that a client sends behind its Finished is read in the end, although most
// of it comes while the server computes, and although it has hung up by then.
func TestAllAtOnce(t *testing.T) {
	for _, n := range []int{0, 10, 300 << 10} {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
		c := r.dial(one().config("gateway.test"), func(c *client) error {
			c.Write(pattern(n))
			return c.CloseWrite()
		})
		r.until("the client's end", func() bool { return r.pump(c) })
		c.peer.CloseWrite()
		r.until("the end", func() bool { return len(r.all) > 0 && r.all[0].closes == 1 })
		if s := r.all[0]; s.err != io.EOF || !bytes.Equal(s.got.Bytes(), pattern(n)) {
			t.Errorf("got %d bytes of %d and %v", s.got.Len(), n, s.err)
		}
		r.end()
	}
}

// Close delivers what is queued, then close_notify, then FIN.
func TestCloseDelivers(t *testing.T) {
	polltest.Seeds(t, 20, func(t *testing.T, seed uint64) {
		r := newRig(t, seed, rough, tlsconn.Options{}, poll.ListenOptions{})
		n := int(seed) * 10_001
		r.new = func(s *side) {
			s.data = func(s *side, _ []byte) {
				s.c.Write(pattern(n)[:n/2])
				s.c.WriteShared(pattern(n)[n/2:])
				s.c.Close()
				if st := s.c.Write([]byte("late")); st != poll.Dropped {
					t.Errorf("a write after Close is %v", st)
				}
			}
		}
		c := r.dial(one().config("gateway.test"), func(c *client) error {
			c.Write([]byte("go"))
			got, err := drained(c)
			if err == nil && !bytes.Equal(got, pattern(n)) {
				err = errors.New("the answer differs")
			}
			return err
		})
		check(t, r.run(c))
		c.peer.CloseWrite()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		if err := r.all[0].err; err != nil {
			t.Errorf("OnClose(%v) after Close", err)
		}
		r.end()
	})
}

// Twenty writes of a turn are one record and one write.
func TestWritesOfATurnAreOne(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
	c := r.dial(one().config("gateway.test"), func(c *client) error { return nil })
	check(t, r.run(c))
	r.until("the handshake's end", func() bool { return r.s.Stats().Done == 1 && r.all[0].c.Buffered() == 0 })
	check(t, r.l.Poll(0))
	c.peer.Read()
	before := r.k.Calls
	for range 20 {
		r.all[0].c.Write([]byte("0123456789"))
	}
	check(t, r.l.Poll(0))
	if n := r.k.Calls.Writes - before.Writes + r.k.Calls.Writevs - before.Writevs; n != 1 {
		t.Errorf("%d writes", n)
	}
	if got := c.peer.Read(); len(got) != 5+200+1+16 || got[0] != 23 {
		t.Errorf("%d bytes: not one record of 200", len(got))
	}
	r.end()
}

// A handler that pauses at once gets nothing until it resumes, not even what came
// with the handshake, which goes on.
func TestPause(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
	r.new = func(s *side) { s.c.Pause() }
	c := r.dial(one().config("gateway.test"), func(c *client) error {
		_, err := c.Write(pattern(40 << 10))
		return err
	})
	check(t, r.run(c))
	r.until("the handshake's end", func() bool { return r.s.Stats().Done == 1 })
	for range 5 {
		check(t, r.l.Poll(0))
	}
	if n := r.all[0].got.Len(); n > 0 {
		t.Errorf("%d bytes came while it paused", n)
	}
	r.all[0].c.Resume()
	r.until("the rest", func() bool { return bytes.Equal(r.all[0].got.Bytes(), pattern(40<<10)) })
	r.end()
}

// A peer that does not read meets the limits, which count what waits, and loses
// nothing if it reads on in time.
func TestSlowReader(t *testing.T) {
	lo := poll.ListenOptions{Limits: poll.Limits{SoftBytes: 100 << 10, HardBytes: 1 << 20}}
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, lo)
	var statuses []poll.Status
	r.new = func(s *side) {
		s.data = func(s *side, _ []byte) {
			for range 5 {
				statuses = append(statuses, s.c.Write(pattern(90<<10)))
			}
		}
	}
	c := r.dial(one().config("gateway.test"), func(c *client) error { return nil })
	check(t, r.run(c))
	c.peer.Stall()
	go c.Write([]byte("go"))
	r.until("output", func() bool { r.pump(c); return len(statuses) == 5 })
	s := r.all[0]
	if last := statuses[4]; last != poll.Pressure || !s.c.Blocked() || s.c.Buffered() < 300<<10 {
		t.Errorf("%v, %d bytes wait", statuses, s.c.Buffered())
	}
	c.peer.Resume()
	got := make(chan []byte, 1)
	go func() {
		b := make([]byte, 450<<10)
		n, _ := io.ReadFull(c, b)
		got <- b[:n]
	}()
	var all []byte
	r.until("the data", func() bool {
		r.pump(c)
		select {
		case all = <-got:
			return true
		default:
			return false
		}
	})
	if !bytes.Equal(all, bytes.Repeat(pattern(90<<10), 5)) || s.drains != 1 {
		t.Errorf("%d bytes came, OnDrain %d times", len(all), s.drains)
	}
	c.peer.Stall()
	for range 20 {
		s.c.Write(pattern(90 << 10))
	}
	check(t, r.l.Poll(0))
	if s.err != poll.ErrOverflow {
		t.Errorf("above the hard limit: %v", s.err)
	}
	r.end()
}

// A port that speaks TLS tells so in HTTP; other bytes are refused.
func TestNotTLS(t *testing.T) {
	for _, x := range []struct {
		in, answer string
		err        error
	}{
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", tlsconn.ErrPlainHTTP},
		{"\x16\x02\x00", "", tlsconn.ErrNotTLS},
		{"\x16\x03\x01\x00\x00", "", tlsconn.ErrNotTLS},
		{"\x16\x03\x01\xff\xff", "", tlsconn.ErrNotTLS},
		{"\x80\x2e\x01\x03\x01", "", tlsconn.ErrNotTLS},
		{"\x00", "", tlsconn.ErrNotTLS},
		{"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x15\x03\x01\x00\x02\x02", errors.New("decoding message")},
		{"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "\x15\x03\x01\x00\x02\x02", errors.New("decoding message")},
		{"\x16\x03\x01", "", tlsconn.ErrTruncated},
	} {
		var told error
		fails := func(_ *poll.Conn, err error) { told = err }
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{OnFail: fails}, poll.ListenOptions{})
		p := r.k.Dial(at)
		p.WriteString(x.in)
		if x.err == tlsconn.ErrTruncated {
			p.CloseWrite()
		}
		r.until("the end", func() bool { return p.EOF() })
		got := string(p.Read())
		if !strings.HasPrefix(got, x.answer) || (x.answer == "") != (got == "") {
			t.Errorf("%q is answered with %q", x.in, got)
		}
		s := r.all[0]
		if s.err != told || s.err != x.err && !strings.Contains(s.err.Error(), x.err.Error()) {
			t.Errorf("%q: OnClose(%v), OnFail(%v), want %v", x.in, s.err, told, x.err)
		}
		p.Close()
		r.end()
	}
}

// A client that stops amid its handshake is given up after the deadline, and
// holds a goroutine no longer.
func TestDeadline(t *testing.T) {
	hello := firstFlight(t)
	for _, n := range []int{0, 1, 4, 5, len(hello) - 1, len(hello)} {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{HandshakeTimeout: 4 * time.Second}, poll.ListenOptions{})
		p := r.k.Dial(at)
		p.Write(hello[:n])
		if n == len(hello) {
			r.until("the server's flight", func() bool { return len(p.Read()) > 0 })
		}
		if !r.k.Run(r.l, func() bool { return p.Ended() }, 5*time.Second) {
			t.Fatalf("%d bytes: the peer is still there after 5 s", n)
		}
		if s := r.all[0]; s.err != tlsconn.ErrTimeout {
			t.Errorf("%d bytes: OnClose(%v)", n, s.err)
		}
		if st := r.s.Stats(); st.TimedOut != 1 || st.Failed != 1 {
			t.Errorf("%d bytes: %+v", n, st)
		}
		r.end()
	}
}

// firstFlight is what a client begins with.
func firstFlight(t testing.TB) []byte {
	e := newEnd()
	go tls.Client(e, one().config("gateway.test")).Handshake()
	for range 10_000 {
		if b := e.take(0); len(b) > 0 {
			return b
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("no ClientHello came")
	return nil
}

// Handshakes beyond the cap wait in the order of their first records, and go on
// when others end.
func TestCap(t *testing.T) {
	hello := firstFlight(t)
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{MaxHandshakes: 2}, poll.ListenOptions{})
	var peers []*polltest.Peer
	answered := func() (n int) {
		for _, p := range peers {
			if p != nil && p.Unsent() == 0 && len(p.Take(1)) > 0 {
				n++
			}
		}
		return n
	}
	for i := range 6 {
		p := r.k.Dial(at)
		p.Write(hello)
		peers = append(peers, p)
		r.until("its first record", func() bool {
			st := r.s.Stats()
			return st.Running+st.Waiting == i+1
		})
	}
	r.until("two answers", func() bool { return answered() == 2 })
	if st := r.s.Stats(); st.Running != 2 || st.Waiting != 4 {
		t.Fatalf("%+v", st)
	}
	peers[2].Reset() // a waiting one goes away
	peers[0].Reset() // and one that runs
	r.until("the next one", func() bool { return len(peers[3].Take(1)) > 0 })
	if len(peers[4].Take(1)) > 0 || len(peers[5].Take(1)) > 0 {
		t.Error("the order is not that of the first records")
	}
	if st := r.s.Stats(); st.Running != 2 || st.Waiting != 2 {
		t.Errorf("%+v", st)
	}
	if !r.k.Run(r.l, func() bool { return r.l.Stats().Conns == 0 }, 15*time.Second) {
		t.Errorf("after the deadline: %+v", r.s.Stats())
	}
	r.echo()
	check(t, r.run(r.dial(one().config("gateway.test"), func(c *client) error { return exchange(c, []byte("hello")) })))
	r.end()
}

// Peers that stop amid their handshakes lose their goroutines to those who wait,
// long before the deadline.
func TestStale(t *testing.T) {
	hello := firstFlight(t)
	r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{MaxHandshakes: 2}, poll.ListenOptions{})
	r.echo()
	var peers []*polltest.Peer
	for range 3 {
		p := r.k.Dial(at)
		p.Write(hello)
		peers = append(peers, p)
		r.until("its first record", func() bool { st := r.s.Stats(); return st.Running+st.Waiting == len(peers) })
	}
	r.until("two answers", func() bool { return len(peers[0].Take(1)) > 0 && len(peers[1].Take(1)) > 0 })
	good := r.dial(one().config("gateway.test"), func(c *client) error { return exchange(c, []byte("hello")) })
	r.until("its first record", func() bool { r.pump(good); return r.s.Stats().Waiting == 2 })
	r.k.Sleep(r.l, 1900*time.Millisecond)
	if st := r.s.Stats(); st.TimedOut > 0 || st.Waiting != 2 {
		t.Errorf("after 1.9 s: %+v", st)
	}
	r.k.Sleep(r.l, 700*time.Millisecond)
	if !peers[0].Ended() || !peers[1].Ended() || peers[2].Ended() {
		t.Errorf("after 2.6 s: %+v", r.s.Stats())
	}
	check(t, r.run(good))
	peers[2].Reset()
	r.until("its end", func() bool { return r.s.Stats().Running == 0 })
	r.end()
}

// Peers that go away at any point of the handshake leave nothing behind.
func TestAbandoned(t *testing.T) {
	polltest.Seeds(t, 30, func(t *testing.T, seed uint64) {
		o := tlsconn.Options{MaxHandshakes: 1 + int(seed)%3}
		r := newRig(t, seed, polltest.Faults{ShortRead: 0.3}, o, poll.ListenOptions{})
		r.echo()
		var clients []*client
		for range 5 {
			c := r.dial(one().config("gateway.test"), func(c *client) error { return exchange(c, pattern(100)) })
			c.most = 1 << r.k.IntN(12)
			clients = append(clients, c)
		}
		r.until("the ends", func() bool {
			n := 0
			for _, c := range clients {
				done := r.pump(c)
				switch {
				case done:
					n++
				case r.k.Coin(0.01):
					c.peer.Reset()
				case r.k.Coin(0.01):
					c.peer.Close()
				case r.k.Coin(0.01) && len(r.all) > 0:
					r.all[r.k.IntN(len(r.all))].c.Close()
				}
			}
			return n == len(clients)
		})
		for _, c := range clients {
			c.peer.Reset()
		}
		r.until("the ends", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	})
}

// A record that cannot be opened ends the connection with an alert, after the data
// before it, and closes with an error.
func TestBrokenRecord(t *testing.T) {
	for _, version := range versions {
		r := newRig(t, 1, polltest.Faults{}, tlsconn.Options{}, poll.ListenOptions{})
		config := one().config("gateway.test")
		config.MaxVersion = version
		c := r.dial(config, func(c *client) error {
			if _, err := c.Write([]byte("before")); err != nil {
				return err
			}
			c.end.Write(append([]byte{23, 3, 3, 0, 40}, pattern(40)...))
			_, err := drained(c)
			return err
		})
		err := r.run(c)
		if err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the client is told %v", err)
		}
		c.peer.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		if s := r.all[0]; s.err == nil || s.err == io.EOF || s.got.String() != "before" {
			t.Errorf("%q and %v", s.got.String(), s.err)
		}
		r.end()
	}
}
