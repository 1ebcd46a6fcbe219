//go:build linux

package main

import "fmt"

// goal is a figure that the project set itself: either ours times so much of
// the other's, or a number.
type goal struct {
	scenario string
	figure   string
	ours     bool   // ours over the other's must stay below; else the other's over ours above
	other    string // system; "" compares ours with a number
	limit    float64
}

var goals = []goal{
	{"echo-100-32-1", figCPU, true, rawTCP, 1.15},
	{"echo-100-32-1", figCPU, false, nodeWS, 4.2},
	{"echo-100-32-1", figCPU, false, googollee, 6},
	{"echo-100-32-16", figCPU, true, rawTCP, 1.6},
	{"echo-100-32-16", figCPU, false, nodeWS, 25},
	{"echo-1000-1024-1", figCPU, true, rawTCP, 1.2},
	{"echo-1000-1024-1", figCPU, false, nodeWS, 7},
	{"binary-100-1024-1", figCPU, false, nodeWS, 7},
	{"broadcast-1000", figCPU, false, nodeWS, 2.1},
	{"broadcast-10000", figCPU, false, nodeWS, 3},
	{"polling-100-32-1", figCPU, false, nodeWS, 8},
	{"storm", figCPU, false, nodeWS, 10},
	{"storm", figCPU, false, googollee, 2.7},
	{"idle-10000", figPerConn, true, "", 1000},
	{"idle-polling-10000", figPerConn, true, "", 1500},
	{"echo-100-32-1", figP99, true, rawTCP, 1.3},
	{"start", figStart, true, "", 10},
	{"start", figStartRSS, true, "", 8 << 20},
	{"wakeups-1000", figWakeups, true, "", 1},
}

// check tells what the rows say about a goal; ok is false where a figure is
// missing.
func (g goal) check(rows []row) (value float64, reached, ok bool) {
	value, ok = figureOf(rows, g.scenario, ours, g.figure)
	if g.other != "" && ok {
		var theirs float64
		theirs, ok = figureOf(rows, g.scenario, g.other, g.figure)
		if value /= theirs; !g.ours {
			value = 1 / value
		}
	}
	if g.ours {
		return value, value <= g.limit, ok
	}
	return value, value >= g.limit, ok
}

func figureOf(rows []row, scenario, system, figure string) (float64, bool) {
	for _, r := range rows {
		if r.scenario.name == scenario && r.system.name == system {
			v, ok := r.figures[figure]
			return v, ok
		}
	}
	return 0, false
}

// goalTable shows what is reached.
func goalTable(rows []row) *table {
	t := &table{head: []string{"scenario", "what", "to reach", "measured", ""}, labels: 2}
	for _, g := range goals {
		m := metricOf(g.figure)
		what, sign, unit := m.title, "at most ", " x"
		switch {
		case g.other == "":
			unit = ""
		case g.ours:
			what += ", ours to " + g.other + "'s"
		default:
			what, sign = what+", "+g.other+"'s to ours", "at least "
		}
		show := func(v float64) string {
			if g.other == "" {
				return m.text(v)
			}
			return fmt.Sprintf("%.2f", v)
		}
		value, reached, ok := g.check(rows)
		switch {
		case !ok:
			t.add(g.scenario, what, sign+show(g.limit)+unit, "-", "not measured")
		case reached:
			t.add(g.scenario, what, sign+show(g.limit)+unit, show(value)+unit, "reached")
		default:
			t.add(g.scenario, what, sign+show(g.limit)+unit, show(value)+unit, "not reached")
		}
	}
	return t
}
