//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// campaign measures scenarios against systems, in rounds: within a round each
// system has its turn, so that what changes on the machine changes for all.
type campaign struct {
	systems    []system
	scenarios  []scenario
	rounds     int
	warm       time.Duration
	duration   time.Duration
	short      bool    // no scenario takes longer than duration
	foreign    float64 // share of a core that others may take in a run that counts
	strict     bool    // a round that never counts has no figures
	serverCore int     // -1: not bound
	loadCore   int
	progress   *progress
	results    []result
}

// mayRepeat is how often a run is made at most: one with too much foreign load
// on a core does not count.
const mayRepeat = 4

// run measures everything. What fails is a result with an error.
func (c *campaign) run() {
	for _, sc := range c.scenarios {
		for round := 1; round <= c.rounds; round++ {
			for _, sys := range c.systems {
				if sys.does(sc) && !c.hopeless(sys, sc) {
					c.measure(sys, sc, round)
				}
			}
		}
	}
	c.progress.done()
}

// hopeless tells that a system failed in two rounds of a scenario.
func (c *campaign) hopeless(sys system, sc scenario) bool {
	failed := 0
	for _, r := range c.results {
		if r.System == sys.name && r.Scenario == sc.name && r.Error != "" {
			failed++
		}
	}
	return failed >= 2
}

func (c *campaign) measure(sys system, sc scenario, round int) {
	c.progress.begin(sys, sc, round)
	for range mayRepeat {
		f, err := c.once(sys, sc)
		r := result{System: sys.name, Scenario: sc.name, Round: round, Figures: f}
		if err != nil {
			r.Error = err.Error()
		}
		if foreign := max(f[figForeignServer], f[figForeignLoad]); foreign > c.foreign {
			r.Note = fmt.Sprintf("discarded: %.0f %% foreign load", foreign*100)
		}
		c.results = append(c.results, r)
		c.progress.end(r)
		if r.Note == "" {
			return
		}
	}
}

// once is one run: a fresh server, the load, the figures.
func (c *campaign) once(sys system, sc scenario) (figures, error) {
	p, err := launch(sys, c.serverCore)
	if err != nil {
		return nil, err
	}
	defer p.end()
	start := figures{figStart: float64(p.started) / 1e6, figStartRSS: p.rss}
	if sc.kind == kindStart {
		return start, nil
	}
	duration := sc.duration(c.duration)
	if c.short {
		duration = c.duration
	}
	args := append(sc.args(), "-addr", p.addr.String(), "-speech", sys.speech, "-pid", strconv.Itoa(p.cmd.Process.Pid),
		"-eio", strconv.Itoa(sys.version(sc)), "-warm", c.warm.String(), "-for", duration.String(),
		"-server-core", strconv.Itoa(c.serverCore), "-core", strconv.Itoa(c.loadCore))
	if p.stats.IsValid() {
		args = append(args, "-stats", p.stats.String())
	}
	return runLoad(c.loadCore, args, c.warm+duration+3*time.Minute)
}

// row is what a system did in a scenario: the medians of the rounds that count.
type row struct {
	system   system
	scenario scenario
	rounds   int
	figures  figures
	problem  string
}

// rows are the summary, by scenario and then by system.
func (c *campaign) rows() (list []row) {
	for _, sc := range c.scenarios {
		for _, sys := range c.systems {
			if sys.does(sc) {
				list = append(list, c.row(sys, sc))
			}
		}
	}
	return list
}

func (c *campaign) row(sys system, sc scenario) row {
	r := row{system: sys, scenario: sc}
	var runs, others []figures
	for _, x := range c.results {
		switch {
		case x.System != sys.name || x.Scenario != sc.name:
		case x.Error != "":
			r.problem = x.Error
		case x.Note != "":
			r.problem = x.Note
			others = append(others, x.Figures)
		default:
			runs = append(runs, x.Figures)
		}
	}
	if r.rounds = len(runs); r.rounds > 0 {
		r.problem = ""
	} else if !c.strict && len(others) > 0 {
		runs = others
		r.problem = "shown, but not reliable: " + r.problem
	}
	r.figures = median(runs)
	return r
}

// bind chooses the cores: the server has the first and the load the second. With
// one core nothing is bound.
func (c *campaign) bind() {
	c.serverCore, c.loadCore = -1, -1
	if list := cores(); len(list) > 1 {
		c.serverCore, c.loadCore = list[0], list[1]
	}
}

// kinds groups rows for tables, in their order.
func kinds(rows []row) (list [][]row) {
	var titles []string
	for _, r := range rows {
		i := slices.Index(titles, r.scenario.title())
		if i < 0 {
			i = len(titles)
			titles, list = append(titles, r.scenario.title()), append(list, nil)
		}
		list[i] = append(list[i], r)
	}
	return list
}
