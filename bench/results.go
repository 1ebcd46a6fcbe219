//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// peerScenarios are those that bench peers compares.
func peerScenarios() (list []scenario) {
	names := []string{"start", "echo-100-32-1", "echo-100-32-16", "echo-1000-1024-1", "binary-100-1024-1",
		"broadcast-1000", "broadcast-10000", "rooms-100x100", "polling-100-32-1", "storm", "idle-10000",
		"idle-polling-10000", "wakeups-1000", "day-500"}
	for _, s := range scenarios() {
		for _, name := range names {
			if s.name == name {
				list = append(list, s)
			}
		}
	}
	return list
}

// ratioTable shows a figure of every system and how many times ours it is.
func ratioTable(systems []system, list []scenario, rows []row, figure string) *table {
	m := metricOf(figure)
	t := &table{head: []string{"scenario"}, labels: 1}
	for _, s := range systems {
		t.head = append(t.head, s.name)
	}
	for _, sc := range list {
		line, known := []string{sc.name}, false
		mine, have := figureOf(rows, sc.name, ours, figure)
		for _, s := range systems {
			v, ok := figureOf(rows, sc.name, s.name, figure)
			cell := "-"
			if ok {
				known = true
				cell = m.text(v)
				if have && s.name != ours && mine > 0 {
					cell += fmt.Sprintf(" (%.2f x)", v/mine)
				}
			}
			line = append(line, cell)
		}
		if known {
			t.add(line...)
		}
	}
	return t
}

// ratioFigures are compared, each in a table.
var ratioFigures = []struct{ figure, title string }{
	{figCPU, "Server CPU seconds (user + system) for a million messages"},
	{figRate, "Messages, deliveries or connects a second"},
	{figP99, "Latency p99, microseconds"},
	{figPerConn, "RSS growth for an idle connection, bytes"},
	{figWakeups, "Wake-ups a second, idle"},
	{figStart, "Start, milliseconds"},
	{figStartRSS, "RSS at start, MB"},
}

// peersCommand is bench peers.
func peersCommand(args []string) error {
	f := newRunFlags("peers", 5)
	dir := f.set.String("dir", "bench/peers", "folder of the peers")
	page := f.set.String("results", "bench/RESULTS.md", "page to write; empty for none")
	if err := f.set.Parse(args); err != nil {
		return err
	}
	here, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	systems := append([]system{oursOnly()}, references()...)
	for _, p := range peers(here) {
		if why := p.missing(); why != "" {
			fmt.Fprintf(os.Stderr, "%s is left out: %s\n", p.name, why)
			continue
		}
		systems = append(systems, p)
	}
	c, err := f.campaign(systems, peerScenarios())
	if err != nil {
		return err
	}
	c.strict = true
	b := readBoard()
	c.run()
	r := c.report(b)
	text := r.comparison(c)
	fmt.Print(text)
	err = r.write(f.out)
	if *page != "" {
		err = errors.Join(err, os.WriteFile(*page, []byte(text), 0o644))
	}
	return err
}

// comparison is RESULTS.md.
func (r report) comparison(c *campaign) string {
	var s strings.Builder
	s.WriteString("# Results\n\nMeasured in one run, interleaved, medians of the rounds that count, by\n\n    " +
		r.Command + "\n\n")
	fmt.Fprintf(&s, "%d rounds of %s after %s of warm-up, %s; a run with more than %.0f %% foreign load on either core "+
		"was discarded and repeated. In brackets: how many times ours.\n\n```\n%s```\n\n",
		c.rounds, c.duration, c.warm, r.Cores, c.foreign*100, r.Board)
	t := &table{head: []string{"system", "what it is"}, labels: 2}
	for _, sys := range c.systems {
		t.add(sys.name, sys.about)
	}
	s.WriteString(t.markdown())
	for _, x := range ratioFigures {
		if t := ratioTable(c.systems, c.scenarios, r.rows, x.figure); len(t.lines) > 0 {
			fmt.Fprintf(&s, "\n## %s\n\n%s", x.title, t.markdown())
		}
	}
	fmt.Fprintf(&s, "\n## Goals\n\n%s", goalTable(r.rows).markdown())
	s.WriteString("\n## Everything of " + ours + "\n")
	for _, rows := range kinds(rowsOf(r.rows, ours)) {
		fmt.Fprintf(&s, "\n%s\n\n%s", rows[0].scenario.title(), tabulate(rows).markdown())
	}
	if p := problems(r.rows); p != "" {
		s.WriteString("\n## Without figures\n\n```\n" + p + "```\n")
	}
	return s.String()
}

// rowsOf are the rows of one system.
func rowsOf(rows []row, name string) (list []row) {
	for _, r := range rows {
		if r.system.name == name {
			list = append(list, r)
		}
	}
	return list
}
