package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/edgesio/edgesio/poll/polltest"
	"github.com/edgesio/edgesio/sio"
)

var (
	seedsFlag = flag.Int("sim.seeds", 0, "number of seeds (or SIM_SEEDS); default 300, 100 with -short")
	firstFlag = flag.Uint64("sim.first", 1, "first seed")
	seedFlag  = flag.Uint64("sim.seed", 0, "run this seed only")
	traceFlag = flag.Bool("sim.trace", false, "print everything that happens")
)

// TestMain lets garbage be: a world is small, and there are many.
func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

// seeds is how many seeds to run.
func seeds() int {
	if *seedsFlag > 0 {
		return *seedsFlag
	}
	if n, err := strconv.Atoi(os.Getenv("SIM_SEEDS")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return 100
	}
	return 300
}

// run runs one configuration; a violation ends the test with the command that
// replays it.
func run(t *testing.T, c Config) Result {
	t.Helper()
	if *traceFlag {
		c.Trace = os.Stdout
	}
	r := Run(c)
	if r.Err != nil {
		t.Fatal(violation(t, c.Seed, r))
	}
	return r
}

// TestSimulation is the simulation over many seeds. That nothing was violated
// counts only if enough has happened.
func TestSimulation(t *testing.T) {
	if *seedFlag > 0 {
		r := run(t, Draw(*seedFlag))
		t.Logf("seed %d: hash %x\n%v", *seedFlag, r.Hash, &r.Figures)
		return
	}
	n := seeds()
	sum := sweep(t, *firstFlag, n)
	t.Logf("%d seeds from %d on, %.1f simulated hours, %d clients, %d sessions, %d messages, %d faults of clients:\n%v",
		n, *firstFlag, sum.VirtualSeconds/3600, sum.Clients, sum.Sessions, sum.Up+sum.Down,
		sum.Misfortunes+sum.Villains+sum.Stalls, &sum)
	if n >= 50 {
		demand(t, n, &sum)
	}
}

// sweep runs n seeds from first on, as many at a time as there are processors:
// each is a world of its own. The first violation ends it.
func sweep(t *testing.T, first uint64, n int) (sum Figures) {
	t.Helper()
	var (
		next, worst atomic.Int64
		lock        sync.Mutex
		workers     sync.WaitGroup
		failed      Result
	)
	worst.Store(int64(n))
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < worst.Load(); i = next.Add(1) - 1 {
				r := Run(Draw(first + uint64(i)))
				lock.Lock()
				if sum.Add(&r.Figures); r.Err != nil && i < worst.Load() {
					worst.Store(i)
					failed = r
				}
				lock.Unlock()
			}
		})
	}
	workers.Wait()
	if failed.Err != nil {
		t.Fatal(violation(t, first+uint64(worst.Load()), failed))
	}
	return sum
}

// violation names the command that replays it.
func violation(t *testing.T, seed uint64, r Result) string {
	return fmt.Sprintf("seed %d: %v\nreplay: go test ./sio/sim -run '^%s$' -sim.seed=%d -sim.trace",
		seed, r.Err, t.Name(), seed)
}

// demand checks that the runs were no idle ones: about half of what is usual.
func demand(t *testing.T, n int, f *Figures) {
	t.Helper()
	for _, d := range []struct {
		name     string
		got, min int
	}{
		{"sessions", f.Sessions, 12 * n},
		{"upgrades", f.Upgrades, 3 * n},
		{"failed probes", f.ProbesFailed, n / 2},
		{"sockets", f.Joins, 18 * n},
		{"refusals", f.Refusals, n / 3},
		{"messages up", f.Up, 150 * n},
		{"messages down", f.Down, 400 * n},
		{"binary messages", f.Binary, 80 * n},
		{"broadcasts", f.Broadcasts, 60 * n},
		{"dropped volatile messages", f.VolatileDropped, n},
		{"answers to clients", f.Answered, f.Asked * 85 / 100},
		{"timeouts of clients", f.TimedOut, n},
		{"answers to the server", f.ServerAnswered, f.ServerAsked * 65 / 100},
		{"timeouts of the server", f.ServerTimeouts, n},
		{"survivors", f.Survivors, 2 * n},
		{"recovered sockets", f.Recovered, n / 2},
		{"events that they had missed", f.Replayed, n},
		{"hand-overs", f.Handovers, n / 30},
		{"servers that drained", f.Drains, n / 20},
		{"clients that came meanwhile", f.TurnedAway, n / 30},
		{"refusals by a limit", f.Throttled, n / 20},
		{"clients that were held back", f.Held, n / 2},
		{"compressed messages", f.Inflated, n},
		{"answers to plain HTTP and of plain channels", f.Pages + f.Echoes, 5 * n},
		{"sleeps of the machine", f.Naps, n / 30},
		{"misfortunes", f.Misfortunes, 2 * n},
		{"villains' strikes", f.Villains, 5 * n},
	} {
		if d.got < d.min {
			t.Errorf("%s: %d, at least %d are expected of %d seeds", d.name, d.got, d.min, n)
		}
	}
	for at, got := range f.Fates {
		if got < n/100 {
			t.Errorf("%d sessions ended at %v in %d seeds", got, step(at), n)
		}
	}
	for _, r := range reasons {
		least := n / 20
		if r == sio.TransportError || r == sio.TransportClose {
			least = 2 * n
		}
		if f.Reasons[r] < least {
			t.Errorf("reason %q: seen %d times in %d seeds", r, f.Reasons[r], n)
		}
	}
}

// TestFaultless runs calm seeds without any fault: whatever was sent must have
// arrived, and every question is accounted for.
func TestFaultless(t *testing.T) {
	done := 0
	for seed := max(*seedFlag, 1); done < 20; seed++ {
		c := Draw(seed)
		if !c.Calm {
			continue
		}
		done++
		c.Faults, c.Shutdown = polltest.Faults{}, false
		r := run(t, c)
		f := &r.Figures
		switch {
		case f.Lost > 0 || f.Survivors != c.Clients || f.Sessions != c.Clients:
			t.Errorf("seed %d: %d clients, %d sessions, %d lost, %d survived", seed, c.Clients, f.Sessions, f.Lost, f.Survivors)
		case f.Asked != f.Answered+f.TimedOut+f.Unanswered:
			t.Errorf("seed %d: %d asked, %d + %d + %d settled", seed, f.Asked, f.Answered, f.TimedOut, f.Unanswered)
		case f.ServerAsked != f.ServerAnswered+f.ServerTimeouts+f.ServerUnanswered:
			t.Errorf("seed %d: server: %d asked, %d + %d + %d settled", seed, f.ServerAsked, f.ServerAnswered,
				f.ServerTimeouts, f.ServerUnanswered)
		case f.Up < 100 || f.Down < 200:
			t.Errorf("seed %d: %d messages up, %d down", seed, f.Up, f.Down)
		}
		if *seedFlag > 0 {
			return
		}
	}
}

// TestReplay runs seeds twice: the very same must happen.
func TestReplay(t *testing.T) {
	for seed := range uint64(20) {
		a, b := Run(Draw(seed)), Run(Draw(seed))
		if a.Err != nil || a.Hash != b.Hash {
			t.Fatalf("seed %d: hashes %x and %x, %v", seed, a.Hash, b.Hash, a.Err)
		}
	}
}
