//go:build !race

package poll_test

import (
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

func TestReadableToWrittenDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	shared := make([]byte, 1000) // small enough to be copied
	s.data = func(s *side, b []byte) {
		s.c.Write(b)
		s.c.Commit(append(s.c.Out(), b...))
		s.c.WriteShared(shared)
	}
	msg := make([]byte, 100)
	step := func() {
		p.Write(msg)
		r.poll()
		r.poll()
		if n := len(p.Read()); n != 1200 {
			t.Fatalf("%d bytes", n)
		}
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Fatalf("%v allocations", n)
	}
	r.end()
}

func TestTimersDoNotAllocate(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	timers := make([]ticker, 100)
	for i := range timers {
		timers[i].l = r.l
		timers[i].OnTimer(nil)
	}
	if n := testing.AllocsPerRun(1000, func() { r.k.Sleep(r.l, 10*time.Millisecond) }); n > 0 {
		t.Fatalf("%v allocations", n)
	}
	if timers[0].n < 1000 {
		t.Fatal("they do not tick")
	}
	r.end()
}

type ticker struct {
	poll.Timer
	l *poll.Loop
	n int
}

func (x *ticker) OnTimer(*poll.Timer) {
	x.n++
	x.l.Arm(&x.Timer, 5*time.Millisecond, x)
}

// The same on the system's kernel, over a socket pair that is its own client.
func TestSystemReadableToWrittenDoesNotAllocate(t *testing.T) {
	l := newLoop(t, poll.Options{})
	h := newEcho()
	ln := listen(t, l, poll.ListenOptions{Address: "127.0.0.1:0", Accept: h.Accept})
	fd := dialRaw(t, ln)
	defer syscall.Close(fd)
	var b [100]byte
	if n := testing.AllocsPerRun(1000, func() { bounceRaw(t, l, fd, b[:]) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func dialRaw(t testing.TB, ln *poll.Listener) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(ln.Addr().Port()), Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func bounceRaw(t testing.TB, l *poll.Loop, fd int, b []byte) {
	syscall.Write(fd, b)
	for want := l.Stats().BytesOut + uint64(len(b)); l.Stats().BytesOut < want; {
		if err := l.Poll(time.Second); err != nil {
			t.Fatal(err)
		}
	}
	syscall.Read(fd, b)
}

// What an idle connection costs, before the layers above.
func TestConnSize(t *testing.T) {
	if n := unsafe.Sizeof(poll.Conn{}); n > 128 {
		t.Errorf("a Conn has %d bytes", n)
	}
	if n := unsafe.Sizeof(poll.Timer{}); n > 32 {
		t.Errorf("a Timer has %d bytes", n)
	}
}

func BenchmarkTurn(b *testing.B) {
	k := polltest.New(1, polltest.Faults{})
	l, _ := poll.New(poll.Options{Kernel: k})
	h := newEcho()
	l.Listen(poll.ListenOptions{Address: at, Accept: h.Accept})
	p := k.Dial(at)
	msg := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		p.Write(msg)
		l.Poll(0)
		p.Read()
	}
}

func BenchmarkSystemEcho(b *testing.B) {
	l, err := poll.New(poll.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	h := newEcho()
	ln, err := l.Listen(poll.ListenOptions{Address: "127.0.0.1:0", Accept: h.Accept})
	if err != nil {
		b.Fatal(err)
	}
	fd := dialRaw(b, ln)
	defer syscall.Close(fd)
	var msg [64]byte
	b.ReportAllocs()
	for b.Loop() {
		bounceRaw(b, l, fd, msg[:])
	}
}

func BenchmarkTimer(b *testing.B) {
	k := polltest.New(1, polltest.Faults{})
	l, _ := poll.New(poll.Options{Kernel: k})
	timers := make([]ticker, 10_000)
	for i := range timers {
		l.Arm(&timers[i].Timer, time.Duration(i)*time.Millisecond, &timers[i])
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i = (i + 7919) % len(timers)
		l.Arm(&timers[i].Timer, 25*time.Second, &timers[i])
	}
}

// A turn with output for more connections than there are spare buffers makes do
// with these, and still writes once to each.
func TestBroadcastDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	peers := make([]*polltest.Peer, 500)
	for i := range peers {
		peers[i], _ = r.pair()
	}
	frame := make([]byte, 100)
	send := func() {
		for _, s := range r.all {
			s.c.WriteShared(frame)
		}
	}
	step := func() {
		r.l.Post(send)
		r.poll()
		r.poll()
		for _, p := range peers {
			if n := len(p.Read()); n != len(frame) {
				t.Fatalf("%d bytes", n)
			}
		}
	}
	step()
	before := r.k.Calls.Writes
	if n := testing.AllocsPerRun(20, step); n > 1 {
		t.Fatalf("%v allocations for %d connections", n, len(peers))
	}
	if n := r.k.Calls.Writes - before; n != 21*len(peers) { // AllocsPerRun warms up once
		t.Fatalf("%d writes", n)
	}
	if n := r.l.Spares(); n > 200 {
		t.Fatalf("%d spare buffers", n)
	}
	r.end()
}
