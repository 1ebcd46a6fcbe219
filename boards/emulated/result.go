package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// result is what a package's tests said.
type result struct {
	pkg     string
	passed  int
	skips   []string // names of tests that skipped
	notes   []string // what people want to know
	wrong   []string // what failed
	took    time.Duration
	profile string
}

var verdict = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+) \(`)

// read counts the verdicts in a log of -test.v. A test that skips says why on the line before its verdict.
func read(pkg string, t *target, log string) result {
	res := result{pkg: pkg, profile: t.Name}
	before := ""
	for line := range strings.Lines(log) {
		m := verdict.FindStringSubmatch(line)
		if m == nil {
			before = strings.TrimSpace(line)
			continue
		}
		switch m[1] {
		case "PASS":
			res.passed++
		case "FAIL":
			res.wrong = append(res.wrong, m[2]+" fails")
		case "SKIP":
			res.skips = append(res.skips, m[2])
			res.notes = append(res.notes, m[2]+" skips: "+before)
			if !known(pkg, m[2], t) {
				res.wrong = append(res.wrong, m[2]+" skips, and skips.go has no row for it: "+before)
			}
		}
	}
	return res
}

// line is the result for the log.
func (r result) line() string {
	word := "ok  "
	if len(r.wrong) > 0 {
		word = "FAIL"
	}
	text := fmt.Sprintf("%s %-10s %-26s %5d passed  %6s", word, r.profile, r.pkg, r.passed, seconds(r.took))
	for _, n := range r.notes {
		text += "\n       " + n
	}
	for _, w := range r.wrong {
		text += "\n     ! " + w
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int(math.Ceil(d.Seconds()))) }

// table has what took how long: a row for each package and job, a column for each profile.
type table struct {
	rows, columns []string
	cells         map[[2]string]string
	sum           map[string]time.Duration // by column
}

func (t *table) set(row, column, text string) {
	if t.cells == nil {
		t.cells, t.sum = map[[2]string]string{}, map[string]time.Duration{}
	}
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.columns, column) {
		t.columns = append(t.columns, column)
	}
	t.cells[[2]string{row, column}] = text
}

// add takes a result.
func (t *table) add(r result) {
	text := fmt.Sprintf("%d", r.passed)
	if len(r.skips) > 0 {
		text += fmt.Sprintf("-%d", len(r.skips))
	}
	if len(r.wrong) > 0 {
		text += "!"
	}
	t.set(r.pkg, r.profile, text+" "+seconds(r.took))
	t.sum[r.profile] += r.took
}

// print writes the table, the packages in the order of their names.
func (t *table) print() {
	slices.Sort(t.rows)
	fmt.Printf("\ntests that passed, -skipped, and seconds\n%-26s", "")
	for _, c := range t.columns {
		fmt.Printf(" %12s", c)
	}
	fmt.Println()
	for _, row := range t.rows {
		fmt.Printf("%-26s", row)
		for _, c := range t.columns {
			fmt.Printf(" %12s", t.cells[[2]string{row, c}])
		}
		fmt.Println()
	}
	fmt.Printf("%-26s", "all, some side by side")
	for _, c := range t.columns {
		fmt.Printf(" %12s", seconds(t.sum[c]))
	}
	fmt.Println()
}
