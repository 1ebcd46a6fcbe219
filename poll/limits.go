package poll

import (
	"errors"
	"time"
)

// Errors that a Handler's OnClose may see besides the kernel's errno and io.EOF.
var (
	// ErrSlow: the out buffer stayed above Limits.SoftBytes for Limits.SoftTime,
	// or a write made no progress for Limits.StallTime.
	ErrSlow = errors.New("poll: peer reads too slowly")
	// ErrOverflow: the out buffer would have passed Limits.HardBytes.
	ErrOverflow = errors.New("poll: out buffer is full")
	// ErrClosed: the loop is closed, or a descriptor is not known to it.
	ErrClosed = errors.New("poll: closed")
	// ErrBusy: Go's queue is full; the work was not taken.
	ErrBusy = errors.New("poll: too much offloaded work")
	// ErrInUse: Add was called for a descriptor that the loop already watches.
	ErrInUse = errors.New("poll: descriptor is in use")
)

// Limits bound what one connection may hold. Who is over one is reset, see
// Conn.Abort. A zero field takes the default.
type Limits struct {
	// SoftBytes of unwritten output make Write report Pressure; a connection that
	// stays above for SoftTime is closed with ErrSlow. Default 256 KiB and 10 s.
	SoftBytes int
	SoftTime  time.Duration
	// HardBytes of unwritten output close the connection at once with
	// ErrOverflow. Default 4 MiB.
	HardBytes int
	// StallTime without progress of a write closes with ErrSlow. Default 30 s.
	StallTime time.Duration
	// LingerTime is how long the peer of a closed connection may go without
	// taking anything of what was still queued (SoftTime holds too), after which it
	// is reset, and then how long it may take to close its own half. Default 3 s.
	LingerTime time.Duration
}

func (l Limits) withDefaults() Limits {
	set(&l.SoftBytes, 256<<10)
	set(&l.SoftTime, 10*time.Second)
	set(&l.HardBytes, 4<<20)
	set(&l.StallTime, 30*time.Second)
	set(&l.LingerTime, 3*time.Second)
	return l
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Options configure a Loop. The zero value is ready to use.
type Options struct {
	// Kernel is the operating system by default; poll/polltest has another.
	Kernel Kernel
	// ReadBufferBytes is the size of the one read buffer and so the most that a
	// connection is served per turn. Default 64 KiB.
	ReadBufferBytes int
	// SpareBytes bounds the out buffers that the loop keeps for reuse while no
	// connection needs them. Default 256 KiB.
	SpareBytes int
	// EventsPerTurn bounds one report of the kernel. Default 256.
	EventsPerTurn int
	// Workers run what Go offloads, QueuedWork waits for them. Default 2 and 64.
	Workers    int
	QueuedWork int
	// MemoryBytes bound what all peers together make the loop and the layers above
	// hold, see [Budget]. Default 32 MiB, for boards of 64 MB; negative is no bound.
	MemoryBytes int
	// HeapSample tells what the process uses of its memory limit, 0 for no limit;
	// [Budget.Tight] asks it, at most once a second. Default: the runtime's figures.
	HeapSample func() (used, limit uint64)
	// Limits hold for connections whose listener sets none.
	Limits Limits
	// SlowTurn is how long a turn may take before OnSlowTurn is told of it, with the
	// names of what ran (Loop.Mark), when it has ended. Default 200 ms; negative is
	// off. OnSlowTurn runs on the loop's goroutine between two turns; default: nobody
	// is told, Stats.SlowTurns counts.
	SlowTurn   time.Duration
	OnSlowTurn func(SlowTurn)
	// OnPanic is told of panics that the loop caught, on its goroutine in the middle
	// of a turn. Default: an error of log/slog's default logger, at most one in 5 s;
	// on the kernel of poll/polltest the panic goes on.
	OnPanic func(*PanicError)
}

func (o Options) withDefaults() Options {
	set(&o.ReadBufferBytes, 64<<10)
	set(&o.SpareBytes, 256<<10)
	set(&o.EventsPerTurn, 256)
	set(&o.Workers, 2)
	set(&o.QueuedWork, 64)
	set(&o.MemoryBytes, 32<<20)
	set(&o.SlowTurn, 200*time.Millisecond)
	o.Limits = o.Limits.withDefaults()
	return o
}
