package poll_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// toy is a layer for tests. A record is two bytes of length and the data, each
// byte xor 0x55; a record of length 0 is the hello that either side begins with,
// and 0xffff the farewell.
type toy struct {
	wire     *poll.Wire
	in       []byte
	ready    bool
	manual   bool // somebody else calls open
	fin      bool
	byes     int
	released int
	longest  int
}

var errCut, errBad = errors.New("cut"), errors.New("bad record")

func (y *toy) open() {
	y.ready = true
	y.wire.Write([]byte{0, 0})
	y.wire.Advance()
}

func (y *toy) Open(dst, wire []byte) ([]byte, error) {
	y.in = append(y.in, wire...)
	for len(y.in) >= 2 {
		n := int(y.in[0])<<8 | int(y.in[1])
		switch {
		case n == 0 && y.manual && !y.ready:
			return dst, nil
		case n == 0 && !y.ready:
			y.ready = true
			y.wire.Write([]byte{0, 0})
		case n == 0:
		case n == 0xffff:
			return dst, io.EOF
		case !y.ready || n > 16<<10:
			return dst, errBad
		case len(y.in) < 2+n:
			if y.fin {
				return dst, errCut
			}
			return dst, nil
		}
		for _, b := range y.in[2 : 2+n] {
			dst = append(dst, b^0x55)
		}
		y.in = y.in[2+n:]
	}
	if y.fin {
		return dst, errCut
	}
	return dst, nil
}

func (y *toy) Ready() bool { return y.ready }

func (y *toy) Seal(dst, plain []byte) ([]byte, error) {
	y.longest = max(y.longest, len(plain))
	return record(dst, plain), nil
}

func (y *toy) Bye(dst []byte) []byte {
	y.byes++
	return append(dst, 0xff, 0xff)
}

func (y *toy) Fin()     { y.fin = true }
func (y *toy) Release() { y.released++ }

func record(dst, plain []byte) []byte {
	dst = append(dst, byte(len(plain)>>8), byte(len(plain)))
	for _, b := range plain {
		dst = append(dst, b^0x55)
	}
	return dst
}

// spoken takes the records of b apart, and tells whether it ends with a farewell.
func spoken(t *testing.T, b []byte) (plain []byte, bye bool) {
	y := &toy{ready: true}
	plain, err := y.Open(nil, b)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return plain, err == io.EOF
}

// layered is a rig whose connections have toys.
func layered(t *testing.T, seed uint64, f polltest.Faults, manual bool) (*rig, *[]*toy) {
	toys := new([]*toy)
	return newRig(t, seed, f, poll.ListenOptions{Layer: func(c *poll.Conn) poll.Layer {
		y := &toy{wire: c.Wire(), manual: manual}
		*toys = append(*toys, y)
		return y
	}}), toys
}

// Whatever is written, shared or not, and however the kernel cuts it, arrives in
// its order in records, with one farewell behind it.
func TestLayerKeepsAllBytes(t *testing.T) {
	polltest.Seeds(t, 60, func(t *testing.T, seed uint64) {
		r, toys := layered(t, seed, polltest.Faults{ShortRead: 0.3, ShortWrite: 0.4, EAGAIN: 0.2, EINTR: 0.1}, false)
		p, s := r.pair()
		var up, down, wire []byte
		hello := []byte{0, 0}
		for range 30 {
			b := pattern(r.k.IntN(9000))
			switch r.k.IntN(4) {
			case 0:
				up = append(up, b...)
				p.Write(record(hello, b))
				hello = nil
			case 1:
				down = append(down, b...)
				s.c.WriteShared(b)
			case 2:
				down = append(down, b...)
				s.c.Write(b)
			case 3:
				r.poll()
			}
			wire = append(wire, p.Read()...)
		}
		p.Write(record(hello, []byte("x")))
		r.until("the input", func() bool { wire = append(wire, p.Read()...); return len(s.got) == len(up)+1 })
		s.c.Close()
		r.until("FIN", func() bool { end := p.EOF(); wire = append(wire, p.Read()...); return end })
		got, bye := spoken(t, wire)
		same(t, "output", got, down)
		same(t, "input", s.got, append(up, 'x'))
		if y := (*toys)[0]; !bye || y.byes != 1 || y.longest > 16<<10 {
			t.Errorf("farewell: %v, %d times; the longest record has %d", bye, y.byes, y.longest)
		}
		p.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		if n := (*toys)[0].released; n != 1 {
			t.Errorf("Release was called %d times", n)
		}
		r.end()
	})
}

// Output that was written before the layer is ready waits, and counts.
func TestLayerHoldsOutputBack(t *testing.T) {
	for _, first := range []string{"ready", "Close", "Abort"} {
		r, toys := layered(t, 1, polltest.Faults{}, true)
		p, s := r.pair()
		y := (*toys)[0]
		s.c.Write([]byte("early"))
		p.Write([]byte{0, 0})
		for range 3 {
			r.poll()
		}
		if got := p.Read(); len(got) > 0 || s.c.Buffered() != 5 || s.c.Blocked() {
			t.Errorf("%q came, %d bytes wait", got, s.c.Buffered())
		}
		switch first {
		case "ready":
			y.open()
			r.until("output", func() bool { return s.c.Buffered() == 0 })
			same(t, "output", p.Read(), record([]byte{0, 0}, []byte("early")))
			s.c.Close()
		case "Close":
			s.c.Close()
		case "Abort":
			s.c.Abort(nil)
		}
		r.until("FIN", func() bool { return p.Ended() })
		p.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		y.wire.Write([]byte("late")) // a layer may come back late
		y.wire.Advance()
		r.end()
	}
}

// The peer's farewell, its FIN without one and a broken record each end the
// connection with their error, after the data before them.
func TestLayerEnds(t *testing.T) {
	for _, x := range []struct {
		tail []byte
		fin  bool
		want error
	}{
		{[]byte{0xff, 0xff}, false, io.EOF}, {[]byte{0xff, 0xff}, true, io.EOF}, {nil, true, errCut},
		{[]byte{0, 9, 1}, true, errCut}, {[]byte{0xfe, 0}, false, errBad},
	} {
		r, toys := layered(t, 1, polltest.Faults{}, false)
		r.data = func(s *side, b []byte) {
			s.got = append(s.got, b...)
			s.c.Write([]byte("answer"))
		}
		p, s := r.pair()
		p.Write(append(record([]byte{0, 0}, []byte("question")), x.tail...))
		if x.fin {
			p.CloseWrite()
		}
		r.until("the server's end", func() bool { return p.Ended() })
		wire := bytes.Clone(p.Read())
		p.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		if s.err != x.want || string(s.got) != "question" {
			t.Errorf("%x: %q and %v, want %v", x.tail, s.got, s.err, x.want)
		}
		if got, bye := spoken(t, wire); x.want == io.EOF && (string(got) != "answer" || !bye) {
			t.Errorf("%x: the peer got %q, farewell: %v", x.tail, got, bye)
		}
		if n := (*toys)[0].released; n != 1 {
			t.Errorf("Release was called %d times", n)
		}
		r.end()
	}
}

// Hold and Pause stop reading apart from each other.
func TestLayerHold(t *testing.T) {
	r, toys := layered(t, 1, polltest.Faults{}, false)
	p, s := r.pair()
	w := (*toys)[0].wire
	p.Write(record([]byte{0, 0}, []byte("1")))
	r.until("1", func() bool { return len(s.got) == 1 })
	for _, x := range []struct {
		hold, pause, reads bool
	}{{true, false, false}, {true, true, false}, {false, true, false}, {false, false, true}} {
		w.Hold(x.hold)
		if x.pause {
			s.c.Pause()
		} else {
			s.c.Resume()
		}
		before := len(s.got)
		p.Write(record(nil, []byte("2")))
		for range 3 {
			r.poll()
		}
		if reads := len(s.got) > before; reads != x.reads {
			t.Errorf("%+v: reads %v", x, reads)
		}
	}
	s.c.Pause()
	w.Hold(true)
	s.c.Close() // and now it reads on to the peer's end
	r.until("FIN", p.EOF)
	p.Close()
	r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
	r.end()
}

// mute has no farewell, as TLS before its handshake is done.
type mute struct{ *toy }

func (mute) Bye(dst []byte) []byte { return dst }

// Output that never gets sealed does not hold the FIN up.
func TestLayerSaysFINAtOnce(t *testing.T) {
	for _, how := range []string{"Close", "error"} {
		r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{Layer: func(c *poll.Conn) poll.Layer {
			return mute{&toy{wire: c.Wire()}}
		}})
		r.data = func(s *side, _ []byte) { s.c.Write([]byte("never sealed")) }
		p, s := r.pair()
		if how == "Close" {
			s.c.Write([]byte("never sealed"))
			s.c.Close()
		} else {
			p.Write(append(record([]byte{0, 0}, []byte("x")), 0xfe, 0))
		}
		began := r.l.Now()
		r.until("FIN", p.EOF)
		if d := r.l.Now() - began; d > 100 {
			t.Errorf("%s: FIN came after %d ms", how, d)
		}
		p.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	}
}

// What Accept writes passes through the layer, however much it is, and is not sent
// if the layer is not ready before Close.
func TestLayerSealsWhatAcceptWrites(t *testing.T) {
	for _, closes := range []bool{false, true} {
		var r *rig
		n := 100 << 10
		o := poll.ListenOptions{
			Layer: func(c *poll.Conn) poll.Layer { return mute{&toy{wire: c.Wire()}} },
			Accept: func(c *poll.Conn) poll.Handler {
				s := &side{c: c}
				r.all = append(r.all, s)
				c.Write(pattern(n))
				if closes {
					c.Close()
				}
				return s
			},
		}
		r = newRig(t, 1, polltest.Faults{}, o)
		p := r.k.Dial(at)
		for range 5 {
			r.poll()
		}
		if got := p.Read(); len(got) > 0 {
			t.Errorf("%d bytes came before the layer was ready", len(got))
		}
		if !closes {
			p.Write([]byte{0, 0})
			var wire []byte
			r.until("output", func() bool { wire = append(wire, p.Read()...); return r.all[0].c.Buffered() == 0 })
			wire = append(wire, p.Read()...)
			got, _ := spoken(t, wire)
			same(t, "output", got, pattern(n))
		}
		p.Close()
		r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
		r.end()
	}
}

// What a peer sends behind its farewell does not turn the answer into a reset.
func TestLayerDataBehindFarewell(t *testing.T) {
	r, _ := layered(t, 1, polltest.Faults{}, false)
	p, s := r.pair()
	s.c.Write(pattern(300 << 10))
	p.Stall()
	p.Write(append(record([]byte{0, 0}, []byte("x")), 0xff, 0xff))
	r.until("the farewell", func() bool { return s.closes == 1 })
	p.WriteString("and more")
	r.poll()
	p.Resume()
	var wire []byte
	r.until("the server's end", func() bool { end := p.Ended(); wire = append(wire, p.Read()...); return end })
	if got, bye := spoken(t, wire); p.WasReset() || !bye || len(got) != 300<<10 {
		t.Errorf("reset %v, farewell %v, %d bytes", p.WasReset(), bye, len(got))
	}
	p.Close()
	r.until("the end", func() bool { return r.l.Stats().Conns == 0 })
	r.end()
}
