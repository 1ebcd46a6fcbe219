// Emulated runs the project on the CPUs of the boards: qemu-user has each profile's CPU model, so that an instruction
// that the board lacks ends the process as it would there.
//
//	go run ./boards/emulated [FLAG ...] [PROFILE ...]
//
// For each profile, or the named ones, there are six kinds of jobs, which -jobs chooses from:
//
//	suites   the tests of all packages, built with the profile's build (suites.go, skips.go)
//	wrong    a build for a better CPU dies of an illegal instruction, the right one lives (wrong.go)
//	smoke    stock clients in Node against the gateway under the emulator (smoke.mjs)
//	interop  the suite of make interop, with its server under the emulator (smoke.go)
//	trimmed  a program without the tables that only people read does as before (trimmed.go)
//	memory   what the gateway holds at its start and with 1,000 idle clients (memory.go)
//
// Profiles with the same build and CPU share them. While one profile's jobs run, the next one's binaries are built.
// The exit status is 1 when anything failed; a test that skips without a row in skips.go is a failure, too.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/edgesio/edgesio/boards"
)

// run is one run of the program.
type run struct {
	root    string // the folder of the module
	out     string // where the binaries go, absolute
	goTool  string
	node    string
	chosen  []string       // kinds of jobs
	only    *regexp.Regexp // packages whose suites run
	short   bool
	jobs    chan job
	mutex   sync.Mutex // of what follows
	results []result
}

// job is a test binary, or one of the other kinds.
type job struct {
	do func(context.Context) result
}

func main() {
	r := &run{jobs: make(chan job)}
	chosen := flag.String("jobs", "", "the `kinds` of jobs to do (default: all, with -short all but memory)")
	only := flag.String("packages", "", "a `regular expression`: the packages whose tests run")
	flag.StringVar(&r.out, "out", ".build/emulated", "`folder` for what is built, and for the logs")
	flag.StringVar(&r.goTool, "go", "go", "the Go `command`")
	flag.StringVar(&r.node, "node", "node", "the Node `command`")
	flag.BoolVar(&r.short, "short", false, "leave out what skips.go names for it")
	workers := flag.Int("p", runtime.NumCPU(), "`number` of jobs that run at a time")
	flag.Parse()
	switch {
	case *chosen != "":
		r.chosen = strings.Split(*chosen, ",")
	case r.short: // memory is that of the gateway as boards get it, which takes long to compile
		r.chosen = []string{"suites", "wrong", "smoke", "interop", "trimmed"}
	default:
		r.chosen = []string{"suites", "wrong", "smoke", "interop", "trimmed", "memory"}
	}
	var err error
	if r.only, err = regexp.Compile(*only); err != nil {
		fatal(err)
	}
	targets, err := choose(flag.Args())
	if err == nil {
		err = r.prepare(targets)
	}
	if err != nil {
		fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	r.work(ctx, targets, *workers)
	if !r.tell(targets, time.Since(began)) || ctx.Err() != nil {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "emulated:", err)
	os.Exit(1)
}

// prepare finds the folders and what the emulators need.
func (r *run) prepare(targets []*target) error {
	out, err := exec.Command(r.goTool, "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	r.root = strings.TrimSpace(string(out))
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	restarts := probeRestarts(targets)
	for _, t := range targets {
		if err := t.findEmulator(); err != nil {
			return err
		}
		dir := filepath.Join(r.out, t.Name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := t.writeWrapper(dir); err != nil {
			return err
		}
		if restarts != nil {
			t.wrapper = ""
		}
	}
	if restarts != nil {
		fmt.Println(restarts)
	}
	return nil
}

// work builds one target after the other, and has the jobs done.
func (r *run) work(ctx context.Context, targets []*target, workers int) {
	var crew sync.WaitGroup
	for range workers {
		crew.Go(func() {
			for j := range r.jobs {
				began := time.Now()
				res := j.do(ctx)
				res.took = time.Since(began)
				r.add(res)
			}
		})
	}
	for _, t := range targets {
		if ctx.Err() == nil {
			fmt.Printf("== %s\n", t)
			r.plan(ctx, t)
		}
	}
	close(r.jobs)
	crew.Wait()
}

func (r *run) add(res result) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.results = append(r.results, res)
	fmt.Println(res.line())
}

// plan builds what the chosen jobs of a target need, and hands them out as soon as it is there. Those that mostly wait
// come first.
func (r *run) plan(ctx context.Context, t *target) {
	began := time.Now()
	if r.has("smoke") || r.has("memory") {
		for i, b := range append(t.measured(), t.Build) {
			bin, err := r.gateway(ctx, t, b)
			last := i == len(t.measured())
			switch {
			case err != nil:
				r.add(result{pkg: "build", profile: t.Name, wrong: []string{err.Error()}})
				return
			case !last && r.has("memory"):
				r.jobs <- job{func(ctx context.Context) result { return r.memory(ctx, t, b, bin) }}
			case last && r.has("smoke"):
				r.jobs <- job{func(ctx context.Context) result { return r.smoke(ctx, t, bin) }}
			}
		}
	}
	if r.has("interop") {
		bin, err := r.asForBoards(ctx, t.Build, filepath.Join(r.out, t.Name, "interop"), "./sio/interop/server")
		if err != nil {
			r.add(result{pkg: "build", profile: t.Name, wrong: []string{err.Error()}})
			return
		}
		r.jobs <- job{func(ctx context.Context) result { return r.interop(ctx, t, bin) }}
	}
	if r.has("wrong") && len(t.wrongBuilds()) > 0 {
		r.jobs <- job{func(ctx context.Context) result { return r.wrong(ctx, t) }}
	}
	if r.has("trimmed") {
		r.jobs <- job{func(ctx context.Context) result { return r.trimmed(ctx, t) }}
	}
	var all []suite
	if r.has("suites") {
		var err error
		if all, err = r.buildSuites(ctx, t); err != nil {
			r.add(result{pkg: "build", profile: t.Name, wrong: []string{err.Error()}})
			return
		}
	}
	r.add(result{pkg: "build", profile: t.Name, took: time.Since(began)})
	for _, s := range all {
		r.jobs <- job{func(ctx context.Context) result { return r.suite(ctx, t, s) }}
	}
}

func (r *run) has(kind string) bool { return slices.Contains(r.chosen, kind) }

// gateway builds the gateway: a target's own as make boards does it, and what is quick (-short) or no board's without
// the profile that takes the compiler long, of the packages as the tests and make blackbox-emulated have them.
func (r *run) gateway(ctx context.Context, t *target, b boards.Build) (string, error) {
	if _, err := os.Stat(filepath.Join(r.root, "boards/build")); err == nil && b == t.Build && !r.short {
		dir := filepath.Join(r.out, "boards")
		err := r.build(ctx, boards.Build{}, "run", "./boards/build", "-out", dir, t.Name)
		return filepath.Join(dir, t.Name, "gateway"), err
	}
	bin := filepath.Join(r.out, t.Name, "gateway-"+b.GOARCH)
	return r.asForBoards(ctx, b, bin, "./boards/gateway")
}

// tell prints the table and what is wrong, and returns whether nothing is.
func (r *run) tell(targets []*target, took time.Duration) bool {
	var t table
	var wrong []string
	for _, res := range r.results {
		t.add(res)
		for _, w := range res.wrong {
			wrong = append(wrong, fmt.Sprintf("FAIL %s %s: %s", res.profile, res.pkg, w))
		}
	}
	for _, target := range targets {
		wrong = append(wrong, stale(target, r.results)...)
	}
	t.print()
	r.tellLeftOut(targets)
	for _, w := range wrong {
		fmt.Println(w)
	}
	fmt.Printf("emulated: %d profiles in %s, %d failures\n", len(t.columns), seconds(took), len(wrong))
	return len(wrong) == 0 && len(r.results) > 0
}

// choose makes the targets of the named profiles, or of all.
func choose(names []string) ([]*target, error) {
	var targets []*target
	profiles := boards.Profiles()
	if len(names) > 0 {
		profiles = nil
		for _, name := range names {
			p, ok := boards.ByName(name)
			if !ok {
				return nil, fmt.Errorf("there is no profile %q", name)
			}
			profiles = append(profiles, p)
		}
	}
next:
	for _, p := range profiles {
		for _, t := range targets {
			if t.Build == p.Build && t.CPU == p.CPU {
				t.also = append(t.also, p.Name)
				continue next
			}
		}
		targets = append(targets, &target{Profile: p})
	}
	return targets, nil
}
