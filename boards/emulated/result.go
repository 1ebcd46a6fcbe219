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
	skips   []string // tests that skipped, with what they said
	names   []string // of those
	wrong   []string
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
			res.names = append(res.names, m[2])
			res.skips = append(res.skips, m[2]+": "+before)
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
	for _, s := range r.skips {
		text += "\n       skipped " + s
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int(math.Ceil(d.Seconds()))) }

// table has what took how long: a row for each package and step, a column for each profile.
type table struct {
	rows, columns []string
	cells         map[[2]string]string
}

func (t *table) set(row, column, text string) {
	if t.cells == nil {
		t.cells = map[[2]string]string{}
	}
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.columns, column) {
		t.columns = append(t.columns, column)
	}
	t.cells[[2]string{row, column}] = text
}

// add takes a package's result.
func (t *table) add(profile string, r result) {
	text := fmt.Sprintf("%d", r.passed)
	if len(r.skips) > 0 {
		text += fmt.Sprintf("-%d", len(r.skips))
	}
	if len(r.wrong) > 0 {
		text += "!"
	}
	t.set(r.pkg, profile, text+" "+seconds(r.took))
}

// took takes a step's time.
func (t *table) took(profile, step string, d time.Duration) { t.set("= "+step, profile, seconds(d)) }

// print writes the table, the packages before the steps.
func (t *table) print() {
	slices.SortFunc(t.rows, func(a, b string) int {
		if s := strings.Index(a, "= ") - strings.Index(b, "= "); s != 0 {
			return s
		}
		return strings.Compare(a, b)
	})
	fmt.Printf("\ntests that passed, -skipped, seconds\n%-26s", "")
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
}
