package poll_test

import (
	"math"
	"testing"
	"time"

	"github.com/edgesio/edgesio/poll"
	"github.com/edgesio/edgesio/poll/polltest"
)

// newBudgetRig is newRig with a budget; what a peer does not read stays with the loop.
func newBudgetRig(t *testing.T, o poll.Options) *rig {
	t.Helper()
	r := &rig{t: t, k: polltest.New(1, polltest.Faults{})}
	o.Kernel = r.k
	var err error
	if r.l, err = poll.New(o); err != nil {
		t.Fatal(err)
	}
	if r.ln, err = r.l.Listen(poll.ListenOptions{Address: at, Accept: r.accept}); err != nil {
		t.Fatal(err)
	}
	return r
}

// stalled is a peer that does not read, with so much unwritten.
func (r *rig) stalled(n int) (*polltest.Peer, *side) {
	r.t.Helper()
	p, s := r.pair()
	p.Stall()
	s.c.Write(make([]byte, r.k.SendBytes))
	r.poll()
	s.c.Write(make([]byte, n))
	if r.poll(); !s.c.Blocked() || s.c.Buffered() != n {
		r.t.Fatalf("%d bytes are unwritten, want %d", s.c.Buffered(), n)
	}
	return p, s
}

func TestBudgetTakes(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1000})
	b := r.l.Budget()
	var told []poll.Shortage
	b.OnShortage(func(s poll.Shortage) { told = append(told, s) })
	for _, step := range []struct {
		take, give int
		ok         bool
		used       int
	}{
		{take: 600, ok: true, used: 600}, {take: 401, used: 600}, {take: 400, ok: true, used: 1000},
		{take: 1, used: 1000}, {give: 999, ok: true, used: 1}, {take: math.MaxInt, used: 1}, {give: 1, ok: true},
	} {
		b.Give(step.give)
		if step.take > 0 && b.Fits(step.take) != step.ok {
			t.Errorf("%+v: Fits is %v", step, !step.ok)
		}
		if step.take > 0 && b.Take(step.take) != step.ok || b.Used() != step.used {
			t.Errorf("%+v: used %d", step, b.Used())
		}
	}
	if s := b.Stats(); s.Refused != 6 || len(told) != 6 || told[0] != (poll.Shortage{Bytes: 401}) {
		t.Errorf("%+v, told %+v", s, told)
	}
	var none *poll.Budget
	if none.Give(1); !none.Take(math.MaxInt) || !none.Fits(1) || !none.TakeOutput(1) {
		t.Error("a nil budget has a limit")
	}
	func() {
		defer func() { _ = recover() }()
		b.Give(1)
		t.Error("what was not taken can be given back")
	}()
	b.Hold(1) // what the panic left
	r.end()
}

// Whoever holds most goes first, and only as many as it takes.
func TestWorstGoesFirst(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1 << 20})
	reader, bystander := r.pair()
	var ends []poll.Shortage
	r.l.Budget().OnShortage(func(s poll.Shortage) { ends = append(ends, s) })
	sizes := []int{200 << 10, 350 << 10, 250 << 10, 150 << 10} // 950 KiB
	var all []*side
	for _, n := range sizes {
		_, s := r.stalled(n)
		all = append(all, s)
	}
	if used := r.l.Budget().Used(); used != 950<<10 || len(ends) != 0 {
		t.Fatalf("%d bytes are used, %+v", used, ends)
	}
	all[0].c.Write(make([]byte, 100<<10)) // over the limit, but not the worst
	r.poll()
	for i, s := range all {
		if gone := s.closes == 1; gone != (i == 1) || gone && s.err != poll.ErrMemory {
			t.Errorf("connection %d: closed %d times, %v", i, s.closes, s.err)
		}
	}
	if len(ends) != 1 || ends[0].Err != poll.ErrMemory || ends[0].Bytes != 350<<10 || !ends[0].From.IsValid() {
		t.Errorf("%+v", ends)
	}
	if used := r.l.Budget().Used(); used != 700<<10 || r.l.Budget().Stats().Ended != 1 {
		t.Errorf("%d bytes are used", used)
	}
	bystander.c.Write(pattern(100 << 10))
	var got []byte
	r.until("the bystander reads", func() bool { got = append(got, reader.Read()...); return len(got) == 100<<10 })
	r.end()
}

// A handler that writes to many stalled peers in one turn stays within the limit.
func TestOverloadInOneTurn(t *testing.T) {
	const limit = 1 << 20
	r := newBudgetRig(t, poll.Options{MemoryBytes: limit})
	var all []*side
	for range 64 {
		_, s := r.stalled(1)
		all = append(all, s)
	}
	b, most := r.l.Budget(), 0
	for range 100 {
		for _, s := range all {
			s.c.Write(make([]byte, 1000))
			most = max(most, b.Used())
		}
	}
	if most > limit+1000 || b.Used() < limit/2 {
		t.Errorf("up to %d bytes were used, %d at the end", most, b.Used())
	}
	ended := b.Stats().Ended
	r.poll()
	gone := 0
	for _, s := range all {
		if gone += s.closes; s.closes > 0 && s.err != poll.ErrMemory {
			t.Error(s.err)
		}
	}
	if ended == 0 || gone != int(ended) || gone > 60 {
		t.Errorf("%d were ended, %d told", ended, gone)
	}
	r.end()
}

// A slice that many connections share is memory once.
func TestSharedCountsOnce(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1 << 20})
	b := r.l.Budget()
	var peers []*polltest.Peer
	var all []*side
	for range 40 {
		p, s := r.stalled(1)
		peers, all = append(peers, p), append(all, s)
	}
	for range 3 { // 300 KiB, counted 12 MiB
		frame := make([]byte, 100<<10)
		for _, s := range all {
			s.c.WriteShared(frame)
		}
		r.poll()
	}
	if n := r.l.Stats().OutBytes; n < 10<<20 || b.Stats().Ended != 0 {
		t.Errorf("%d bytes wait, %d were ended", n, b.Stats().Ended)
	}
	if !b.Take(700<<10) || b.Take(100<<10) {
		t.Errorf("%d bytes are counted", b.Used())
	}
	b.Give(700 << 10)
	for _, p := range peers {
		p.Resume()
	}
	r.until("all is read", func() bool {
		for _, p := range peers {
			p.Read()
		}
		return r.l.Stats().OutBytes == 0
	})
	r.k.Sleep(r.l, 3*time.Second)
	b.Take(1)
	if b.Used() != 1 {
		t.Errorf("%d bytes are counted in the end", b.Used())
	}
	b.Give(1)
	r.end()
}

// What a layer queues itself takes part in the choice.
func TestLayerHoldsMost(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1 << 20})
	b, ended := r.l.Budget(), false
	held := 600 << 10
	b.OnOver(func() (int, func()) {
		return held, func() {
			b.Give(held)
			held, ended = 0, true
		}
	})
	if !b.TakeOutput(held) {
		t.Fatal("refused")
	}
	_, s := r.stalled(300 << 10)
	if b.TakeOutput(200 << 10); !ended || s.closes != 0 || b.Used() != 500<<10 {
		t.Errorf("ended %v, closed %d times, %d bytes used", ended, s.closes, b.Used())
	}
	b.Give(200 << 10)
	if b.TakeOutput(2<<20) || !b.TakeOutput(900<<10) {
		t.Error("more than there is was taken, or who holds most is still there")
	}
	b.Give(900 << 10)
	r.poll()
	if s.closes != 1 || s.err != poll.ErrMemory {
		t.Errorf("closed %d times, %v", s.closes, s.err)
	}
	r.end()
}

// From 80 % on memory is tight, until it is below 70 %; what can be done without
// goes before that.
func TestTight(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1000})
	b, log := r.l.Budget(), 300
	b.Take(log)
	b.OnTight(func(need int) int {
		n := min(need, log)
		log -= n
		b.Give(n)
		return n
	})
	for i, step := range []struct {
		add, log int
		tight    bool
	}{
		{499, 300, false}, {1, 137, false}, {300, 0, true}, {-99, 0, true}, {-2, 0, false},
		{100, 0, false}, {1, 0, true},
	} {
		if step.add < 0 {
			b.Give(-step.add)
		} else if !b.Take(step.add) {
			t.Fatalf("step %d is refused", i)
		}
		r.poll()
		if b.Admits() == step.tight || b.Tight() != step.tight || log != step.log {
			t.Errorf("step %d: tight %v, %d in the log, %d used", i, !step.tight, log, b.Used())
		}
	}
	log = 100
	b.Take(log)
	if !b.Take(1000-b.Used()+50) || log > 50 {
		t.Errorf("%d in the log when somebody needs memory", log)
	}
	b.Give(b.Used())
	r.end()
}

// Those who hold much and do not read go before somebody new is refused; those who hold little stay.
func TestNewcomersAreNotKeptOut(t *testing.T) {
	r := newBudgetRig(t, poll.Options{MemoryBytes: 1 << 20})
	b := r.l.Budget()
	for range 5 {
		r.stalled(170 << 10)
	}
	if !b.Tight() || b.Stats().Ended != 0 {
		t.Fatalf("%d bytes are used, %+v", b.Used(), b.Stats())
	}
	if r.poll(); !b.Admits() || b.Stats().Ended != 1 || b.Used() != 680<<10 {
		t.Errorf("%d bytes are used, %+v", b.Used(), b.Stats())
	}
	r.end()

	r = newBudgetRig(t, poll.Options{MemoryBytes: 1 << 20})
	for range 57 {
		r.stalled(15 << 10)
	}
	if b = r.l.Budget(); b.Admits() || b.Stats().Ended != 0 {
		t.Errorf("%d bytes are used, %+v", b.Used(), b.Stats())
	}
	r.end()
}

// The process' own heap makes memory tight too. It is looked at once a second, if
// somebody asks.
func TestHeapIsTight(t *testing.T) {
	samples, used, limit := 0, uint64(0), uint64(0)
	r := newBudgetRig(t, poll.Options{HeapSample: func() (uint64, uint64) { samples++; return used, limit }})
	b, shed := r.l.Budget(), 0
	b.OnTight(func(int) int { shed++; return 0 })
	for i, step := range []struct {
		used, limit uint64
		tight       bool
	}{
		{1 << 30, 0, false}, {1 << 30, 1<<63 - 1, false}, {790, 1000, false}, {800, 1000, true}, {700, 1000, true},
		{690, 1000, false}, {790, 1000, false},
	} {
		r.k.Sleep(r.l, 1001*time.Millisecond)
		used, limit = step.used, step.limit
		for range 3 {
			if b.Admits() == step.tight || b.Tight() != step.tight {
				t.Errorf("step %d: tight %v", i, !step.tight)
			}
		}
		if samples != i+1 {
			t.Fatalf("step %d: %d samples", i, samples)
		}
	}
	if shed == 0 {
		t.Error("nothing was shed")
	}
	r.end()
}

// The runtime tells what HeapSample's default needs.
func TestHeapSample(t *testing.T) {
	keep := make([]byte, 8<<20)
	used, limit := poll.SampleHeap()
	if used == 0 || limit == 0 {
		t.Errorf("%d of %d", used, limit)
	}
	_ = keep[0]
	if n := testing.AllocsPerRun(10, func() { poll.SampleHeap() }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
