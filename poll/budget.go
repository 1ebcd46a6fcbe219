package poll

import (
	"errors"
	"math"
	"net/netip"
)

// ErrMemory: the budget of the loop is used up, see [Budget].
var ErrMemory = errors.New("poll: out of the memory budget")

// A Budget is what all peers of a loop together may make it hold: unwritten
// output, which Stats.OutBytes counts, and what the layers above Take: unfinished
// heads, frames and bodies, queued packets, logs. It bounds what is counted, not
// the process: buffers grow in steps, and the collector needs room, so that the
// heap may reach two or three times as much.
//
//   - From 80 % on it is Tight, until it is below 70 %: when somebody wants to come
//     in then, what OnTight brought is shed, those who hold much and do not read are
//     ended, and only if that is not enough the newcomer is refused.
//   - At the limit Take is false: who asked is refused, nobody else.
//   - Output is never refused for it. Beyond the limit whoever holds most is ended
//     with [ErrMemory], one after the other until the rest fits.
//
// An overload is looked for when a peer does not read: what the kernel takes at
// once costs no look. A slice of WriteShared counts for every connection in
// OutBytes; before anybody is ended or refused for it, it is counted once.
// A nil Budget has no limit, and counts nothing. Loop's goroutine only.
type Budget struct {
	loop      *Loop
	limit     int
	high, low int // what makes it tight, and no more
	taken     int
	shared    int    // of OutBytes: counted more than once, when it was last looked at
	looked    uint64 // the turn of that
	tight     bool
	inside    bool   // relieve is under way
	relieved  uint64 // one more than the turn of the last Admits that looked for who could go
	sheds     []func(need int) (freed int)
	rivals    []func() (held int, end func())
	told      func(Shortage)
	heap      heapGauge
	stats     BudgetStats
}

// BudgetStats are counters since New.
type BudgetStats struct {
	Refused uint64 // calls of Take that were false
	Ended   uint64 // connections and sessions that held most
	Shed    uint64 // bytes that OnTight's functions gave up
}

// A Shortage is what was done to a peer for the memory that it holds: Bytes were
// refused, or its connection ended while so many Bytes were unwritten.
type Shortage struct {
	Err   error          // ErrMemory, ErrSlow or ErrOverflow ended it; nil: refused
	From  netip.AddrPort // whose connection it was; else the zero AddrPort
	Bytes int
}

// Budget is the loop's budget of memory.
func (l *Loop) Budget() *Budget { return &l.budget }

func (b *Budget) init(l *Loop) {
	b.loop, b.limit, b.heap.sample = l, l.options.MemoryBytes, l.options.HeapSample
	if b.limit < 0 {
		b.limit = math.MaxInt
	}
	b.high, b.low = mark(b.limit, 80), mark(b.limit, 70)
	if b.heap.sample == nil {
		b.heap.sample = sampleHeap
	}
}

// Used is the number of bytes that are held now.
func (b *Budget) Used() int { return b.taken + max(b.loop.stats.OutBytes-b.shared, 0) }

// Limit is Options.MemoryBytes; the largest int without a limit.
func (b *Budget) Limit() int { return b.limit }

// Stats tells the counters.
func (b *Budget) Stats() BudgetStats { return b.stats }

// mark is a percentage of a limit.
func mark(limit, percent int) int { return limit/100*percent + limit%100*percent/100 }

func (b *Budget) slack() int { return b.limit / 16 }

// Take asks for n bytes before they are held. False: they may not be, and whoever
// wanted them refuses its peer. What is taken is given back with Give, to the byte.
func (b *Budget) Take(n int) bool {
	if b == nil {
		return true
	}
	if !b.Fits(n) {
		return false
	}
	b.taken += n
	return true
}

// Fits tells whether Take would be true now, and takes nothing: a length that a
// peer declares is refused before any of it is read, and counted as it comes.
func (b *Budget) Fits(n int) bool {
	if b != nil && n > b.limit-b.Used() && !b.makeRoom(n) {
		b.refuse(n)
		return false
	}
	return true
}

// TakeOutput is Take for output that a layer queues itself, see OnOver: at the limit
// whoever holds most is ended first.
func (b *Budget) TakeOutput(n int) bool {
	if b == nil {
		return true
	}
	b.taken += n
	return !b.over() || b.press(n)
}

// press makes room for n bytes of output that are taken already, or refuses them.
func (b *Budget) press(n int) bool {
	if n <= b.limit {
		b.relieve()
	}
	if b.over() {
		b.taken -= n
		b.refuse(n)
		return false
	}
	return true
}

// Hold counts n bytes that cannot be refused any more.
func (b *Budget) Hold(n int) {
	if b != nil {
		b.taken += n
	}
}

// Give gives back n bytes that were taken or held.
func (b *Budget) Give(n int) {
	if b == nil {
		return
	}
	if b.taken -= n; b.taken < 0 {
		panic("poll: more memory is given back than was taken")
	}
}

// OnTight calls shed, after those that were set before, when the budget gets
// tight: it gives up to need bytes or more of what can be done without, with Give,
// and tells how many that were. It must not call handlers of the program.
func (b *Budget) OnTight(shed func(need int) (freed int)) { b.sheds = append(b.sheds, shed) }

// OnOver adds a layer that holds output itself, what waits for a poll: beyond the
// limit worst tells who of its sessions holds most, and how much. end gives that
// back at once and ends the session in a later turn. It must not call handlers of
// the program.
func (b *Budget) OnOver(worst func() (held int, end func())) { b.rivals = append(b.rivals, worst) }

// OnShortage calls fn, instead of the one that was set before, with what is done to
// peers for the budget or for their [Limits], for a log: there may be many calls in
// a turn.
func (b *Budget) OnShortage(fn func(Shortage)) { b.told = fn }

func (b *Budget) refuse(n int) {
	b.stats.Refused++
	b.tell(Shortage{Bytes: n})
}

func (b *Budget) tell(s Shortage) {
	if b.told != nil {
		b.told(s)
	}
}

// Admits tells whether somebody new may come in: memory is not Tight, or it is not
// any more after what OnTight brought was shed, and then those were ended who hold
// much and do not read. A few who are gone without a word must not keep everybody
// else out.
func (b *Budget) Admits() bool {
	if !b.Tight() {
		return true
	}
	if b.relieved == b.loop.stats.Turns+1 {
		return false
	}
	b.relieved = b.loop.stats.Turns + 1
	goal := b.low - 1
	if b.heap.full && !b.heap.asked {
		b.heap.asked = true // what is let go now is seen when it was collected
		b.shed(math.MaxInt)
		goal = min(goal, b.Used()/2)
	}
	if over := b.Used() - goal; over > 0 {
		b.shed(over + b.slack())
		b.lighten(goal)
	}
	return !b.Tight()
}

// Tight tells whether memory is short: the budget is used to 80 %, or the process'
// live heap is at 80 % of the runtime's memory limit (GOMEMLIMIT). It ends below
// 70 %.
func (b *Budget) Tight() bool {
	mark := b.high
	if b.tight {
		mark = b.low
	}
	if b.Used() >= mark {
		b.count()
	}
	b.tight = b.heap.over(b.loop.now, b.tight) || b.Used() >= mark
	return b.tight
}

// shed asks for need bytes.
func (b *Budget) shed(need int) (freed int) {
	for _, fn := range b.sheds {
		if freed >= need {
			break
		}
		freed += fn(need - freed)
	}
	b.stats.Shed += uint64(freed)
	return freed
}

// makeRoom tells whether n bytes fit after all.
func (b *Budget) makeRoom(n int) bool {
	if n > b.limit {
		return false
	}
	if n > b.limit-b.Used() {
		b.count()
	}
	if lack := n - (b.limit - b.Used()); lack > 0 {
		b.shed(lack + b.slack())
	}
	return n <= b.limit-b.Used()
}

// count finds out, at most once a turn, what of OutBytes is counted more than once.
func (b *Budget) count() {
	if b.looked != b.loop.stats.Turns {
		b.recount()
	}
}

func (b *Budget) recount() {
	b.looked = b.loop.stats.Turns
	b.shared = 0
	var longest map[*byte]int // by a slice's end, which stays while it is written
	for _, c := range b.loop.conns {
		if c == nil || c.out == nil {
			continue
		}
		for _, s := range c.out.shared[c.out.first:] {
			n := len(s.b)
			if longest == nil {
				longest = make(map[*byte]int)
			}
			seen := longest[&s.b[n-1]]
			b.shared += min(n, seen)
			longest[&s.b[n-1]] = max(n, seen)
		}
	}
}
