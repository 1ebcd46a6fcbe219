//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"
)

// runFlags are those that bench run and bench peers have in common.
type runFlags struct {
	set      *flag.FlagSet
	only     string
	systems  string
	rounds   int
	warm     time.Duration
	duration time.Duration
	short    bool
	foreign  float64
	out      string
}

func newRunFlags(name string, rounds int) *runFlags {
	f := &runFlags{set: flag.NewFlagSet(name, flag.ContinueOnError)}
	f.set.StringVar(&f.only, "only", "", "scenarios: a regular expression for their names")
	f.set.StringVar(&f.systems, "systems", "", "systems: a regular expression for their names")
	f.set.IntVar(&f.rounds, "rounds", rounds, "rounds, of which the medians are shown")
	f.set.DurationVar(&f.warm, "warm", time.Second, "time before measuring")
	f.set.DurationVar(&f.duration, "for", 3*time.Second, "measured time")
	f.set.BoolVar(&f.short, "short", false, "no scenario takes longer than that")
	f.set.Float64Var(&f.foreign, "foreign", 15, "percent of a core that others may take in a run that counts")
	f.set.StringVar(&f.out, "out", ".artifacts/bench", "folder for text, JSON and plots")
	return f
}

// campaign selects from what there is.
func (f *runFlags) campaign(systems []system, list []scenario) (*campaign, error) {
	only, err := regexp.Compile("^(" + orAll(f.only) + ")$")
	if err != nil {
		return nil, err
	}
	who, err := regexp.Compile("^(" + orAll(f.systems) + ")$")
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(s scenario) bool { return !only.MatchString(s.name) })
	systems = slices.DeleteFunc(systems, func(s system) bool { return !who.MatchString(s.name) })
	if len(list) == 0 || len(systems) == 0 || f.rounds < 1 {
		return nil, errors.New("nothing is selected")
	}
	c := &campaign{systems: systems, scenarios: list, rounds: f.rounds,
		warm: f.warm, duration: f.duration, short: f.short, foreign: f.foreign / 100}
	c.bind()
	c.progress = newProgress(os.Stderr, c.size())
	return c, nil
}

func orAll(s string) string {
	if s == "" {
		return ".*"
	}
	return s
}

// size is the number of runs, without repeated ones.
func (c *campaign) size() (n int) {
	for _, sc := range c.scenarios {
		for _, sys := range c.systems {
			if sys.does(sc) {
				n += c.rounds
			}
		}
	}
	return n
}

// runCommand is bench run.
func runCommand(args []string) error {
	f := newRunFlags("run", 1)
	with := f.set.Bool("references", false, "run the raw echoes as well")
	list := f.set.Bool("list", false, "list the scenarios and end")
	if err := f.set.Parse(args); err != nil {
		return err
	}
	if *list {
		for _, s := range scenarios() {
			fmt.Println(s.name)
		}
		return nil
	}
	systems := []system{oursOnly()}
	if *with {
		systems = append(systems, references()...)
	}
	c, err := f.campaign(systems, scenarios())
	if err != nil {
		return err
	}
	b := readBoard()
	c.run()
	r := c.report(b)
	fmt.Print(r.text())
	if err = r.write(f.out); err == nil {
		fmt.Printf("\nwritten to %s\n", f.out)
	}
	return err
}

// selfCommand is bench self: what the load generator can do, against the raw TCP
// echo, which does least, and with the frames and packets of the other speeches.
// A server that is slower than that, while the load's core is not full, is
// measured and not the load.
func selfCommand(args []string) error {
	f := newRunFlags("self", 3)
	if err := f.set.Parse(args); err != nil {
		return err
	}
	var list []scenario
	for _, depth := range []int{1, 16} {
		list = append(list, echoScenario(kindEcho, 100, 32, depth), echoScenario(kindEcho, 1000, 1024, depth))
	}
	c, err := f.campaign(append([]system{oursOnly()}, references()...), list)
	if err != nil {
		return err
	}
	b := readBoard()
	c.run()
	r := c.report(b)
	fmt.Print(r.text())
	t := &table{head: []string{"scenario", "system", "who is full", "load s/1M", "server s/1M"}, labels: 3}
	for _, x := range r.rows {
		t.add(x.scenario.name, x.system.name, x.full(), x.text(metricOf(figLoadCPU)), x.text(metricOf(figCPU)))
	}
	fmt.Printf("\nWho limits\n%s", t)
	return nil
}

// fullShare is from when on a core counts as full.
const fullShare = .95

// full tells which core was the limit.
func (r row) full() string {
	server, load := r.figures[figServerUse] > fullShare, r.figures[figLoadUse] > fullShare
	switch {
	case server && load:
		return "both"
	case server:
		return "the server"
	case load:
		return "the load"
	}
	return "neither: latency"
}
