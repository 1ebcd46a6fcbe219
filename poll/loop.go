package poll

import (
	"context"
	"maps"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// A Loop owns a kernel, its connections, its timers and two buffers. Every
// method is for the loop's goroutine, the one that calls Poll or Run, except
// Post and Stop, which any goroutine may call. A panic of a callback ends what it
// was called for and not the turn, see [PanicError].
type Loop struct {
	kernel  Kernel
	options Options
	clock   time.Duration // monotonic, read once per turn
	now     int64         // the same in ms
	rbuf    []byte
	scratch []byte
	iov     [][]byte // for one vectored write
	ready   []Ready
	reports []Ready        // of this turn, the first part of ready
	phase   phase          // of this turn
	step    int            // entries of the phase's list that were begun
	active  *Conn          // what a callback was called for, see contain
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
	flushing *Conn     // the rest of those that are being flushed
	left     []leaving // left the open state: OnClose is due
	told     int       // entries of left whose OnClose was called
	dead     []parting // descriptors to release at the end of the turn
	released int       // entries of dead that are
	slow     slowList
	resting  restList
	spare    spareList
	strained bool // relieve did not help in this turn
	stats    Stats
	budget   Budget
	offload  offload
	layers   layerBuffers
	running  []func() // the posted functions of this turn
	meter    meter
	marks    marks
	panics   panicLog

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

// parting is a connection that is closed, and whether its descriptor goes with RST.
type parting struct {
	conn  *Conn
	reset bool
}

// Stats are counters since New, and what is open now. Wake-ups without any
// event count as turns too.
type Stats struct {
	Conns, Timers, Listeners            int
	Turns, Accepted, Closed, Refused    uint64
	Reads, Writes, BytesIn, BytesOut    uint64
	OutBytes                            int // unwritten output of all connections
	Slow, Overflowed, Offloaded, Denied uint64
	SlowTurns, Panics                   uint64 // Options.SlowTurn, Options.OnPanic
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
	l.slow.loop, l.resting.loop = l, l
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
	others := slices.Collect(maps.Keys(l.others))
	sort.Sort(sort.IntSlice(others)) // closed in their order
	for _, fd := range others {
		if ln, ok := l.others[fd].(*Listener); ok {
			ln.Close()
		}
	}
	for _, c := range l.conns {
		if c != nil {
			c.Abort(ErrClosed)
		}
	}
	l.reports, l.phase = nil, settling
	for !l.pass() {
	}
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
