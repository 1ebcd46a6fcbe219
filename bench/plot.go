//go:build linux

package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bar is one value of a group.
type bar struct {
	name  string
	value float64
	text  string
}

// group is bars that belong together, under a label.
type group struct {
	label string
	bars  []bar
}

// most is the greatest value of the group.
func (g group) most() (most float64) {
	for _, b := range g.bars {
		most = max(most, b.value)
	}
	return most
}

// plot is a bar chart of groups, lying. Bars that are compared within their group
// have its scale; where each group is one bar, all have one.
type plot struct {
	file   string
	title  string
	about  string
	groups []group
}

// The geometry of a plot in pixels.
const (
	plotWidth  = 960
	plotLeft   = 220
	plotRight  = 110
	plotTop    = 64
	barHeight  = 13
	groupSpace = 12
)

var barColors = []string{"#1a6fb0", "#8fb8d8", "#c4d7e6", "#d9822b", "#e8b27a", "#7a5195", "#a05195", "#6b8e23"}

// svg draws the plot.
func (p plot) svg() string {
	most, height := 0.0, plotTop
	var names []string
	for _, g := range p.groups {
		height += len(g.bars)*barHeight + groupSpace
		most = max(most, g.most())
		for _, b := range g.bars {
			if !slices.Contains(names, b.name) {
				names = append(names, b.name)
			}
		}
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="sans-serif" font-size="11">`+"\n", plotWidth, height, plotWidth, height)
	fmt.Fprintf(&s, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	fmt.Fprintf(&s, `<text x="12" y="22" font-size="16">%s</text>`+"\n", html.EscapeString(p.title))
	fmt.Fprintf(&s, `<text x="12" y="38" fill="#555">%s</text>`+"\n", html.EscapeString(p.about))
	p.legend(&s, names)
	y := plotTop
	for _, g := range p.groups {
		if len(names) > 1 {
			most = g.most()
		}
		middle := y + len(g.bars)*barHeight/2 + 4
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
			plotLeft-8, middle, html.EscapeString(g.label))
		for _, b := range g.bars {
			b.draw(&s, y, most, slices.Index(names, b.name))
			y += barHeight
		}
		y += groupSpace
	}
	return s.String() + "</svg>\n"
}

func (p plot) legend(s *strings.Builder, names []string) {
	if len(names) < 2 {
		return
	}
	x := 12
	for i, name := range names {
		fmt.Fprintf(s, `<rect x="%d" y="46" width="10" height="10" fill="%s"/>`, x, colorOf(i))
		fmt.Fprintf(s, `<text x="%d" y="55">%s</text>`+"\n", x+14, html.EscapeString(name))
		x += 30 + 7*len(name)
	}
}

func (b bar) draw(s *strings.Builder, y int, most float64, color int) {
	width := 0.0
	if most > 0 {
		width = b.value / most * (plotWidth - plotLeft - plotRight)
	}
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`,
		plotLeft, y, max(width, 1), barHeight-2, colorOf(color))
	fmt.Fprintf(s, `<text x="%.1f" y="%d">%s</text>`+"\n", plotLeft+width+5, y+barHeight-3, html.EscapeString(b.text))
}

func colorOf(i int) string { return barColors[i%len(barColors)] }

// plots are the charts of a campaign: one figure over scenarios, with a bar for
// each system, and the latencies of ours.
func plots(rows []row) (list []plot) {
	for _, p := range []struct{ file, title, figure string }{
		{"rate", "Messages a second", figRate},
		{"cpu", "Server CPU seconds for a million messages", figCPU},
		{"memory", "Bytes of server memory for an idle connection", figPerConn},
		{"start", "Milliseconds from exec to listening", figStart},
	} {
		groups := groupsOf(rows, p.figure)
		if len(groups) > 0 {
			list = append(list, plot{p.file + ".svg", p.title, metricOf(p.figure).about, groups})
		}
	}
	if groups := latencyGroups(rows); len(groups) > 0 {
		list = append(list, plot{"latency.svg", "Latency of " + rows[0].system.name + ", us", "at the client", groups})
	}
	return list
}

func groupsOf(rows []row, figure string) (list []group) {
	m := metricOf(figure)
	for _, r := range rows {
		v, ok := r.figures[figure]
		if !ok || (figure == figStart && r.scenario.kind != kindStart) {
			continue
		}
		b := bar{r.system.name, v / m.scale, m.text(v)}
		if n := len(list); n > 0 && list[n-1].label == r.scenario.name {
			list[n-1].bars = append(list[n-1].bars, b)
		} else {
			list = append(list, group{r.scenario.name, []bar{b}})
		}
	}
	return list
}

// latencyGroups are the quantiles of the first system.
func latencyGroups(rows []row) (list []group) {
	for _, r := range rows {
		if _, ok := r.figures[figP50]; !ok || r.system.name != rows[0].system.name {
			continue
		}
		g := group{label: r.scenario.name}
		for _, name := range []string{figP50, figP99, figP999} {
			m := metricOf(name)
			g.bars = append(g.bars, bar{strings.TrimSuffix(m.title, " us"), r.figures[name], r.text(m)})
		}
		list = append(list, g)
	}
	return list
}

// writePlots writes the charts into a folder.
func writePlots(dir string, rows []row) error {
	for _, p := range plots(rows) {
		if err := os.WriteFile(filepath.Join(dir, p.file), []byte(p.svg()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
