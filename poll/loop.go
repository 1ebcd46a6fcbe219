package poll

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Loop owns a kernel, its connections, its timers and two buffers. Every
// method is for the loop's goroutine, the one that calls Poll or Run, except
// Post and Stop, which any goroutine may call. A panic of a callback that the
// caller of Poll recovers from leaves the loop in the middle of its turn: the
// layers above catch it at their own calls.
type Loop struct {
	kernel  Kernel
	options Options
	now     int64 // ms, read once per turn
	rbuf    []byte
	scratch []byte
	iov     [][]byte // for one vectored write
	ready   []Ready
	reports []Ready        // of this turn, the first part of ready
	conns   []*Conn        // by descriptor
	others  map[int]source // listeners and user descriptors
	busy    bool           // the last turn had events: look before sleeping
	pause   time.Duration  // before the next wait, see Gather
	dense   bool           // and came soon after the one before
	inside  bool           // a turn is under way
	ending  bool           // Close was called in it
	closed  bool

	timers timerHeap
	due    []*Timer

	pending  *Conn     // have output to flush before the next wait
	left     []leaving // left the open state: OnClose is due
	dead     []*Conn   // descriptors to release at the end of the turn
	slow     slowList
	spare    spareList
	strained bool // relieve did not help in this turn
	stats    Stats
	budget   Budget
	offload  offload
	layers   layerBuffers
	running  []func() // the posted functions of this turn

	mu      sync.Mutex // guards posted and gone, and holds Wake off a closed kernel
	posted  []func()
	gone    bool
	waking  atomic.Bool // a Wake is on its way, or something is posted
	stopped atomic.Bool
}

// source is what stands behind a registered descriptor that is no connection's.
type source interface{ ready(got Interest) }

// leaving is a connection that left the open state, and what OnClose will tell.
type leaving struct {
	conn *Conn
	err  error
}

// Stats are counters since New, and what is open now. Wake-ups without any
// event count as turns too.
type Stats struct {
	Conns, Timers, Listeners            int
	Turns, Accepted, Closed, Refused    uint64
	Reads, Writes, BytesIn, BytesOut    uint64
	OutBytes                            int // unwritten output of all connections
	Slow, Overflowed, Offloaded, Denied uint64
}

// New makes a loop on o.Kernel, or on the operating system's.
func New(o Options) (*Loop, error) {
	o = o.withDefaults()
	if o.Kernel == nil {
		k, err := newKernel()
		if err != nil {
			return nil, err
		}
		o.Kernel = k
	}
	l := &Loop{kernel: o.Kernel, options: o, others: make(map[int]source)}
	l.rbuf = make([]byte, o.ReadBufferBytes)
	l.ready = make([]Ready, o.EventsPerTurn)
	l.iov = make([][]byte, 0, maxVector)
	l.spare.limit = o.SpareBytes
	l.slow.loop = l
	l.offload.init(l)
	l.budget.init(l)
	// A Go timer that is first armed when the descriptor table is full kills
	// the process (the runtime opens its own poller then): arm one now.
	time.AfterFunc(time.Hour, func() {}).Stop()
	l.tick()
	return l, nil
}

// Poll runs one turn: it waits up to timeout for something to do, does it, and
// returns. Zero does not wait, a negative timeout waits for ever. A callback may
// not call it.
func (l *Loop) Poll(timeout time.Duration) error {
	if l.closed {
		return ErrClosed
	}
	if l.inside {
		panic("poll: Poll was called by a callback")
	}
	return l.turn(timeout)
}

// Run turns the loop until Stop, or until ctx is done, whose error it returns.
func (l *Loop) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, l.wake)()
	for ctx.Err() == nil && !l.stopped.Load() {
		if err := l.Poll(-1); err != nil {
			return err
		}
	}
	l.stopped.Store(false)
	return ctx.Err()
}

// Stop makes Run return after the present turn, or the next Run at once if none
// is under way: a signal that comes early is not lost. Any goroutine may call it.
func (l *Loop) Stop() {
	l.stopped.Store(true)
	l.wake()
}

// Close aborts every connection, tells their handlers, closes the listeners and
// the kernel; called by a callback it does so at the end of the turn. User
// descriptors stay open. Work that Go took is finished, its then is not called.
func (l *Loop) Close() error {
	if l.closed {
		return nil
	}
	if l.inside {
		l.ending = true
		return nil
	}
	l.closed = true
	for _, fd := range slices.Sorted(maps.Keys(l.others)) {
		if ln, ok := l.others[fd].(*Listener); ok {
			ln.Close()
		}
	}
	for _, c := range l.conns {
		if c != nil {
			c.Abort(ErrClosed)
		}
	}
	l.settle()
	l.offload.close()
	l.mu.Lock()
	l.gone, l.posted = true, nil
	l.mu.Unlock()
	return l.kernel.Close()
}

// Now is the monotonic time of this turn in milliseconds.
func (l *Loop) Now() int64 { return l.now }

// Time is the wall clock's time.
func (l *Loop) Time() time.Time { return l.kernel.Wall() }

// Random fills p from the system's random source.
func (l *Loop) Random(p []byte) { l.kernel.Random(p) }

// Gather lets the next turn that finds nothing to do sleep for d before it waits:
// events that are known to come one by one, such as the answers to a question
// that went to a thousand peers, then cost a few wake-ups and not one each. An
// event that comes meanwhile is late by d at most; a loop under load never
// sleeps. Posted functions and timers are on time.
func (l *Loop) Gather(d time.Duration) { l.pause = max(l.pause, d) }

// Scratch is the loop's one buffer for composing output, empty and with some
// capacity; it is valid until the callback returns. Its user gives back what it
// grew to with SetScratch, so that the next one finds the room.
func (l *Loop) Scratch() []byte { return l.scratch[:0] }

// maxScratch is what the loop keeps of a scratch buffer that grew.
const maxScratch = 64 << 10

// SetScratch is the other half of Scratch. b is kept until the next Scratch;
// one that grew beyond 64 KiB is let go.
func (l *Loop) SetScratch(b []byte) {
	if cap(b) > cap(l.scratch) && cap(b) <= maxScratch {
		l.scratch = b
	}
}

// Stats tells the counters.
func (l *Loop) Stats() Stats {
	s := l.stats
	s.Timers = len(l.timers)
	s.Offloaded, s.Denied = l.offload.counts()
	return s
}

// turn is one pass, in an order that has reasons:
//
//  1. wait, no longer than the next timer and not at all while work is left over;
//  2. read the clock once, for everything that follows;
//  3. serve what is ready: each connection reads once, so none starves another;
//  4. run what was posted, then the timers, which see this turn's input: a pong
//     that has arrived saves its session;
//  5. settle: one write per connection for all that the turn produced, tell
//     handlers of connections that ended, and only then release descriptors, so
//     that no event of this turn meets a number that was reused.
func (l *Loop) turn(timeout time.Duration) error {
	before := l.now
	n, errno := l.wait(timeout)
	l.stats.Turns++
	l.tick()
	l.dense = l.now-before <= 1
	if errno != 0 && errno != eintr {
		return errno
	}
	l.inside, l.reports = true, l.ready[:n]
	for _, r := range l.reports {
		if c := l.conn(int(r.FD)); c != nil {
			c.ready(r.Got)
		} else if s := l.others[int(r.FD)]; s != nil {
			s.ready(r.Got)
		}
	}
	l.runPosted()
	l.expire()
	l.settle()
	l.inside = false
	if l.ending {
		return l.Close()
	}
	return nil
}

// wait looks once while there is traffic: that needs no clock and does not tell
// the Go scheduler of a call that hardly blocks. If that finds nothing, it sleeps.
func (l *Loop) wait(timeout time.Duration) (n int, errno Errno) {
	if l.busy {
		d := l.glance(timeout)
		n, errno = l.kernel.Wait(l.ready, d)
		if timeout > 0 {
			timeout -= d
		}
	}
	if n == 0 && errno == 0 {
		if l.pause > 0 {
			timeout = l.rest(timeout)
		}
		n, errno = l.kernel.Wait(l.ready, l.patience(timeout))
	}
	l.busy, l.pause = n > 0, 0
	return n, errno
}

// rest sleeps through the pause that Gather asked for, and tells what is left of
// timeout. That it failed does no harm: the events come one by one then.
func (l *Loop) rest(timeout time.Duration) time.Duration {
	d := l.pause
	if patience := l.patience(timeout); patience >= 0 {
		d = min(d, patience)
	}
	if d > 0 {
		_, _ = l.kernel.Wait(nil, d)
	}
	if timeout > 0 {
		timeout = max(0, timeout-d)
	}
	return timeout
}

// brief is the longest wait that the Go scheduler is not told of: its thread
// keeps its share of the processor meanwhile.
const brief = time.Millisecond

// glance is how long the look before sleeping may last: not at all, or for a
// brief moment when the turn before took no longer, so that the next input is
// close. To sleep properly for microseconds costs more than the wait: the
// scheduler takes the thread's share away, and watches it closely ever after.
func (l *Loop) glance(timeout time.Duration) time.Duration {
	switch {
	case !l.dense, l.pause > 0, timeout >= 0 && timeout < brief, l.pending != nil, len(l.left) > 0, l.waking.Load(),
		len(l.timers) > 0 && l.timers[0].when <= l.now+2, l.layers.away > 0, l.offload.busy():
		return 0
	}
	return brief
}

// patience is how long the turn may wait: not at all when the look before it has
// swallowed a Wake.
func (l *Loop) patience(timeout time.Duration) time.Duration {
	if l.pending != nil || len(l.left) > 0 || l.waking.Load() {
		return 0
	}
	if len(l.timers) > 0 {
		d := max(0, time.Duration(l.timers[0].when)*time.Millisecond-l.kernel.Monotonic())
		if timeout < 0 || d < timeout {
			return d
		}
	}
	return timeout
}

func (l *Loop) tick() { l.now = int64(l.kernel.Monotonic() / time.Millisecond) }

// settle ends a turn. Output that the farewells cause is flushed too, and may end
// other connections: each is told before its descriptor is released. What
// OnDrain adds keeps the next turn from waiting.
func (l *Loop) settle() {
	l.strained = false
	l.flush()
	for len(l.left) > 0 {
		l.farewell()
		l.flush()
	}
	for i, c := range l.dead {
		l.dead[i] = nil
		c.release()
	}
	l.dead = l.dead[:0]
}

// relieve flushes in the middle of a turn that has output for more connections
// than there are spare buffers, such as a broadcast: a few buffers that stay in
// the cache serve them all. If that does not help, nobody asks again this turn.
func (l *Loop) relieve() {
	c := l.pending
	l.pending = nil
	for c != nil {
		next := c.next
		c.next, c.flags = nil, c.flags&^isPending
		if c.flush(false); c.flags&isPressed != 0 && c.out == nil {
			c.pend() // OnDrain is due, when the turn ends
		}
		c = next
	}
	l.strained = l.spare.short()
}

func (l *Loop) flush() {
	c := l.pending
	l.pending = nil
	for c != nil {
		next := c.next
		c.next, c.flags = nil, c.flags&^isPending
		c.flush(true)
		c = next
	}
}

func (l *Loop) farewell() {
	for i := 0; i < len(l.left); i++ { // an OnClose may end others
		c, err := l.left[i].conn, l.left[i].err
		l.left[i] = leaving{}
		if h := c.handler; h != nil { // nil: Accept refused it
			c.handler = nil
			h.OnClose(c, err)
		}
	}
	l.left = l.left[:0]
}

func (l *Loop) conn(fd int) *Conn {
	if uint(fd) < uint(len(l.conns)) {
		return l.conns[fd]
	}
	return nil
}

func (l *Loop) attach(c *Conn) {
	fd := int(c.fd)
	if fd >= len(l.conns) {
		n := make([]*Conn, fd+fd/4+64)
		copy(n, l.conns)
		l.conns = n
	}
	l.conns[fd] = c
}

// detach forgets fd at once: a report of this turn that is still to be served
// must not meet what gets the number next.
func (l *Loop) detach(fd int) {
	if l.conn(fd) != nil {
		l.conns[fd] = nil
	} else {
		delete(l.others, fd)
	}
	for i := range l.reports {
		if int(l.reports[i].FD) == fd {
			l.reports[i].FD = -1
		}
	}
}
