package poll_test

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// errnos are those that Linux' pages list for our calls, and some that drivers,
// firewalls and security modules add. Every call is tried with every one.
var errnos = []syscall.Errno{
	syscall.EAGAIN, syscall.EINTR, syscall.ECONNRESET, syscall.EPIPE, syscall.ETIMEDOUT, syscall.EHOSTUNREACH,
	syscall.EHOSTDOWN, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.ENETRESET, syscall.ENOBUFS, syscall.ENOMEM,
	syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ECONNREFUSED, syscall.EPROTO, syscall.ENOPROTOOPT,
	syscall.EPERM, syscall.EACCES, syscall.ENOTCONN, syscall.EBADF, syscall.EINVAL, syscall.EIO, syscall.ENOSPC,
	syscall.EDQUOT, syscall.EFBIG, syscall.EOVERFLOW, syscall.ESPIPE, syscall.EOPNOTSUPP, syscall.ENOSYS,
	syscall.EFAULT, syscall.EEXIST, syscall.ENOENT, syscall.ELOOP, syscall.EDESTADDRREQ, syscall.ENOTSOCK,
	syscall.EADDRINUSE,
}

func passes(e syscall.Errno) bool { return e == syscall.ENOMEM || e == syscall.ENOBUFS }

// cell is one entry of the table: what a call of the connection under test, once,
// reports while something is done to it.
type cell struct {
	call  polltest.Call
	errno syscall.Errno
	state string
}

func (c cell) String() string { return fmt.Sprintf("%v %v while %s", c.call, c.errno, c.state) }

// lives tells the rule: may the connection go on as if nothing had happened?
func (c cell) lives() bool {
	switch c.call {
	case polltest.CallRead, polltest.CallWrite, polltest.CallWritev:
		return c.errno == syscall.EAGAIN || c.errno == syscall.EINTR || passes(c.errno)
	case polltest.CallSendFile: // what the kernel cannot send is read and written
		return c.errno == syscall.EAGAIN || c.errno == syscall.EINTR || passes(c.errno) ||
			c.errno == syscall.EINVAL || c.errno == syscall.ENOSYS || c.errno == syscall.EOPNOTSUPP
	case polltest.CallModify, polltest.CallShutdown:
		return c.errno == syscall.EINTR
	}
	return true // CloseFD, Reset: the descriptor is closed, whatever it reports
}

// states of a connection, beyond those of the state table: what is under way.
var underway = []struct {
	name string
	ends error // what OnClose is told if the connection lives: it is closed before, or in the end
	do   func(r *rig, p *polltest.Peer, s *side)
}{
	{"open", nil, func(*rig, *polltest.Peer, *side) {}},
	{"paused", nil, func(_ *rig, _ *polltest.Peer, s *side) { s.c.Pause() }},
	{"blocked", nil, func(r *rig, p *polltest.Peer, s *side) { block(r, p, s) }},
	{"sharing", nil, func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); s.c.WriteShared(pattern(8 << 10)) }},
	{"sending a file", nil, func(r *rig, p *polltest.Peer, s *side) {
		p.Stall()
		s.c.SendFile(bigFile(r.t), 0, 100<<10)
		r.poll()
	}},
	{"closing", nil, func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); s.c.Close(); r.poll() }},
	{"closing a file", nil, func(r *rig, p *polltest.Peer, s *side) {
		p.Stall()
		s.c.SendFile(bigFile(r.t), 0, 100<<10)
		r.poll()
		s.c.Close()
		r.poll()
	}},
	{"lingering", nil, func(r *rig, _ *polltest.Peer, s *side) { s.c.Close(); r.poll() }},
	{"left by the peer", io.EOF, func(r *rig, p *polltest.Peer, s *side) { block(r, p, s); p.CloseWrite(); r.poll() }},
}

func bigFile(t *testing.T) *os.File { return tempFile(t, pattern(100<<10)) }

// connCalls are made on a connection's descriptor.
var connCalls = []polltest.Call{
	polltest.CallRead, polltest.CallWrite, polltest.CallWritev, polltest.CallSendFile, polltest.CallModify,
	polltest.CallShutdown, polltest.CallCloseFD, polltest.CallReset,
}

// Every call on a connection, every errno, every state. The connection goes on, or
// is closed with that errno, once; a second one is served all the while; nothing
// leaks, and the loop does not spin.
func TestEveryErrnoOfAConnection(t *testing.T) {
	hit, cells := make(map[polltest.Call]int), 0
	for _, call := range connCalls {
		for _, errno := range errnos {
			for i := range underway {
				if tryCell(t, cell{call, errno, underway[i].name}, i) {
					hit[call]++
				}
				cells++
			}
		}
	}
	t.Logf("%d cells, of which the call was made in %v", cells, hit)
	for _, call := range connCalls {
		if hit[call] < len(errnos) {
			t.Errorf("%v was made in %d cells only: the table tests nothing", call, hit[call])
		}
	}
}

func tryCell(t *testing.T, c cell, i int) (hit bool) {
	t.Helper()
	r := newRig(t, 1, polltest.Faults{}, poll.ListenOptions{})
	p, s := r.pair()
	other, os := r.pair()
	os.data = func(_ *side, b []byte) { os.c.Write(b) }
	underway[i].do(r, p, s)
	fd, closes, open := s.c.FD(), 0, false
	r.k.Fail = func(call polltest.Call, at int) poll.Errno {
		if (call == polltest.CallCloseFD || call == polltest.CallReset) && at == fd {
			closes++
		}
		if call != c.call || at != fd || hit {
			return 0
		}
		hit, open = true, s.c.Open()
		return c.errno
	}
	calls := r.k.Calls.Total()
	p.Resume()
	if underway[i].name != "left by the peer" {
		p.WriteString("input")
	}
	s.c.Write([]byte("output"))
	served := r.serves(other)
	r.k.Sleep(r.l, time.Second)
	s.c.Resume()
	r.k.Sleep(r.l, time.Second)
	if s.c.Close(); c.call == polltest.CallReset {
		s.c.Abort(errGone)
	}
	p.Read()
	r.k.Sleep(r.l, time.Second)
	p.Close()
	if !served || !r.serves(other) {
		t.Errorf("%v: another connection is not served", c)
	}
	r.k.Sleep(r.l, 10*time.Second)
	want := underway[i].ends
	if open && !c.lives() { // once it is closing, its reason stands
		want = c.errno
	}
	if s.closes != 1 || s.err != want {
		t.Errorf("%v: OnClose was called %d times, with %v, want %v", c, s.closes, s.err, want)
	}
	if s.c.State() != "closed" || closes != 1 {
		t.Errorf("%v: %s in the end, closed %d times", c, s.c.State(), closes)
	}
	if n := r.k.Calls.Total() - calls; n > 400 {
		t.Errorf("%v: %d calls in 13 s: it spins", c, n)
	}
	r.k.Fail = nil
	r.end()
	return hit
}

// serves tells whether a connection's echo works.
func (r *rig) serves(p *polltest.Peer) bool {
	p.Read()
	p.WriteString("ping")
	return r.k.Run(r.l, func() bool { return string(p.Read()) == "ping" }, 100*time.Millisecond)
}
