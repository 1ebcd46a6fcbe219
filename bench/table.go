//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is text in columns; the first ones are labels, which stand left.
type table struct {
	head   []string
	labels int
	lines  [][]string
}

func (t *table) add(cells ...string) { t.lines = append(t.lines, cells) }

// String is the table for a terminal.
func (t *table) String() string {
	widths := make([]int, len(t.head))
	for _, line := range append([][]string{t.head}, t.lines...) {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var s strings.Builder
	for _, line := range append([][]string{t.head}, t.lines...) {
		var cells []string
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < t.labels {
				cells = append(cells, cell+space)
			} else {
				cells = append(cells, space+cell)
			}
		}
		s.WriteString(strings.TrimRight(strings.Join(cells, "  "), " ") + "\n")
	}
	return s.String()
}

// markdown is the table for a page.
func (t *table) markdown() string {
	var s strings.Builder
	write := func(cells []string) { s.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	write(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		if rule[i] = "--:"; i < t.labels {
			rule[i] = "---"
		}
	}
	write(rule)
	for _, line := range t.lines {
		write(line)
	}
	return s.String()
}

// text is a figure as it is shown.
func (m metric) text(v float64) string { return strconv.FormatFloat(v/m.scale, 'f', m.digit, 64) }

// text shows a figure of the row, "-" where there is none.
func (r row) text(m metric) string {
	if v, ok := r.figures[m.name]; ok {
		return m.text(v)
	}
	return "-"
}

// hidden figures are in the JSON only; the silent ones are shown where they are
// not zero.
var (
	hidden = []string{figUser, figSystem, figLagMax, figStart, figStartRSS}
	silent = []string{figBad, figErrors, figKicked}
)

// tabulate shows rows with the figures that any of them has.
func tabulate(rows []row) *table {
	t := &table{head: []string{"scenario", "system"}, labels: 2}
	var shown []metric
	for _, m := range shownFigures {
		starts := rows[0].scenario.kind == kindStart && (m.name == figStart || m.name == figStartRSS)
		has := slices.ContainsFunc(rows, func(r row) bool {
			v, ok := r.figures[m.name]
			return ok && (v != 0 || !slices.Contains(silent, m.name))
		})
		if has && (starts || !slices.Contains(hidden, m.name)) {
			shown = append(shown, m)
			t.head = append(t.head, m.title)
		}
	}
	for _, r := range rows {
		line := []string{r.scenario.name, r.system.name}
		for _, m := range shown {
			line = append(line, r.text(m))
		}
		t.add(line...)
	}
	return t
}

// problems lists what has no figures, and why.
func problems(rows []row) string {
	var s strings.Builder
	for _, r := range rows {
		if r.problem != "" {
			fmt.Fprintf(&s, "%s, %s: %s\n", r.scenario.name, r.system.name, r.problem)
		}
	}
	return s.String()
}

// title is what a table of scenarios of a kind is called.
func (s scenario) title() string {
	switch s.kind {
	case kindBinary:
		return "Echo with ack"
	case kindEcho:
		if s.polling {
			return "Echo with ack over HTTP long-polling"
		}
		return "Echo with ack"
	case kindBroadcast:
		return "Broadcast, per delivery"
	case kindStorm:
		return "Connect to the namespace"
	case kindIdle, kindWake:
		return "Idle"
	case kindDay:
		return "A gateway's day, per delivery"
	}
	return "Start"
}
