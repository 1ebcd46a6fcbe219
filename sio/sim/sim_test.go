package sim

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
)

var (
	seedsFlag = flag.Int("sim.seeds", 0, "number of seeds (or SIM_SEEDS); default 1000, 100 with -short")
	firstFlag = flag.Uint64("sim.first", 1, "first seed")
	seedFlag  = flag.Uint64("sim.seed", 0, "run this seed only")
	traceFlag = flag.Bool("sim.trace", false, "print everything that happens")
)

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
	return 1000
}

func run(t *testing.T, c Config, test string) Result {
	t.Helper()
	if *traceFlag {
		c.Trace = os.Stdout
	}
	r := Run(c)
	if r.Err != nil {
		t.Fatalf("seed %d: %v\nreplay: go test ./sio/sim -run '^%s$' -sim.seed=%d -sim.trace", c.Seed, r.Err, test, c.Seed)
	}
	return r
}

// TestSimulation is the simulation over many seeds.
func TestSimulation(t *testing.T) {
	if *seedFlag > 0 {
		c := Draw(*seedFlag)
		r := run(t, c, "TestSimulation")
		t.Logf("seed %d: hash %x\n%v", c.Seed, r.Hash, &r.Figures)
		return
	}
	var sum Figures
	n := seeds()
	for i := range uint64(n) {
		r := run(t, Draw(*firstFlag+i), "TestSimulation")
		sum.Add(&r.Figures)
	}
	t.Logf("%d seeds:\n%v", n, &sum)
}

// TestReplay runs seeds twice: the same must happen.
func TestReplay(t *testing.T) {
	for seed := range uint64(20) {
		a, b := Run(Draw(seed)), Run(Draw(seed))
		if a.Err != nil || a.Hash != b.Hash {
			t.Fatalf("seed %d: hashes %x and %x, %v", seed, a.Hash, b.Hash, a.Err)
		}
	}
}

var _ = fmt.Sprint
var _ io.Writer
