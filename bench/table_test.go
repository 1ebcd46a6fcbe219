//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

// sampleRows are two systems in one scenario, as a campaign would have them.
func sampleRows() ([]system, []row) {
	sc := echoScenario(kindEcho, 100, 32, 1)
	a, b := oursOnly(), references()[0]
	return []system{a, b}, []row{
		{system: a, scenario: sc, rounds: 5, figures: figures{figRate: 1000, figCPU: 4, figP50: 10, figP99: 26, figP999: 30}},
		{system: b, scenario: sc, rounds: 5, figures: figures{figRate: 2000, figCPU: 3.2, figP99: 20}, problem: "late"},
	}
}

func TestMedian(t *testing.T) {
	m := median([]figures{{"a": 3, "b": 1}, {"a": 1}, {"a": 9, "b": 2}})
	if m["a"] != 3 || m["b"] != 1.5 {
		t.Error(m)
	}
	if f := (figures{"a": math.NaN(), "b": math.Inf(1), "c": 1}).tidy(); len(f) != 1 {
		t.Error(f)
	}
}

func TestTables(t *testing.T) {
	systems, rows := sampleRows()
	const text = "scenario       system   rate /s  p50 us  p99 us  p99.9 us  CPU s/1M\n" +
		"echo-100-32-1  edgesio     1000      10      26        30     4.000\n" +
		"echo-100-32-1  tcp         2000       -      20         -     3.200\n"
	if got := tabulate(rows).String(); got != text {
		t.Errorf("got\n%s", got)
	}
	const page = "| scenario | edgesio | tcp |\n| --- | --: | --: |\n| echo-100-32-1 | 4.000 | 3.200 (0.80 x) |\n"
	if got := ratioTable(systems, []scenario{rows[0].scenario}, rows, figCPU).markdown(); got != page {
		t.Errorf("got\n%s", got)
	}
	if got := problems(rows); got != "echo-100-32-1, tcp: late\n" {
		t.Error(got)
	}
}

func TestGoals(t *testing.T) {
	_, rows := sampleRows()
	for _, c := range []struct {
		goal    goal
		reached bool
	}{
		{goal{"echo-100-32-1", figCPU, true, rawTCP, 1.3}, true},
		{goal{"echo-100-32-1", figCPU, true, rawTCP, 1.2}, false},
		{goal{"echo-100-32-1", figCPU, false, rawTCP, .75}, true},
		{goal{"echo-100-32-1", figP99, true, "", 26}, true},
	} {
		if v, reached, ok := c.goal.check(rows); reached != c.reached || !ok {
			t.Errorf("%+v: %v %v %v", c.goal, v, reached, ok)
		}
	}
	known := map[string]bool{}
	for _, s := range peerScenarios() {
		known[s.name] = true
	}
	for _, g := range goals {
		if !known[g.scenario] {
			t.Errorf("goal for %s, which bench peers does not run", g.scenario)
		}
	}
	s := goalTable(rows).String()
	if !strings.Contains(s, "1.25 x   not reached") || !strings.Contains(s, "-  not measured") {
		t.Error(s)
	}
}

func TestReportIsWellFormed(t *testing.T) {
	_, rows := sampleRows()
	r := report{Board: readBoard(), Command: "bench test", rows: rows,
		Results: []result{{System: ours, Scenario: "echo", Round: 1, Figures: rows[0].figures}}}
	dir := t.TempDir()
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil || !json.Valid(b) {
		t.Error(err)
	}
	drawn := plots(rows)
	if len(drawn) != 3 {
		t.Errorf("%d plots", len(drawn))
	}
	for _, p := range drawn {
		d := xml.NewDecoder(strings.NewReader(p.svg()))
		for err = nil; err == nil; {
			_, err = d.Token()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", p.file, err)
		}
	}
}
