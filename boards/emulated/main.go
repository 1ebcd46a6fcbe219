// Emulated runs the project on the CPUs of the boards: qemu-user has each profile's CPU model, so that an instruction
// that the board lacks ends the process as it would there.
//
//	go run ./boards/emulated [FLAG ...] [PROFILE ...]
//
// For each profile, or the named ones, there are four steps, which -steps chooses from:
//
//	suites  the tests of all packages, built with the profile's build and run under its CPU (suites.go, skips.go)
//	wrong   a build for a better CPU dies of an illegal instruction, the right one lives (wrong.go)
//	smoke   stock clients in Node against the gateway under the emulator (smoke.go, smoke.mjs)
//	memory  what the gateway holds at the start and with 1,000 idle clients (memory.go)
//
// Profiles with the same build and CPU share a run. The exit status is 1 when anything failed, and a test that skips
// without a row in skips.go is a failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
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
	only    *regexp.Regexp // packages whose suites run
	short   bool
	workers int
	table   table
	failed  []string
}

// step is what is done for each profile.
type step struct {
	name string
	do   func(*run, context.Context, *target) error
}

var steps = []step{
	{"suites", (*run).suites},
	{"wrong", (*run).wrong},
	{"smoke", (*run).smoke},
	{"memory", (*run).memory},
}

func main() {
	r := &run{}
	chosen := flag.String("steps", "suites,wrong,smoke,memory", "the steps to do")
	only := flag.String("packages", "", "a `regular expression`: the packages whose tests run")
	flag.StringVar(&r.out, "out", ".build/emulated", "`folder` for what is built")
	flag.StringVar(&r.goTool, "go", "go", "the Go `command`")
	flag.StringVar(&r.node, "node", "node", "the Node `command`")
	flag.BoolVar(&r.short, "short", false, "leave out what skips.go names for it")
	flag.IntVar(&r.workers, "p", 2, "`number` of test binaries that run at a time")
	flag.Parse()
	var err error
	if r.only, err = regexp.Compile(*only); err != nil {
		fatal(err)
	}
	targets, err := choose(flag.Args())
	if err != nil {
		fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := r.prepare(targets); err != nil {
		fatal(err)
	}
	began := time.Now()
	for _, t := range targets {
		r.profile(ctx, t, ","+*chosen+",")
	}
	r.table.print()
	fmt.Printf("all took %s\n", seconds(time.Since(began)))
	if r.short {
		tellShort()
	}
	for _, line := range r.failed {
		fmt.Println("FAIL", line)
	}
	if len(r.failed) > 0 {
		os.Exit(1)
	}
	fmt.Println("emulated: passed")
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
	for _, t := range targets {
		if err := t.findEmulator(); err != nil {
			return err
		}
	}
	return probeRestarts(targets)
}

// profile does the chosen steps for one target.
func (r *run) profile(ctx context.Context, t *target, chosen string) {
	fmt.Printf("== %s\n", t)
	for _, s := range steps {
		if !strings.Contains(chosen, ","+s.name+",") || ctx.Err() != nil {
			continue
		}
		began := time.Now()
		err := s.do(r, ctx, t)
		if errors.Is(err, errNotHere) {
			continue
		}
		r.table.took(t.Name, s.name, time.Since(began))
		if err != nil {
			r.failed = append(r.failed, fmt.Sprintf("%s %s: %v", t.Name, s.name, err))
		}
		fmt.Printf("== %s %s took %s\n", t.Name, s.name, seconds(time.Since(began)))
	}
	if ctx.Err() != nil {
		r.failed = append(r.failed, t.Name+": "+ctx.Err().Error())
	}
}

// errNotHere is a step that the target does not have.
var errNotHere = errors.New("not for this target")

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
