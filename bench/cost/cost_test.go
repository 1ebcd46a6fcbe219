package cost

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var (
	measure = flag.Bool("measure", false, "count: make cost installs what that needs")
	update  = flag.Bool("update", false, "write recorded.txt and the table")
)

const (
	// tolerance is how far a figure may be from the recorded one: counting repeats within a per cent.
	tolerance = 0.05
	// factor is how many times as many turns the long run has; the difference of the two has no start in it.
	factor = 6
)

// perTurn are the system calls of a turn.
type perTurn map[string]float64

// limits say what the calls of a turn may be, however many events it has: the loop may look and then sleep, and then
// read the clock before. Others are the Go runtime's.
var limits = perTurn{"read": 1.1, "write": 1.1, "writev": 0.1, "wait": 2.1, "clock": 2.1, "others": 0.5}

// TestCost counts what the messages of each kind cost on each board.
func TestCost(t *testing.T) {
	if !*measure {
		t.Skip("make cost counts: it needs gcc and qemu-user, and most of a minute")
	}
	w := newWorkshop(t)
	old := readRecorded(t)
	results := make([]map[string]float64, len(boards)) // instructions of a message, by kind
	t.Run("boards", func(t *testing.T) {
		for i, b := range boards {
			t.Run(b.name, func(t *testing.T) {
				t.Parallel()
				program := w.build(t, b, "../instructions")
				results[i] = countKinds(t, w, b, program, old)
				floatIsSeen(t, w, b, program)
				program = w.build(t, b, "./server")
				countCalls(t, w, b, program, 1)
				countCalls(t, w, b, program, 16)
			})
		}
	})
	if t.Failed() {
		return
	}
	if *update {
		writeRecorded(t, results, kernelShare(t, w))
	}
}

// countKinds compares with what is recorded, and demands that no message calculates with floating point, where that is
// a call of hundreds of instructions, and that none asks the system for anything: the only clock is the kernel's.
func countKinds(t *testing.T, w *workshop, b board, program string, old map[string]float64) map[string]float64 {
	costs := make(map[string]float64)
	for _, k := range kinds {
		name := b.name + " " + k.name
		want := old[name]
		turns := (factor - 1) * k.turns
		more, got := countKind(t, w, b, program, k, func(got float64) bool {
			return !*update && math.Abs(got-want) <= tolerance*want
		})
		costs[k.name] = math.Round(got)
		if !*update && math.Abs(got-want) > tolerance*want {
			t.Errorf("%s costs %.0f instructions a message, recorded are %.0f", name, got, want)
		}
		// One operation is more than 30. The runtime has one in half a megabyte that is allocated, to choose what the
		// memory profile samples, which sessions meet.
		if soft := float64(more.soft) / float64(turns); soft > 10 || soft > 1 && k.name != "open" && k.name != "connect" {
			t.Errorf("%s: %.1f instructions a turn are floating point", name, soft)
		}
		for number, call := range callNames(b.arch) {
			if n := more.calls[number]; n > turns/4 {
				t.Errorf("%s: %d calls of %s in %d turns, and none is the kernel's", name, n, call, turns)
			}
		}
	}
	return costs
}

// countKind is the difference of a long and a short run, and the instructions of a message. Where the runtime's start
// waits for a lock it takes a few million more, so that the least of three runs counts, unless one pleases.
func countKind(t *testing.T, w *workshop, b board, program string, k kind,
	pleases func(float64) bool) (counts, float64) {
	var short, long counts
	least := func(of *counts, turns int) (messages int) {
		c, output := w.run(t, b, program, "-kind", k.name, "-n", fmt.Sprint(turns))
		if of.instructions == 0 || c.instructions < of.instructions {
			*of = c
		}
		if _, err := fmt.Sscan(output, &messages); err != nil {
			t.Fatalf("%s: %q", k.name, output)
		}
		return messages
	}
	var got float64
	for range 3 {
		least(&short, k.turns)
		each := least(&long, factor*k.turns)
		got = float64(long.instructions-short.instructions) / float64((factor-1)*k.turns*each)
		if pleases(got) {
			break
		}
	}
	return long.minus(short), got
}

// floatIsSeen is the proof that floating point would be found out: one multiplication a turn.
func floatIsSeen(t *testing.T, w *workshop, b board, program string) {
	const n = 100
	if !b.softFloat {
		return
	}
	short, _ := w.run(t, b, program, "-kind", "float", "-n", fmt.Sprint(n))
	long, _ := w.run(t, b, program, "-kind", "float", "-n", fmt.Sprint(factor*n))
	if got := long.minus(short).soft / ((factor - 1) * n); got < 30 {
		t.Errorf("%s: %d instructions for a multiplication: soft float is not counted", b.name, got)
	}
}

// countCalls has events echoed on a socket. What other programs do to this one makes the runtime wait for its locks,
// which costs calls, so that one of a few tries is enough.
func countCalls(t *testing.T, w *workshop, b board, program string, depth int) {
	const short, rounds = 100, 500
	try := func() (calls perTurn, fits bool) {
		cmd, told := w.command(t, b, program)
		turns := -serve(t, cmd, short, depth).turns
		first := readCounts(t, told)
		cmd, told = w.command(t, b, program)
		turns += serve(t, cmd, short+rounds, depth).turns
		calls, fits = make(perTurn), true
		for number, n := range readCounts(t, told).minus(first).calls {
			name := callNames(b.arch)[number]
			if name == "" {
				name = "others"
			}
			calls[name] += float64(n) / float64(turns)
		}
		for name, n := range calls {
			fits = fits && n <= limits[name]
		}
		return calls, fits && turns <= 2*rounds
	}
	for range 5 {
		calls, fits := try()
		t.Logf("%s: a turn of %d events calls %v", b.name, depth, calls)
		if fits {
			return
		}
	}
	t.Errorf("%s: a turn of %d events may call %v", b.name, depth, limits)
}

// kernelShare is how many times what the server needs the system needs for it, on this machine, for one event and its
// ack at a time.
func kernelShare(t *testing.T, w *workshop) float64 {
	program := w.dir + "/server"
	build := exec.Command("go", "build", "-pgo=off", "-trimpath", "-o", program, "./server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	s := serve(t, cmd, 100_000, 1)
	return float64(s.system) / float64(s.user)
}

func readRecorded(t *testing.T) map[string]float64 {
	values := make(map[string]float64)
	text, err := os.ReadFile("recorded.txt")
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(line[at:], &v); err != nil {
			t.Fatalf("recorded.txt: %q: %v", line, err)
		}
		values[line[:at]] = v
	}
	return values
}

func writeRecorded(t *testing.T, results []map[string]float64, kernel float64) {
	var b strings.Builder
	b.WriteString("# instructions of a message on the boards' processors, by make cost ARGS=-update\n")
	for i, board := range boards {
		for _, k := range kinds {
			fmt.Fprintf(&b, "%s %s %.0f\n", board.name, k.name, results[i][k.name])
		}
	}
	b.WriteString("# the system's time for a server that echoes one event at a time, in times of the server's own,\n" +
		"# on the machine that recorded\n")
	fmt.Fprintf(&b, "kernel %.1f\n", kernel)
	if err := os.WriteFile("recorded.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
