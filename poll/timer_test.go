package poll

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// clock is a kernel of which only the time is used.
type clock struct {
	Kernel
	now time.Duration
}

func (k *clock) Monotonic() time.Duration { return k.now }

func timerLoop() (*Loop, *clock) {
	k := &clock{}
	l := &Loop{kernel: k}
	l.slow.loop = l
	return l, k
}

func (l *Loop) at(k *clock, d time.Duration) {
	k.now = d
	l.tick()
	expire(l)
}

type alarm struct {
	Timer
	id    int
	fired *[]int
	again func(a *alarm)
}

func (a *alarm) OnTimer(t *Timer) {
	if t != &a.Timer || t.Armed() {
		panic("a timer is armed while it runs")
	}
	*a.fired = append(*a.fired, a.id)
	if a.again != nil {
		a.again(a)
	}
}

// model is the same set of timers as a sorted slice.
type model []entry

type entry struct {
	when int64
	id   int
}

func (m *model) disarm(id int) {
	*m = slices.DeleteFunc(*m, func(e entry) bool { return e.id == id })
}

func (m *model) arm(id int, when int64) {
	m.disarm(id)
	*m = append(*m, entry{when, id})
	slices.SortStableFunc(*m, func(a, b entry) int { return int(a.when - b.when) })
}

func TestTimersAgainstSortedSlice(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		l, k := timerLoop()
		var fired []int
		timers := make([]*alarm, 1+rnd.IntN(300))
		for i := range timers {
			timers[i] = &alarm{id: i, fired: &fired}
		}
		var m model
		for range 2000 {
			a := timers[rnd.IntN(len(timers))]
			switch rnd.IntN(8) {
			case 0, 1, 2, 3:
				d := time.Duration(rnd.IntN(5000)) * time.Microsecond * 100
				l.Arm(&a.Timer, d, a)
				m.arm(a.id, l.now+millis(d))
			case 4:
				l.Disarm(&a.Timer)
				m.disarm(a.id)
			default:
				fired = fired[:0]
				l.at(k, k.now+time.Duration(rnd.IntN(20))*time.Millisecond)
				checkFired(t, seed, l.now, &m, fired)
			}
			checkHeap(t, seed, l, len(m))
		}
	}
}

// checkFired compares what fired with the model, without order among equals.
func checkFired(t *testing.T, seed uint64, now int64, m *model, fired []int) {
	t.Helper()
	n := 0
	for n < len(*m) && (*m)[n].when <= now {
		n++
	}
	when := map[int]int64{}
	for _, e := range (*m)[:n] {
		when[e.id] = e.when
	}
	if len(fired) != n {
		t.Fatalf("seed %d: %d timers fired, want %d", seed, len(fired), n)
	}
	last := int64(-1)
	for _, id := range fired {
		w, ok := when[id]
		if !ok || w < last {
			t.Fatalf("seed %d: timer %d fired out of order", seed, id)
		}
		last = w
		delete(when, id)
	}
	*m = (*m)[n:]
}

func checkHeap(t *testing.T, seed uint64, l *Loop, want int) {
	t.Helper()
	if len(l.timers) != want {
		t.Fatalf("seed %d: %d timers, want %d", seed, len(l.timers), want)
	}
	for i, x := range l.timers {
		if x.pos != int32(i)+1 || i > 0 && l.timers[(i-1)/4].when > x.when {
			t.Fatalf("seed %d: heap is broken at %d", seed, i)
		}
	}
}

func TestTimerMayArmAndDisarmOthersInItsCall(t *testing.T) {
	l, k := timerLoop()
	var fired []int
	a, b, c := &alarm{id: 0, fired: &fired}, &alarm{id: 1, fired: &fired}, &alarm{id: 2, fired: &fired}
	for i, x := range []*alarm{a, b, c} {
		l.Arm(&x.Timer, time.Duration(i+1)*time.Millisecond, x)
	}
	a.again = func(*alarm) {
		l.Disarm(&b.Timer)                     // due in the same turn: must not run
		l.Arm(&c.Timer, 5*time.Millisecond, c) // due too: is moved
		l.Arm(&a.Timer, 0, a)                  // for now: waits for the next turn
		a.again = nil
	}
	l.at(k, 10*time.Millisecond)
	if !slices.Equal(fired, []int{0}) || b.Armed() || !c.Armed() {
		t.Fatalf("fired %v", fired)
	}
	if d := l.patience(time.Hour); d != 0 {
		t.Fatalf("a timer is due and the loop would wait %v", d)
	}
	l.at(k, 15*time.Millisecond)
	if !slices.Equal(fired, []int{0, 0, 2}) {
		t.Fatalf("fired %v", fired)
	}
}

func TestTimerExtremes(t *testing.T) {
	l, k := timerLoop()
	var fired []int
	a := &alarm{fired: &fired}
	k.now = time.Hour
	l.tick()
	l.Arm(&a.Timer, 1<<63-1, a)
	if d := l.patience(-1); d < 100*24*time.Hour {
		t.Fatalf("never is in %v", d)
	}
	l.Arm(&a.Timer, -time.Hour, a)
	expire(l)
	l.Disarm(&a.Timer)
	l.Disarm(&a.Timer)
	if len(fired) != 1 || a.Armed() {
		t.Fatalf("fired %v", fired)
	}
	done := false
	l.After(time.Nanosecond, func() { done = true })
	if expire(l); done {
		t.Fatal("a nanosecond is rounded down")
	}
	if l.at(k, k.now+time.Millisecond); !done {
		t.Fatal("After did not call")
	}
}

func TestCoarseTimersMeet(t *testing.T) {
	l, k := timerLoop()
	var fired []int
	var timers [1000]alarm
	for i := range timers {
		k.now = time.Duration(i) * 7 * time.Millisecond
		l.tick()
		timers[i].fired = &fired
		l.ArmCoarse(&timers[i].Timer, 25*time.Second, &timers[i])
		late := timers[i].when - l.now - 25_000
		if late < 0 || late >= coarseMax {
			t.Fatalf("late by %d ms", late)
		}
	}
	wakes := 0
	for len(l.timers) > 0 {
		l.at(k, time.Duration(l.timers[0].when)*time.Millisecond)
		wakes++
	}
	if wakes > 8 { // 7 s of arming
		t.Fatalf("%d wake-ups", wakes)
	}
	l.ArmCoarse(&timers[0].Timer, 10*time.Millisecond, &timers[0])
	if late := timers[0].when - l.now; late != 10 {
		t.Fatalf("10 ms became %d", late)
	}
}

func TestTimerHeapGivesMemoryBack(t *testing.T) {
	l, _ := timerLoop()
	var fired []int
	timers := make([]alarm, 10_000)
	for i := range timers {
		l.Arm(&timers[i].Timer, time.Duration(i)*time.Millisecond, &timers[i])
		timers[i].fired = &fired
	}
	for i := range timers {
		l.Disarm(&timers[i].Timer)
		checkHeap(t, 0, l, len(timers)-i-1)
	}
	if cap(l.timers) > 2*keepEntries {
		t.Fatalf("an empty heap keeps %d entries", cap(l.timers))
	}
}

// expire is the part of a turn that runs timers.
func expire(l *Loop) {
	l.collectDue()
	l.begin(expiring)
	l.expire()
}
