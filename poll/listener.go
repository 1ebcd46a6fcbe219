package poll

import (
	"net/netip"
	"syscall"
	"time"
)

// ListenOptions describe a listening socket. A zero field takes the default.
type ListenOptions struct {
	// Network is "tcp" (default; both families where Address is one of IPv6 or
	// empty), "tcp4", "tcp6" or "unix".
	Network string
	// Address is "host:port" with a literal address (empty: all), or the path of a
	// unix socket, which is removed first if it is a stale socket.
	Address string
	// Inherit is the descriptor of a stream socket that listens already, from
	// InheritedListeners or package poll/handover; Network, Address and Backlog are
	// its own then. The listener closes it. Default 0: a new socket.
	Inherit int
	// Backlog of the kernel's queue. Default 511.
	Backlog int
	// AcceptBudget is the most connections taken per turn. Default 64.
	AcceptBudget int
	// MaxConns stops accepting while so many are open; the kernel's queue holds
	// the rest. Default: no bound but the descriptor table.
	MaxConns int
	// SendBufferBytes and ReceiveBufferBytes set the kernel's buffers of each
	// connection. A stalled peer holds megabytes of kernel memory with the
	// system's defaults, 84 kB with 16 KiB. Default: the system's.
	SendBufferBytes, ReceiveBufferBytes int
	// UserTimeout bounds unacknowledged data (TCP_USER_TIMEOUT, Linux only), the
	// net below the protocol's own heartbeat. Default 60 s, negative is off.
	UserTimeout time.Duration
	// Limits of each connection. A zero field takes the loop's.
	Limits Limits
	// Accept is called for each connection and returns its handler; nil refuses:
	// the descriptor is closed, unwritten output dropped. Required.
	Accept func(c *Conn) Handler
	// Released is called for each connection that was accepted, taken or refused,
	// when its descriptor is closed: for who counts them. Default: nobody.
	Released func(c *Conn)
	// Layer returns what stands between the descriptor of a connection that Accept
	// took and its handler: TLS, or nil for nothing. Default: nothing.
	Layer func(c *Conn) Layer
}

func (o ListenOptions) withDefaults(l Limits) ListenOptions {
	set(&o.Network, "tcp")
	set(&o.Backlog, 511)
	set(&o.AcceptBudget, 64)
	set(&o.UserTimeout, time.Minute)
	set(&o.Limits.SoftBytes, l.SoftBytes)
	set(&o.Limits.SoftTime, l.SoftTime)
	set(&o.Limits.HardBytes, l.HardBytes)
	set(&o.Limits.StallTime, l.StallTime)
	set(&o.Limits.LingerTime, l.LingerTime)
	return o
}

// A Listener accepts connections. It survives a full descriptor table: it holds
// one descriptor in reserve with which it takes and refuses a caller, and then
// rests for 10 ms to 1 s. Loop's goroutine only.
type Listener struct {
	loop    *Loop
	options ListenOptions
	at      netip.AddrPort
	fd      int
	reserve int
	conns   int
	full    bool // MaxConns is reached
	held    bool // by Pause
	out     bool // not registered: the kernel could not note that we want nothing
	lost    int  // callers in a row that were gone when they were accepted
	want    Interest
	rest    Timer
	pause   time.Duration
}

const minPause, maxPause = 10 * time.Millisecond, time.Second

// maxLost callers in a row whose connection was gone before it was accepted make
// the listener rest: an error that stays must not spin.
const maxLost = 16

// Listen opens a listening socket and accepts on it from the next turn on.
func (l *Loop) Listen(o ListenOptions) (*Listener, error) {
	if l.closed {
		return nil, ErrClosed
	}
	o = o.withDefaults(l.options.Limits)
	fd, at, err := l.open(&o)
	if err != nil {
		return nil, err
	}
	ln := &Listener{loop: l, options: o, at: at, fd: fd, reserve: -1, want: Readable}
	if errno := l.register(fd, Readable); errno != 0 {
		if o.Inherit == 0 {
			l.kernel.CloseFD(fd)
		}
		return nil, errno
	}
	ln.restock()
	l.others[fd] = ln
	l.stats.Listeners++
	return ln, nil
}

// open makes the socket, or takes the inherited one.
func (l *Loop) open(o *ListenOptions) (fd int, at netip.AddrPort, err error) {
	if o.Inherit == 0 {
		return l.kernel.Listen(o)
	}
	if o.Inherit < 0 || l.conn(o.Inherit) != nil || l.others[o.Inherit] != nil {
		return -1, at, ErrInUse
	}
	at, err = l.kernel.Adopt(o.Inherit, o)
	return o.Inherit, at, err
}

// Addr is the address that the listener got; port 0 was replaced by a real one.
func (ln *Listener) Addr() netip.AddrPort { return ln.at }

// Conns is the number of descriptors that came through this listener and are
// not released yet.
func (ln *Listener) Conns() int { return ln.conns }

// SetMaxConns changes ListenOptions.MaxConns; 0 is no bound. Connections beyond a
// lower one stay.
func (ln *Listener) SetMaxConns(n int) {
	ln.options.MaxConns = n
	if ln.fd < 0 {
		return
	}
	full := n > 0 && ln.conns >= n
	switch {
	case full && !ln.full:
		ln.full = true
		ln.ask(0)
	case !full && ln.full:
		ln.full = false
		ln.wake()
	}
}

// SetLimits changes ListenOptions.Limits, for connections that are open too. A zero
// field takes the loop's.
func (ln *Listener) SetLimits(l Limits) {
	o := ListenOptions{Limits: l}.withDefaults(ln.loop.options.Limits)
	ln.options.Limits = o.Limits
}

// Close stops listening. Connections stay.
func (ln *Listener) Close() {
	if ln.fd < 0 {
		return
	}
	l := ln.loop
	l.Disarm(&ln.rest)
	l.detach(ln.fd)
	l.kernel.Unregister(ln.fd) // another process may hold the socket open, and with it what epoll knows of it
	l.kernel.CloseFD(ln.fd)
	if ln.reserve >= 0 {
		l.kernel.CloseFD(ln.reserve)
	}
	ln.fd, ln.reserve = -1, -1
	l.stats.Listeners--
}

func (ln *Listener) ready(Interest) {
	for range ln.options.AcceptBudget {
		if ln.fd < 0 || ln.full || ln.held || ln.rest.Armed() {
			return
		}
		fd, from, errno := ln.loop.kernel.Accept(ln.fd, &ln.options)
		switch {
		case errno == 0:
			ln.pause, ln.lost = 0, 0
			ln.take(fd, from)
		case errno == eagain:
			return
		case errno == eintr:
		case ofCaller(errno):
			if ln.lost++; ln.lost >= maxLost {
				ln.lost = 0
				ln.sleep()
			}
		case errno == emfile || errno == enfile:
			ln.refuse()
			ln.sleep()
		default: // ENOBUFS, ENOMEM, a firewall's EPERM
			ln.sleep()
		}
	}
}

// ofCaller tells of an error of the new connection, which Linux passes on: that
// caller is gone, the next one may be well.
func ofCaller(errno Errno) bool {
	switch errno {
	case econnaborted, econnreset, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EHOSTDOWN, syscall.EHOSTUNREACH,
		syscall.ENETDOWN, syscall.ENETUNREACH, syscall.ETIMEDOUT, syscall.EOPNOTSUPP:
		return true
	}
	return false
}

// take makes a connection of an accepted descriptor.
func (ln *Listener) take(fd int, from netip.AddrPort) {
	l := ln.loop
	if errno := l.register(fd, Readable); errno != 0 { // ENOMEM, ENOSPC: the user's watches are used up
		l.kernel.CloseFD(fd)
		l.stats.Refused++
		ln.sleep()
		return
	}
	c := &Conn{loop: l, ln: ln, fd: int32(fd), addr: from.Addr(), port: from.Port(), want: Readable}
	l.attach(c)
	l.stats.Accepted++
	l.stats.Conns++
	ln.conns++
	if m := ln.options.MaxConns; m > 0 && ln.conns >= m {
		ln.full = true
		ln.ask(0)
	}
	l.active = c
	ln.admit(c)
	l.active = nil
}

// admit asks the program for the connection's handler.
func (ln *Listener) admit(c *Conn) {
	l := ln.loop
	if ln.options.Layer != nil {
		c.flags |= isBlocked // nothing goes out before the layer stands
	}
	if c.handler = ln.options.Accept(c); c.handler == nil {
		l.stats.Refused++
		c.Abort(nil)
	} else if ln.options.Layer != nil && c.state != closed {
		c.flags &^= isBlocked
		c.addLayer(ln.options.Layer)
		c.pend()
	}
}

// refuse takes one caller with the reserve descriptor and hangs up, so that it
// is told instead of left in the queue.
func (ln *Listener) refuse() {
	k := ln.loop.kernel
	if ln.reserve < 0 {
		return
	}
	k.CloseFD(ln.reserve)
	ln.reserve = -1
	if fd, _, errno := k.Accept(ln.fd, &ln.options); errno == 0 {
		k.CloseFD(fd)
		ln.loop.stats.Refused++
	}
	ln.restock()
}

// restock opens the reserve descriptor; without one there is only the rest.
func (ln *Listener) restock() {
	if ln.reserve < 0 {
		if fd, errno := ln.loop.kernel.Reserve(); errno == 0 {
			ln.reserve = fd
		}
	}
}

// sleep disarms the listener: a level-triggered one that cannot accept would
// spin the loop.
func (ln *Listener) sleep() {
	ln.pause = min(max(2*ln.pause, minPause), maxPause)
	ln.ask(0)
	ln.loop.Arm(&ln.rest, ln.pause, ln)
}

// OnTimer ends the rest.
func (ln *Listener) OnTimer(*Timer) {
	ln.restock()
	ln.wake()
}

// released counts a connection that was, accepts again, and tells who asked to be
// told.
func (ln *Listener) released(c *Conn) {
	ln.conns--
	if ln.full && ln.fd >= 0 && ln.conns < ln.options.MaxConns {
		ln.full = false
		ln.wake()
	}
	if told := ln.options.Released; told != nil {
		told(c) // which may panic
	}
}

// wake accepts again, or rests on while the kernel cannot note that.
func (ln *Listener) wake() {
	if !ln.full && !ln.held && !ln.rest.Armed() && !ln.ask(Readable) {
		ln.sleep()
	}
}

// ask tells the kernel whether we want callers. One that has no memory to note
// that we do not is told to forget the listener, for which it needs none.
func (ln *Listener) ask(want Interest) (ok bool) {
	l := ln.loop
	switch {
	case want == ln.want:
		return true
	case ln.out && want == 0:
	case ln.out:
		ln.out = l.register(ln.fd, want) != 0
		ok = !ln.out
	default:
		ok = l.modify(ln.fd, want) == 0
		if !ok && want == 0 {
			_ = l.unregister(ln.fd) // an error tells that it is forgotten already
			ln.out, ok = true, true
		}
	}
	if ok {
		ln.want = want
	}
	return ok
}
